"""The image codec as bytes (docs/bitstream.md, image): what a song shares, and its blocks."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.exact import exact
from unbraid.core.errors import BitstreamError, ParameterError
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.parametric.grid_coding import SIZE, read_grid, write_grid
from unbraid.core.informed.parametric.image import LEVELS, LOUDNESSES, ImageBlock, ImageModel, Loudness
from unbraid.core.informed.parametric.image_kernels import (
    BITS_PER_LABEL,
    MODELS,
    MOST_LABELS,
    MOST_START,
    STARTS,
    fresh_state,
    read_labels,
    write_labels,
)
from unbraid.core.informed.parametric.spatial import MAX_BANDS, Places
from unbraid.core.informed.parametric.spatial_coding import read_places, write_places
from unbraid.core.informed.range_coder import SLACK, Bytes, Cells, begin, finish, fresh, reader, writer
from unbraid.core.informed.symbols import (
    BITS_PER_VALUE,
    MODELS_PER_VALUE,
    read_count,
    read_value,
    write_count,
    write_value,
)

Integers = npt.NDArray[np.int64]

_FACTS = struct.Struct("<BBBBBH")
_PLACES = struct.Struct("<H")
MOVED = 1
"""Flag of a block: it has places of its own."""


def write_model(model: ImageModel) -> bytes:
    """The payload of the dictionary."""
    places = write_places(model.places)
    loud = model.loudness
    facts = _FACTS.pack(len(model.palette), model.places.bands, loud.bands, loud.frames, loud.step, len(places))
    out = np.zeros((model.palette.size + STARTS) * BITS_PER_VALUE + 16, np.uint8)
    length = _write_shared(writer(), out, fresh(2 * MODELS_PER_VALUE), model.palette, model.starts)
    return write_grid(model.grid) + facts + places + out[:length].tobytes()


def read_model(data: bytes, rate: int, sources: int, channels: int) -> ImageModel:
    """The model from the payload of the dictionary; BitstreamError where it makes no sense."""
    grid = read_grid(data, rate)
    if len(data) < SIZE + _FACTS.size:
        raise BitstreamError("the side-information ends in its dictionary; get the file again")
    colours, bands, *loud, length = _FACTS.unpack_from(data, SIZE)
    at = SIZE + _FACTS.size
    if not 1 <= colours <= MOST_LABELS or not 1 <= bands <= MAX_BANDS or len(data) < at + length:
        raise BitstreamError(f"the dictionary is damaged: {colours} colours, {bands} spatial bands; get the file again")
    places = read_places(data[at : at + length], bands, sources, channels)
    palette, starts = np.zeros((colours, sources), np.int64), np.zeros(STARTS, np.int64)
    values = np.frombuffer(data, np.uint8)[at + length :]
    if _read_shared(reader(), values, fresh(2 * MODELS_PER_VALUE), palette, starts):
        raise BitstreamError("the palette of the side-information is damaged; get the file again")
    try:
        return ImageModel(grid, places, palette, Loudness(*loud), starts)
    except ParameterError as error:
        raise BitstreamError(f"the dictionary is damaged: {error}") from None


def write_block(model: ImageModel, block: ImageBlock, counts: Cells | None = None) -> bytes:
    """The payload of a block. counts: (2 * MODELS,), decisions are added to it."""
    head = bytes([0])
    if block.places is not None:
        places = write_places(block.places, model.places)
        head = bytes([MOVED]) + _PLACES.pack(len(places)) + places
    room = 2 * (block.labels.size * BITS_PER_LABEL + block.loudness.size * BITS_PER_VALUE) + 64
    out = np.zeros(room, np.uint8)
    tally = np.zeros(2 * MODELS, np.int64) if counts is None else counts
    length = _write_block(
        writer(), out, fresh(2 * MODELS_PER_VALUE), block.loudness, *fresh_state(model.starts), block.labels,
        model.digits, tally,
    )  # fmt: skip
    return head + out[:length].tobytes()


def read_block(model: ImageModel, payload: bytes, frames: int) -> ImageBlock:
    """The block of so many frames from its payload; BitstreamError on damage."""
    if not payload or payload[0] > MOVED:
        raise BitstreamError("a block of the side-information is damaged or of a newer version; get the file again")
    places, at = None, 1
    if payload[0] == MOVED:
        places, at = _moved(model, payload)
    labels = np.zeros((model.grid.bands, frames), np.int64)
    loudness = np.zeros(model.loudness.shape(model.grid.bands, frames), np.int64)
    failed = _read_block(
        reader(), np.frombuffer(payload, np.uint8)[at:], fresh(2 * MODELS_PER_VALUE), loudness,
        *fresh_state(model.starts), labels, model.digits, len(model.palette),
    )  # fmt: skip
    if failed:
        raise BitstreamError("a block of the side-information is damaged; get the file again")
    return ImageBlock(labels, loudness, places)


def _moved(model: ImageModel, payload: bytes) -> tuple[Places, int]:
    """Places of a block of its own, and where the rest of the payload begins."""
    start = 1 + _PLACES.size
    if len(payload) < start:
        raise BitstreamError("a block of the side-information ends too early; get the file again")
    end = start + _PLACES.unpack_from(payload, 1)[0]
    known = model.places
    return read_places(payload[start:end], known.bands, known.sources, known.channels, known), end


def block_frames(grid: Grid, block: int, length: int) -> int:
    """Frames of a block of a signal of `length` samples."""
    return len(grid.frames_of_block(block, length))


@exact
def _write_shared(coder: Cells, out: Bytes, models: Cells, palette: Integers, starts: Integers) -> int:
    for k in range(palette.shape[0]):
        for j in range(palette.shape[1]):
            write_count(coder, out, models, 0, palette[k, j])
    for i in range(len(starts)):
        write_value(coder, out, models, MODELS_PER_VALUE, starts[i])
    return int(finish(coder, out))


@exact
def _read_shared(coder: Cells, data: Bytes, models: Cells, palette: Integers, starts: Integers) -> int:
    begin(coder, data)
    for k in range(palette.shape[0]):
        for j in range(palette.shape[1]):
            level = read_count(coder, data, models, 0)
            if level >= LEVELS or coder[3] > SLACK:
                return 1
            palette[k, j] = level
    for i in range(len(starts)):
        start = read_value(coder, data, models, MODELS_PER_VALUE)
        if abs(start) > MOST_START or coder[3] > SLACK:
            return 1
        starts[i] = start
    return 0


@exact
def _write_block(
    coder: Cells, out: Bytes, small: Cells, loudness: Integers, models: Cells, weights: Cells, labels: Integers,
    digits: int, counts: Cells,
) -> int:  # fmt: skip
    for t in range(loudness.shape[1]):
        for b in range(loudness.shape[0]):
            before = loudness[b, t - 1] if t > 0 else (loudness[b - 1, t] if b > 0 else 0)
            write_value(coder, out, small, MODELS_PER_VALUE if t > 0 else 0, loudness[b, t] - before)
    write_labels(coder, out, models, weights, labels, digits, counts)
    return int(finish(coder, out))


@exact
def _read_block(
    coder: Cells, data: Bytes, small: Cells, loudness: Integers, models: Cells, weights: Cells, labels: Integers,
    digits: int, count: int,
) -> int:  # fmt: skip
    begin(coder, data)
    for t in range(loudness.shape[1]):
        for b in range(loudness.shape[0]):
            before = loudness[b, t - 1] if t > 0 else (loudness[b - 1, t] if b > 0 else 0)
            value = before + read_value(coder, data, small, MODELS_PER_VALUE if t > 0 else 0)
            if abs(value) > LOUDNESSES or coder[3] > SLACK:
                return 1
            loudness[b, t] = value
    return int(read_labels(coder, data, models, weights, labels, digits, count))

"""Places as bytes: differences to the spatial band before, or to places that are known already, range coded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.exact import exact
from unbraid.core.errors import BitstreamError
from unbraid.core.informed.parametric.spatial import ANGLES, DIFFUSENESSES, PHASES, Places
from unbraid.core.informed.range_coder import SLACK, Bytes, Cells, begin, finish, fresh, reader, writer
from unbraid.core.informed.symbols import BITS_PER_VALUE, MODELS_PER_VALUE, read_value, write_value

Integers = npt.NDArray[np.int64]


def write_places(places: Places, known: Places | None = None) -> bytes:
    """Bytes of the places of stereo sources, none for one channel. known: of as many bands and sources, or nothing."""
    if places.channels == 1:
        return b""
    start = _start(places.bands, places.sources, known)
    out = np.zeros(places.index.size * BITS_PER_VALUE + 16, np.uint8)
    length = _write(writer(), out, fresh(3 * MODELS_PER_VALUE), places.index, start, known is not None)
    return out[:length].tobytes()


def read_places(data: bytes, bands: int, sources: int, channels: int, known: Places | None = None) -> Places:
    """Places from bytes; BitstreamError on numbers that no encoder writes."""
    places = Places.middle(sources, channels, bands)
    if channels == 1:
        return places
    start = _start(bands, sources, known)
    index = np.zeros_like(places.index)
    values = np.frombuffer(data, np.uint8)
    if _read(reader(), values, fresh(3 * MODELS_PER_VALUE), index, start, known is not None):
        raise BitstreamError("the places of the sources are damaged: a number is out of range; get the file again")
    return Places(index, channels)


def _start(bands: int, sources: int, known: Places | None) -> Integers:
    return (known or Places.middle(sources, 2, bands)).index


@exact
def _write(coder: Cells, out: Bytes, models: Cells, index: Integers, start: Integers, known: bool) -> int:
    for band in range(index.shape[0]):
        for source in range(index.shape[1]):
            for part in range(3):
                before = index[band - 1, source, part] if band > 0 and not known else start[band, source, part]
                step = index[band, source, part] - before
                if part == 1:
                    step = (step + PHASES // 2) % PHASES - PHASES // 2
                write_value(coder, out, models, part * MODELS_PER_VALUE, step)
    return int(finish(coder, out))


@exact
def _read(coder: Cells, data: Bytes, models: Cells, index: Integers, start: Integers, known: bool) -> int:
    begin(coder, data)
    for band in range(index.shape[0]):
        for source in range(index.shape[1]):
            for part in range(3):
                before = index[band - 1, source, part] if band > 0 and not known else start[band, source, part]
                value = before + read_value(coder, data, models, part * MODELS_PER_VALUE)
                if part == 1:
                    value %= PHASES
                most = ANGLES if part == 0 else (PHASES - 1 if part == 1 else DIFFUSENESSES - 1)
                if value < 0 or value > most or coder[3] > SLACK:
                    return 1
                index[band, source, part] = value
    return 0

"""The bytes of one block: what it was coded with, then the tiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import BitstreamError
from unbraid.core.informed.range_coder import begin, finish, reader, writer
from unbraid.core.informed.residual import tiles
from unbraid.core.informed.residual.layout import Layout
from unbraid.core.informed.residual.levels import STEPS, WEIGHTS, nearest_step, nearest_weight
from unbraid.core.informed.residual.mixing import fresh_models, fresh_weights
from unbraid.core.informed.residual.perceptual import masking_weights
from unbraid.core.informed.residual.settings import LEAST_BINS, MOST_BINS, Settings

Doubles = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

PERCEPTUAL = 128
"""Of the first byte; its lowest five bits are the logarithm of the number of bins."""
OFFSETS = 3
OFFSETS_PER_STEP = 64
USUAL_OFFSETS = (3, 0, 1)
"""Where the mean of what becomes 1, 2 and more lies beyond it, in 1 / 64 of the step."""
PRICE = 0.11
"""Squared steps that a bit is worth: the slope of errors over bits at high rates, 2 ln 2 / 12, and a little less."""
FLOOR = 0.6
TILE_BITS = 5.0
FIRST_BYTES = 1 << 18
BITS_OF = -np.log2(np.maximum(np.arange(65537), 1) / 65536)


@dataclass(frozen=True)
class Prefix:
    """First bytes of a block. step: index of the step. weights: index of each source's weight. offsets: in 1 / 64."""

    bins: int
    perceptual: bool
    step: int
    weights: tuple[int, ...]
    offsets: tuple[int, ...] = USUAL_OFFSETS

    @classmethod
    def of(cls, settings: Settings, sources: int) -> Prefix:
        """What these settings are in a file."""
        weights = tuple(nearest_weight(weight) for weight in settings.for_sources(sources))
        return cls(settings.bins, settings.perceptual, nearest_step(settings.step), weights)

    def write(self) -> bytes:
        """As bytes: bins and flag, step, weights, offsets."""
        first = self.bins.bit_length() - 1 + (PERCEPTUAL if self.perceptual else 0)
        offsets = bytes(value & 255 for value in self.offsets)
        return bytes([first]) + self.step.to_bytes(2, "little") + bytes(self.weights) + offsets

    @classmethod
    def read(cls, payload: bytes, sources: int) -> tuple[Prefix, bytes]:
        """The prefix and what follows it; BitstreamError for what cannot be."""
        size = 3 + sources + OFFSETS
        if len(payload) < size:
            raise BitstreamError(f"a block of the residual layer has {size} bytes or more, not {len(payload)}")
        bins, step = 1 << (payload[0] & 31), int.from_bytes(payload[1:3], "little")
        weights = tuple(payload[3 : 3 + sources])
        if payload[0] & 96 or not LEAST_BINS <= bins <= MOST_BINS:
            raise BitstreamError(f"a block of the residual layer begins with an unknown transform ({payload[0]})")
        if step >= len(STEPS) or max(weights) >= len(WEIGHTS):
            raise BitstreamError(f"a block of the residual layer has an unknown step ({step}) or weight {weights}")
        offsets = tuple(value - 256 if value > 127 else value for value in payload[3 + sources : size])
        return cls(bins, bool(payload[0] & PERCEPTUAL), step, weights, offsets), payload[size:]

    def tile_weights(self, variances: Doubles) -> Doubles:
        """Weights of the errors of each tile and source, (T, B, J)."""
        per_source = np.broadcast_to(WEIGHTS[list(self.weights)], variances.shape)
        return per_source * masking_weights(variances) if self.perceptual else np.array(per_source)


@dataclass(frozen=True, eq=False)
class Coded:
    """A block as bytes. costs: bits of each source, errors: squared errors of each, (J,)."""

    payload: bytes
    costs: Doubles
    errors: Doubles


def write_block(d: Singles, variances: Doubles, spatial: Doubles, layout: Layout, prefix: Prefix) -> Coded:
    """Code coefficients (T, M, J I) of a block. variances: of its tiles, (T, B, J). spatial: (B, J, I, I)."""
    settings = np.array([STEPS[prefix.step], PRICE, FLOOR, TILE_BITS])
    offsets = np.array(prefix.offsets) / OFFSETS_PER_STEP
    weights = prefix.tile_weights(variances)
    room = FIRST_BYTES
    while True:
        coder, data, out = writer(), np.zeros(room, np.uint8), np.zeros(d.shape, np.float32)
        costs, errors, tally = np.zeros(layout.sources), np.zeros(layout.sources), np.zeros((OFFSETS, 2))
        cells, mixers = fresh_models(tiles.MODELS), fresh_weights(tiles.MIXERS)
        end = tiles.code_block(
            coder, data, False, d, out, variances, spatial, weights, layout.edges, settings, offsets, cells, mixers,
            BITS_OF, costs, errors, tally,
        )  # fmt: skip
        if end == tiles.DONE:
            break
        room *= 4
    if not tally[:, 0].any():
        return Coded(b"", costs, errors)
    size = finish(coder, data)
    means = np.rint(OFFSETS_PER_STEP * tally[:, 1] / np.maximum(tally[:, 0], 1)).astype(int)
    met = tuple(int(value) for value in np.clip(means, -OFFSETS_PER_STEP, OFFSETS_PER_STEP))
    final = Prefix(prefix.bins, prefix.perceptual, prefix.step, prefix.weights, met)
    return Coded(final.write() + data[:size].tobytes(), costs, errors)


def read_block(payload: bytes, variances: Doubles, spatial: Doubles, layout: Layout) -> Singles:
    """Coefficients (T, M, J I) of a block; BitstreamError where the bytes are damaged."""
    T, S = len(variances), layout.sources * layout.channels
    out = np.zeros((T, layout.bins, S), np.float32)
    if not payload or T == 0:
        return out
    prefix, rest = Prefix.read(payload, layout.sources)
    if prefix.bins != layout.bins:
        raise BitstreamError(f"a block of the residual layer has {prefix.bins} bins, others have {layout.bins}")
    data, coder, nothing = np.frombuffer(rest, np.uint8).copy(), reader(), np.zeros(layout.sources)
    begin(coder, data)
    end = tiles.code_block(
        coder, data, True, out, out, variances, spatial, prefix.tile_weights(variances), layout.edges,
        np.array([STEPS[prefix.step], PRICE, FLOOR, TILE_BITS]), np.array(prefix.offsets) / OFFSETS_PER_STEP,
        fresh_models(tiles.MODELS), fresh_weights(tiles.MIXERS), BITS_OF, nothing, nothing, np.zeros((OFFSETS, 2)),
    )  # fmt: skip
    if end != tiles.DONE:
        raise BitstreamError("a block of the residual layer ends too early")
    return out


def bins_of(payload: bytes, sources: int) -> int:
    """Bins of the transform that a block, not empty, was coded with."""
    return Prefix.read(payload, sources)[0].bins

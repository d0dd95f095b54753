"""The image codec: which mixture of sources is heard in each band and frame, a picture painted with a small palette.

A *label* stands for the levels of all sources relative to the loudest, one entry of a palette that the whole song
shares. Neighbouring labels are mostly alike, so a picture costs a fraction of a bit for each place. How loud all
sources are together is told apart, coarsely: the filter of a clean mix needs the ratios only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.parametric.image_kernels import MOST_LABELS, STARTS
from unbraid.core.informed.parametric.spatial import Covariances, Places, levels

Integers = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

LEVELS = 32
"""Levels below the loudest source, 1.5 dB apart (powers 2^(-l / 2))."""
LOUDNESSES = 128
"""Loudness is -LOUDNESSES to LOUDNESSES steps around one."""
MAX_STEP = 8


@dataclass(frozen=True)
class Loudness:
    """How the loudness of all sources together is told: of `bands` x `frames` places at once, in steps of 1.5 dB."""

    bands: int = 16
    frames: int = 8
    step: int = 4

    def __post_init__(self) -> None:
        if not (1 <= self.bands <= 255 and 1 <= self.frames <= 255 and 1 <= self.step <= MAX_STEP):
            raise ParameterError(
                f"loudness is told of 1 to 255 bands and frames in steps of 1 to {MAX_STEP}, "
                f"not of {self.bands} and {self.frames} in steps of {self.step}"
            )

    def shape(self, bands: int, frames: int) -> tuple[int, int]:
        """Numbers that tell the loudness of a block, (Bl, Tl)."""
        return -(-bands // self.bands), -(-frames // self.frames)


@dataclass(frozen=True, eq=False)
class ImageModel:
    """What a song shares. palette: (K, J) levels below the loudest source. starts: (STARTS,), see `fresh_state`."""

    grid: Grid
    places: Places
    palette: Integers
    loudness: Loudness = Loudness()
    starts: Integers = field(default_factory=lambda: np.zeros(STARTS, np.int64))

    def __post_init__(self) -> None:
        if self.palette.ndim != 2 or not 1 <= len(self.palette) <= MOST_LABELS:
            raise ParameterError(f"a palette has 1 to {MOST_LABELS} entries, not the shape {self.palette.shape}")
        if self.palette.shape[1] != self.places.sources:
            raise ParameterError(f"a palette for {self.places.sources} sources has as many columns")

    @property
    def digits(self) -> int:
        """Binary digits of a label."""
        return (len(self.palette) - 1).bit_length()

    @cached_property
    def shares(self) -> Doubles:
        """Share of each source in the power of all, (K, J); divisions and sums in the order of the sources."""
        power = levels()[self.palette]
        whole = np.zeros(len(power))
        for j in range(power.shape[1]):
            whole = whole + power[:, j]
        return power / whole[:, None]


@dataclass(frozen=True, eq=False)
class ImageBlock:
    """A block of frames. labels: (B, T). loudness: (Bl, Tl) steps. places: other than the song's, if they moved."""

    labels: Integers
    loudness: Integers
    places: Places | None = None


def powers(model: ImageModel, block: ImageBlock) -> Doubles:
    """Powers v (B, T, J) of a block, float64, the same bits on every machine; at a bin, mean of all channels."""
    bands, frames = block.labels.shape
    halves = block.loudness * model.loudness.step
    loud = np.ldexp(np.where(halves % 2 == 1, np.sqrt(2.0), 1.0), (halves - halves % 2) // 2)
    across = np.repeat(np.repeat(loud, model.loudness.bands, 0)[:bands], model.loudness.frames, 1)[:, :frames]
    return np.asarray(model.shares[block.labels] * across[:, :, None])


def covariances(model: ImageModel, block: ImageBlock) -> Covariances:
    """Spatial covariances (S, J, I, I) of a block."""
    return (block.places or model.places).covariances()

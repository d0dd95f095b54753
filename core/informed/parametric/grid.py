"""The grid of the parametric layer: frames of a short-time Fourier transform, its bins gathered in bands.

Both sides make the same grid from a few small integers: edges come from integers and decimal arithmetic that is rounded
in one documented way, so no machine can place a bin in another band (docs/bitstream.md, grid).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.stft import StftParams
from unbraid.core.errors import ParameterError

Integers = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

Between = Literal["flat", "linear"]
"""How powers of bands become powers of bins: one value for all of them, or a line between the centres of bands."""

RATES = (8000, 384_000)
WINDOWS = (64, 1 << 16)
MAX_BANDS = 1024
CORNERS_HZ = (50, 12_750)
MAX_BLOCK_FRAMES = 4096
MAX_TILES = 1 << 17
"""Bands times frames of a block."""
BLOCK_S = 5
DIGITS = 40


@dataclass(frozen=True)
class Grid:
    """Where powers of the sources are known: B bands and T frames.

    rate: Hz. window_samples: a power of two. hop_samples: window / 2, / 4 or / 8. bands: B. corner_hz: bands are
    evenly wide below about this frequency and evenly wide on a logarithmic scale above. block_frames: frames of a block
    that is decoded by itself.
    """

    rate: int
    window_samples: int
    hop_samples: int
    bands: int
    corner_hz: int = 700
    block_frames: int = 108

    def __post_init__(self) -> None:
        n = self.window_samples
        _within("the rate", self.rate, *RATES)
        _within("the window", n, *WINDOWS)
        if n & (n - 1):
            raise ParameterError(f"the window is a power of two, not {n}; try {nearest_window(self.rate)}")
        if self.hop_samples not in (n // 2, n // 4, n // 8):
            raise ParameterError(f"the hop is a half, a quarter or an eighth of the window, not {self.hop_samples}")
        _within("the number of bands", self.bands, 1, min(MAX_BANDS, self.bins))
        _within("the corner", self.corner_hz, *CORNERS_HZ)
        _within("the number of frames of a block", self.block_frames, 1, min(MAX_BLOCK_FRAMES, MAX_TILES // self.bands))

    @classmethod
    def of(cls, rate: int, *, bands: int, overlap: int = 2, corner_hz: int = 700, block_s: float = BLOCK_S) -> Grid:
        """The grid for a rate: windows of about 93 ms, `overlap` (2, 4 or 8) of them over each sample."""
        window = nearest_window(rate)
        hop = window // overlap
        return cls(rate, window, hop, bands, corner_hz, max(1, round(block_s * rate / hop)))

    @property
    def bins(self) -> int:
        """Bins of one frame, F."""
        return self.window_samples // 2 + 1

    @property
    def stft(self) -> StftParams:
        """The transform: a sine window for analysis and synthesis, half a decibel better than Hann at half overlap."""
        return StftParams(self.window_samples, self.hop_samples, "sine")

    @property
    def block_samples(self) -> int:
        """Samples from the start of a block to that of the next."""
        return self.block_frames * self.hop_samples

    @cached_property
    def edges(self) -> Integers:
        """First bin of each band and, last, the number of bins, (B + 1,): band b has bins edges[b] to edges[b + 1]."""
        return _edges(self.rate, self.bins, self.bands, self.corner_hz)

    @cached_property
    def band_of_bin(self) -> Integers:
        """The band each bin is in, (F,)."""
        return np.repeat(np.arange(self.bands), np.diff(self.edges))

    @cached_property
    def centres_hz(self) -> Doubles:
        """Middle of each band, (B,)."""
        return np.asarray((self.edges[:-1] + self.edges[1:] - 1) * (self.rate / (2 * self.window_samples)), np.float64)

    def frames(self, length: int) -> int:
        """Frames of a signal of `length` samples, T; frame t is centred on sample t * hop."""
        return self.stft.frames(length)

    def blocks(self, length: int) -> int:
        """Blocks of a signal of `length` samples."""
        return max(1, -(-length // self.block_samples))

    def frames_of_block(self, block: int, length: int) -> range:
        """The frames of a block, fewer in the last one, or one more: that centred on the end of the signal."""
        first = block * self.block_frames
        last = self.frames(length) if block == self.blocks(length) - 1 else first + self.block_frames
        return range(first, last)

    def pool(self, values: npt.NDArray[np.floating]) -> Doubles:
        """Mean over the bins of each band: (F, ...) -> (B, ...)."""
        widths = np.diff(self.edges).reshape(-1, *([1] * (values.ndim - 1)))
        return np.asarray(np.add.reduceat(values.astype(np.float64), self.edges[:-1], axis=0) / widths)

    def spread(self, values: npt.NDArray[np.floating], between: Between = "flat") -> npt.NDArray[np.floating]:
        """Values of bands as values of bins: (B, ...) -> (F, ...), of the same kind of float."""
        if between == "flat":
            return values[self.band_of_bin]
        below, above, share = self.neighbours
        weight = share.astype(values.dtype).reshape(-1, *([1] * (values.ndim - 1)))
        low = values[below]
        return np.asarray(low + (values[above] - low) * weight)

    @cached_property
    def neighbours(self) -> tuple[Integers, Integers, Doubles]:
        """For each bin the bands whose centres lie around it, and how far it is from the first, 0 to 1; (F,) each."""
        middles = self.edges[:-1] + self.edges[1:] - 1  # twice the centre, in bins
        bins = 2 * np.arange(self.bins)
        below = np.clip(np.searchsorted(middles, bins, side="right") - 1, 0, self.bands - 1)
        above = np.minimum(below + 1, self.bands - 1)
        distance = np.maximum(middles[above] - middles[below], 1)
        return below, above, np.asarray(np.clip(bins - middles[below], 0, distance) / distance, np.float64)

    def bands_of_mdct(self, bins: int) -> Integers:
        """The band that the middle of each bin of an MDCT of so many bins lies in, (bins,)."""
        near = ((2 * np.arange(bins) + 1) * self.window_samples + 2 * bins) // (4 * bins)
        return self.band_of_bin[np.minimum(near, self.bins - 1)]

    def frames_of_mdct(self, bins: int, length: int) -> Integers:
        """The frame nearest to the middle of each frame of an MDCT of so many bins (later of two), (T_mdct,)."""
        count = 1 + -(-length // bins)
        near = (2 * bins * np.arange(count) + self.hop_samples) // (2 * self.hop_samples)
        return np.minimum(near, self.frames(length) - 1)


def nearest_window(rate: int) -> int:
    """The power of two nearest to 4096 samples at 44.1 kHz, by ratio; the higher of two equally near ones."""
    window = WINDOWS[0]
    while 2 * (window * 44_100) ** 2 <= (4096 * rate) ** 2:  # the wish is sqrt(2) windows or more
        window *= 2
    return window


@lru_cache(maxsize=64)
def _edges(rate: int, bins: int, bands: int, corner_hz: int) -> Integers:
    """Edges at c ((1 + f / c)^(b / B) - 1) rounded to bins, f the Nyquist frequency, c the corner; a bin each at least.

    Correctly rounded decimal arithmetic of 40 digits: ln and exp are defined to the last digit.
    """
    exact = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN)
    step = exact.divide(exact.ln(exact.divide(Decimal(2 * corner_hz + rate), Decimal(2 * corner_hz))), Decimal(bands))
    scale = exact.divide(Decimal(2 * corner_hz * (bins - 1)), Decimal(rate))
    edges = np.zeros(bands + 1, np.int64)
    for b in range(1, bands + 1):
        raised = exact.subtract(exact.exp(exact.multiply(step, Decimal(b))), Decimal(1))
        wished = int(exact.multiply(scale, raised).to_integral_value(ROUND_HALF_EVEN))
        edges[b] = min(max(wished, edges[b - 1] + 1), bins - bands + b)
    edges[bands] = bins
    edges.flags.writeable = False
    return edges


def _within(what: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ParameterError(f"{what} is {least} to {most}, not {value}")

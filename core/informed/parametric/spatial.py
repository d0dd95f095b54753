"""Where the sources are: a spatial covariance for each source and spatial band, from three small integers.

R is Hermitian with the trace I. For two channels it is a point of a ball: its direction is a pan angle and a phase
between the channels, its distance from the surface is diffuseness d,

    R = 1 + (1 - d) [cos 2a, sin 2a e^-ip; sin 2a e^ip, -cos 2a],

a point source panned to (cos a, sin a e^ip) for d = 0, sound from everywhere for d = 1. One channel needs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError

Integers = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Covariances = npt.NDArray[np.complex128]
"""Spatial covariances (S, J, I, I), Hermitian, trace I."""

ANGLES = 64
"""Steps of a pan angle from the first channel alone, 0, to the second alone, ANGLES."""
PHASES = 64
"""Steps of a phase of 360 degrees."""
DIFFUSENESSES = 32
"""Diffuseness is 2^(-m / 2), m = 0 .. 31: from everything to -46.7 dB."""
MAX_BANDS = 32
POINT = DIFFUSENESSES - 1
TURN = 2 * ANGLES
DIGITS = 50


@dataclass(frozen=True, eq=False)
class Places:
    """Quantised places of J sources in S spatial bands. index: (S, J, 3) angle, phase, diffuseness; channels: I."""

    index: Integers
    channels: int

    def __post_init__(self) -> None:
        if self.channels not in (1, 2) or self.index.ndim != 3 or self.index.shape[2] != 3:
            raise ParameterError(f"places are (S, J, 3) numbers for 1 or 2 channels, not {self.index.shape}")
        if not 1 <= self.index.shape[0] <= MAX_BANDS:
            raise ParameterError(f"there are 1 to {MAX_BANDS} spatial bands, not {self.index.shape[0]}")
        most = np.array([ANGLES, PHASES - 1, POINT])
        if (self.index < 0).any() or (self.index > most).any():
            raise ParameterError(f"places are 0 to {ANGLES}, {PHASES - 1} and {POINT}; some are not")

    @classmethod
    def middle(cls, sources: int, channels: int, bands: int = 1) -> Places:
        """Point sources in the middle: what is assumed before anything is known, and all there is of one channel."""
        return cls(np.tile(np.array([ANGLES // 2, 0, POINT], np.int64), (bands, sources, 1)), channels)

    @property
    def bands(self) -> int:
        """Spatial bands, S."""
        return int(self.index.shape[0])

    @property
    def sources(self) -> int:
        """Sources, J."""
        return int(self.index.shape[1])

    def covariances(self) -> Covariances:
        """R (S, J, I, I), the same bits on every machine."""
        if self.channels == 1:
            return np.ones((self.bands, self.sources, 1, 1), np.complex128)
        angle, phase, diffuse = (self.index[..., i] for i in range(3))
        cosine, level = cosines(), levels()
        direct = 1.0 - level[diffuse]
        along = direct * cosine[angle % TURN]
        across = direct * cosine[(angle - TURN // 4) % TURN]
        turn = phase * (TURN // PHASES)
        real = across * cosine[turn]
        imaginary = across * cosine[(turn - TURN // 4) % TURN]
        R = np.empty((self.bands, self.sources, 2, 2), np.complex128)
        R[..., 0, 0], R[..., 1, 1] = 1.0 + along, 1.0 - along
        R[..., 0, 1].real, R[..., 0, 1].imag = real, -imaginary
        R[..., 1, 0].real, R[..., 1, 0].imag = real, imaginary
        return R


def spatial_band(bands: int, spatial_bands: int) -> Integers:
    """The spatial band each band of the grid belongs to, (B,)."""
    return np.arange(bands) * spatial_bands // bands


def nearest_places(C: npt.NDArray[np.complexfloating]) -> Places:
    """The places nearest to covariances (S, J, I, I) of any size, such as those of the true images; silence is a point.

    Summed over bins and frames, sum y y^H weighs by power.
    """
    S, J, channels = C.shape[:3]
    places = Places.middle(J, channels, S)
    if channels == 1:
        return places
    whole = np.maximum((C[..., 0, 0] + C[..., 1, 1]).real, np.finfo(np.float64).tiny)
    x = (C[..., 0, 0] - C[..., 1, 1]).real / whole
    y, z = 2 * C[..., 1, 0].real / whole, 2 * C[..., 1, 0].imag / whole
    side = np.hypot(y, z)
    diffuse = np.maximum(1 - np.hypot(x, side), 2.0 ** (-POINT / 2))
    angle = np.rint(np.arctan2(side, x) * (ANGLES / np.pi))
    phase = np.rint(np.arctan2(z, y) * (PHASES / (2 * np.pi))) % PHASES
    index = np.stack([angle, phase, np.rint(-2 * np.log2(diffuse))], -1).astype(np.int64)
    silent = whole <= np.finfo(np.float64).tiny
    return Places(plain(np.where(silent[..., None], places.index, index)), 2)


def plain(index: Integers) -> Integers:
    """The same places without numbers that say nothing: the phase of sound in one channel, all of diffuse sound."""
    result = index.copy()
    alone = (index[..., 0] % ANGLES == 0) | (index[..., 2] == 0)
    result[..., 1][alone] = 0
    result[..., 0][index[..., 2] == 0] = ANGLES // 2
    return result


@lru_cache(maxsize=1)
def cosines() -> Doubles:
    """cos(2 pi k / TURN), (TURN,), each the nearest float64."""
    exact = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN)
    eighth = TURN // 8
    cosine = [float(_series(k, 0, exact)) for k in range(eighth + 1)]
    sine = [float(_series(k, 1, exact)) for k in range(eighth + 1)]
    quarter = cosine + [sine[eighth - k] for k in range(1, eighth + 1)]
    half = quarter + [-value for value in quarter[-2::-1]]
    return np.array(half + half[-2:0:-1])


def _series(k: int, odd: int, exact: Context) -> Decimal:
    """Cosine (odd 0) or sine (odd 1) of 2 pi k / TURN, by its Taylor series."""
    angle = exact.divide(exact.multiply(Decimal(2 * k), _pi(exact)), Decimal(TURN))
    term = angle if odd else Decimal(1)
    total = term
    for n in range(1, 40):
        term = exact.multiply(term, exact.multiply(angle, angle))
        term = exact.divide(term, Decimal(-(2 * n - 1 + odd) * (2 * n + odd)))
        total = exact.add(total, term)
    return total


def _pi(exact: Context) -> Decimal:
    """Pi by Machin's formula, 16 arctan(1/5) - 4 arctan(1/239)."""

    def arctan(inverse: int) -> Decimal:
        total = Decimal(0)
        for n in range(80):
            part = exact.divide(Decimal((-1) ** n), Decimal((2 * n + 1) * inverse ** (2 * n + 1)))
            total = exact.add(total, part)
        return total

    return exact.subtract(exact.multiply(Decimal(16), arctan(5)), exact.multiply(Decimal(4), arctan(239)))


@lru_cache(maxsize=1)
def levels() -> Doubles:
    """2^(-m / 2), m = 0 .. DIFFUSENESSES - 1; the square root is rounded correctly by IEEE arithmetic."""
    root = float(np.sqrt(0.5))
    return np.array([np.ldexp(root if m % 2 else 1.0, -(m // 2)) for m in range(DIFFUSENESSES)])

"""Alpha-stable sources: filters for sounds with heavier tails than Gaussian ones, and samples of them for experiments.

A source's bin, isotropic S-alpha-S of scale sigma, has the characteristic function exp(-sigma^alpha |u|^alpha);
alpha is 2 for Gaussian sounds, 1 for Cauchy. Scales add as powers, sigma^alpha = sigma_1^alpha + sigma_2^alpha, and
E[s_j | x] = sigma_j^alpha / (sum of sigma_k^alpha) x for every alpha (A. Liutkus and R. Badeau, Generalized Wiener
filtering with fractional power spectrograms, ICASSP 2015).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.stft import Spectrum
from unbraid.core.errors import ParameterError
from unbraid.core.separation.masks import Floats, ratio_masks

Doubles = npt.NDArray[np.float64]
Complex = npt.NDArray[np.complex128]

ANGLES = 4096
"""Points of the integral in `impulse_median`: its error is below 1e-6."""


@dataclass(frozen=True)
class AlphaWiener:
    """One exponent for the spectrogram that is modelled, for the divergence it is fitted with and for the mask.

    alpha: above 0 up to 2. 2 is the Wiener filter of power spectrograms, 1 the ratio of magnitudes; on music models of
    different sources add up best near 1 (core/separation/additivity.py), and masks of true sources are best near 1.2.
    """

    alpha: float = 1.0

    def __post_init__(self) -> None:
        _check(self.alpha)

    @property
    def beta(self) -> float:
        """The beta-divergence to fit with, 2 - alpha: Kullback-Leibler (1) for alpha 1, Itakura-Saito (0) for 2."""
        return 2.0 - self.alpha

    def spectrogram(self, x: Spectrum) -> Floats:
        """|x|^alpha, what a source's model p_j^alpha describes."""
        magnitude = np.abs(x)
        return magnitude if self.alpha == 1 else np.power(magnitude, np.float32(self.alpha), out=magnitude)

    def masks(self, models: Mapping[str, Floats], *, silent: str = "") -> dict[str, Floats]:
        """Shares p_j^alpha / sum of p_k^alpha from models of `spectrogram`."""
        return ratio_masks(models, exponent=1.0, silent=silent)


def _check(alpha: float) -> None:
    if not 0 < alpha <= 2:
        raise ParameterError(f"alpha is above 0 and at most 2, not {alpha}; try 1 (or 2 for Gaussian sounds)")


def levy_masks(scales: Mapping[str, Floats]) -> dict[str, Floats]:
    """Shares of nonnegative Levy data (alpha 1/2): E[x_j | x] = sqrt(scale_j) / (sum of sqrt(scale_k)) x."""
    return ratio_masks(scales, exponent=0.5)


def multi_alpha_masks(scales: Mapping[str, Floats], alphas: Mapping[str, float]) -> dict[str, Floats]:
    """Shares of sources that each have an alpha of their own: the parameterised Wiener filter with fixed weights.

    Given its impulse phi_j a source is Gaussian of power phi_j sigma_j^2; each phi_j is replaced by its median, which
    gives V / (V + k N) with k = median(phi_noise) / median(phi_signal). scales: sigma_j, (F, T). alphas: one for each.
    """
    missing = [name for name in scales if name not in alphas]
    if missing:
        raise ParameterError(f"every source has an alpha; none was given for {', '.join(missing)}")
    medians = {name: impulse_median(alphas[name]) for name in scales}
    return ratio_masks(scales, exponent=2.0, weights=medians)


def positive_stable(alpha: float, size: int | tuple[int, ...], rng: np.random.Generator) -> Doubles:
    """Samples phi of positive (alpha/2)-stable impulses with E exp(-s phi) = exp(-(2 s)^(alpha/2)).

    sqrt(phi) times a complex Gaussian of power 2 sigma^2 is isotropic S-alpha-S of scale sigma. alpha 1 gives 1 / z^2
    of standard normal z, alpha 2 the number 2 (Chambers, Mallows and Stuck, 1976, in Kanter's form).
    """
    _check(alpha)
    angle = np.asarray(rng.uniform(0, np.pi, size), np.float64)
    exponential = rng.standard_exponential(size)
    if alpha == 2:
        return np.full(size, 2.0)
    a = alpha / 2
    return np.asarray(2 * np.exp((_log_kanter(a, angle) - np.log(exponential)) * (1 - a) / a))


def _log_kanter(a: float, angle: Doubles) -> Doubles:
    """Logarithm of sin((1 - a) u) sin(a u)^(a / (1 - a)) / sin(u)^(1 / (1 - a)), 0 < u < pi."""
    bent = a * np.log(np.sin(a * angle)) - np.log(np.sin(angle))
    return np.asarray(np.log(np.sin((1 - a) * angle)) + bent / (1 - a))


def isotropic_stable(
    alpha: float, size: int | tuple[int, ...], rng: np.random.Generator, *, scale: float | Doubles = 1.0
) -> Complex:
    """Samples of isotropic complex S-alpha-S variables. scale: sigma, what broadcasts to `size`."""
    gaussian = rng.standard_normal(size) + 1j * rng.standard_normal(size)
    return np.asarray(scale * np.sqrt(positive_stable(alpha, size, rng)) * gaussian, np.complex128)


@lru_cache(maxsize=64)
def impulse_median(alpha: float) -> float:
    """Median of `positive_stable(alpha)`, from its distribution function, an integral over Kanter's angle."""
    _check(alpha)
    if alpha == 2:
        return 2.0
    a = alpha / 2
    angles = np.asarray((np.arange(ANGLES) + 0.5) * (np.pi / ANGLES), np.float64)
    log_kanter = _log_kanter(a, angles)
    low, high = -100.0, 100.0  # logarithm of the exponential variable that the median belongs to
    for _ in range(60):
        middle = (low + high) / 2
        below = float(np.exp(-np.exp(np.minimum(log_kanter - middle, 700.0))).mean())
        low, high = (middle, high) if below < 0.5 else (low, middle)
    return float(2 * np.exp(middle * (1 - a) / a))

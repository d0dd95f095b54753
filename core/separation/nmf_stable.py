"""NMF of impulsive sounds for any alpha, which may be found as well: alpha-stable matrix factorisation by sampling.

U. Simsekli, A. Liutkus and A. T. Cemgil, Alpha-stable matrix factorization, IEEE Signal Processing Letters, 2015.
A bin x is isotropic S-alpha-S of scale sigma, sigma^2 = (W H)_ft. Given its impulse phi, a positive (alpha/2)-stable
variable (core/separation/stable.py), it is Gaussian of power 2 phi (W H)_ft. Impulses are sampled by
Metropolis-Hastings with proposals from their prior, so that the acceptance is a ratio of Gaussian likelihoods, and W
and H take Itakura-Saito steps on |x|^2 times the running mean of 1 / (2 phi): stochastic approximation of EM.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError
from unbraid.core.progress import Progress, part_of, silent_progress
from unbraid.core.separation.nmf import Factors, NmfParams, factorise
from unbraid.core.separation.nmf_divergences import Floats
from unbraid.core.separation.stable import positive_stable

Doubles = npt.NDArray[np.float64]

MEMORY = 50
"""The running mean of 1 / phi is over this many iterations in the end."""
CALM = 2.0 / 3.0
"""Part of the iterations after which alpha is the mean of what it was."""
LEAST_ALPHA = 0.2


@dataclass(frozen=True)
class StableParams:
    """How to factorise: components K, alpha (None: found), iterations, samples of each phi in an iteration, seed."""

    components: int = 16
    alpha: float | None = None
    iterations: int = 200
    sweeps: int = 1
    seed: int | np.random.Generator = 0

    def __post_init__(self) -> None:
        if self.alpha is not None and not LEAST_ALPHA <= self.alpha <= 2:
            raise ParameterError(f"alpha is from {LEAST_ALPHA} to 2, or None to find it, not {self.alpha}")
        for name in ("components", "iterations", "sweeps"):
            if getattr(self, name) < 1:
                raise ParameterError(f"{name} of a factorisation is 1 or more, not {getattr(self, name)}")


@dataclass(frozen=True, eq=False)
class StableFactors:
    """W (F, K) and H (K, T) with sigma^2 = W H, the alpha they go with, and the alpha of every iteration.

    All components of a bin share its impulse, so that the part of component k in x is w_k h_k / (W H) x.
    """

    templates: Floats
    activations: Floats
    alpha: float
    alphas: tuple[float, ...]

    def model(self) -> Floats:
        """Squared scales sigma^2, (F, T)."""
        return Factors(self.templates, self.activations, ()).model()


def factorise_stable(X: Floats, params: StableParams, *, progress: Progress = silent_progress) -> StableFactors:
    """Factors of the magnitudes X (F, T) of an impulsive spectrogram. It begins with Cauchy NMF, the case alpha = 1."""
    rng = np.random.default_rng(params.seed)
    how = NmfParams(params.components, "cauchy", 100, seed=rng)
    cauchy = factorise(X, how, progress=part_of(progress, 0.0, 0.2))
    power, M = np.square(X, dtype=np.float64), np.square(cauchy.model(), dtype=np.float64)
    how = replace(how, divergence="is", iterations=20)
    factors = factorise(
        np.asarray(M, np.float32), how, templates=cauchy.templates**2, activations=cauchy.activations**2
    )
    alive = power > 0
    impulses = _Impulses(power, factors.model(), params.alpha or log_moment_alpha(X, factors.model()), rng)
    how, alphas, told = replace(how, iterations=1, check_every=1), [], part_of(progress, 0.2, 1.0)
    for number in range(params.iterations):
        told(number / params.iterations, "sampling impulses")
        for _ in range(params.sweeps):
            impulses.sweep(factors.model())
        V = np.asarray(power * impulses.mean_inverse(number), np.float32)
        factors = factorise(V, how, templates=factors.templates, activations=factors.activations)
        if params.alpha is None and alive.any():
            impulses.alpha += 0.5 * (log_moment_alpha(X, factors.model()) - impulses.alpha)
        alphas.append(impulses.alpha)
    told(1.0, "factorised")
    calm = alphas[int(CALM * len(alphas)) :]
    return StableFactors(factors.templates, factors.activations, float(np.mean(calm)), tuple(alphas))


class _Impulses:
    """Markov chains of impulses phi, one for each bin, and the running mean of 1 / (2 phi)."""

    def __init__(self, power: Doubles, M: Floats, alpha: float, rng: np.random.Generator):
        ratio = power / np.maximum(M, np.finfo(np.float32).tiny)
        self.alpha = alpha
        self._power, self._rng = power, rng
        self._phi = np.maximum(positive_stable(alpha, power.shape, rng), ratio / 2)  # a prior sample would stick there
        self._mean = 1.5 / (1 + ratio)  # that of the Cauchy distribution

    def sweep(self, M: Floats) -> None:
        """One Metropolis-Hastings step of every chain."""
        new = positive_stable(self.alpha, self._phi.shape, self._rng)
        half = self._power / (2 * np.maximum(M, np.finfo(np.float32).tiny))
        gain = np.log(self._phi / new) + half / self._phi - half / new
        accepted = -self._rng.standard_exponential(new.shape) < gain
        self._phi = np.where(accepted, new, self._phi)

    def mean_inverse(self, iteration: int) -> Doubles:
        """The running mean with the present sample."""
        self._mean = self._mean + max(1 / MEMORY, 1 / (5 + iteration)) * (1 / (2 * self._phi) - self._mean)
        return self._mean


def log_moment_alpha(X: Floats, M: Floats) -> float:
    """Alpha from the spread of log(|x| / sigma), whose variance is pi^2 / (6 alpha^2); silent bins do not count.

    X: magnitudes |x|, M: squared scales sigma^2 of any common factor, both (F, T).
    """
    heard = (X > 0) & (M > 0)
    if not heard.any():
        return 2.0
    spread = float(np.var(np.log(X[heard], dtype=np.float64) - 0.5 * np.log(M[heard], dtype=np.float64)))
    return float(np.clip(np.pi / np.sqrt(6 * max(spread, 1e-9)), LEAST_ALPHA, 2.0))

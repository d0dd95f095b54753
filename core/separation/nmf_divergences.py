"""Divergences between data and a nonnegative model, and the steps that make them smaller.

A model m = (W H)_ft + floor, data v. Every divergence here has a gradient of the form R - P with P, R >= 0, which gives
the multiplicative step W <- W .* ((P H^T) ./ (R H^T))^gamma. With the exponent `proven` the divergence cannot rise
(majorisation-minimisation: Fevotte and Idier, Neural Computation 23(9), 2011; Levy and Cauchy: Jensen's inequality for
the convex part, a tangent for the concave one). With `bold`, a greater one, it has not been seen to rise, and falls
about twice as fast; core/separation/nmf_descent.py watches it and returns to `proven` where it does rise.

| name | the data v are | d(v, m) | proven | bold |
| --- | --- | --- | --- | --- |
| is | powers: Gaussian sources | v/m - log(v/m) - 1 | 1/2 | 1 |
| kl | magnitudes: Poisson, alpha = 1 | v log(v/m) - v + m | 1 | 1 |
| euclidean | any | (v - m)^2 / 2 | 1 | 1 |
| a number beta | any; 0, 1, 2 are the above | Fevotte and Idier | 1/(2-beta), 1, 1/(beta-1) | 1 below beta = 1 |
| cauchy | magnitudes: Liutkus et al., WASPAA 2015 | 3/2 log(m^2 + v^2) - log m | 1/2 | 1 |
| levy | roots of impulsive data: Magron et al., WASPAA 2017 | m^2 / (2 v^2) - log m | 1/2 | 1/2: more diverges |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp import kernels_nmf
from unbraid.core.errors import ParameterError

Floats = npt.NDArray[np.float32]
Step = Callable[[Floats, Floats, Floats, np.float32], None]
"""(M, V, P, floor), all (B, F): P becomes the factor that pulls the model up, M the one that pulls it down."""
Cost = Callable[[Floats, Floats], Floats]
"""(V, M), both (B, F), to d(v, m) of every bin; M may be overwritten."""


@dataclass(frozen=True)
class Divergence:
    """A divergence: its step in numpy and compiled, its cost, and the exponents of the step.

    unit_pull_down: R is one in every bin, so that the step leaves M alone and sums of W or H replace a product.
    power: the data are magnitudes to this power, and Wiener filters ratios of models of such data: alpha = 2 - beta
    (Liutkus and Badeau, Generalized Wiener filtering with fractional power spectrograms, ICASSP 2015).
    """

    name: str
    step: Step
    compiled_step: Step
    cost: Cost
    proven: float
    bold: float
    unit_pull_down: bool = False
    power: float = 1.0


def divergence_of(name: str | float) -> Divergence:
    """The divergence of a name in the table above, or the beta divergence of a number from -1 to 4."""
    if isinstance(name, str):
        if name not in DIVERGENCES:
            raise ParameterError(f"a divergence is one of {', '.join(DIVERGENCES)} or a number, not {name!r}")
        return DIVERGENCES[name]
    if not -1 <= name <= 4:
        raise ParameterError(f"the beta of a divergence is a number from -1 to 4, not {name}; 0 is Itakura-Saito")
    known = {0.0: "is", 1.0: "kl", 2.0: "euclidean"}.get(float(name))
    return DIVERGENCES[known] if known else _beta(float(name))


def _beta(beta: float) -> Divergence:
    """P = v m^(beta - 2), R = m^(beta - 1); the exponent of Fevotte and Idier (2011), table 2."""

    def step(M: Floats, V: Floats, P: Floats, floor: np.float32) -> None:
        np.add(M, floor, out=M)
        np.power(M, np.float32(beta - 2), out=P)
        M *= P
        P *= V

    def cost(V: Floats, M: Floats) -> Floats:
        v, m = V.astype(np.float64), M.astype(np.float64)
        terms = v**beta + (beta - 1) * m**beta - beta * v * m ** (beta - 1)
        return np.asarray(terms / (beta * (beta - 1)), np.float32)

    proven = 1 / (2 - beta) if beta < 1 else 1.0 if beta <= 2 else 1 / (beta - 1)
    bold = max(proven, 1.0) if beta < 1 else proven
    power = 2 - beta if 0 < beta < 1 else 2.0 if beta < 0 else 1.0
    return Divergence(f"beta {beta:g}", step, step, cost, proven, bold, power=power)


def _is_step(M: Floats, V: Floats, P: Floats, floor: np.float32) -> None:
    np.add(M, floor, out=M)
    np.reciprocal(M, out=M)
    np.multiply(M, M, out=P)
    P *= V


def _is_cost(V: Floats, M: Floats) -> Floats:
    ratio = np.divide(V, M, out=M)
    logarithm = np.log(ratio)
    ratio -= 1
    return np.subtract(ratio, logarithm, out=ratio)


def _kl_step(M: Floats, V: Floats, P: Floats, floor: np.float32) -> None:
    np.add(M, floor, out=P)
    np.divide(V, P, out=P)


def _kl_cost(V: Floats, M: Floats) -> Floats:
    logarithm = np.divide(V, M)
    np.log(logarithm, out=logarithm)
    logarithm *= V
    M -= V
    M += logarithm
    return M


def _euclidean_step(M: Floats, V: Floats, P: Floats, floor: np.float32) -> None:
    np.add(M, floor, out=M)
    np.copyto(P, V)


def _euclidean_cost(V: Floats, M: Floats) -> Floats:
    M -= V
    np.square(M, out=M)
    M *= 0.5
    return M


def _cauchy_step(M: Floats, V: Floats, P: Floats, floor: np.float32) -> None:
    np.add(M, floor, out=M)
    np.reciprocal(M, out=P)
    M *= np.float32(3) / (np.square(M) + np.square(V))


def _cauchy_cost(V: Floats, M: Floats) -> Floats:
    """Less the minimum, which is at m = v / sqrt 2."""
    square = np.square(M.astype(np.float64) / V)
    lowest = 1.5 * np.log(1.5) + 0.5 * np.log(2)
    return np.asarray(1.5 * np.log1p(square) - 0.5 * np.log(square) - lowest, np.float32)


def _levy_step(M: Floats, V: Floats, P: Floats, floor: np.float32) -> None:
    np.add(M, floor, out=M)
    np.reciprocal(M, out=P)
    M /= np.square(V)


def _levy_cost(V: Floats, M: Floats) -> Floats:
    """Less the minimum, which is at m = v."""
    square = np.square(M.astype(np.float64) / V)
    return np.asarray(0.5 * (square - np.log(square) - 1), np.float32)


DIVERGENCES = {
    "is": Divergence("is", _is_step, kernels_nmf.itakura_saito, _is_cost, 0.5, 1.0, power=2.0),
    "kl": Divergence("kl", _kl_step, kernels_nmf.kullback_leibler, _kl_cost, 1.0, 1.0, unit_pull_down=True),
    "euclidean": Divergence("euclidean", _euclidean_step, _euclidean_step, _euclidean_cost, 1.0, 1.0),
    "cauchy": Divergence("cauchy", _cauchy_step, kernels_nmf.cauchy, _cauchy_cost, 0.5, 1.0),
    "levy": Divergence("levy", _levy_step, kernels_nmf.levy, _levy_cost, 0.5, 0.5, power=0.5),
}
"""The divergences that have a name."""

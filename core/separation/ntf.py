"""Nonnegative tensor factorisation: V (F, T, J) ~ sum over k of W[f, k] H[k, t] Q[j, k], the spectrograms of J sources.

Templates and activations are shared by all sources, and every component says how much of it belongs to each: what
informed separation sends (Liutkus et al., Signal Processing 92(8), 2012).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError
from unbraid.core.progress import Progress, silent_progress
from unbraid.core.separation.nmf_descent import NmfParams, Start, Step, exponents, fit, given
from unbraid.core.separation.nmf_divergences import Floats, divergence_of
from unbraid.core.separation.nmf_tiles import Tiles

__all__ = ["NmfParams", "TensorFactors", "factorise_tensor"]


@dataclass(frozen=True, eq=False)
class TensorFactors:
    """Templates W (F, K), activations H (K, T), shares Q (J, K), and the mean divergence from the start to the end.

    Templates and shares sum to one over bins and sources where nothing of their component was fixed.
    """

    templates: Floats
    activations: Floats
    shares: Floats
    divergences: tuple[float, ...]

    def model(self, source: int, frames: slice = slice(None)) -> Floats:
        """The model of one source, (F, T) in memory (T, F)."""
        H = self.activations[:, frames].T * self.shares[source]
        return np.asarray(H @ self.templates.T, np.float32).T


def factorise_tensor(
    V: Floats,
    params: NmfParams,
    *,
    templates: npt.ArrayLike | None = None,
    fixed_templates: npt.ArrayLike = False,
    activations: npt.ArrayLike | None = None,
    fixed_activations: npt.ArrayLike = False,
    shares: npt.ArrayLike | None = None,
    fixed_shares: npt.ArrayLike = False,
    weights: npt.ArrayLike | None = None,
    progress: Progress = silent_progress,
) -> TensorFactors:
    """Factors of V (F, T, J), at least 0. shares: (J, k), initial values; all else as in `factorise`.

    With `params.bold` all factors change at once, from one evaluation of the model, as long as the divergence falls.
    """
    if V.ndim != 3 or 0 in V.shape:
        raise ParameterError(f"what is factorised is bins x frames x sources and not empty, not of the shape {V.shape}")
    F, T, J = V.shape
    rows = None if activations is None else np.asarray(activations, np.float32).T
    start = Start(
        given(templates, fixed_templates, F, params.components, "templates"),
        given(rows, fixed_activations, T, params.components, "activations (transposed)"),
        given(shares, fixed_shares, J, params.components, "shares"),
    )
    turned = None if weights is None else np.broadcast_to(np.asarray(weights, np.float32), V.shape).transpose(2, 1, 0)
    found = fit(V.transpose(2, 1, 0), turned, start, params, _steps(params), progress)
    return TensorFactors(found.W, found.H.T, found.Q, found.divergences)


def _steps(params: NmfParams) -> list[Step]:
    """All factors at once, then one after the other."""
    powers = exponents(divergence_of(params.divergence), bold=params.bold)
    turns: list[Step] = [partial(Tiles.in_turn, exponent=power) for power in powers]
    return [partial(Tiles.jointly, exponent=powers[0]), *turns] if params.bold else turns

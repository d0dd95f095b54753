"""Nonnegative matrix factorisation: V (F, T) ~ W (F, K) H (K, T), by multiplicative updates.

Data of any loudness give the same templates: only their ratio to their mean is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError
from unbraid.core.progress import Progress, silent_progress
from unbraid.core.separation.nmf_descent import Adjust, NmfParams, Start, Step, exponents, fit, given
from unbraid.core.separation.nmf_divergences import Floats, divergence_of
from unbraid.core.separation.nmf_tiles import Tiles

__all__ = ["Factors", "NmfParams", "factorise"]

Components = slice | list[int] | npt.NDArray[np.int_]
"""Which components."""


@dataclass(frozen=True, eq=False)
class Factors:
    """Templates W (F, K), activations H (K, T), and the mean divergence of a bin, from the start to the end.

    Templates sum to one where neither they nor their activations were fixed.
    """

    templates: Floats
    activations: Floats
    divergences: tuple[float, ...]

    def model(self, components: Components = slice(None), frames: slice = slice(None)) -> Floats:
        """W H of some components and frames, (F, T) in memory (T, F)."""
        H = self.activations[components, frames]
        return np.asarray(H.T @ self.templates[:, components].T, np.float32).T


def factorise(
    V: Floats,
    params: NmfParams,
    *,
    templates: npt.ArrayLike | None = None,
    fixed_templates: npt.ArrayLike = False,
    activations: npt.ArrayLike | None = None,
    fixed_activations: npt.ArrayLike = False,
    weights: npt.ArrayLike | None = None,
    adjust: Adjust | None = None,
    progress: Progress = silent_progress,
) -> Factors:
    """Factors of V (F, T), at least 0, in the units of the divergence (core/separation/nmf_divergences.py).

    templates: (F, k), initial values of the first k components; `fixed_templates`: whether they stay (all, or one for
    each). activations: (k, T) likewise, in any unit. The zeros among initial values stay zero.
    weights: (F, T) or what broadcasts to it: how much each bin counts; 0: not. Silent frames are not activated.
    adjust: what replaces the activations (K, T) after every iteration but the last, a smoothing of any scale. The
    divergence may rise then, and is not watched.
    """
    if V.ndim != 2 or 0 in V.shape:
        raise ParameterError(f"what is factorised is bins x frames and not empty, not of the shape {V.shape}")
    F, T = V.shape
    rows = None if activations is None else np.asarray(activations, np.float32).T
    start = Start(
        given(templates, fixed_templates, F, params.components, "templates"),
        given(rows, fixed_activations, T, params.components, "activations (transposed)"),
        given(np.ones((1, params.components)), True, 1, params.components, "shares"),
    )
    transposed = None if weights is None else np.broadcast_to(np.asarray(weights, np.float32), V.shape).T
    found = fit(V.T[None], transposed, start, params, _steps(params), progress, adjust)
    return Factors(found.W, found.H.T, found.divergences)


def _steps(params: NmfParams) -> list[Step]:
    """H, then W of the new H."""
    powers = exponents(divergence_of(params.divergence), bold=params.bold)
    return [partial(Tiles.in_turn, exponent=power) for power in powers]

"""What NMF and NTF share: parameters, initial factors, and the descent with its watch over the divergence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.cpu import one_blas_thread
from unbraid.core.dsp.compiled import Engine
from unbraid.core.errors import ParameterError
from unbraid.core.progress import Progress, part_of
from unbraid.core.separation.nmf_divergences import Divergence, Floats, divergence_of
from unbraid.core.separation.nmf_tiles import Bools, Model, Tiles

SILENCE = 1e-35
"""Means below are no sound: they are near the least float32."""
RISE = 1e-5
"""Relative rise of the divergence that is more than rounding."""

Units = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
"""What the columns of W and of Q are measured in, (K,) each."""
Step = Callable[[Tiles, Model], None]
"""One iteration, in place."""
Adjust = Callable[[Floats], Floats]
"""What replaces the activations (K, T), of any scale, after every iteration but the last."""


@dataclass(frozen=True)
class NmfParams:
    """How to factorise.

    components: K. divergence: a name in core/separation/nmf_divergences.py, or the beta of a beta divergence.
    iterations: at most so many. tolerance: stop when the divergence fell by less than this part of itself in
    `check_every` iterations; 0 never stops early. restarts: random initial values that are tried, each to its end; the
    best result is kept. seed: of these values, or a generator. bold: begin with steps that fall faster than those that
    are proven to fall, and go back to these if the divergence rises. floor: what is below this part of the data's mean
    is not modelled. engine, threads: neither changes the result beyond the rounding of single operations.
    """

    components: int = 32
    divergence: str | float = "kl"
    iterations: int = 100
    tolerance: float = 0.0
    restarts: int = 1
    seed: int | np.random.Generator = 0
    bold: bool = True
    floor: float = 1e-9
    check_every: int = 10
    engine: Engine = "auto"
    threads: int | None = None

    def __post_init__(self) -> None:
        divergence_of(self.divergence)
        for name in ("components", "iterations", "restarts", "check_every"):
            if getattr(self, name) < 1:
                raise ParameterError(f"{name} of a factorisation is 1 or more, not {getattr(self, name)}")
        if not 1e-12 <= self.floor <= 1e-2:
            raise ParameterError(f"the floor is from 1e-12 to 1e-2 of the data's mean, not {self.floor}; try 1e-9")


@dataclass(frozen=True, eq=False)
class Given:
    """What is known of a factor: values (n, k) of its first k components, and which of these stay as they are."""

    values: Floats
    fixed: Bools

    @property
    def count(self) -> int:
        """Components k."""
        return int(self.values.shape[1])


def given(values: npt.ArrayLike | None, fixed: npt.ArrayLike, length: int, components: int, name: str) -> Given:
    """Checked initial values, (length, k) with k up to `components`; `fixed` says it for all of them or one by one."""
    table = np.zeros((length, 0), np.float32) if values is None else np.asarray(values, np.float32)
    if table.ndim != 2 or len(table) != length or table.shape[1] > components:
        raise ParameterError(
            f"initial {name} are {length} values for each of up to {components} components, not the shape {table.shape}"
        )
    if not np.isfinite(table).all() or (table < 0).any():
        raise ParameterError(f"initial {name} are finite and at least 0")
    return Given(table, np.broadcast_to(np.asarray(fixed, np.bool_), table.shape[1:]))


@dataclass(frozen=True, eq=False)
class Data:
    """What is factorised: V (J, T, F) over its mean plus the floor, weights of the same shape or None, that mean."""

    V: Floats
    weights: Floats | None
    mean: float
    floor: np.float32

    def silent(self) -> Bools:
        """Frames in which nothing counts, (T,)."""
        heard = np.greater(self.V, self.floor)
        if self.weights is not None:
            heard &= self.weights > 0
        return np.asarray(~heard.any(axis=(0, 2)), np.bool_)


def normalised(V: Floats, weights: npt.ArrayLike | None, floor: float) -> Data:
    """Data V (J, T, F), at least 0, and weights that broadcast to it, as they are worked on."""
    w = None
    if weights is not None:
        w = np.ascontiguousarray(np.broadcast_to(np.asarray(weights, np.float32), V.shape))
        if not np.isfinite(w).all() or (w < 0).any():
            raise ParameterError("weights of a factorisation are finite and at least 0")
    total = V.sum(dtype=np.float64) if w is None else (V * w).sum(dtype=np.float64)
    mean = float(total / max(V.size if w is None else w.sum(dtype=np.float64), SILENCE))
    if not np.isfinite(mean) or V.min() < 0:
        raise ParameterError("what is factorised is finite and at least 0: take magnitudes or powers")
    mean = mean if mean > SILENCE else 1.0
    X = np.multiply(V, np.float32(1 / mean), out=np.empty(V.shape, np.float32))
    X += np.float32(floor)
    return Data(X, w, mean, np.float32(floor))


@dataclass(frozen=True, eq=False)
class Fit:
    """Factors W (F, K), H (T, K), Q (J, K) in units of the data, and the mean divergence of a bin at every check."""

    W: Floats
    H: Floats
    Q: Floats
    divergences: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Start:
    """What is given of W (F, K), H (T, K) and Q (J, K), and how a descent begins and ends with it.

    Within the descent the columns of W and Q sum to one at first, and H has the scale, in units of the data's mean. A
    component of which both W and H are given keeps its scale; any other begins with a K-th of the mean, so that curves
    of any unit can be activations.
    """

    W: Given
    H: Given
    Q: Given

    def begin(self, data: Data, components: int, rng: np.random.Generator) -> tuple[Model, Units]:
        """Initial factors, random where nothing is given, and the units of W and of Q, (K,) each."""
        J, T, F = data.V.shape
        place = np.arange(components)
        W, H, Q = (_completed(g, n, components, rng) for g, n in ((self.W, F), (self.H, T), (self.Q, J)))
        free_w, free_h, free_q = (_free(g, components) for g in (self.W, self.H, self.Q))
        sums_w, sums_q = _sums(W), _sums(Q)
        W /= sums_w
        Q /= sums_q
        own = place < min(self.W.count, self.H.count)
        units_w, units_q = np.where(place < self.W.count, sums_w, 1), np.where(place < self.Q.count, sums_q, 1)
        means = np.maximum(H.mean(axis=0), SILENCE)
        scale = np.where(own, units_w * units_q / data.mean, F * J / components / means)
        units_w = np.where(own | (place >= self.H.count), units_w, scale * data.mean / units_q)
        H *= scale
        H[np.ix_(data.silent(), free_h)] = 0
        units_w, units_q = np.where(free_w & free_h, 1, units_w), np.where(free_q & free_h, 1, units_q)
        model = Model(_single(W), _single(H), _single(Q), free_w, free_h, free_q)
        return model, (units_w, units_q)

    def end(self, model: Model, units: Units, data: Data, costs: Sequence[float]) -> Fit:
        """The factors in the units of the data; what was fixed is exactly what was given."""
        units_w, units_q = units
        W, Q = _single(model.W * units_w), _single(model.Q * units_q)
        H = _single(model.H * (data.mean / (units_w * units_q)))
        for factor, known in ((W, self.W), (H, self.H), (Q, self.Q)):
            columns = np.flatnonzero(known.fixed)
            factor[:, columns] = known.values[:, columns]
        return Fit(W, H, Q, tuple(costs))


def _completed(known: Given, length: int, components: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Given columns and random ones, (length, components)."""
    return np.concatenate([known.values, rng.uniform(0.1, 1.1, (length, components - known.count))], axis=1)


def _free(known: Given, components: int) -> Bools:
    flags = np.ones(components, np.bool_)
    flags[: known.count] = ~known.fixed
    return flags


def _single(factor: npt.NDArray[np.float64]) -> Floats:
    return np.asarray(factor, np.float32)


def _sums(factor: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Sums of the columns, one where a column is empty."""
    sums = factor.sum(axis=0)
    return np.where(sums > 0, sums, 1)


def fit(
    V: Floats,
    weights: npt.ArrayLike | None,
    start: Start,
    params: NmfParams,
    steps: Sequence[Step],
    progress: Progress,
    adjust: Adjust | None = None,
) -> Fit:
    """The best of all restarts. V: (J, T, F). steps: from the boldest to the one that is proven to descend."""
    data = normalised(V, weights, params.floor)
    tiles = Tiles(
        data.V, data.weights, divergence_of(params.divergence), params.floor,
        engine=params.engine, threads=params.threads,
    )  # fmt: skip
    rng = np.random.default_rng(params.seed)
    best: Fit | None = None
    with one_blas_thread():
        for number in range(params.restarts):
            stage = part_of(progress, number / params.restarts, (number + 1) / params.restarts)
            model, units = start.begin(data, params.components, rng)
            costs = descend(tiles, model, steps, params, stage, adjust)
            if best is None or costs[-1] < best.divergences[-1]:
                best = start.end(model, units, data, costs)
    assert best is not None
    return best


def descend(
    tiles: Tiles,
    model: Model,
    steps: Sequence[Step],
    params: NmfParams,
    progress: Progress,
    adjust: Adjust | None = None,
) -> list[float]:
    """Iterate in place; where a step made the divergence rise, go back to the last check and on with the next step."""
    if adjust:
        steps = steps[:1]
    costs, kept, chosen = [tiles.cost(model)], model.copy(), 0
    for done in range(1, params.iterations + 1):
        progress((done - 1) / params.iterations, f"factorising, iteration {done} of {params.iterations}")
        steps[chosen](tiles, model)
        if adjust and done < params.iterations:
            model.H[...] = adjust(model.H.T).T
        if done % params.check_every and done < params.iterations:
            continue
        cost = tiles.cost(model)
        if cost > costs[-1] * (1 + RISE) and chosen + 1 < len(steps):
            model.copy_from(kept)
            chosen += 1
            continue
        costs.append(cost)
        kept.copy_from(model)
        if params.tolerance and costs[-2] - cost <= params.tolerance * abs(costs[-2]):
            break
    progress(1.0, "factorised")
    return costs


def exponents(divergence: Divergence, *, bold: bool) -> list[float]:
    """Of the steps to try, the proven one last."""
    tried = [divergence.bold] if bold and divergence.bold != divergence.proven else []
    return [*tried, divergence.proven]

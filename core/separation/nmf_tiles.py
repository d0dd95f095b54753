"""One iteration of NMF or NTF: passes over the data in tiles of frames that stay in the cache.

The model is V[j, t, f] = sum over k of W[f, k] H[t, k] Q[j, k] + floor; NMF is the case of one source. The floor is a
faint constant component: with it silence needs no exception, and the descent of the steps holds all the same.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.cpu import coarse_threads, slices
from unbraid.core.dsp.compiled import Engine, use_compiled
from unbraid.core.dsp.ratio import to_power
from unbraid.core.separation.nmf_divergences import Divergence, Floats

Bools = npt.NDArray[np.bool_]

TILE_VALUES = 5 << 16
"""Bins of a tile: 320 frames of 1024 bins. Longer leave the cache, shorter make the sums of W cost more."""
SPANS = 8
"""Parts of the song whose sums are made one by one, whatever the number of threads, so that it changes no bit."""
TINY = np.float32(1e-30)
"""Keeps 0 / 0 of components that have died from being anything but zero."""
DEAD = np.float32(1e-18)
"""Factors below are set to zero: smaller ones would become denormal numbers, which are slow."""


@dataclass(frozen=True, eq=False)
class Model:
    """Factors that are worked on in place: W (F, K), H (T, K), Q (J, K), and which components of each are free."""

    W: Floats
    H: Floats
    Q: Floats
    free_w: Bools
    free_h: Bools
    free_q: Bools

    def copy_from(self, other: Model) -> None:
        """Take over the factors of another model of the same size."""
        for mine, theirs in ((self.W, other.W), (self.H, other.H), (self.Q, other.Q)):
            mine[...] = theirs

    def copy(self) -> Model:
        """A model of the same factors in memory of its own."""
        return Model(self.W.copy(), self.H.copy(), self.Q.copy(), self.free_w, self.free_h, self.free_q)

    def normalise(self) -> None:
        """Make the columns of W and Q sum to one and give their scale to H, where both are free."""
        for factor, free in ((self.W, self.free_w), (self.Q, self.free_q)):
            self.H[...] *= _unit_sums(factor, free & self.free_h)

    def normalise_shapes(self) -> None:
        """Make them sum to one and forget their scale, so that a change of scale is left to one factor: H, or W."""
        _unit_sums(self.W, self.free_w & self.free_h)
        _unit_sums(self.Q, self.free_q & (self.free_h | self.free_w))


def _unit_sums(factor: Floats, columns: Bools) -> Floats:
    """Divide columns by their sums, in place; returns the divisors (K,), one for empty and for other columns."""
    sums: Floats = factor.sum(axis=0)
    sums[~columns | (sums == 0)] = 1
    factor /= sums
    return sums


@dataclass(frozen=True, eq=False)
class _Pulls:
    """What pulls W and Q up [0] and down [1], summed over tiles: (sides, K, F) and (2, J, K), of size 0 if not wanted.

    One side of W where R is one: there sums of H pull down. W is the other way round for the sake of its product.
    """

    w: Floats
    q: Floats

    @classmethod
    def nothing(cls, model: Model, *, w: int = 0, q: bool = False) -> _Pulls:
        """Zeros for what is wanted: so many sides of W, and Q."""
        (F, K), J = model.W.shape, len(model.Q) if q else 0
        return cls(np.zeros((w, K, F), np.float32), np.zeros((2, J, K), np.float32))


@dataclass(frozen=True)
class _Turn:
    """What a pass changes: H of each tile before W and Q look at it or after, W, Q."""

    h_first: bool = False
    w: bool = False
    q: bool = False
    h_last: bool = False


class Tiles:
    """Data V (J, T, F) float32, at least `floor`, with weights of the same shape or None."""

    def __init__(
        self,
        V: Floats,
        weights: Floats | None,
        divergence: Divergence,
        floor: float,
        *,
        engine: Engine = "auto",
        threads: int | None = None,
    ):
        self._v, self._weights, self._divergence = V, weights, divergence
        self._floor, self._threads = np.float32(floor), threads
        self._step = divergence.compiled_step if use_compiled(engine) else divergence.step
        self._sides = 1 if divergence.unit_pull_down and weights is None else 2
        _, frames, bins = V.shape
        tiles = slices(frames, math.ceil(frames * bins / TILE_VALUES))
        self._spans = [[tiles[i] for i in range(len(tiles))[part]] for part in slices(len(tiles), SPANS)]
        self._scratch_values = 2 * math.ceil(frames / len(tiles)) * bins
        self._spare: dict[int, Floats] = {}

    def in_turn(self, model: Model, exponent: float) -> None:
        """H tile by tile, then W of the new H, then Q of both, each from a fresh evaluation of the model."""
        if model.free_w.any() or model.free_h.any():
            self._pass(model, exponent, _Turn(h_first=bool(model.free_h.any()), w=bool(model.free_w.any())))
        if model.free_q.any():
            self._pass(model, exponent, _Turn(q=True))
        model.normalise()

    def jointly(self, model: Model, exponent: float) -> None:
        """All three from one evaluation of the model: half the work, without a proof of descent.

        One factor takes the change of scale, or all three would correct it at once. For Kullback-Leibler this is
        expectation-maximisation, and does descend.
        """
        self._pass(model, exponent, _Turn(w=True, q=True, h_last=True))
        model.normalise_shapes()

    def cost(self, model: Model) -> float:
        """Mean divergence of a bin."""

        def work(span: list[slice]) -> float:
            scratch = self._scratch()
            return sum(self._cost(model, rows, j, scratch) for rows in span for j in range(len(self._v)))

        count = self._v.size if self._weights is None else float(self._weights.sum(dtype=np.float64))
        return sum(coarse_threads(work, self._spans, threads=self._threads)) / max(count, 1e-30)

    def _cost(self, model: Model, rows: slice, j: int, scratch: Floats) -> float:
        M, V = _matrix(scratch, 1, self._v[j, rows])[0], self._v[j, rows]
        np.matmul(model.H[rows] * model.Q[j], model.W.T, out=M)
        M += self._floor
        terms = self._divergence.cost(V, M)
        if self._weights is not None:
            terms *= self._weights[j, rows]
        return float(terms.sum(dtype=np.float64))

    def _pass(self, model: Model, exponent: float, turn: _Turn) -> None:
        """One pass over the data: H of every tile as it comes, W and Q at the end."""
        w, q = self._pulls(model, exponent, turn)
        multiply(model.W, w, exponent, model.free_w)
        multiply(model.Q, q, exponent, model.free_q)

    def pulls_on_templates(self, model: Model) -> Floats:
        """What pulls W up and down, (2, F, K), for data that come in pieces: `multiply` W with the sum over them."""
        return self._pulls(model, 0.0, _Turn(w=True))[0]

    def pulls_after_activations(self, model: Model, exponent: float) -> Floats:
        """Step H, and what pulls W then, (2, F, K)."""
        return self._pulls(model, exponent, _Turn(h_first=True, w=True))[0]

    def _pulls(self, model: Model, exponent: float, turn: _Turn) -> tuple[Floats, Floats]:
        """Change H as `turn` says; returns the pulls on W and Q, (2, F, K) and (2, J, K), of size 0 if not wanted."""
        W_sums, H_sums = model.W.sum(axis=0), model.H.sum(axis=0)

        def work(span: list[slice]) -> _Pulls:
            pulls = _Pulls.nothing(model, w=self._sides if turn.w else 0, q=turn.q)
            scratch = self._scratch()
            for rows in span:
                if turn.h_first:
                    pull_h = self._gather(model, W_sums, rows, scratch, _Pulls.nothing(model))
                    multiply(model.H[rows], pull_h, exponent, model.free_h)
                if turn.w or turn.q:
                    pull_h = self._gather(model, W_sums, rows, scratch, pulls, for_h=turn.h_last)
                if turn.h_last:
                    multiply(model.H[rows], pull_h, exponent, model.free_h)
            return pulls

        parts = coarse_threads(work, self._spans, threads=self._threads)
        w, q = np.sum([part.w for part in parts], axis=0), np.sum([part.q for part in parts], axis=0)
        if len(w) == 1:
            seen = model.H.sum(axis=0) if turn.h_first else H_sums
            w = np.stack([w[0], np.broadcast_to((seen * model.Q.sum(axis=0))[:, None], w[0].shape)])
        return w.transpose(0, 2, 1), q

    def _gather(
        self, model: Model, W_sums: Floats, rows: slice, scratch: Floats, pulls: _Pulls, *, for_h: bool = True
    ) -> Floats:
        """Add a tile's pulls on W and Q to `pulls`; returns those on H, (2, B, K), zeros if they are not wanted."""
        W, H, Q = model.W, model.H[rows], model.Q
        pull_h = np.zeros((2, *H.shape), np.float32)
        for j in range(len(Q)):
            HQ = H * Q[j]
            PR = self._terms(rows, j, HQ, W, scratch)
            if pulls.w.size:
                pulls.w[...] += np.matmul(HQ.T, PR)
            if for_h or pulls.q.size:
                Y = np.empty_like(pull_h)
                np.matmul(PR.reshape(-1, len(W)), W, out=Y[: len(PR)].reshape(-1, W.shape[1]))
                if len(PR) == 1:
                    Y[1] = W_sums
                pull_h += Y * Q[j]
                if pulls.q.size:
                    pulls.q[:, j] += (Y * H).sum(axis=1)
        return pull_h

    def _terms(self, rows: slice, j: int, HQ: Floats, W: Floats, scratch: Floats) -> Floats:
        """P and R (2, B, F) of a tile of source j; P alone where R is one."""
        V = self._v[j, rows]
        PR = _matrix(scratch, 2, V)
        np.matmul(HQ, W.T, out=PR[1])
        self._step(PR[1], V, PR[0], self._floor)
        if self._sides == 1:
            return PR[:1]
        if self._weights is not None:
            weights = self._weights[j, rows]
            if self._divergence.unit_pull_down:
                PR[0] *= weights
                PR[1] = weights
            else:
                PR *= weights
        return PR

    def _scratch(self) -> Floats:
        """Memory for P and R of one tile, one for each thread: what moves between processors is slow."""
        thread = threading.get_ident()
        if thread not in self._spare:
            self._spare[thread] = np.empty(self._scratch_values, np.float32)
        return self._spare[thread]


def _matrix(scratch: Floats, count: int, like: Floats) -> Floats:
    """(count, B, F) for a tile V (B, F), in the scratch memory."""
    return scratch[: count * like.size].reshape(count, *like.shape)


def multiply(factor: Floats, pull: Floats, exponent: float, free: Bools) -> None:
    """One multiplicative step of the free columns of a factor, in place. pull: (2, n, K), or of size 0: no step."""
    if not pull.size:
        return
    ratio = to_power(pull[0] / np.maximum(pull[1], TINY), exponent)
    if not free.all():
        ratio[:, ~free] = 1
    factor *= ratio
    factor[factor < DEAD] = 0

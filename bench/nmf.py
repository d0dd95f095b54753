"""An iteration of NMF and NTF beside scikit-learn, torchnmf and plain torch: 1025 bins, 2584 frames, 32 components.

One iteration steps all factors once. NMF: templates and activations. NTF: also the shares of four sources.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from harness import Bench, Job

F, T, J, K, ROUNDS = 1025, 2584, 4, 32, 50
BETAS = {0: "is", 1: "kl"}

bench = Bench(f"NMF and NTF, {ROUNDS} iterations")


def data(sources: int = 1) -> np.ndarray:
    """Powers (sources, F, T) of decaying spectra that come and go."""
    rng = np.random.default_rng(0)
    W = rng.gamma(0.5, size=(sources, F, 40)) / np.arange(1, F + 1)[:, None]
    V = W @ rng.gamma(0.3, size=(sources, 40, T)) * rng.gamma(1.0, size=(sources, F, T))
    return (V / V.mean() + 1e-8).astype(np.float32)


@bench.case("plain torch, in place", needs=["torch"], nmf=BETAS, threads=(2,))
@bench.case("plain torch, in place", needs=["torch"], nmf=BETAS, unit=True)
def torch_nmf(nmf: int, threads: int) -> Job:
    """Matrix products into arrays that are there, multiplicative updates."""
    import torch

    torch.set_num_threads(threads)
    v = torch.from_numpy(data()[0])
    W, H = torch.rand(F, K) + 0.1, torch.rand(K, T) + 0.1
    R, P = torch.empty(F, T), torch.empty(F, T)

    def step() -> None:
        for side in (0, 1):
            torch.mm(W, H, out=R)
            if nmf == 0:
                R.reciprocal_()
                torch.mul(R, R, out=P)
                P.mul_(v)
                down = W.T @ R if side else R @ H.T
            else:
                torch.div(v, R, out=P)
                down = W.sum(0)[:, None] if side else H.sum(1)[None]
            (H if side else W).mul_((W.T @ P if side else P @ H.T).div_(down))

    def run() -> None:
        with torch.inference_mode():
            for _ in range(ROUNDS):
                step()

    return Job(run)


@bench.case("scikit-learn, float32", needs=["sklearn"], nmf=BETAS)
def sklearn_nmf(nmf: int, threads: int) -> Job:
    """sklearn.decomposition.NMF with the solver mu."""
    from sklearn.decomposition import NMF

    loss = {0: "itakura-saito", 1: "kullback-leibler"}[nmf]
    v = data()[0]
    return Job(
        lambda: NMF(
            K, init="random", solver="mu", beta_loss=loss, max_iter=ROUNDS, tol=0, random_state=0
        ).fit_transform(v)
    )


@bench.case("torchnmf", needs=["torchnmf"], nmf=BETAS)
def torchnmf_nmf(nmf: int, threads: int) -> Job:
    """torchnmf.nmf.NMF."""
    import torch
    from torchnmf.nmf import NMF

    torch.set_num_threads(threads)
    v = torch.from_numpy(data()[0])
    return Job(lambda: NMF(v.shape, rank=K).fit(v, beta=nmf, max_iter=ROUNDS, tol=0))


def ours(engine: Any, nmf: int, threads: int) -> Job:
    """core/separation/nmf.py."""
    from unbraid.core.separation.nmf import NmfParams, factorise

    V = np.ascontiguousarray(data()[0].T).T
    how = NmfParams(K, BETAS[nmf], iterations=ROUNDS, engine=engine, threads=threads, check_every=ROUNDS)
    return Job(lambda: factorise(V, how))


@bench.case("unbraid, compiled", threads=(1, 2), nmf=BETAS)
def compiled_nmf(nmf: int, threads: int) -> Job:
    """With numba."""
    return ours("compiled", nmf, threads)


@bench.case("unbraid, no compiler", nmf=BETAS)
def plain_nmf(nmf: int, threads: int) -> Job:
    """With numpy alone."""
    return ours("scipy", nmf, threads)


@bench.case("torch einsum, as in the formula", needs=["torch"], ntf=["is"], repeats=1, unit=True)
def einsum_ntf(ntf: str, threads: int) -> Job:
    """W, H and Q in turn, each with a fresh model; one iteration is measured."""
    import torch

    torch.set_num_threads(threads)
    V = torch.from_numpy(data(J)).permute(1, 2, 0).contiguous()
    W, H, Q = (torch.rand(n, K) + 0.1 for n in (F, T, J))

    def model() -> tuple[torch.Tensor, torch.Tensor]:
        M = torch.einsum("fk,tk,jk->ftj", W, H, Q)
        return V / (M * M), 1 / M

    def run() -> None:
        with torch.inference_mode():
            P, R = model()
            W.mul_(torch.einsum("ftj,tk,jk->fk", P, H, Q) / torch.einsum("ftj,tk,jk->fk", R, H, Q))
            P, R = model()
            H.mul_(torch.einsum("ftj,fk,jk->tk", P, W, Q) / torch.einsum("ftj,fk,jk->tk", R, W, Q))
            P, R = model()
            Q.mul_(torch.einsum("ftj,fk,tk->jk", P, W, H) / torch.einsum("ftj,fk,tk->jk", R, W, H))

    return Job(run, part=1 / ROUNDS)


@bench.case("numpy and numba, tile by tile", needs=["numba"], ntf=["is"])
def tiled_ntf(ntf: str, threads: int) -> Job:
    """W, H and Q at once, 128 frames of one source at a time: an iteration without watch and bookkeeping."""
    from numba import njit
    from threadpoolctl import threadpool_limits

    @njit(nogil=True, fastmath=True)
    def pulls(M: np.ndarray, V: np.ndarray, P: np.ndarray) -> None:
        for t in range(M.shape[0]):
            for f in range(M.shape[1]):
                r = np.reciprocal(M[t, f])
                M[t, f] = r
                P[t, f] = V[t, f] * r * r

    V, rng, both = np.ascontiguousarray(data(J).transpose(0, 2, 1)), np.random.default_rng(0), np.empty((256, F), "f")
    W, H, Q = (rng.random((n, K), "f") + np.float32(0.1) for n in (F, T, J))

    def step() -> None:
        up_down = [np.zeros((2, *factor.shape), "f") for factor in (W, H, Q)]
        for j, first in np.ndindex(J, -(-T // 128)):
            rows = slice(128 * first, min(T, 128 * first + 128))
            HQ, v = H[rows] * Q[j], V[j, rows]
            PR = both[: 2 * len(v)].reshape(2, len(v), F)
            np.matmul(HQ, W.T, out=PR[1])
            pulls(PR[1], v, PR[0])
            for side in (0, 1):
                up_down[0][side] += PR[side].T @ HQ
            on_h = PR @ W
            up_down[1][:, rows] += on_h * Q[j]
            up_down[2][:, j] += (on_h * H[rows]).sum(1)
        for factor, (up, down) in zip((W, H, Q), up_down, strict=True):
            factor *= np.sqrt(up / down)

    def run() -> None:
        with threadpool_limits(1, "blas"):
            for _ in range(ROUNDS):
                step()

    return Job(run)


def our_tensor(engine: Any, threads: int) -> Job:
    """core/separation/ntf.py."""
    from unbraid.core.separation.ntf import NmfParams, factorise_tensor

    V = np.ascontiguousarray(data(J).transpose(0, 2, 1)).transpose(2, 1, 0)
    how = NmfParams(K, "is", iterations=ROUNDS, engine=engine, threads=threads, check_every=ROUNDS)
    return Job(lambda: factorise_tensor(V, how))


@bench.case("unbraid, compiled", threads=(1, 2), ntf=["is"])
def compiled_ntf(ntf: str, threads: int) -> Job:
    """With numba."""
    return our_tensor("compiled", threads)


@bench.case("unbraid, no compiler", ntf=["is"])
def plain_ntf(ntf: str, threads: int) -> Job:
    """With numpy alone."""
    return our_tensor("scipy", threads)


if __name__ == "__main__":
    bench.main()

"""Multichannel Wiener filter of four stereo sources, beside norbert: whole spectrograms, and samples to stems.

SECONDS=60 python bench/wiener.py measures a shorter piece; four minutes of norbert take 4 GB.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from harness import Bench, Job

from unbraid.core.dsp.stft import StftParams, istft, stft

RATE, SOURCES, CHANNELS = 44100, 4, 2
SECONDS = float(os.environ.get("SECONDS", "240"))
PARAMS = StftParams(4096, 1024)
LENGTH = round(SECONDS * RATE)
FRAMES = PARAMS.frames(LENGTH)
NAMES = tuple("abcd")

Array = npt.NDArray[np.generic]
Separate = Callable[[Array, Array, int], Array]
"""Estimates from a mix (F, T, I), powers (F, T, J) and a number of iterations."""

bench = Bench(f"Multichannel Wiener filter, {SECONDS:g} s, stereo, {SOURCES} sources, window 4096, hop 1024")


def powers(frames: int = FRAMES) -> Array:
    """Models as sparse as those of music, (F, T, J), in memory (J, T, F)."""
    rng = np.random.default_rng(0)
    v = np.empty((SOURCES, frames, PARAMS.bins), np.float32)
    for j in range(SOURCES):
        for t in range(0, frames, 256):
            part = v[j, t : t + 256]
            rng.random(dtype=np.float32, out=part)
            part **= 4
            part += np.float32(1e-4)
    return v.T


def spectrogram(v: Array) -> Array:
    """A mix as loud as the models say, with channels of their own, (F, T, I), in memory (I, T, F)."""
    rng = np.random.default_rng(1)
    x = np.empty((CHANNELS, v.shape[1], v.shape[0]), np.complex64)
    for t in range(0, v.shape[1], 256):
        loudness = np.sqrt(v[:, t : t + 256].sum(axis=2)).T
        noise = rng.standard_normal((CHANNELS, *loudness.shape, 2), np.float32)
        x[:, t : t + 256] = noise.view(np.complex64)[..., 0] * loudness
    return x.T


def with_norbert(x: Array, v: Array, iterations: int, eps: float | None = None) -> Array:
    """norbert, in its order of axes, (T, F, I, J); its soft mask wants powers for each channel."""
    from norbert import wiener

    each = np.repeat(v[:, :, None], CHANNELS if iterations == 0 else 1, axis=2)
    return wiener(each.transpose(1, 0, 2, 3), x.transpose(1, 0, 2).copy(), iterations=iterations, eps=eps)


def with_unbraid(x: Array, v: Array, iterations: int) -> Array:
    """Ours, (F, T, I, J)."""
    from unbraid.core.separation.wiener import Refinement, wiener

    return wiener(x, v, Refinement(iterations))


def errors(x: Array, v: Array, iterations: int) -> dict[str, float]:
    """On a short piece: by how much ours do not add up to the mix, and differ from norbert without its white noise."""
    x, v = x[:, :120].copy(order="K"), v[:, :120].copy(order="K")
    y, scale = with_unbraid(x, v, iterations), float(np.abs(x).max())
    figures = {"sum error": float(np.abs(y.sum(axis=3) - x).max()) / scale}
    if importlib.util.find_spec("norbert"):
        theirs = with_norbert(x.astype(np.complex128), v.astype(np.float64), iterations, eps=1e-20)
        figures["from norbert"] = float(np.abs(y - theirs.transpose(1, 0, 2, 3)).max()) / scale
    return figures


@bench.case("norbert", needs=["norbert"], iterations=[0, 1], repeats=1, unit=True)
def norbert_arrays(iterations: int, threads: int) -> Job:
    """The library, all in memory."""
    v = powers()
    x = spectrogram(v)
    return Job(lambda: with_norbert(x, v, iterations))


def our_arrays(iterations: int, threads: int, engine: str) -> Job:
    """Our filter with one of its engines."""
    limit(threads, engine)
    v = powers()
    x = spectrogram(v)
    return Job(lambda: with_unbraid(x, v, iterations), lambda _: errors(x, v, iterations))


def limit(threads: int, engine: str) -> None:
    """Use so many processors and this engine in the whole process."""
    os.environ["UNBRAID_ENGINE"] = engine
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


@bench.case("unbraid, compiled", threads=(1, 2), iterations=[0, 1])
def compiled_arrays(iterations: int, threads: int) -> Job:
    """Compiled loops."""
    return our_arrays(iterations, threads, "compiled")


@bench.case("unbraid, no compiler", iterations=[0, 1], repeats=1)
def plain_arrays(iterations: int, threads: int) -> Job:
    """Numpy."""
    return our_arrays(iterations, threads, "scipy")


def samples() -> Array:
    """A mix as samples, (N, I)."""
    return np.random.default_rng(2).standard_normal((LENGTH, CHANNELS), np.float32)


@bench.case("norbert between our transforms", needs=["norbert"], stems=[1], repeats=1, unit=True)
def norbert_stems(stems: int, threads: int) -> Job:
    """From samples to stems, each step as a whole."""
    limit(threads, "auto")
    v, song = powers(), samples()

    def run() -> list[Array]:
        y = with_norbert(stft(song, PARAMS), v, stems)
        return [istft(y[..., j].transpose(1, 0, 2), PARAMS, LENGTH) for j in range(SOURCES)]

    return Job(run)


def our_stems(stems: int, threads: int, engine: str) -> Job:
    """From samples to stems, block by block; the stems are in the memory that is added."""
    from unbraid.core.separation.wiener import Refinement, separate

    limit(threads, engine)
    v, song = powers(), samples()

    def run() -> dict[str, Array]:
        return separate(song, PARAMS, lambda first, x: v[:, first : first + x.shape[1]], NAMES, Refinement(stems))

    def check(found: dict[str, Array]) -> dict[str, float]:
        size = sum(stem.nbytes for stem in found.values()) / 2**20
        total = np.abs(sum(stem[: 1 << 20] for stem in found.values()) - song[: 1 << 20]).max()
        return {"sum error": float(total), "stems MB": size}

    return Job(run, check)


@bench.case("unbraid streamed, compiled", threads=(1, 2), stems=[1])
def compiled_stems(stems: int, threads: int) -> Job:
    """Compiled loops."""
    return our_stems(stems, threads, "compiled")


@bench.case("unbraid streamed, no compiler", stems=[1], repeats=1)
def plain_stems(stems: int, threads: int) -> Job:
    """Numpy."""
    return our_stems(stems, threads, "scipy")


if __name__ == "__main__":
    bench.main()

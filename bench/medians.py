"""Median filters, harmonic/percussive masks and medians over similar frames, beside scipy, numpy and librosa."""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt
from harness import Bench, Job

BINS, FRAMES = 2049, 10336
LENGTHS = (17, 31, 101)
MASK_LENGTHS = (17, 31)
NEIGHBOURS = (25, 101)

bench = Bench(f"Medians of a spectrogram {BINS} x {FRAMES} (4 min, window 4096, hop 1024)")


def spectrogram(frames: int = FRAMES, *, frame_major: bool = False) -> npt.NDArray[np.float32]:
    """Magnitudes with lines along both axes, (F, T); C order as the peers want it, or ours."""
    rng = np.random.default_rng(0)
    v = np.sqrt(rng.exponential(1.0, (BINS, frames)).astype(np.float32))
    v *= (1 / (1 + np.arange(BINS, dtype=np.float32) / 40))[:, None]
    v[rng.integers(0, BINS // 2, 120)] *= 8
    v[:, rng.integers(0, frames, frames // 20)] *= 5
    return np.ascontiguousarray(v.T).T if frame_major else v


def listed(frames: int, count: int) -> npt.NDArray[np.int32]:
    """`count` frame numbers for each of the first frames, (frames, count)."""
    return np.random.default_rng(1).integers(0, FRAMES, (frames, count)).astype(np.int32)


def exact(v: npt.NDArray[np.float32], length: int, axis: int):
    """Check of a running median against sorting, on a part of the picture."""

    def check(result: npt.NDArray[np.float32]) -> dict[str, float]:
        half, line, got = length // 2, (v.T if axis == 0 else v), (result.T if axis == 0 else result)
        windows = np.lib.stride_tricks.sliding_window_view(line[:40, :600], length, axis=1)
        return {"error": float(np.abs(np.median(windows, axis=-1) - got[:40, half : 600 - half]).max())}

    return check


@bench.case("scipy, 2-D", axis=[1, 0], length=LENGTHS, repeats=1, unit=True)
def scipy_median(axis: int, length: int, threads: int) -> Job:
    """SciPy's filter on the picture, an eighth of its frames."""
    from scipy.ndimage import median_filter

    v = spectrogram(FRAMES // 8)
    size = (1, length) if axis == 1 else (length, 1)
    return Job(lambda: median_filter(v, size=size, mode="nearest"), exact(v, length, axis), v.shape[1] / FRAMES)


def our_median(axis: int, length: int, threads: int, engine: str) -> Job:
    """Our filter with one of its engines."""
    from unbraid.core.dsp.median import median

    v = spectrogram(frame_major=True)
    out = np.empty_like(v)
    return Job(lambda: median(v, length, axis, out=out, threads=threads, engine=engine), exact(v, length, axis))


@bench.case("unbraid, compiled", threads=(1, 2), axis=[1, 0], length=(*LENGTHS, 301))
def compiled_median(axis: int, length: int, threads: int) -> Job:
    """Sorting networks and sorted windows."""
    return our_median(axis, length, threads, "compiled")


@bench.case("unbraid, no compiler", axis=[1, 0], length=(*LENGTHS, 301), repeats=1)
def plain_median(axis: int, length: int, threads: int) -> Job:
    """One-dimensional filters of scipy."""
    return our_median(axis, length, threads, "scipy")


@bench.case("librosa.decompose.hpss", needs=["librosa"], hpss=MASK_LENGTHS, repeats=1, unit=True)
def librosa_masks(hpss: int, threads: int) -> Job:
    """Both medians and soft masks of librosa."""
    from librosa.decompose import hpss as separate

    v = spectrogram(FRAMES // 8)
    return Job(lambda: separate(v, kernel_size=hpss, mask=True), part=v.shape[1] / FRAMES)


def our_masks(length: int, threads: int, engine: str) -> Job:
    """Both medians and soft masks."""
    os.environ["UNBRAID_ENGINE"] = engine
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    from unbraid.plugins.hpss.medians import Medians, hpss_masks

    v, medians = spectrogram(frame_major=True), Medians(length, length)
    return Job(lambda: hpss_masks(v, medians), lambda masks: {"sum to one": float(np.abs(sum(masks) - 1).max())})


@bench.case("unbraid, compiled", threads=(1, 2), hpss=MASK_LENGTHS)
def compiled_masks(hpss: int, threads: int) -> Job:
    """Compiled medians."""
    return our_masks(hpss, threads, "compiled")


@bench.case("unbraid, no compiler", hpss=MASK_LENGTHS, repeats=1)
def plain_masks(hpss: int, threads: int) -> Job:
    """Medians of scipy, row by row."""
    return our_masks(hpss, threads, "scipy")


@bench.case("numpy.median", neighbours=NEIGHBOURS, repeats=1, unit=True)
def numpy_listed(neighbours: int, threads: int) -> Job:
    """NumPy's median frame by frame, a thirty-second of the frames."""
    v, index = np.ascontiguousarray(spectrogram().T), listed(FRAMES // 32, neighbours)
    return Job(lambda: [np.median(v[frames], axis=0) for frames in index], part=len(index) / FRAMES)


def our_listed(count: int, threads: int, engine: str) -> Job:
    """Our medians over listed frames with one of the engines."""
    from unbraid.core.dsp.median import median_of_frames

    v, index = spectrogram(frame_major=True), listed(FRAMES, count)

    def check(result: npt.NDArray[np.float32]) -> dict[str, float]:
        expected = np.sort(v.T[index[:9]], axis=1)[:, (count - 1) // 2]
        return {"error": float(np.abs(result.T[:9] - expected).max())}

    return Job(lambda: median_of_frames(v, index, threads=threads, engine=engine), check)


@bench.case("unbraid, compiled", threads=(1, 2), neighbours=NEIGHBOURS)
def compiled_listed(neighbours: int, threads: int) -> Job:
    """Sorting networks."""
    return our_listed(neighbours, threads, "compiled")


@bench.case("unbraid, no compiler", neighbours=NEIGHBOURS, repeats=1)
def plain_listed(neighbours: int, threads: int) -> Job:
    """NumPy's partition."""
    return our_listed(neighbours, threads, "scipy")


@bench.case("librosa nn_filter (similarity included)", needs=["librosa"], neighbours=NEIGHBOURS[:1], repeats=1)
def librosa_listed(neighbours: int, threads: int) -> Job:
    """librosa, which also searches the neighbours."""
    from librosa.decompose import nn_filter

    v = spectrogram(FRAMES // 8)
    return Job(lambda: nn_filter(v, aggregate=np.median, metric="cosine", k=neighbours), part=v.shape[1] / FRAMES)


if __name__ == "__main__":
    bench.main()

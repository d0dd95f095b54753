"""Medians over proximity kernels in several ways: networks, search by bits, running medians, numpy, scipy, torch.

Which way is fastest for which kernel decides what core/kam/smoothers.py does.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from harness import Bench, Job

from unbraid.core.dsp.stft import StftParams
from unbraid.core.kam import kernels
from unbraid.core.kam.surroundings import Surroundings
from unbraid.core.separation.guide import Guide, PitchTrack

RATE, PARAMS = 44100, StftParams(4096, 1024)
BINS, FRAMES = PARAMS.bins, 2584
CHECKED = slice(100, 104)

Picture = npt.NDArray[np.float32]

bench = Bench(f"Medians over kernels of a spectrogram {BINS} x {FRAMES} (1 min, window 4096, hop 1024)")


def drawn(weighted: bool) -> kernels.Drawn:
    """A pattern of 25 places within a third of a second and 600 Hz."""
    rng = np.random.default_rng(2)
    weights = rng.uniform(0.1, 1, 25) if weighted else np.ones(25)
    return kernels.Drawn("", tuple(rng.uniform(-0.3, 0.3, 25)), tuple(rng.uniform(-300, 300, 25)), tuple(weights))


KERNELS: dict[str, kernels.Kernel] = {
    "cross5": kernels.Cross(15.0, 0.04),
    "cross27": kernels.Cross(200.0, 0.2),
    "diagonal9": kernels.Diagonal(5000.0, "Hz/s", 0.2, both=False),
    "octaves17": kernels.Diagonal(2.0, "octaves/s", 0.2),
    "drawn25": drawn(False),
    "drawn25w": drawn(True),
    "vertical37": kernels.Vertical(400.0),
    "horizontal31": kernels.Horizontal(0.7),
    "horizontal87": kernels.Horizontal(2.0),
    "tricube31": kernels.Horizontal(0.7, "tricube"),
    "periodic5": kernels.Periodic((2.13,)),
    "similar17": kernels.Similar(17),
    "similar101": kernels.Similar(101),
    "comb5": kernels.Comb(),
}
PATTERNS = ("cross5", "cross27", "diagonal9", "drawn25", "horizontal31", "vertical37")
LISTS = ("periodic5", "similar17", "similar101")


def song(frames: int = FRAMES) -> Surroundings:
    """A noisy song with lines along both axes, and a pitch."""
    rng = np.random.default_rng(0)
    rows = np.sqrt(rng.exponential(1.0, (frames, BINS)).astype(np.float32))
    rows *= 1 / (1 + np.arange(BINS, dtype=np.float32) / 40)
    rows[:, rng.integers(0, BINS // 2, 120)] *= 8
    rows[rng.integers(0, frames, frames // 20)] *= 5
    times = np.arange(0, 240, 0.02, dtype=np.float32)
    pitch = PitchTrack("", times, (220 * 2 ** (0.3 * np.sin(times))).astype(np.float32))
    return Surroundings(PARAMS, RATE, frames, rows.T, Guide(pitches=(pitch,)))


def exact(known: Surroundings, kernel: kernels.Kernel, *, mirrored: bool = True):
    """Check of some frames against the engine without a compiler; peers that do not mirror are checked inside."""

    def check(result: Picture) -> dict[str, float]:
        from unbraid.core.kam.smoothers import bind

        inner = slice(None) if mirrored else slice(100, -100)
        expected = bind(kernel, known)(known.magnitudes, engine="scipy")[inner, CHECKED] if _cheap(kernel) else None
        got = result[inner, CHECKED]
        return {} if expected is None else {"error": float(np.abs(got - expected).max())}

    return check


def _cheap(kernel: kernels.Kernel) -> bool:
    return kernel.kind in ("cross", "diagonal", "vertical")


def ours(kernel: str, threads: int, engine: str, *, networks: bool = True, frames: int = FRAMES) -> Job:
    """Our smoother with one engine."""
    from unbraid.core.kam import smoothers

    known = song(frames)
    smoothers.NETWORK_FROM = 1 << 18 if networks else 1 << 60
    smoother = smoothers.bind(KERNELS[kernel], known)
    z = known.magnitudes
    return Job(lambda: smoother(z, threads=threads, engine=engine), lambda _: {}, frames / FRAMES)  # type: ignore[arg-type]


@bench.case("unbraid", threads=(1, 2), kernel=tuple(KERNELS))
def chosen(kernel: str, threads: int) -> Job:
    """The way that the smoother takes."""
    return ours(kernel, threads, "compiled")


@bench.case("search by bits", kernel=("cross5", "diagonal9", "drawn25", "periodic5", "similar17"), repeats=1)
def searched(kernel: str, threads: int) -> Job:
    """The compiled search in place of a network, a quarter of the frames."""
    return ours(kernel, threads, "compiled", networks=False, frames=FRAMES // 4)


@bench.case("unbraid, no compiler", kernel=tuple(KERNELS), repeats=1)
def plain(kernel: str, threads: int) -> Job:
    """NumPy's partition and sorting, scipy's running medians, an eighth of the frames."""
    return ours(kernel, threads, "scipy", frames=FRAMES // 8)


def lists(kernel: str, known: Surroundings) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Frames and shifts of the neighbours of all frames, (T, k); absent ones are the frame itself."""
    from unbraid.core.kam.neighbourhoods import neighbourhood

    frames, shifts, *_ = neighbourhood(KERNELS[kernel], known).of(0, known.frames).complete()
    own = np.arange(known.frames)[:, None]
    return np.where(frames < 0, own, frames).astype(np.int64), shifts.astype(np.int64)


@bench.case("numpy.partition of shifted copies", kernel=PATTERNS, repeats=1, unit=True)
def numpy_pattern(kernel: str, threads: int) -> Job:
    """All neighbours side by side, 64 frames at a time, an eighth of the frames."""
    known = song(FRAMES // 8)
    places, offsets, rank = _copies(kernel, known)

    def run() -> Picture:
        out = np.empty((known.frames, BINS), np.float32)
        for a in range(0, known.frames, 64):
            copies = np.stack([places[a + i : a + i + 64, j : j + BINS] for i, j in offsets])
            out[a : a + 64] = np.partition(copies, rank, axis=0)[rank][: known.frames - a]
        return out.T

    return Job(run, exact(known, KERNELS[kernel]), known.frames / FRAMES)


def _copies(kernel: str, known: Surroundings) -> tuple[Picture, list[tuple[int, int]], int]:
    """The picture with room on all sides (rows are frames), where neighbours begin in it, and the median's rank."""
    middle = known.frames // 2
    frames, shifts = lists(kernel, known)
    dt, df = frames[middle] - middle, shifts[middle]
    most, wide = int(np.abs(dt).max()), int(np.abs(df).max())
    assert known.magnitudes is not None
    room = np.pad(known.magnitudes.T, ((most, most + 64), (wide, wide)), mode="reflect")
    return room, [(most + int(i), wide + int(j)) for i, j in zip(dt, df, strict=True)], (len(dt) - 1) // 2


@bench.case("torch.median of shifted copies", needs=["torch"], kernel=PATTERNS, repeats=1)
def torch_pattern(kernel: str, threads: int) -> Job:
    """The same with torch, a sixteenth of the frames."""
    import torch

    torch.set_num_threads(threads)
    known = song(FRAMES // 16)
    places, offsets, _ = _copies(kernel, known)
    room = torch.from_numpy(places)

    def run() -> Picture:
        out = torch.empty((known.frames, BINS))
        for a in range(0, known.frames, 64):
            copies = torch.stack([room[a + i : a + i + 64, j : j + BINS] for i, j in offsets])
            out[a : a + 64] = copies.median(dim=0).values[: known.frames - a]
        return out.numpy().T

    return Job(run, exact(known, KERNELS[kernel]), known.frames / FRAMES)


@bench.case("scipy.ndimage rank filter, footprint", kernel=PATTERNS, repeats=1)
def scipy_pattern(kernel: str, threads: int) -> Job:
    """SciPy's filter with any footprint, a sixteenth of the frames."""
    from scipy.ndimage import rank_filter

    known = song(FRAMES // 16)
    middle = known.frames // 2
    frames, shifts = lists(kernel, known)
    dt, df = frames[middle] - middle, shifts[middle]
    most, wide = int(np.abs(dt).max()), int(np.abs(df).max())
    footprint = np.zeros((2 * most + 1, 2 * wide + 1), bool)
    footprint[dt + most, df + wide] = True
    rank = (int(footprint.sum()) - 1) // 2
    assert known.magnitudes is not None
    rows = known.magnitudes.T
    check = exact(known, KERNELS[kernel])
    return Job(lambda: rank_filter(rows, rank, footprint=footprint, mode="mirror").T, check, known.frames / FRAMES)


def by_frames(middle: Callable[[Picture], Picture], kernel: str, part: int) -> Job:
    """Some function of the neighbours (k, F) of each frame, for a part of the frames."""
    known = song()
    frames, _ = lists(kernel, known)
    assert known.magnitudes is not None
    rows = known.magnitudes.T
    some = range(0, FRAMES, part)
    return Job(lambda: [middle(rows[frames[t]]) for t in some], part=len(some) / FRAMES)


@bench.case("numpy.partition by frames", kernel=LISTS, repeats=1, unit=True)
def numpy_lists(kernel: str, threads: int) -> Job:
    """A thirty-second of the frames."""
    k = lists(kernel, song())[0].shape[1]
    return by_frames(lambda near: np.partition(near, (k - 1) // 2, axis=0)[(k - 1) // 2], kernel, 32)


@bench.case("torch.median by frames", needs=["torch"], kernel=LISTS, repeats=1)
def torch_lists(kernel: str, threads: int) -> Job:
    """A thirty-second of the frames."""
    import torch

    torch.set_num_threads(threads)
    return by_frames(lambda near: torch.from_numpy(near).median(dim=0).values.numpy(), kernel, 32)


@bench.case("networks, bands of 256 bins", kernel=("periodic5", "similar17"))
def bands(kernel: str, threads: int) -> Job:
    """The same networks on a copy of 256 bins after the other: the neighbours of far frames stay near each other."""
    from unbraid.core.kam.fitting import Way, fit
    from unbraid.core.kam.neighbourhoods import neighbourhood

    known = song()
    near = neighbourhood(KERNELS[kernel], known)
    assert known.magnitudes is not None
    rows = known.magnitudes.T

    def run() -> Picture:
        out = np.empty((FRAMES, BINS), np.float32)
        for a in range(0, BINS, 256):
            band = np.ascontiguousarray(rows[:, a : a + 256])
            out[:, a : a + 256] = fit(band, 0, near, 0, FRAMES, way=Way("median", True, True))
        return out.T

    return Job(run)


@bench.case("search by bits in place of running medians", kernel=("horizontal31", "vertical37"), repeats=1)
def listed_running(kernel: str, threads: int) -> Job:
    """What running medians spare: the same neighbours one by one, a sixteenth of the frames."""
    from unbraid.core.kam.fitting import Way, fit
    from unbraid.core.kam.neighbourhoods import neighbourhood

    known = song(FRAMES // 16)
    near = neighbourhood(KERNELS[kernel], known)
    assert known.magnitudes is not None
    rows = known.magnitudes.T

    def run() -> Picture:
        way = Way("median", True, True)
        parts = [fit(rows, 0, near, a, min(a + 128, known.frames), way=way) for a in range(0, known.frames, 128)]
        return np.concatenate(parts).T

    return Job(run, part=known.frames / FRAMES)


@bench.case("pitch of a song", engine=("compiled", "scipy"))
def pitch(engine: str, threads: int) -> Job:
    """The predominant pitch of four minutes."""
    from unbraid.core.kam.pitch import track_pitch

    known = song()
    return Job(lambda: track_pitch(known.magnitudes, PARAMS, RATE, engine=engine))  # type: ignore[arg-type]


if __name__ == "__main__":
    bench.main()

"""REPET-SIM and HPSS of four minutes of stereo from samples to stems: time and memory beside peers, in the same run.

python bench/repet_sim.py [--only TEXT] [--rounds 2]
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from harness import Bench, Job

RATE = 44100
MINUTES = 4.0

bench = Bench("REPET-SIM and HPSS of 4 min of stereo, samples to stems")


def song(minutes: float) -> npt.NDArray[np.float32]:
    """A loop of two seconds that comes back with changes, under a gliding voice, (N, 2)."""
    rng = np.random.default_rng(0)
    bar = 2 * RATE
    shape = np.exp(-(np.arange(bar) % (RATE // 2)) / 6000)[:, None]
    bars = 0.2 * shape * rng.standard_normal((4, bar, 2))
    count = int(minutes * 30)
    x = np.concatenate([bars[k] for k in rng.integers(0, 4, count)])
    t = np.arange(len(x)) / RATE
    x += 0.1 * np.sin(2 * np.pi * (400 * t + 60 * np.sin(0.7 * t)))[:, None]
    return x.astype(np.float32)


def ours(name: str, minutes: float, threads: int, **values: float) -> Job:
    """One of our separators, without the runner."""
    from unbraid.core import cpu
    from unbraid.core.audio import Audio
    from unbraid.core.separation.contract import configure, silent_progress
    from unbraid.core.separation.guide import Guide
    from unbraid.core.separation.registry import load

    cpu.cores = lambda: threads
    separator = configure(load(name), values)
    mix = Audio(song(minutes), RATE)

    def check(stems: dict[str, Audio]) -> dict[str, float]:
        total = sum(s.samples.astype(np.float64) for s in stems.values())
        return {"error of the sum": float(np.abs(total - mix.samples).max())}

    return Job(lambda: separator.separate(mix, Guide(), silent_progress), check)


@bench.case("unbraid repet_sim", threads=(1, 2), method=["sim"], repeats=2)
def our_sim(method: str, threads: int) -> Job:
    """With its defaults."""
    return ours("repet_sim", MINUTES, threads)


@bench.case("unbraid repet_sim, 25 moments", threads=(1,), method=["sim"], repeats=2)
def our_sim_25(method: str, threads: int) -> Job:
    """A longer list."""
    return ours("repet_sim", MINUTES, threads, count=25)


@bench.case("unbraid repet_sim, 100 moments", threads=(1,), method=["sim"], repeats=1)
def our_sim_100(method: str, threads: int) -> Job:
    """The longest list."""
    return ours("repet_sim", MINUTES, threads, count=100)


@bench.case("REPET-SIM as published", threads=(1,), method=["sim"], repeats=1, unit=True)
def published(method: str, threads: int) -> Job:
    """The algorithm of the authors' program, a mask for each channel, whole song; see separators_of_others.py."""
    from separators_of_others import PUBLISHED

    from unbraid.core.audio import Audio

    mix = Audio(song(MINUTES), RATE)
    return Job(lambda: PUBLISHED["sim"](mix))


@bench.case("librosa nn_filter, an eighth of the song", needs=("librosa", "sklearn"), method=["sim"], repeats=1)
def librosa_nn(method: str, threads: int) -> Job:
    """Its gallery's recipe for vocals: nearest frames, median, soft masks; one channel, counted twice.

    Its time grows with the square of the length, so an eighth is less than fair to the others.
    """
    import librosa

    x = song(MINUTES / 8)[:, 0]

    def run() -> npt.NDArray[np.float32]:
        spectrum = librosa.stft(x, n_fft=4096, hop_length=1024)
        v = np.abs(spectrum)
        near = librosa.decompose.nn_filter(v, aggregate=np.median, metric="cosine", width=43, k=25)
        mask = librosa.util.softmask(v - np.minimum(v, near), 10 * near, power=2)
        return librosa.istft(mask * spectrum, hop_length=1024, length=len(x))

    return Job(run, part=1 / 16)


@bench.case("unbraid hpss", threads=(1, 2), method=["hpss"], repeats=2)
def our_hpss(method: str, threads: int) -> Job:
    """With its defaults."""
    return ours("hpss", MINUTES, threads)


@bench.case("unbraid hpss, 2048 / 512 / 31", threads=(1,), method=["hpss"], repeats=2)
def our_hpss_like_librosa(method: str, threads: int) -> Job:
    """With librosa's window, hop and medians."""
    values = {"window": 2048, "hop": 512, "harmonic_frames": 31, "percussive_bins": 31, "exponent": 2}
    return ours("hpss", MINUTES, threads, **values)


@bench.case("librosa hpss", needs=("librosa",), method=["hpss"], repeats=1, unit=True)
def librosa_hpss(method: str, threads: int) -> Job:
    """With its defaults, an eighth of the song."""
    from separators_of_others import librosa_hpss

    from unbraid.core.audio import Audio

    mix = Audio(song(MINUTES / 8), RATE)
    return Job(lambda: librosa_hpss(mix), part=1 / 8)


if __name__ == "__main__":
    bench.main()

"""BSSEval and SDR of four stereo sources, beside museval and fast_bss_eval."""

from __future__ import annotations

import getpass
import importlib
import sys
import tempfile
import types
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from harness import Bench, Job

RATE, SOURCES, TAPS = 44100, 4, 512
SECONDS = (30, 240)
METRICS = ("SDR", "ISR", "SIR", "SAR")

Signals = npt.NDArray[np.float32]

bench = Bench("BSSEval v4 of four stereo sources at 44.1 kHz, windows of 1 s, filters of 512 samples")


def signals(seconds: int) -> tuple[Signals, Signals]:
    """True sources and estimates that leak and are noisy, (J, N, 2) each."""
    rng = np.random.default_rng(1)
    true = np.stack([source(seconds, rng) for _ in range(SOURCES)])
    noise = rng.standard_normal(true.shape, np.float32)
    return true, 0.85 * true + 0.05 * true.sum(axis=0) + np.float32(0.002) * noise


def source(seconds: int, rng: np.random.Generator) -> Signals:
    """A note each second, clicks and some noise, (N, 2)."""
    t = np.arange(RATE, dtype=np.float32) / RATE
    x = np.float32(0.003) * rng.standard_normal((seconds * RATE, 2), np.float32)
    for k in range(seconds):
        pitch, turn = 55 * 2 ** (rng.integers(36) / 12), rng.random() * np.pi / 2
        note = sum(np.sin(2 * np.pi * pitch * h * t) / h for h in range(1, 9)) * np.exp(-3 * t)
        x[k * RATE : (k + 1) * RATE] += np.float32(0.2) * np.outer(note, [np.cos(turn), np.sin(turn)])
    for at in rng.integers(0, len(x) - 400, 2 * seconds):
        x[at : at + 400] += 0.3 * rng.standard_normal((400, 1)) * np.exp(-np.arange(400) / 60)[:, None]
    return x


def kept(seconds: int) -> Path:
    """Where the figures of museval wait for those of the other cases."""
    return Path(tempfile.gettempdir()) / f"unbraid-bench-museval-{getpass.getuser()}-{seconds}.npy"


@bench.case("museval v4", needs=["museval"], seconds=SECONDS, repeats=1, unit=True)
def museval(seconds: int, threads: int) -> Job:
    """What the field reports."""
    try:
        metrics = importlib.import_module("museval.metrics")
    except Exception:  # it reads data sets with musdb, which asks for ffmpeg when imported; nothing is read here
        sys.modules["musdb"] = types.ModuleType("musdb")
        metrics = importlib.import_module("museval.metrics")
    true, estimates = (x.astype(np.float64) for x in signals(seconds))

    def check(result: tuple[npt.NDArray[np.float64], ...]) -> dict[str, float]:
        np.save(kept(seconds), np.stack(result[:4]))
        return {name: float(np.nanmedian(figures)) for name, figures in zip(METRICS, result[:4], strict=True)}

    return Job(lambda: metrics.bss_eval(true, estimates, window=RATE, hop=RATE, filters_len=TAPS), check)


@bench.case("unbraid", threads=(1, 2), seconds=SECONDS)
def ours(seconds: int, threads: int) -> Job:
    """Our BSSEval; the greatest difference from museval is of those figures that it gave last."""
    from unbraid.core.audio import Audio
    from unbraid.core.evaluation.bss import BssScores, bss_eval

    true, estimates = ({f"source {j}": Audio(x, RATE) for j, x in enumerate(s)} for s in signals(seconds))

    def check(scores: BssScores) -> dict[str, float]:
        figures = np.stack([scores.metric(name) for name in METRICS])
        medians = {name: float(np.nanmedian(values)) for name, values in zip(METRICS, figures, strict=True)}
        if not kept(seconds).exists():
            return medians
        return {**medians, "difference": float(np.nanmax(np.abs(figures - np.load(kept(seconds)))))}

    return Job(lambda: bss_eval(true, estimates, threads=threads), check)


@bench.case("fast_bss_eval, left channels, float32", needs=["fast_bss_eval", "torch"], seconds=SECONDS, repeats=1)
def fast_sources(seconds: int, threads: int) -> Job:
    """Single channels only, one figure for the song; float64 takes more than 12 GB for 4 minutes."""
    return _fast(seconds, "bss_eval_sources", filter_length=TAPS, compute_permutation=False)


@bench.case("fast_bss_eval, SI-SDR, left channels", needs=["fast_bss_eval", "torch"], seconds=SECONDS)
def fast_si_sdr(seconds: int, threads: int) -> Job:
    """Of every pair, which it cannot do without."""
    return _fast(seconds, "si_sdr")


def _fast(seconds: int, name: str, **options: object) -> Job:
    """A function of fast_bss_eval on the left channels."""
    import fast_bss_eval
    import torch

    torch.set_num_threads(1)
    true, estimates = (torch.from_numpy(x[:, :, 0].copy()) for x in signals(seconds))
    return Job(lambda: getattr(fast_bss_eval, name)(true, estimates, **options))


def our_ratio(seconds: int, name: str) -> Job:
    """A function of core/evaluation/sdr.py on all sources, both channels."""
    from unbraid.core.audio import Audio
    from unbraid.core.evaluation import sdr

    function: Callable[[Audio, Audio], float] = getattr(sdr, name)
    true, estimates = ([Audio(x, RATE) for x in s] for s in signals(seconds))
    run = lambda: [function(s, e) for s, e in zip(true, estimates, strict=True)]  # noqa: E731
    return Job(run, lambda found: {"mean": float(np.mean(found))})


@bench.case("unbraid, SI-SDR", seconds=SECONDS)
def our_si_sdr(seconds: int, threads: int) -> Job:
    """Each estimate beside its own source."""
    return our_ratio(seconds, "si_sdr")


@bench.case("unbraid, plain SDR", seconds=SECONDS)
def our_sdr(seconds: int, threads: int) -> Job:
    """Each estimate beside its own source."""
    return our_ratio(seconds, "sdr")


@bench.case("numpy, plain SDR, whole arrays", seconds=SECONDS)
def plain(seconds: int, threads: int) -> Job:
    """The formula as it stands."""
    true, estimates = (x.astype(np.float64) for x in signals(seconds))

    def run() -> list[float]:
        return [10 * np.log10(np.sum(s**2) / np.sum((s - e) ** 2)) for s, e in zip(true, estimates, strict=True)]

    return Job(run, lambda found: {"mean": float(np.mean(found))})


if __name__ == "__main__":
    bench.main()

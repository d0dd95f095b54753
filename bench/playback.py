"""The mixer, loudness and the player: how many times faster than the song, and drop-outs while other work runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from harness import Bench, Job

from unbraid.core import mapped_wav
from unbraid.core.audio import Audio
from unbraid.core.document.state import NEUTRAL, Equaliser, Strip
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.mixing.part import Part

RATE, SECONDS, STEMS = 48000, 30, 8
STRIPS = {
    "neutral": (NEUTRAL, NEUTRAL),
    "gains": (Strip(-3.0), NEUTRAL),
    "gains and pans": (Strip(-3.0, pan=0.3), NEUTRAL),
    "equalisers": (Strip(-3.0, pan=0.3, equaliser=Equaliser(3.0, -2.0, 4.0)), NEUTRAL),
    "equalisers, residual too": (Strip(-3.0, pan=0.3, equaliser=Equaliser(3.0, -2.0, 4.0)),) * 2,
}

bench = Bench(f"Mixing and measuring {STEMS} stereo stems of {SECONDS} s at {RATE} Hz; figures: times real time")


def stems(folder: Path | None = None, seconds: int = SECONDS) -> tuple[Audio, list[Audio]]:
    """A song and its stems; in mapped files of `folder`, where there is one."""
    rng, frames = np.random.default_rng(0), seconds * RATE
    song, made = np.zeros((frames, 2), np.float32), []
    for k in range(STEMS):
        samples = 0.05 * rng.standard_normal((frames, 2), np.float32)
        song += samples
        made.append(Audio(samples, RATE) if folder is None else mapped(folder / f"{k}.wav", samples))
    return Audio(song, RATE) if folder is None else mapped(folder / "mix.wav", song), made


def mapped(path: Path, samples: np.ndarray) -> Audio:
    """Sound as it lies in the media pool."""
    mapped_wav.create(path, len(samples), 2, RATE)[:] = samples
    return mapped_wav.open_mapped(path)


def mixdown(strips: str, song: Audio, parts: list[Audio]) -> Mixdown:
    """All stems with one strip."""
    strip, residual = STRIPS[strips]
    return Mixdown(song, tuple(Part(str(k), part, strip) for k, part in enumerate(parts)), residual)


def pace(run: object) -> Mapping[str, float]:
    """Times real time of a function, from the least CPU time of three runs."""
    times = []
    for _ in range(3):
        begun = time.process_time()
        run()  # type: ignore[operator]
        times.append(time.process_time() - begun)
    return {"times real time": SECONDS / max(min(times), 1e-9)}


@bench.case("mixdown", strips=tuple(STRIPS))
def rendering(strips: str, threads: int) -> Job:
    """As for an export."""
    mixed = mixdown(strips, *stems())
    return Job(mixed.render, lambda _: pace(mixed.render))


@bench.case("mixdown in blocks of 85 ms, with meters", strips=tuple(STRIPS))
def playing(strips: str, threads: int) -> Job:
    """As the player does."""
    from unbraid.core.playback.meters import Meters

    mixed = mixdown(strips, *stems())

    def run() -> None:
        meters = Meters(mixed, RATE)
        for start in range(0, mixed.frames, 4080):
            frames = min(4080, mixed.frames - start)
            meters.measure(mixed, start, start, frames, mixed.block(start, frames))

    return Job(run, lambda _: pace(run))


@bench.case("mixdown of a band", strips=["gains"])
def band(strips: str, threads: int) -> Job:
    """Through the linear-phase filter."""
    from dataclasses import replace

    mixed = replace(mixdown(strips, *stems()), band=(200.0, 2000.0))
    return Job(mixed.render, lambda _: pace(mixed.render))


def noise() -> Audio:
    """Stereo to be measured."""
    return Audio.of(0.1 * np.random.default_rng(0).standard_normal((SECONDS * RATE, 2)), RATE)


@bench.case("pyloudnorm", needs=["pyloudnorm"], loudness=["integrated"], unit=True)
def peer_loudness(loudness: str, threads: int) -> Job:
    """The usual package."""
    import pyloudnorm

    samples, meter = noise().samples.astype(np.float64), pyloudnorm.Meter(RATE)
    return Job(
        lambda: meter.integrated_loudness(samples),
        lambda result: {"LUFS": result, **pace(lambda: meter.integrated_loudness(samples))},
    )


@bench.case("unbraid", loudness=["integrated", "with true peak"])
def our_loudness(loudness: str, threads: int) -> Job:
    """With all other figures."""
    from unbraid.core.loudness import measure

    sound, true_peak = noise(), loudness != "integrated"
    return Job(
        lambda: measure(sound, true_peak=true_peak),
        lambda result: {"LUFS": result.integrated_lufs, **pace(lambda: measure(sound, true_peak=true_peak))},
    )


@bench.case("player, drop-outs in 20 s", beside=["nothing", "a separation", "a busy window"])
def drop_outs(beside: str, threads: int) -> Job:
    """Eight stems from mapped files with equalisers, on a device that nobody hears, in real time."""
    from unbraid.core.playback.backend import NullBackend
    from unbraid.core.playback.player import Player

    kept = TemporaryDirectory()
    folder = Path(kept.name)
    song, parts = stems(folder)

    def run() -> dict[str, float]:
        player, stop = Player(NullBackend(block=1024)), threading.Event()
        other = threading.Thread(target=OTHERS[beside], args=(folder, stop))
        other.start()
        player.load(mixdown("equalisers", song, parts))
        player.play()
        least, end = 10.0, time.monotonic() + 20.0
        while time.monotonic() < end:
            time.sleep(0.05)
            deck = player._engine.deck
            if deck is not None and end - time.monotonic() < 19.0:
                least = min(least, deck.ring.ready / RATE)
        found = {"drop-outs": float(player.drop_outs), "least ready, s": least, "position, s": player.position_s}
        stop.set()
        player.close()
        other.join(10)
        return found

    found = run()
    return Job(lambda: found, lambda result: result)


def separate(folder: Path, stop: threading.Event) -> None:
    """Separations in the worker, one after the other."""
    from unbraid.core import jobs
    from unbraid.core.errors import Cancelled
    from unbraid.core.separation.guide import Guide
    from unbraid.core.tasks import Worker

    with Worker() as worker:
        for number in range(1000):
            made = folder / f"made {number}"
            made.mkdir(exist_ok=True)
            try:
                worker.run(jobs.separate, "hpss", {}, folder / "mix.wav", made, jobs.Told(Guide(), {}), stop=stop)
            except Cancelled:
                return


def spin(folder: Path, stop: threading.Event) -> None:
    """Pure Python that never lets go of the interpreter by itself."""
    count = 0
    while not stop.is_set():
        count += 1


OTHERS = {"nothing": lambda folder, stop: None, "a separation": separate, "a busy window": spin}


if __name__ == "__main__":
    bench.main()

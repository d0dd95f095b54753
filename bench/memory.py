"""Memory of separating songs of 5, 20 and 60 minutes: it must not grow with length for methods that work in blocks.

    python bench/memory.py [--minutes 5 20 60] [--methods hpss center ...] [--set NAME=VALUE ...]

A child process separates a mapped synthetic song into mapped stems; its memory of its own (RssAnon: what is neither the
song nor the stems, which the system may drop at will) and its whole resident size are read every 20 ms. Linux only.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from unbraid.core import mapped_wav
from unbraid.core.folders import working_folder
from unbraid.core.separation import registry, run
from unbraid.core.separation.contract import configure

RATE = 44100


def make_song(path: Path, minutes: float) -> None:
    """Stereo noise, chords and clicks, written a second at a time."""
    frames = round(minutes * 60 * RATE)
    out = mapped_wav.create(path, frames, 2, RATE)
    rng = np.random.default_rng(0)
    t = np.arange(RATE) / RATE
    for second, start in enumerate(range(0, frames, RATE)):
        note = 110.0 * 2 ** (second % 8 / 12)
        tone = sum(np.sin(2 * np.pi * note * k * t) / k for k in range(1, 8)) * np.exp(-2 * t)
        block = 0.1 * tone[:, None] * (0.8, 0.6) + 0.01 * rng.standard_normal((RATE, 2))
        block[:400] += 0.2 * rng.standard_normal((400, 1))
        out[start : start + RATE] = block[: frames - start]


def child(method: str, song: Path, folder: Path, values: dict[str, str]) -> None:
    """Separate into mapped files, as the worker does."""

    def store(name: str, frames: int, channels: int, rate: int) -> np.ndarray:
        return mapped_wav.create(folder / f"{name}.wav", frames, channels, rate)

    run.separate(method, mapped_wav.open_mapped(song), store=store, values=values)


def watch(method: str, song: Path, folder: Path, settings: list[str]) -> tuple[float, float, float]:
    """Peak of the process's own memory and of its resident size in MB, and seconds."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, __file__, "--child", method, str(song), str(folder), "--set", *settings]
    )
    own = whole = 0.0
    while process.poll() is None:
        status = _status(process.pid)
        own, whole = max(own, status.get("RssAnon", 0.0)), max(whole, status.get("VmRSS", 0.0))
        time.sleep(0.02)
    if process.returncode:
        raise SystemExit(f"{method} failed with {process.returncode}")
    return own, whole, time.perf_counter() - begun


def _status(pid: int) -> dict[str, float]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    fields = (line.split() for line in lines if line.startswith(("RssAnon", "VmRSS")))
    return {words[0].rstrip(":"): int(words[1]) / 1024 for words in fields}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, nargs="+", default=[5, 20, 60])
    parser.add_argument("--methods", nargs="+", default=list(registry.names()))
    parser.add_argument("--set", nargs="*", default=[], help="parameters of the methods: name=value")
    parser.add_argument("--child", nargs=3)
    arguments = parser.parse_args()
    if arguments.child:
        values = dict(setting.split("=", 1) for setting in arguments.set)
        child(arguments.child[0], Path(arguments.child[1]), Path(arguments.child[2]), values)
        return
    print("| method | works in | minutes | own memory, MB | resident with mapped files, MB | seconds | x real time |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=working_folder()) as folder:
        for minutes in arguments.minutes:
            song = Path(folder) / "song.wav"
            make_song(song, minutes)
            for method in arguments.methods:
                blocks = run.context_s(configure(registry.load(method), {}), RATE) is not None
                own, whole, seconds = watch(method, song, Path(folder), arguments.set)
                cells = (method, "blocks" if blocks else "whole song", f"{minutes:g}", f"{own:.0f}", f"{whole:.0f}",
                         f"{seconds:.1f}", f"{minutes * 60 / seconds:.0f}")  # fmt: skip
                print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()

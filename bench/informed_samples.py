"""Bytes hidden in the samples of songs: how many fit, how far they are from being heard, how fast it is.

    python bench/informed_samples.py [FOLDER ...] [--rates 20,64] [--full] [--only TEXT]

A folder holds songs as mix.flac in folders of their own (or is one); without a folder: the demo song. NMR is the
noise-to-mask ratio by the masking model, in bands half a Bark wide and blocks of 23 ms. Speeds are
times real time on one core, of processor time. `--full` also fills each song
up to the capacity at 0 and -6 dB.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from unbraid.core import audio_files
from unbraid.core.audio import Audio
from unbraid.core.errors import UnbraidError
from unbraid.core.informed.watermark import pcm
from unbraid.core.informed.watermark.reveal import find
from unbraid.core.informed.watermark.samples import Hidden, capacity_bps, hide

DEMO = Path(__file__).parent.parent / "resources" / "demo"
FRAMING = 0.93
"""Share of the capacity that is filled: the rest is framing."""

HEAD = (
    "| song | s | ch | bits | hidden kbit/s | NMR mean | 95 % | worst | change dBFS | SNR dB | gain dB | clipped "
    "| hide | reveal | exact |\n" + "|---" * 15 + "|"
)


def main() -> None:
    """Measure and print."""
    options = _options()
    songs = [(path, audio_files.read(path)) for path in _mixes(options.folders or [DEMO], options.only)]
    print("| song | s | ch | capacity at 0 dB, kbit/s | at -6 dB | at -12 dB |\n" + "|---" * 6 + "|")
    for path, mix in songs:
        rates = [capacity_bps(mix, pcm.depth_of(mix) or 16, nmr_db=nmr_db) / 1000 for nmr_db in (0, -6, -12)]
        print(f"| {path.parent.name} | {mix.duration_s:.1f} | {mix.channels} |", *(f"{r:.0f} |" for r in rates))
    print("\n" + HEAD)
    for path, mix in songs:
        for rate, nmr_db in _rates(mix, options):
            print(_row(path.parent.name, mix, rate, nmr_db), flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Bytes hidden in samples.")
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--rates", default="20,64", help="kbit/s, separated by commas")
    parser.add_argument("--full", action="store_true", help="fill songs to their capacity, too")
    parser.add_argument("--only", default="", help="only songs with this text in their name")
    return parser.parse_args()


def _mixes(folders: list[Path], only: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted(folder.glob("**/mix.flac")):
            if only in path.parent.name:
                yield path


def _rates(mix: Audio, options: argparse.Namespace) -> Iterator[tuple[float, float]]:
    """(kbit/s, highest noise-to-mask ratio in dB) to try."""
    yield from ((float(rate), 0.0) for rate in options.rates.split(","))
    if options.full:
        for nmr_db in (-6.0, 0.0):
            yield FRAMING * capacity_bps(mix, pcm.depth_of(mix) or 16, nmr_db=nmr_db) / 1000, nmr_db


def _row(name: str, mix: Audio, rate: float, nmr_db: float) -> str:
    payload = np.random.default_rng(0).bytes(int(rate * 125 * mix.duration_s))
    bits = pcm.depth_of(mix) or 16
    start = time.process_time()
    try:
        hidden = hide(mix, payload, bits, nmr_db=nmr_db)
    except UnbraidError as error:
        return f"| {name} | {mix.duration_s:.1f} | {mix.channels} | {bits} | {rate:.0f} | {error} |"
    middle = time.process_time()
    found = find(hidden.audio)
    stop = time.process_time()
    exact = found is not None and found.payload == payload
    exact = exact and found is not None and np.array_equal(found.host.samples, hidden.host.samples)
    speeds = f"{mix.duration_s / (middle - start):.0f} | {mix.duration_s / (stop - middle):.0f}"
    kept = "yes" if exact else "NO"
    song = f"| {name} | {mix.duration_s:.1f} | {mix.channels} | {bits} | {rate:.0f}"
    return f"{song} | {_figures(hidden)} | {speeds} | {kept} |"


def _figures(hidden: Hidden) -> str:
    report = hidden.report
    ratios = f"{report.nmr_mean_db:.1f} | {report.nmr_95_db:.1f} | {report.nmr_worst_db:.1f}"
    return f"{ratios} | {report.change_dbfs:.1f} | {report.snr_db:.1f} | {hidden.gain_db:.2f} | {report.clipped}"


if __name__ == "__main__":
    main()

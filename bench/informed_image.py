"""Rate and quality of the image codec of the parametric layer, beside the oracle multichannel Wiener filter.

    python bench/informed_image.py FOLDER [--only TEXT] [--rates 0.5,1,2] [--mono] [--bands N] [--json FILE]

FOLDER holds multitracks with true stems. For each song: what the filter with true powers and places reaches, then at
each rate (kbit/s for each source, wished) the rate in bytes that were written, everything counted, the mean plain SDR
(dB) of stems decoded from these bytes, and how many times faster than the music both ways are on one thread.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from unbraid.core import audio_files
from unbraid.core.audio import Audio
from unbraid.core.evaluation.multitracks import Multitrack, find
from unbraid.core.evaluation.sdr import sdr
from unbraid.core.informed.parametric.filtering import estimate
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.parametric.image import covariances, powers
from unbraid.core.informed.parametric.image_coding import block_frames, read_block, read_model
from unbraid.core.informed.parametric.image_fit import ImageFit, advised, fit_image
from unbraid.core.separation import run
from unbraid.core.separation.guide import Guide
from unbraid.plugins.oracle import OracleMultichannel


@dataclass(frozen=True)
class Row:
    """One song at one rate. kbps: for each source. oracle_db, sdr_db: mean over the sources."""

    song: str
    sources: int
    channels: int
    oracle_db: float
    kbps: float
    sdr_db: float
    encode_speed: float
    decode_speed: float


def load(track: Multitrack, mono: bool) -> tuple[Audio, dict[str, Audio]]:
    """The sum of the stems, and the stems."""
    stems = {name: audio_files.read(sound.path, stream=sound.stream) for name, sound in sorted(track.stems.items())}
    if mono:
        stems = {name: Audio.of(stem.samples.mean(1), stem.rate) for name, stem in stems.items()}
    rate = next(iter(stems.values())).rate
    return Audio.of(np.sum([stem.samples for stem in stems.values()], axis=0), rate), stems


def decoded(fit: ImageFit, mix: Audio, sources: int) -> np.ndarray:
    """Stems (J, N, I) from the bytes."""
    model = read_model(fit.dictionary, mix.rate, sources, mix.channels)
    frames = [block_frames(model.grid, i, mix.frames) for i in range(len(fit.blocks))]
    blocks = [read_block(model, data, count) for data, count in zip(fit.blocks, frames, strict=True)]
    v = [powers(model, block) for block in blocks]

    def pieces(first: int, stop: int) -> list[tuple[np.ndarray, np.ndarray]]:
        found = []
        for number in range(first // model.grid.block_frames, (stop - 1) // model.grid.block_frames + 1):
            start = number * model.grid.block_frames
            part = slice(max(first - start, 0), stop - start)
            found.append((v[number][:, part], covariances(model, blocks[number])))
        return found

    return estimate(mix.samples, model.grid, pieces, rest=sources - 1, threads=1)


def mean_sdr(stems: dict[str, Audio], found: list[Audio]) -> float:
    """Over the sources that sound."""
    return float(np.nanmean([sdr(stem, one) for stem, one in zip(stems.values(), found, strict=True)]))


def measure(track: Multitrack, rates: list[float], mono: bool, bands: int) -> list[Row]:
    """All rates of one song."""
    mix, stems = load(track, mono)
    best = run.separate(OracleMultichannel(), mix, Guide(references=stems))
    oracle = mean_sdr(stems, [best[name] for name in stems])
    rows = []
    for kbps in rates:
        grid, spatial = advised(mix.rate, mix.channels, kbps)
        if bands:
            grid = Grid.of(mix.rate, bands=bands)
        start = time.perf_counter()
        images = [stem.samples for stem in stems.values()]
        fit = fit_image(mix.samples, images, grid, kbps * len(stems), spatial_bands=spatial)
        middle = time.perf_counter()
        found = decoded(fit, mix, len(stems))
        end = time.perf_counter()
        rows.append(
            Row(
                track.name, len(stems), mix.channels, oracle,
                8 * fit.size / 1000 / mix.duration_s / len(stems),
                mean_sdr(stems, [Audio.of(one, mix.rate) for one in found]),
                mix.duration_s / (middle - start), mix.duration_s / (end - middle),
            )
        )  # fmt: skip
        print(line(rows[-1]), flush=True)
    return rows


def line(row: Row) -> str:
    """A row of the table."""
    return (
        f"| {row.song} | {row.sources} x {row.channels} | {row.oracle_db:.2f} | {row.kbps:.2f} | {row.sdr_db:.2f} | "
        f"{row.sdr_db - row.oracle_db:+.2f} | {row.encode_speed:.1f} x | {row.decode_speed:.0f} x |"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="songs whose name holds one of these texts, separated by commas")
    parser.add_argument("--rates", default="0.5,1,2", help="kbit/s for each source")
    parser.add_argument("--mono", action="store_true", help="the mean of the channels")
    parser.add_argument("--bands", type=int, default=0, help="bands of the grid; 0: as advised for the rate")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    rows: list[Row] = []
    print("| song | sources x channels | oracle (dB) | kbit/s a source | SDR (dB) | to oracle | encode | decode |")
    print("|---|---|---|---|---|---|---|---|")
    for track in find(given.folder):
        if len(track.stems) > 1 and any(text in track.name for text in given.only.split(",")):
            rows += measure(track, [float(rate) for rate in given.rates.split(",")], given.mono, given.bands)
    if given.json:
        given.json.write_text(json.dumps([asdict(row) for row in rows], indent=1))


if __name__ == "__main__":
    main()

"""The residual layer of informed separation beside the stems coded one by one with Opus, at equal total rates.

    python bench/informed_residual.py FOLDER [--only TEXT] [--seconds 10] [--stems 4] [--parametric-kbps 1]
                                      [--bins 2048] [--perceptual] [--no-opus] [--json FILE]

FOLDER holds multitracks. The parametric layer is stood in for by true powers in 80 bands, every 46 ms, in steps of
3 dB, and counted with `--parametric-kbps` for each stem. Stems beyond `--stems` are added to the last one. Mean plain
SDR of the stems in dB; then speed, and the rate at which 40 dB are reached.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt
from informed_opus import best_at, curve

from unbraid.core import audio_files
from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import istft, stft
from unbraid.core.evaluation.multitracks import find
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.residual.decoder import Residual
from unbraid.core.informed.residual.encoder import Encoder
from unbraid.core.informed.residual.settings import Settings

RATES = (8, 16, 24, 32, 48, 64, 96, 128)
STEPS = tuple(2.0 ** -(octave / 2) for octave in range(-4, 21))
BANDS = 80
TIMED_KBPS = 32

Doubles = npt.NDArray[np.float64]


def main() -> None:
    """Measure and print."""
    options = _options()
    found = {}
    for name, stems in _songs(options):
        found[name] = song(name, stems, options)
        print(json.dumps({name: found[name]}) if options.json is None else report(name, found[name]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The residual layer and Opus at equal total rates.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="songs whose name contains one of these, with commas")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each song")
    parser.add_argument("--stems", type=int, default=4)
    parser.add_argument("--parametric-kbps", type=float, default=1.0, help="that a stem's parameters count for")
    parser.add_argument("--bins", type=int, default=2048)
    parser.add_argument("--perceptual", action="store_true")
    parser.add_argument("--no-opus", action="store_true")
    parser.add_argument("--json", type=Path, help="write all figures here")
    return parser.parse_args()


def _songs(options: argparse.Namespace) -> Iterator[tuple[str, dict[str, Audio]]]:
    for track in find(options.folder):
        if not any(text in track.name for text in options.only.split(",")) or len(track.stems) < 2:
            continue
        sounds = {name: audio_files.read(sound.path) for name, sound in track.stems.items()}
        rate = next(iter(sounds.values())).rate
        cut = {name: audio.samples[: round(options.seconds * rate)] for name, audio in sounds.items()}
        names = list(cut)[: options.stems]
        for name in list(cut)[options.stems :]:
            cut[names[-1]] = cut[names[-1]] + cut[name]
        yield track.name, {name: Audio.of(cut[name], rate) for name in names}


def song(name: str, stems: Mapping[str, Audio], options: argparse.Namespace) -> dict[str, object]:
    """All figures of a song."""
    images = np.stack([audio.samples for audio in stems.values()])
    rate, seconds = next(iter(stems.values())).rate, images.shape[1] / next(iter(stems.values())).rate
    grid = Grid.of(rate, bands=BANDS)
    powers, spatial = model(images, grid)
    deviation = images - wiener(images.sum(axis=0), powers, spatial, grid)

    def of_block(number: int) -> Doubles:
        frames = grid.frames_of_block(number, images.shape[1])
        return powers[:, frames.start : frames.stop]

    settings = Settings(bins=options.bins, perceptual=options.perceptual)
    encoder = Encoder(deviation, of_block, spatial[None], grid, settings)
    energy = np.square(images, dtype=np.float64).sum(axis=(1, 2))
    points = []
    for point in encoder.rate_curve(STEPS):
        kbps = options.parametric_kbps * len(stems) + 8 * point.bytes_used / seconds / 1000
        points.append((kbps, float(np.mean(10 * np.log10(energy / point.errors)))))
    figures: dict[str, object] = {"curve": points, "ours": _at_rates(points)}
    if not options.no_opus:
        opus = curve(stems)
        figures["opus"] = [best_at(opus, rate) for rate in RATES]
    return figures | _speed(encoder, points, of_block, spatial, seconds) | {"kbps_for_40_db": rate_for(points, 40.0)}


def model(images: npt.NDArray[np.float32], grid: Grid) -> tuple[Doubles, Doubles]:
    """Powers (B, T, J) in steps of 3 dB, and one spatial covariance for each source, (J, I, I)."""
    powers = np.stack([grid.pool((np.abs(stft(image, grid.stft)) ** 2).mean(axis=2)) for image in images], axis=2)
    spatial = np.einsum("jna,jnb->jab", images, images, dtype=np.float64)
    spatial *= images.shape[2] / np.maximum(np.trace(spatial, axis1=1, axis2=2), 1e-30)[:, None, None]
    spatial = 0.99 * np.round(32 * spatial) / 32 + 0.01 * np.eye(images.shape[2])
    return 2.0 ** np.round(np.log2(powers + 1e-9)), spatial


def wiener(mix: npt.NDArray[np.float32], powers: Doubles, spatial: Doubles, grid: Grid) -> npt.NDArray[np.float32]:
    """Images (J, N, I) by the multichannel Wiener filter."""
    x = stft(mix, grid.stft)
    v = grid.spread(powers, "linear")
    covariance = np.einsum("ftj,jab->ftab", v, spatial) + 1e-9 * np.eye(mix.shape[1])
    whitened = np.einsum("ftab,ftb->fta", np.linalg.inv(covariance), x)
    estimates = [v[:, :, j, None] * np.einsum("ab,ftb->fta", spatial[j], whitened) for j in range(len(spatial))]
    return np.stack([istft(y.astype(np.complex64), grid.stft, len(mix)) for y in estimates])


def _at_rates(points: list[tuple[float, float]]) -> list[float | None]:
    rates, qualities = zip(*points, strict=True)
    return [float(np.interp(r, rates, qualities)) if rates[0] <= r <= rates[-1] else None for r in RATES]


def rate_for(points: list[tuple[float, float]], quality: float) -> float | None:
    """Total kbit/s at which the mean SDR reaches a quality."""
    rates, qualities = zip(*points, strict=True)
    return float(np.interp(quality, qualities, rates)) if quality <= qualities[-1] else None


def _speed(
    encoder: Encoder, points: list[tuple[float, float]], powers: object, spatial: Doubles, seconds: float
) -> dict[str, float]:
    """Share of real time on one core that coding and decoding take at about TIMED_KBPS."""
    near = int(np.argmin([abs(kbps - TIMED_KBPS) for kbps, _ in points[1:]]))
    settings = replace(encoder.settings, step=STEPS[near])
    started = time.process_time()
    payloads = [coded.payload for coded in encoder.blocks(settings, threads=1)]
    coded = time.process_time() - started
    layout = encoder.layout
    residual = Residual(lambda n: payloads[n], powers, spatial[None], layout.grid, length=layout.length)  # type: ignore[arg-type]
    residual.samples(0, 1)
    started = time.process_time()
    for start in range(0, layout.length, 1 << 16):
        residual.samples(start, min(start + (1 << 16), layout.length))
    return {"encode_share": coded / seconds, "decode_share": (time.process_time() - started) / seconds}


def report(name: str, figures: Mapping[str, object]) -> str:
    """One song as a few lines."""
    lines = [name, "  total kbit/s " + " ".join(f"{rate:7d}" for rate in RATES)]
    for who in ("ours", "opus"):
        values = figures.get(who)
        if isinstance(values, list):
            lines.append(f"  {who:12s} " + " ".join("      -" if v is None else f"{v:7.2f}" for v in values))
    shares = " ".join(f"{key} {100 * float(str(figures[key])):.2f} %" for key in ("encode_share", "decode_share"))
    return "\n".join([*lines, f"  {shares} of real time; 40 dB at {figures['kbps_for_40_db']} kbit/s"])


if __name__ == "__main__":
    main()

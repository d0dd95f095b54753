"""Knowing a mix again: delay and gain errors and wrong verdicts of `core/informed/matching`, on any folder of songs.

    python bench/informed_matching.py FOLDER [--seconds 60] [--only TEXT]

FOLDER holds a folder for each song, with `mix.flac` (and stems, whose absence makes another version of the song), or
sound files. Each mix is changed as distribution changes mixes (codecs with their delays, gains, rates, cuts) and must
be recognised; then it is mastered anew, folded down, cut or exchanged for another song, and must be refused.
"""

from __future__ import annotations

import argparse
import io
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import av
import numpy as np
import numpy.typing as npt

from unbraid.core import audio_files
from unbraid.core.audio import Audio
from unbraid.core.errors import BitstreamError, UnbraidError
from unbraid.core.informed.matching.aligning import aligned
from unbraid.core.informed.matching.matching import Match, match
from unbraid.core.informed.matching.mixprint import mix_print
from unbraid.core.resample import resample

Doubles = npt.NDArray[np.float64]

CODECS = {
    "mp3": ("libmp3lame", "mp3", (64, 96, 128, 192, 256)),
    "aac": ("aac", "adts", (64, 96, 128, 192)),
    "opus": ("libopus", "ogg", (32, 64, 96, 128)),
    "vorbis": ("vorbis", "ogg", (128,)),
}


@dataclass(frozen=True)
class Change:
    """A changed mix. late: samples of the mix, None when the codec decides. gain_db: None when the codec decides."""

    name: str
    make: Callable[[], Audio]
    late: float | None = 0.0
    gain_db: float | None = 0.0
    refused: bool = False


def coded(mix: Audio, codec: str, container: str, kbps: int, *, gapless: bool) -> Audio:
    """A mix after a lossy codec; without gapless information all that the decoder gives."""
    if codec == "libopus":
        mix = resample(mix, 48000)
    file, layout = io.BytesIO(), "stereo" if mix.channels == 2 else "mono"
    with av.open(file, "w", container) as out:
        stream = out.add_stream(codec, rate=mix.rate, layout=layout)
        stream.bit_rate = kbps * 1000
        if codec == "vorbis":
            stream.codec_context.options = {"strict": "-2"}
        planar = codec != "libopus"
        for k in range(0, mix.frames, 1 << 16):
            block = mix.samples[k : k + (1 << 16)]
            data = np.ascontiguousarray(block.T if planar else block.reshape(1, -1))
            frame = av.AudioFrame.from_ndarray(data, "fltp" if planar else "flt", layout)
            frame.sample_rate, frame.pts, frame.time_base = mix.rate, k, Fraction(1, mix.rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r", "aac" if container == "adts" else container) as back:
        stream = back.streams.audio[0]
        if not gapless:
            stream.codec_context.options = {"flags2": "+skip_manual"}
        blocks = []
        for frame in back.decode(stream):
            data = frame.to_ndarray()
            blocks.append(data.T if frame.format.is_planar else data.reshape(-1, frame.layout.nb_channels))
        return Audio.of(np.concatenate(blocks), frame.sample_rate)


def shelf(mix: Audio, gain_db: float) -> Audio:
    """Everything above about 2 kHz louder, in zero phase."""
    spectrum = np.fft.rfft(mix.samples, axis=0)
    freq_hz = np.fft.rfftfreq(mix.frames, 1 / mix.rate)
    gain = 10 ** (gain_db / 20 / (1 + (2000 / np.maximum(freq_hz, 1)) ** 2))
    return Audio.of(np.fft.irfft(spectrum * gain[:, None], mix.frames, axis=0), mix.rate)


def limited(mix: Audio, drive_db: float) -> Audio:
    """Driven beyond full scale by `drive_db` and brought back by a gain that moves in 10 ms."""
    peak = float(np.abs(mix.samples).max())
    driven = mix.samples * 10 ** (drive_db / 20) / peak
    width = mix.rate // 100
    loud = np.abs(driven).max(axis=1)
    blocks = np.pad(loud, (0, -len(loud) % width)).reshape(-1, width).max(axis=1)
    around = np.maximum(np.maximum(blocks, np.roll(blocks, 1)), np.roll(blocks, -1))
    middles = (np.arange(len(blocks)) + 0.5) * width
    gain = np.interp(np.arange(mix.frames), middles, 1 / np.maximum(1.0, around))
    return Audio.of(np.clip(driven * gain[:, None], -1, 1), mix.rate)


def kept(mix: Audio, rng: np.random.Generator) -> Iterator[Change]:
    """Changes after which stems can still be decoded."""
    for name, (codec, container, rates) in CODECS.items():
        for kbps in rates:
            for gapless in (True, False):
                make = lambda c=codec, o=container, k=kbps, g=gapless: coded(mix, c, o, k, gapless=g)  # noqa: E731
                yield Change(f"{name} {kbps}{'' if gapless else ' all'}", make, None, None)
    x = mix.samples
    yield Change("the same", lambda: mix)
    yield Change("2257 later", lambda: Audio.of(np.pad(x, ((2257, 0), (0, 0))), mix.rate), 2257.0)
    yield Change("0.3 s cut off", lambda: Audio.of(x[13_000:], mix.rate), -13_000.0)
    yield Change("-6.3 dB, inverted", lambda: Audio.of(-x * 10 ** (-6.3 / 20), mix.rate), 0.0, -6.3)
    yield Change("16 bit, dither", lambda: Audio.of(np.rint(x * 2**15 + rng.random(x.shape)) / 2**15, mix.rate))
    yield Change("48 kHz", lambda: resample(mix, 48000))
    yield Change("0.1 % slower", lambda: Audio(resample(Audio(x, 10_000), 10_010).samples, mix.rate))
    yield Change("limited by 1 dB", lambda: limited(mix, 1.0), 0.0, None)
    yield Change("shelf of 1 dB", lambda: shelf(mix, 1.0), 0.0, None)


def lost(mix: Audio, others: list[Audio], rng: np.random.Generator) -> Iterator[Change]:
    """Changes after which stems would be wrong."""
    x = mix.samples
    yield Change("shelf of 4 dB", lambda: shelf(mix, 4.0), refused=True)
    yield Change("limited by 10 dB", lambda: limited(mix, 10.0), refused=True)
    yield Change("noise", lambda: Audio.of(rng.standard_normal(x.shape) * 0.1, mix.rate), refused=True)
    if mix.channels > 1:
        yield Change("mono", lambda: Audio.of(x.mean(axis=1), mix.rate), refused=True)
    third = mix.frames // 3
    yield Change(
        "middle cut out", lambda: Audio.of(np.concatenate([x[:third], x[2 * third :]]), mix.rate), refused=True
    )
    for number, other in enumerate(others):
        yield Change(f"another {number}", lambda o=other: o, refused=True)


@dataclass
class Tally:
    """What is counted over all songs."""

    delays: list[float]
    gains: list[float]
    wrong: list[str]
    count: int = 0


def try_one(song: str, mix: Audio, data: bytes, change: Change, tally: Tally) -> None:
    """Match one changed mix and print what came of it."""
    try:
        heard = change.make()
    except (ValueError, av.error.FFmpegError) as problem:
        print(f"{song:24s} {change.name:20s} cannot be made: {problem}")
        return
    tally.count += 1
    began = time.process_time()
    try:
        found = match(data, heard, title=song)
    except BitstreamError as problem:
        verdict = "refused" if change.refused else "WRONGLY REFUSED"
        print(f"{song:24s} {change.name:20s} {verdict}: {str(problem)[:150]}")
        if not change.refused:
            tally.wrong.append(f"{song}: {change.name} refused")
        return
    seconds = time.process_time() - began
    if change.refused:
        tally.wrong.append(f"{song}: {change.name} accepted")
    report(song, mix, heard, change, found, seconds, tally)


def report(song: str, mix: Audio, heard: Audio, change: Change, found: Match, seconds: float, tally: Tally) -> None:
    """Print the errors of an accepted recording; where a codec decides, delays are whole samples of the recording."""
    places = found.delay_samples * heard.rate / mix.rate
    late = found.delay_samples - change.late if change.late is not None else places - round(places)
    x, y = mix.samples.astype(np.float64), aligned(heard, found).samples.astype(np.float64)
    edge = slice(max(0, -int(min(0, found.delay_samples))) + 3000, -3000)
    projected = float((x[edge] * y[edge]).sum() / np.square(x[edge]).sum())
    gain = 20 * np.log10(max(projected, 1e-9))
    if change.gain_db is not None:
        gain = 20 * np.log10(found.gain) - change.gain_db
    left = 10 * np.log10(np.square(x[edge] - y[edge]).sum() / np.square(x[edge]).sum() + 1e-15)
    print(
        f"{song:24s} {change.name:20s} {'WRONGLY ACCEPTED' if change.refused else 'accepted'} "
        f"delay {found.delay_samples:10.3f} error {late:+.3f}, gain error {gain:+.3f} dB, left {left:6.1f} dB, "
        f"confidence {found.confidence:.2f}, {seconds:.2f} s"
    )
    if not change.refused:
        tally.delays.append(abs(late))
        tally.gains.append(abs(gain))


def songs_in(folder: Path, seconds: float) -> Iterator[tuple[str, Audio, list[Audio]]]:
    """(name, mix, versions without a stem) of each song."""
    for path in sorted([*folder.glob("*/mix.flac"), *(p for p in folder.iterdir() if audio_files.looks_like_sound(p))]):
        try:
            mix = audio_files.read(path, duration_s=seconds)
            versions = []
            for stem in sorted(path.parent.glob("vocals.flac")) if path.name == "mix.flac" else []:
                voice = audio_files.read(stem, duration_s=seconds)
                if voice.samples.shape == mix.samples.shape:
                    versions.append(Audio.of(mix.samples - voice.samples, mix.rate))
            yield path.parent.name if path.name == "mix.flac" else path.stem, mix, versions
        except UnbraidError as problem:
            print(f"{path}: {problem}")


def main() -> None:
    """Run over a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0, help="how much of each song")
    parser.add_argument("--only", default="", help="songs whose name contains this")
    given = parser.parse_args()
    rng, tally = np.random.default_rng(0), Tally([], [], [])
    previous: list[Audio] = []
    for song, mix, versions in songs_in(given.folder, given.seconds):
        if given.only not in song or mix.channels > 2:
            continue
        began = time.process_time()
        data = mix_print(mix)
        print(f"{song:24s} print of {len(data)} bytes in {time.process_time() - began:.2f} s")
        others = versions + [other for other in previous if other.channels == mix.channels]
        for change in (*kept(mix, rng), *lost(mix, others, rng)):
            try_one(song, mix, data, change, tally)
        previous = [mix]
    if tally.delays:
        print(
            f"\n{tally.count} recordings; delay error: median {np.median(tally.delays):.3f}, "
            f"95 % {np.quantile(tally.delays, 0.95):.3f}, most {max(tally.delays):.3f} samples; gain error: median "
            f"{np.median(tally.gains):.3f}, 95 % {np.quantile(tally.gains, 0.95):.3f} dB; "
            f"{len(tally.wrong)} wrong verdicts"
        )
    print("\n".join(tally.wrong))


if __name__ == "__main__":
    main()

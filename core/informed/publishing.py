"""A stream on its way to listeners: a file beside the song, inside a copy of the song's file, or in its samples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from unbraid.core import atomic, audio_files
from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.informed.decoder import SideInformation
from unbraid.core.informed.delivery import embedding
from unbraid.core.informed.delivery.finding import SUFFIX
from unbraid.core.informed.encoder import Base, Encoder
from unbraid.core.informed.fitting import Fit
from unbraid.core.informed.sources import Sources
from unbraid.core.informed.watermark import pcm, samples
from unbraid.core.progress import Progress, part_of

How = Literal["sidecar", "embedded", "samples"]

ROOM = 1.1
"""Bytes reserved in the samples for each byte of the stream that was made for the clean mix."""
SPARE_BYTES = 2048
LOSSLESS = (".wav", ".flac", ".aiff", ".aif")


@dataclass(frozen=True)
class Published:
    """Files that were written, and what there is to say about them."""

    paths: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def how_for(target: Path, *, in_samples: bool) -> How:
    """The way that a file's name asks for; ParameterError where it asks for none."""
    suffix = target.suffix.lower()
    if in_samples:
        if suffix not in LOSSLESS:
            raise ParameterError(
                f"side-information lives in the samples of {', '.join(LOSSLESS)} files, not of {target.name}"
            )
        return "samples"
    return "sidecar" if suffix == SUFFIX else "embedded"


def check(song: Path, target: Path, how: How) -> None:
    """Refuse a copy of the song that cannot be made, before anything is computed."""
    if how != "embedded":
        return
    if song.suffix.lower() != target.suffix.lower():
        raise ParameterError(
            f"{target.name} would be a copy of {song.name} with side-information inside, which is of the same kind: "
            f"name it {target.stem}{song.suffix} (or {target.stem}{SUFFIX}: a file beside the song), or export the "
            f"song as {target.suffix or 'another kind'} first and encode that file"
        )
    if not embedding.can_carry(song):
        raise ParameterError(
            f"{song.name} cannot carry side-information, {embedding.CARRYING} can; name a file beside it, "
            f"{target.stem}{SUFFIX}"
        )


def deliver(stream: bytes, song: Path, target: Path, how: How, *, overwrite: bool, progress: Progress) -> Published:
    """Write a sidecar, or a copy of the song's file with the stream inside."""
    if how == "sidecar":
        atomic.write_bytes(target, stream, overwrite=overwrite)
        return Published((target,))
    check(song, target, how)
    embedding.embed(song, stream, target, progress, overwrite=overwrite)
    return Published((target,))


def in_samples(sources: Sources, stream: Path, target: Path, *, overwrite: bool, progress: Progress) -> Published:
    """Write the mix with the stream in its samples.

    The mix with bits is what listeners have: so it is made first, with room for the bits, and the stems are coded once
    more against it, with the parametric layer that is there.
    """
    side = SideInformation(stream)
    depth = pcm.depth_of(sources.mix)
    bits = depth or 24
    mix = sources.mix if depth else _rounded(sources.mix)
    size = stream.stat().st_size
    prepared = samples.prepare(
        mix, round(ROOM * size) + SPARE_BYTES, bits, head_bytes=side.costs().common,
        progress=part_of(progress, 0.0, 0.3),
    )  # fmt: skip
    gain = 10 ** (prepared.gain_db / 20)
    images = sources.images if gain == 1.0 else sources.images * gain
    moved = replace(sources, mix=prepared.host, images=images)
    base = Base(Encoder(moved, title=side.header.title), Fit.of_stream(side))
    made = base.again(side, progress=part_of(progress, 0.3, 0.7))
    hidden = samples.embed(prepared, made.stream, part_of(progress, 0.7, 0.9))
    options = audio_files.WriteOptions(bits="16" if bits == 16 else "24", dither=False)
    audio_files.write(target, hidden.audio, options, overwrite=overwrite)
    return Published((target,), _words(hidden, prepared.gain_db))


def _rounded(mix: Audio) -> Audio:
    """A mix of floats as 24 bits hold it."""
    full = 2.0**23
    return Audio.of(np.clip(np.rint(mix.samples * full), -full, full - 1) / full, mix.rate)


def _words(hidden: samples.Hidden, gain_db: float) -> tuple[str, ...]:
    """What the bits do to the sound."""
    report = hidden.report
    notes = [
        f"noise of the hidden bits below what masks it by {-report.nmr_mean_db:.1f} dB on average, "
        f"{-report.nmr_worst_db:.1f} dB at worst; {report.change_dbfs:.0f} dBFS",
        "it survives lossless copies only: MP3, AAC, gain changes and resampling destroy it",
    ]
    if gain_db:
        notes.append(f"the mix was turned down by {-gain_db:.2f} dB to leave room below full scale")
    return tuple(notes)

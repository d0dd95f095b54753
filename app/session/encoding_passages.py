"""Ten seconds of a stream beside the true stems, and what of them is heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from unbraid.core import mapped_wav
from unbraid.core.audio import Audio
from unbraid.core.document.state import Span, Strip
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.mixing.part import Part

MIX = "mix"


@dataclass(frozen=True)
class Heard:
    """stem: a name, or empty for all together. is_without: all but that stem. is_true: as the producer gave it."""

    stem: str = ""
    is_without: bool = False
    is_true: bool = False


@dataclass(frozen=True, eq=False)
class Passage:
    """The mix, the stems of a stream, and those that were given, all of one shape."""

    mix: Audio
    stems: dict[str, Audio]
    true: dict[str, Audio]


def given(folder: Path, place: int = 0) -> Path:
    """Where the sound of the mix (place 0) or of a stem lies in a working folder."""
    return folder / f"given-{place}.wav"


def gather(paths: Mapping[str, Path], given: Mapping[str, Path], span: Span) -> Passage:
    """The passage in mapped files, beside that of the stems `given` as whole songs; they are brought to its shape."""
    mix = mapped_wav.open_mapped(paths[MIX])
    stems = {name: _like(mapped_wav.open_mapped(path), mix) for name, path in paths.items() if name != MIX}
    true = {}
    for name, path in given.items():
        if path.is_file():
            whole = mapped_wav.open_mapped(path)
            start = round(span.start_s * whole.rate)
            true[name] = _like(whole.slice(start, start + mix.frames), mix)
    return Passage(mix, stems, true)


def gather_layers(paths: Sequence[Path]) -> Passage:
    """Layers as a sound of its own: their sum."""
    audios = [mapped_wav.open_mapped(path) for path in paths]
    total = np.sum([audio.samples for audio in audios], axis=0, dtype=np.float64)
    return Passage(Audio.of(total, audios[0].rate), {}, {})


def mixdown(passage: Passage, heard: Heard) -> Mixdown:
    """What is played."""
    stems = passage.true if heard.is_true else passage.stems
    strip = Strip(mute=True) if heard.is_without else Strip(solo=True)
    if heard.stem not in stems:
        return Mixdown(passage.mix)
    return Mixdown(passage.mix, (Part(heard.stem, stems[heard.stem], strip),))


def _like(audio: Audio, mix: Audio) -> Audio:
    """With the length and the channels of the mix: silence is added, mono goes to all channels."""
    samples = audio.samples
    if samples.shape == mix.samples.shape:
        return Audio(samples, mix.rate)
    if samples.shape[1] != mix.channels:
        samples = np.repeat(samples.mean(axis=1, keepdims=True), mix.channels, axis=1)
    samples = samples[: mix.frames]
    return Audio.of(np.pad(samples, ((0, mix.frames - len(samples)), (0, 0))), mix.rate)

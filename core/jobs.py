"""What runs in the worker process: functions of small values, with sound handed over as mapped files."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from unbraid.core import audio_files, mapped_wav, stem_file
from unbraid.core.audio import Audio
from unbraid.core.audio_files import AudioInfo
from unbraid.core.errors import ParameterError
from unbraid.core.evaluation import compare
from unbraid.core.evaluation.compare import Bss, SongScores
from unbraid.core.formats.tags import Tags
from unbraid.core.progress import Progress
from unbraid.core.separation import additivity, contract, references, registry, run
from unbraid.core.separation.additivity import Additivity
from unbraid.core.separation.contract import Value, configure
from unbraid.core.separation.guide import Guide
from unbraid.core.stem_file import StemFile

BLOCK = 1 << 18


@dataclass(frozen=True)
class Separated:
    """Where the stems lie (mapped WAV files, by name, in order) and how long it took."""

    paths: dict[str, Path]
    seconds: float


@dataclass(frozen=True)
class Judged:
    """A song's mix, its true stems and estimates of them, all mapped WAV files."""

    mix: Path
    stems: Mapping[str, Path]
    estimates: Mapping[str, Path]


@dataclass(frozen=True)
class Opened:
    """What a file says beside its sound, which lies in a mapped WAV file."""

    info: AudioInfo
    tags: Tags
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """A guide on its way into the worker: its references are mapped WAV files."""

    rest: Guide
    references: Mapping[str, Path]

    def guide(self) -> Guide:
        """The guide as it was."""
        return replace(self.rest, references=_opened(self.references))


def import_song(
    path: Path,
    target: Path,
    start_s: float,
    duration_s: float | None,
    repair: bool,
    stream: int | None,
    progress: Progress,
) -> Opened:
    """Decode `path` into the mapped WAV `target`, block by block."""
    got = audio_files.import_audio(
        path, target, start_s=start_s, duration_s=duration_s, repair=repair, stream=stream, progress=progress
    )
    return Opened(got.info, got.tags, got.notes)


def ready(progress: Progress) -> None:
    """Nothing: after this the worker process is warm."""


def warm_up(method: str, progress: Progress) -> None:
    """Separate a second of noise: what `method` loads and compiles is there when it is wanted in earnest."""
    noise = np.random.default_rng(0).standard_normal((44100, 2)) / 100
    run.separate(method, Audio.of(noise, 44100), progress=progress)


def add_up(paths: Sequence[Path], target: Path, progress: Progress) -> None:
    """The sum of mapped WAV files as one: the mix of a song that has only stems."""
    parts = [mapped_wav.open_mapped(path) for path in paths]
    frames, channels = max(part.frames for part in parts), max(part.channels for part in parts)
    if len({part.rate for part in parts}) > 1:
        raise ParameterError("these files have different sample rates and are no stems of one song")
    out = mapped_wav.create(target, frames, channels, parts[0].rate)
    for start in range(0, frames, BLOCK):
        total = np.zeros((min(BLOCK, frames - start), channels))
        for part in parts:
            block = part.samples[start : start + BLOCK]
            total[: len(block)] += block
        out[start : start + BLOCK] = total
        progress(start / frames, "adding up")


def describe_stem_file(path: Path, progress: Progress) -> StemFile | None:
    """The sounds of a stem file, None for a file that is none."""
    return stem_file.describe(path)


def probe(path: Path, progress: Progress) -> AudioInfo:
    """What the header of a file says."""
    return audio_files.probe(path)


def describe(names: tuple[str, ...], progress: Progress) -> list[registry.Card]:
    """Cards of the separators called so, of all when empty; the application itself never imports a plugin."""
    return [registry.card(name) for name in names] if names else list(registry.cards())


def targets(method: str, values: Mapping[str, Value], told: Told, progress: Progress) -> tuple[str, ...]:
    """Names of the stems; raises ParameterError or PluginError before anything is computed."""
    return contract.targets(configure(registry.load(method), values), told.guide())


def separate(
    method: str, values: Mapping[str, Value], mix: Path, folder: Path, told: Told, progress: Progress
) -> Separated:
    """Separate the mapped WAV `mix` into mapped WAV files in `folder`."""
    begun = time.perf_counter()
    store = mapped_wav.store_in(folder)
    stems = run.separate(method, mapped_wav.open_mapped(mix), told.guide(), progress, values=values, store=store)
    return Separated({name: folder / f"{name}.wav" for name in stems}, time.perf_counter() - begun)


def score(judged: Judged, bss: Bss, progress: Progress) -> SongScores:
    """Figures of estimates beside true stems."""
    mix = mapped_wav.open_mapped(judged.mix)
    return compare.score(mix, _opened(judged.stems), _opened(judged.estimates), bss=bss, progress=progress)


def additive(stems: Mapping[str, Path], mix: Path, steps: int, progress: Progress) -> Additivity:
    """Which exponent suits the stems of a song; they are brought to the rate, length and channels of its mix."""
    guide = references.fitted(Guide(references=_opened(stems)), mapped_wav.open_mapped(mix))
    alphas = [0.2 + 1.8 * step / (steps - 1) for step in range(steps)]
    return additivity.measure(guide.references, alphas=alphas, progress=progress)


def _opened(paths: Mapping[str, Path]) -> dict[str, Audio]:
    return {name: mapped_wav.open_mapped(path) for name, path in paths.items()}

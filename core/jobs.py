"""What runs in the worker process: functions of small values, with sound handed over as mapped files."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from unbraid.core import audio_files, mapped_wav
from unbraid.core.audio import Audio, Samples
from unbraid.core.audio_files import AudioInfo
from unbraid.core.evaluation import compare
from unbraid.core.evaluation.compare import Bss, SongScores
from unbraid.core.formats.tags import Tags
from unbraid.core.progress import Progress
from unbraid.core.separation import additivity, contract, references, registry, run
from unbraid.core.separation.additivity import Additivity
from unbraid.core.separation.contract import Value, configure
from unbraid.core.separation.guide import Guide


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

    def store(name: str, frames: int, channels: int, rate: int) -> Samples:
        samples: Samples = mapped_wav.create(folder / f"{name}.wav", frames, channels, rate)
        return samples

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

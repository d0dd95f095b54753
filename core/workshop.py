"""A song on the bench: its samples and stems in a folder that goes away, and the worker that makes them."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from unbraid.core import jobs, mapped_wav
from unbraid.core.audio import Audio
from unbraid.core.audio_files import AudioInfo
from unbraid.core.evaluation.compare import Bss, SongScores
from unbraid.core.folders import working_folder
from unbraid.core.formats.tags import Tags
from unbraid.core.progress import Progress, silent_progress
from unbraid.core.separation.additivity import Additivity
from unbraid.core.separation.contract import Value
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.registry import Card
from unbraid.core.tasks import Worker

LONGEST_USE_S = 2 * 86400.0


@dataclass(frozen=True, eq=False)
class Song:
    """A file's sound, mapped, with what else the file says; notes tell what was odd about it."""

    audio: Audio
    info: AudioInfo
    tags: Tags
    notes: tuple[str, ...]


class Workshop:
    """Opens songs and separates them in a worker process; its files live as long as it does.

    worker: one that is shared with others (it is then not ended here).
    """

    def __init__(self, worker: Worker | None = None) -> None:
        self.worker = worker or Worker()
        self._owns_worker = worker is None
        self.folder = own_folder()

    def __enter__(self) -> Workshop:
        return self

    def __exit__(self, *_: object) -> None:
        if self._owns_worker:
            self.worker.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def open(
        self,
        path: Path,
        *,
        start_s: float = 0.0,
        duration_s: float | None = None,
        repair: bool = False,
        stream: int | None = None,
        progress: Progress = silent_progress,
    ) -> Song:
        """Decode a file, or a passage of it, in the worker (strangers' files are hostile).

        stream: which of the sounds of a container with several (a stem file), None for the one that players play.
        """
        target = self.fresh() / "mix.wav"
        opened = self.worker.run(jobs.import_song, path, target, start_s, duration_s, repair, stream, progress=progress)
        return Song(mapped_wav.open_mapped(target), opened.info, opened.tags, opened.notes)

    def probe(self, path: Path) -> AudioInfo:
        """What the header of a file says, decoding nothing."""
        return self.worker.run(jobs.probe, path)

    def separate(
        self,
        song: Audio,
        method: str,
        values: Mapping[str, Value] | None = None,
        *,
        guide: Guide | None = None,
        progress: Progress = silent_progress,
    ) -> tuple[dict[str, Audio], float]:
        """Stems by name, mapped, and the seconds it took; `song` is one that was opened here."""
        done = self.worker.run(
            jobs.separate, method, dict(values or {}), self.file_of(song), self.fresh(), self._told(guide),
            progress=progress,
        )  # fmt: skip
        return {name: mapped_wav.open_mapped(path) for name, path in done.paths.items()}, done.seconds

    def score(
        self,
        mix: Audio,
        stems: Mapping[str, Audio],
        estimates: Mapping[str, Audio],
        *,
        bss: Bss | None = None,
        progress: Progress = silent_progress,
    ) -> SongScores:
        """Figures of `estimates` beside the true `stems` of `mix` (see `evaluation.compare.score`)."""
        judged = jobs.Judged(self.file_of(mix), self._files_of(stems), self._files_of(estimates))
        return self.worker.run(jobs.score, judged, bss or Bss(), progress=progress)

    def additivity(
        self, mix: Audio, stems: Mapping[str, Audio], steps: int, *, progress: Progress = silent_progress
    ) -> Additivity:
        """How additive the spectrograms of `stems` are, for `steps` exponents from 0.2 to 2."""
        return self.worker.run(jobs.additive, self._files_of(stems), self.file_of(mix), steps, progress=progress)

    def cards(self, *names: str) -> list[Card]:
        """What is known of the separators called so, or of all."""
        return self.worker.run(jobs.describe, names)

    def targets(self, method: str, values: Mapping[str, Value], guide: Guide | None = None) -> tuple[str, ...]:
        """Names of the stems that `separate` would make, but for a residual; raises ParameterError where it would."""
        return self.worker.run(jobs.targets, method, dict(values), self._told(guide))

    def _told(self, guide: Guide | None) -> jobs.Told:
        guide = guide or Guide()
        return jobs.Told(dataclasses.replace(guide, references={}), self._files_of(guide.references))

    def fresh(self) -> Path:
        """A new folder of its own, as long as the workshop."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def _files_of(self, audios: Mapping[str, Audio]) -> dict[str, Path]:
        return {name: self.file_of(audio) for name, audio in audios.items()}

    def file_of(self, audio: Audio) -> Path:
        """Where the samples are mapped from; sound that is in memory only is written there first."""
        filename = getattr(audio.samples.base, "filename", None)
        if filename is not None and Path(filename).parent.parent == self.folder:
            whole = mapped_wav.open_mapped(Path(filename))
            if (whole.frames, whole.channels, whole.rate) == (audio.frames, audio.channels, audio.rate):
                return Path(filename)
        path = self.fresh() / "mix.wav"
        mapped_wav.create(path, audio.frames, audio.channels, audio.rate)[:] = audio.samples
        return path


def own_folder() -> Path:
    """A new working folder of this process; what killed ones left is swept first, as this is if we are killed."""
    sweep()
    return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=working_folder()))


@contextlib.contextmanager
def passing_folder() -> Iterator[Path]:
    """A working folder that goes away with the block."""
    folder = own_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> None:
    """Remove what earlier runs left when they were killed: folders and logs named after processes that are no more."""
    for left in working_folder().iterdir():
        number = left.name.partition("-")[0]
        if number.isdigit() and not _in_use(left, int(number)):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def _in_use(left: Path, process: int) -> bool:
    if os.name == "nt":  # there, os.kill(pid, 0) would end the process
        return time.time() - left.stat().st_mtime < LONGEST_USE_S
    with contextlib.suppress(PermissionError):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
    return True

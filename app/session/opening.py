"""Files into documents: a song, a song with its stems, a stem file, a project; decoded in the worker process."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from unbraid.app.session.arriving import Arrival
from unbraid.app.translation import tr
from unbraid.core import jobs, mapped_wav, naming
from unbraid.core.audio_files import looks_like_sound
from unbraid.core.document import drafts, edits
from unbraid.core.document.codec import LONGEST_NAME
from unbraid.core.document.document import Document
from unbraid.core.document.state import Song, Stem
from unbraid.core.errors import AudioFileError, Cancelled
from unbraid.core.evaluation.multitracks import MIXES, Multitrack, Sound, find
from unbraid.core.job_queue import Desk
from unbraid.core.stem_file import StemFile
from unbraid.core.workshop import passing_folder

if TYPE_CHECKING:
    from unbraid.app.session.session import Session

PROJECT_SUFFIX, SIDE = ".unbraid", ".unb"
STEM_FILES = (".mp4", ".m4a")
LENGTHS_AGREE = 0.05
"""Seconds by which stems of one song may differ in length."""


@dataclass(frozen=True)
class Decoded:
    """Sound that is in the working folder, waiting to be adopted by a media pool."""

    path: Path
    opened: jobs.Opened


class Opening:
    """Opens whatever is dropped on the window."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._arriving: set[Document] = set()
        """Made by the queue's thread and not yet shown."""
        self._arrivals: dict[Document, Arrival] = {}
        """Stems to come, of those documents."""
        self._lock = threading.Lock()
        self._is_closed = False

    def open(self, paths: Sequence[Path]) -> None:
        """Open a project, a song, or a song with its stems (several files, or a folder of them)."""
        self._session.guarded(lambda: self._open(paths))

    def prepare(self) -> None:
        """Start the worker process before it is needed."""
        self._session.submit(tr("Getting ready"), lambda desk: desk.run(jobs.ready), opening=True, quiet=True)

    def _open(self, paths: Sequence[Path]) -> None:
        if not paths:
            return
        missing = [path for path in paths if not path.exists()]
        if missing:
            raise AudioFileError(tr("{file} is not there any more", file=missing[0]))
        project = next((path for path in paths if is_project(path)), None)
        side = next((path for path in paths if path.suffix.lower() == SIDE), None)
        if project is not None:
            self.open_project(project)
        elif side is not None:
            song = _song_of(side, [path for path in paths if path != side])
            self._import(naming.song_of(song), Sound(song), {}, side)
        elif len(paths) == 1 and paths[0].is_file():
            self._import(naming.song_of(paths[0]), Sound(paths[0]), {})
        else:
            track = _multitrack(paths)
            self._import(track.name, track.mix, dict(track.stems))

    def open_project(self, path: Path) -> None:
        """Open a project folder, its document, or an archive of one."""
        if path.suffix.lower() == ".zip":
            self._session.submit(tr("Opening {name}", name=path.name), partial(self._unpack, path), opening=True)
        elif (here := self._session.document) is not None and _is_in(path, here.folder):
            self._session.noticed.emit("info", tr("{name} is open already", name=here.name))
        else:
            self._session.take(Document.open(path))

    def add_stem(self, path: Path) -> None:
        """One stem more, from a file that is as long as the song."""
        document = self._session.document
        if document is not None:
            work = partial(self._decode_stem, document, path)
            self._session.submit(tr("Opening {name}", name=path.name), work, opening=True)

    def _unpack(self, path: Path, desk: Desk) -> None:
        self._hand_over(Document.open_archive(path, drafts.new_draft(path.name.partition(".")[0])))

    def _decode_stem(self, document: Document, path: Path, desk: Desk) -> None:
        song = document.state.song
        assert song is not None
        with passing_folder() as folder:
            target = folder / "sound.wav"
            opened = desk.run(jobs.import_song, path, target, 0.0, None, False, None)
            with self._session.media_lock:
                if self._session.document is not document:
                    raise Cancelled
                (stem,) = _stems(document, song, {_stem_name(path): Decoded(target, opened)})
                self._session.bridge.soon(self._take_stem, document, song, stem)

    def _take_stem(self, document: Document, song: Song, stem: Stem) -> None:
        if self._session.document is document and document.state.song == song:
            made = edits.new_stem(stem.name, stem.media)
            self._session.edit(tr("Add {name}", name=stem.name), lambda project: edits.add_stem(project, made))

    def _import(self, name: str, mix: Sound | None, stems: dict[str, Sound], side: Path | None = None) -> None:
        work = partial(self._decode, naming.safe(name), mix, stems, side)
        self._session.submit(tr("Opening {name}", name=name), work, opening=True)

    def _decode(self, name: str, mix: Sound | None, stems: dict[str, Sound], side: Path | None, desk: Desk) -> None:
        """On the queue's thread: every sound decoded and adopted, then handed to the window."""
        with passing_folder() as folder:
            self._hand_over(self._decoded(name, mix, stems, side, folder, desk))

    def _decoded(
        self, name: str, mix: Sound | None, stems: dict[str, Sound], side: Path | None, folder: Path, desk: Desk
    ) -> Document:
        if mix is not None and not stems and mix.path.suffix.lower() in STEM_FILES:
            mix, stems = _inside(mix, desk.run(jobs.describe_stem_file, mix.path))
        sounds: dict[str, Sound] = {"": mix, **stems} if mix is not None else dict(stems)
        done: dict[str, Decoded] = {}
        for number, (stem, sound) in enumerate(sounds.items()):
            target = Path(tempfile.mkdtemp(dir=folder)) / "sound.wav"
            part = (number / len(sounds), (number + 1) / len(sounds))
            opened = desk.run(jobs.import_song, sound.path, target, 0.0, None, False, sound.stream, part=part)
            done[stem] = Decoded(target, opened)
        if mix is None:
            target = Path(tempfile.mkdtemp(dir=folder)) / "sound.wav"
            desk.run(jobs.add_up, [d.path for d in done.values()], target)
            first = next(iter(done.values()))
            done = {"": Decoded(target, first.opened), **done}
        if mix is None or stems:
            return self._document(name, done, None if mix is None else mix.path, None, desk)
        arrival = self._session.arriving.look(mix.path, done[""].path, side, desk)
        if arrival is None:
            return self._document(name, done, mix.path, None, desk)
        try:
            done[""] = Decoded(arrival.begun.mix, done[""].opened)
            document = self._document(name, done, mix.path, arrival, desk)
        except BaseException:
            arrival.drop()
            raise
        self._arrivals[document] = arrival
        return document

    def _document(
        self, name: str, done: dict[str, Decoded], source: Path | None, arrival: Arrival | None, desk: Desk
    ) -> Document:
        document = Document.create(drafts.new_draft(name))
        try:
            song = _song(document, name, done[""], source)
            desk.progress(1.0, "")
            title = tr("Open {name}", name=name)
            if arrival is not None:
                title = tr("Open {name} with the stems it brings", name=name)
                stems = self._session.arriving.stems(document, arrival)
            else:
                stems = _stems(document, song, {stem: d for stem, d in done.items() if stem})
            document.do(title, lambda p: edits.set_stems(edits.set_song(p, song), stems))
        except BaseException:
            _drop(document)
            raise
        return document

    def _hand_over(self, document: Document) -> None:
        """To the window, which may be closed by now."""
        with self._lock:
            if not self._is_closed:
                self._arriving.add(document)
                self._session.bridge.soon(self._arrive, document)
                return
        _drop(document, self._arrivals.pop(document, None))

    def _arrive(self, document: Document) -> None:
        self._arriving.discard(document)
        arrival = self._arrivals.pop(document, None)
        is_taken = self._session.guarded(lambda: self._session.take(document))
        if arrival is not None and is_taken:
            self._session.arriving.start(document, arrival)
        elif arrival is not None:
            arrival.drop()

    def close(self) -> None:
        """Nothing opens any more."""
        with self._lock:
            self._is_closed = True
            arriving, self._arriving = self._arriving, set()
        for document in arriving:
            _drop(document, self._arrivals.pop(document, None))


def _drop(document: Document, arrival: Arrival | None = None) -> None:
    """Leave no trace of a draft that nobody has seen."""
    document.close()
    drafts.discard(document.folder)
    if arrival is not None:
        arrival.drop()


def is_project(path: Path) -> bool:
    """Whether a path is a project: its folder, its document or an archive."""
    if path.is_dir():
        return any(path.glob(f"*{PROJECT_SUFFIX}")) or (path / "history.jsonl").exists()
    return path.suffix.lower() in (PROJECT_SUFFIX, ".zip")


def _song_of(side: Path, others: Sequence[Path]) -> Path:
    """The song that a file of side-information was given with, or that lies beside it under the same name."""
    if len(others) == 1:
        return others[0]
    names = (side.stem, Path(side.stem).stem)
    beside = [path for path in sorted(side.parent.iterdir()) if looks_like_sound(path) and path.stem in names]
    if others or not beside:
        raise AudioFileError(
            tr(
                "{file} belongs to a song: open both together, or keep them under one name in one folder",
                file=side.name,
            )
        )
    return beside[0]


def _inside(mix: Sound, found: StemFile | None) -> tuple[Sound, dict[str, Sound]]:
    """The mix of a stem file and its stems; a file that is none as it is."""
    if found is None:
        return mix, {}
    return Sound(mix.path, found.mix), {stem.name: Sound(mix.path, stem.number) for stem in found.stems}


def _song(document: Document, name: str, decoded: Decoded, source: Path | None) -> Song:
    info, tags = decoded.opened.info, decoded.opened.tags
    audio = mapped_wav.open_mapped(decoded.path)
    frames, channels, rate = audio.frames, audio.channels, audio.rate
    if frames == 0:
        raise AudioFileError(tr("{name} holds no sound", name=name))
    cover = "" if tags.cover is None else document.media.add_blob(tags.cover, ".cover")
    return Song(
        document.media.adopt(decoded.path), _song_name(tags.text.get("title", ""), name), frames, channels, rate,
        source="" if source is None else str(source), bits=info.bits, is_float=info.is_float,
        tags=tuple(tags.text.items()), cover=cover, cover_mime=tags.cover_mime,
    )  # fmt: skip


def _stems(document: Document, song: Song, done: dict[str, Decoded]) -> tuple[Stem, ...]:
    stems = []
    for number, (name, decoded) in enumerate(done.items(), 1):
        audio = mapped_wav.open_mapped(decoded.path)
        if audio.rate != song.rate or abs(audio.frames - song.frames) > LENGTHS_AGREE * song.rate:
            raise AudioFileError(
                tr(
                    "{stem} lasts {stem_s} s at {stem_rate} Hz, the song {song_s} s at {song_rate} Hz: "
                    "stems of one song must agree; open the song alone",
                    stem=name,
                    stem_s=f"{audio.duration_s:.2f}",
                    stem_rate=audio.rate,
                    song_s=f"{song.duration_s:.2f}",
                    song_rate=song.rate,
                )
            )
        if (audio.frames, audio.channels) != (song.frames, song.channels):
            decoded = _fitted(decoded, song)
        stems.append(Stem(f"s{number}", name, document.media.adopt(decoded.path)))
    return tuple(stems)


def _fitted(decoded: Decoded, song: Song) -> Decoded:
    """The same sound with the song's length and channels: cut or followed by silence, mono on all channels."""
    audio = mapped_wav.open_mapped(decoded.path)
    if audio.channels not in (1, song.channels):
        raise AudioFileError(
            tr("a stem has {stem} channels, the song {song}; they must agree", stem=audio.channels, song=song.channels)
        )
    path = decoded.path.with_name("fitted.wav")
    samples = mapped_wav.create(path, song.frames, song.channels, song.rate)
    frames = min(audio.frames, song.frames)
    samples[:frames] = audio.samples[:frames]
    return Decoded(path, decoded.opened)


def _is_in(path: Path, folder: Path) -> bool:
    """Whether a path is a project's folder or its document."""
    with contextlib.suppress(OSError):
        return (path if path.is_dir() else path.parent).samefile(folder)
    return False


def _stem_name(path: Path) -> str:
    """What stands behind the last ` - ` of a file's name; the name itself where nothing does."""
    return path.stem.rpartition(" - ")[2].strip() or path.stem


def _song_name(title: str, file: str) -> str:
    """A title as a document can keep it: one line, not endless, no control characters; the file's name for none."""
    words = "".join(letter if letter.isprintable() else " " for letter in title).split()
    return " ".join(words)[:LONGEST_NAME].strip() or file


def _multitrack(paths: Sequence[Path]) -> Multitrack:
    """The one song that several files, a stem file or a folder make."""
    if len(paths) == 1:
        tracks = find(paths[0])
        if len(tracks) > 1:
            names = ", ".join(track.name for track in tracks[:3])
            raise AudioFileError(
                tr("{folder} holds {count} songs ({names} …); open one of them", folder=paths[0].name,
                   count=len(tracks), names=names)
            )  # fmt: skip
        return tracks[0]
    stems = {_stem_name(path).lower(): Sound(path) for path in paths}
    if len(stems) < len(paths):
        raise AudioFileError(tr("several of these files have the same name; open the song alone"))
    mix = next((stems.pop(name) for name in MIXES if name in stems), None)
    name = paths[0].parent.name or paths[0].stem
    return Multitrack(name, mix, stems)

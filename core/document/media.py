"""The media pool: sound and other large things, named by what they hold, and never modified.

An id is the beginning of the SHA-256 of the file's bytes and a suffix: `9f86…0a08.wav`. So equal content lies there
once, a relinked file proves itself, and an id from a stranger's project cannot name anything outside the folder.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import stat
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from unbraid.core import atomic
from unbraid.core.document.codec import MEDIA_ID
from unbraid.core.errors import AudioFileError, ParameterError, ProjectFileError

if TYPE_CHECKING:
    from unbraid.core.audio import Audio

FOLDER = "media"
SOUND = ".wav"

MOST_SEARCHED = 20_000
"""Files looked at when a folder is searched for missing media."""


class MediaPool:
    """Files of one project in `folder`, which need not exist before something is put there.

    Adopting and reading may happen in any thread; sweeping and relinking are the main thread's.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sounds: dict[str, Audio] = {}
        self._promised: dict[str, Path] = {}
        self._lock = threading.Lock()

    def adopt(self, path: Path) -> str:
        """Move a finished file (float32 WAV) from the working folder into the pool, synced; returns its id.

        When anything goes wrong, ProjectFileError is raised and the file is where it was, for another try.
        """
        id = self.add_copy(path)
        with contextlib.suppress(OSError):  # still mapped (Windows): the working folder is swept later
            path.unlink()
        return id

    def promise(self, path: Path) -> str:
        """An id for sound that is still being written at `path`: heard as far as it has come, adopted when complete.

        Until then the document that names it is made whole by whoever promised; the id dies with this pool.
        """
        id = secrets.token_hex(16) + SOUND
        with self._lock:
            self._promised[id] = path
        return id

    def fulfil(self, id: str) -> str:
        """Adopt what was promised, now complete; returns its id. Steps that were made meanwhile find it as promised."""
        kept = self.add_copy(self._promised[id])
        with atomic.replacing(self.folder / id, overwrite=True, error=ProjectFileError) as temporary:
            _link_or_copy(self.folder / kept, temporary)
        with self._lock:
            path = self._promised.pop(id)
        with contextlib.suppress(OSError):
            path.unlink()
        return kept

    def take_promises(self, other: MediaPool) -> None:
        """What another pool was promised is promised here: the project has moved."""
        self._promised.update(other._promised)

    def awaits(self, ids: Iterable[str]) -> bool:
        """Whether any of it is only promised."""
        return any(id in self._promised for id in ids)

    def add_copy(self, path: Path) -> str:
        """Put a file into the pool that also stays where it is (a second name where the file system can)."""
        try:
            id = hash_file(path) + path.suffix.lower()
        except OSError as problem:
            raise ProjectFileError(f"{path} cannot be read: {problem.strerror}; check that it is still there") from None
        target = self.path(id)
        if not self._holds(id, path.stat().st_size):
            self._make_folder()
            with atomic.replacing(target, overwrite=True, error=ProjectFileError) as temporary:
                _link_or_copy(path, temporary)
        return id

    def add_blob(self, data: bytes, suffix: str) -> str:
        """Put bytes into the pool; suffix as in `.png`."""
        id = hashlib.sha256(data).hexdigest()[:32] + suffix.lower()
        target = self.path(id)
        if not self._holds(id, len(data)):
            self._make_folder()
            atomic.write_bytes(target, data, overwrite=True, error=ProjectFileError)
        return id

    def path(self, id: str) -> Path:
        """Where an id lies, whether it is there or not; ParameterError for what is no id."""
        if not MEDIA_ID.fullmatch(id):
            raise ParameterError(f"{id!r} is no id of the media pool; ids are 32 hexadecimal digits and a suffix")
        return self._promised.get(id) or self.folder / id

    def has(self, id: str) -> bool:
        """Whether the file is there and, for sound, as long as it says; a link is not, since it may lead elsewhere."""
        if not self.holds(id):
            return id in self._promised
        if not id.endswith(SOUND):
            return True
        try:
            self.audio(id)
        except ProjectFileError:
            return False
        return True

    def audio(self, id: str) -> Audio:
        """Sound, mapped and kept mapped; ProjectFileError when it is missing or cut off."""
        from unbraid.core import mapped_wav

        with self._lock:
            if id not in self._sounds:
                if id not in self._promised:
                    self._must_have(id)
                try:
                    self._sounds[id] = mapped_wav.open_mapped(self.path(id))
                except AudioFileError as problem:
                    raise ProjectFileError(f"{problem}; relink it from a copy of the project") from None
            return self._sounds[id]

    def blob(self, id: str) -> bytes:
        """The bytes of a picture or the like."""
        self._must_have(id)
        try:
            return self.path(id).read_bytes()
        except OSError as problem:
            raise ProjectFileError(f"{self.path(id)} cannot be read: {problem.strerror}") from None

    def missing(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Those that are not there, or are cut off, in the order given."""
        return tuple(id for id in dict.fromkeys(ids) if not self.has(id))

    def relink(self, path: Path, ids: Collection[str]) -> tuple[str, ...]:
        """Copy into the pool what `path` (a file, or a folder with those below it) holds of `ids`; returns those found.

        Files are known by their content alone, whatever they are called. A song that was decoded from another format
        comes back by importing it again and adopting the result: decoding gives the same bytes.
        """
        wanted, found = set(ids), []
        for candidate in _candidates(path):
            suffix = candidate.suffix.lower()
            if not wanted:
                break
            if not any(id.endswith(suffix) for id in wanted):
                continue
            with contextlib.suppress(OSError):
                if (id := hash_file(candidate) + suffix) in wanted:
                    self._forget(id)
                    self.add_copy(candidate)
                    wanted.remove(id)
                    found.append(id)
        return tuple(found)

    def sweep(self, keep: Collection[str]) -> int:
        """Remove what is not in `keep`, and temporaries that a kill left; returns bytes freed. Other files stay."""
        freed = 0
        if not self._is_real():
            return 0
        for id in self.ids():
            if id not in keep:
                with contextlib.suppress(OSError):
                    size = self.path(id).stat().st_size
                    self._forget(id)
                    self.path(id).unlink()
                    freed += size
        atomic.sweep(self.folder, age_s=0.0)
        return freed

    def ids(self) -> list[str]:
        """All that lies here, oldest first."""
        if not self._is_real():
            return []
        found = [p for p in self.folder.iterdir() if MEDIA_ID.fullmatch(p.name) and self.holds(p.name)]
        return [p.name for p in sorted(found, key=lambda p: (p.stat().st_mtime_ns, p.name))]

    def size(self, ids: Iterable[str]) -> int:
        """Bytes on disk; nothing for what is missing."""
        return sum(self.path(id).stat().st_size for id in ids if self.holds(id))

    def verify(self, id: str) -> bool:
        """Whether the content is what the name says: the whole file is read."""
        return self.holds(id) and self.path(id).name.startswith(hash_file(self.path(id)))

    def close(self) -> None:
        """Forget the maps, so that files can be removed where the system does not allow it otherwise."""
        with self._lock:
            self._sounds.clear()

    def holds(self, id: str) -> bool:
        """Whether a file of that name lies here."""
        return self._is_real() and _is_itself(self.folder / id, stat.S_ISREG)

    def _is_real(self) -> bool:
        return _is_itself(self.folder, stat.S_ISDIR)

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise ProjectFileError(atomic.explain(problem, self.folder)) from problem
        if not self._is_real():
            raise ProjectFileError(f"{self.folder} leads out of the project; put a real folder in its place")

    def _holds(self, id: str, size: int) -> bool:
        """Whether content of that id and size is here."""
        return self.holds(id) and self.path(id).stat().st_size == size

    def _must_have(self, id: str) -> None:
        if not self.holds(id):
            raise ProjectFileError(f"{self.path(id)} is missing; relink it from a copy of the project or a backup")

    def _forget(self, id: str) -> None:
        with self._lock:
            self._sounds.pop(id, None)


def _is_itself(path: Path, kind: Callable[[int], bool]) -> bool:
    """Whether something of that kind is there, and no link to one. Asked with every edit, so in one question."""
    try:
        return kind(os.lstat(path).st_mode)
    except OSError:
        return False


def hash_file(path: Path) -> str:
    """The first 32 hexadecimal digits of the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def _link_or_copy(source: Path, temporary: Path) -> None:
    """The content of `source` under the reserved name: without moving a byte where links are possible."""
    temporary.unlink()
    try:
        os.link(source, temporary)
    except OSError as problem:
        if problem.errno in atomic.FULL:
            raise
        atomic.check_target(temporary.parent, source.stat().st_size, error=ProjectFileError)
        try:
            shutil.copyfile(source, temporary)
        except OSError as worse:
            raise OSError(worse.errno or errno.EIO, worse.strerror, os.fspath(temporary)) from worse


def _candidates(path: Path) -> Iterator[Path]:
    """The file itself, or files below a folder, nearest first."""
    if path.is_file():
        yield path
        return
    count = 0
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            count += 1
            if count > MOST_SEARCHED:
                return
            yield Path(folder) / name

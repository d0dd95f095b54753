"""A project as one file for sending: a zip with the document and the media it needs, read back with suspicion.

Inside lie `My Song/My Song.unbraid` and `My Song/media/<id>`. An archive comes from a stranger: names, numbers and
sizes are checked before anything is written, and every file of the media must have the content its name tells.
"""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from unbraid.core import atomic
from unbraid.core.document import files, media
from unbraid.core.document.codec import MEDIA_ID
from unbraid.core.document.json_text import LARGEST_BYTES
from unbraid.core.errors import ProjectFileError

SUFFIX = ".unbraid.zip"
MOST_FILES = 10_000
LARGEST_TOTAL = 1 << 40

LARGEST_RATIO = 100
"""Bytes unpacked for each byte of the archive: sound never packs so well, what does is a bomb."""

ALWAYS_FINE = 256 << 20
"""Up to here no ratio is looked at: silence packs a thousandfold."""

BLOCK = 1 << 20


def pack(
    path: Path, document: str, data: bytes, pool: media.MediaPool, ids: Iterable[str], *, overwrite: bool = False
) -> None:
    """Write an archive; `document` is the name of the document file, `data` its content, `ids` the media it needs.

    Media that is missing is left out: whoever opens the archive is told. ProjectFileError when it cannot be written.
    """
    there = [id for id in ids if pool.has(id)]
    needed = len(data) + pool.size(there) + 1000 * (len(there) + 1)
    atomic.check_file(path, overwrite=overwrite, error=ProjectFileError)
    atomic.check_target(path.parent, needed, error=ProjectFileError)
    top = document.removesuffix(files.SUFFIX)
    with (
        atomic.replacing(path, overwrite=overwrite, error=ProjectFileError, needed_bytes=needed) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive,
    ):
        archive.writestr(f"{top}/{document}", data, zipfile.ZIP_DEFLATED)
        for id in there:
            archive.write(pool.path(id), f"{top}/{media.FOLDER}/{id}")


def unpack(path: Path, folder: Path) -> tuple[str, ...]:
    """Unpack an archive into the new project folder `folder`; returns warnings.

    ProjectFileError for what is no archive of a project or is hostile: nothing is left then.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            document, members = _members(path, archive)
            _check_sizes(path, [document, *members.values()])
            atomic.check_target(folder, sum(m.file_size for m in members.values()), error=ProjectFileError)
            if folder.exists() and any(folder.iterdir()):
                raise ProjectFileError(f"{folder} exists and is not empty; choose another name")
            return _unpack(archive, document, members, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as problem:
        raise ProjectFileError(
            f"{path} is no archive of a project or is damaged: {problem}; ask for it again"
        ) from None
    except OSError as problem:
        raise ProjectFileError(f"{path} cannot be unpacked: {problem.strerror or problem}") from problem


def _members(path: Path, archive: zipfile.ZipFile) -> tuple[zipfile.ZipInfo, dict[str, zipfile.ZipInfo]]:
    """The document, and media by id; other files are not looked at, hostile names are refused."""
    infos = archive.infolist()
    if len(infos) > MOST_FILES:
        raise ProjectFileError(f"{path} holds {len(infos)} files, more than the {MOST_FILES} of any project")
    documents, members = [], {}
    for info in infos:
        name = PurePosixPath(info.filename)
        if not name.parts or name.is_absolute() or ".." in name.parts or "\\" in info.filename or ":" in name.parts[0]:
            raise ProjectFileError(f"{path} is hostile: it wants to write {info.filename!r}; do not open it")
        if info.is_dir() or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            continue
        if len(name.parts) == 2 and name.suffix == files.SUFFIX:
            documents.append(info)
        elif len(name.parts) == 3 and name.parts[1] == media.FOLDER and MEDIA_ID.fullmatch(name.parts[2]):
            members[name.parts[2]] = info
    if len(documents) != 1:
        raise ProjectFileError(f"{path} is no archive of a project: it holds {len(documents)} documents instead of one")
    return documents[0], members


def _check_sizes(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    """Refuse bombs by what the archive itself says; less than it says is never unpacked more than."""
    total, packed = sum(info.file_size for info in infos), path.stat().st_size
    if infos[0].file_size > LARGEST_BYTES:
        raise ProjectFileError(f"{path}: the document would have {infos[0].file_size} bytes; that is none of ours")
    if total > LARGEST_TOTAL or (total > ALWAYS_FINE and total > LARGEST_RATIO * packed):
        raise ProjectFileError(
            f"{path} is hostile: {atomic.size_text(packed)} would become {atomic.size_text(total)}; do not open it"
        )


def _unpack(
    archive: zipfile.ZipFile, document: zipfile.ZipInfo, members: dict[str, zipfile.ZipInfo], folder: Path
) -> tuple[str, ...]:
    """Media first, the document last: a folder with a document is complete."""
    warnings = []
    try:
        (folder / media.FOLDER).mkdir(parents=True, exist_ok=True)
        for id, info in members.items():
            target = folder / media.FOLDER / id
            _extract(archive, info, target)
            if not media.MediaPool(target.parent).verify(id):
                target.unlink()
                warnings.append(f"{info.filename} is damaged in the archive and was left out")
        _extract(archive, document, files.document_path(folder))
        files.read_document(files.document_path(folder))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return tuple(warnings)


def _extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    """One file, not a byte longer than the archive says."""
    left = info.file_size
    with (
        archive.open(info) as source,
        atomic.replacing(target, error=ProjectFileError, needed_bytes=left) as temporary,
        atomic.scratch(temporary, "w+b") as file,
    ):
        while left > 0 and (block := source.read(min(BLOCK, left))):
            file.write(block)
            left -= len(block)

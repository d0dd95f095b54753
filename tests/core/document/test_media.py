"""What lies in the pool is named by its content, never modified, and comes from nowhere else."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from documents import wav

from unbraid.core import mapped_wav
from unbraid.core.document.media import MediaPool
from unbraid.core.errors import ParameterError, ProjectFileError


@pytest.fixture
def pool(tmp_path: Path) -> MediaPool:
    return MediaPool(tmp_path / "media")


def test_a_finished_file_moves_in_under_its_content(pool: MediaPool, tmp_path: Path) -> None:
    work = wav(tmp_path / "work" / "a.wav", 1, channels=2)
    samples = np.array(mapped_wav.open_mapped(work).samples)
    id = pool.adopt(work)
    assert not work.exists()
    assert pool.has(id)
    assert pool.verify(id)
    audio = pool.audio(id)
    assert np.array_equal(audio.samples, samples)
    assert isinstance(audio.samples, np.memmap)
    assert pool.audio(id) is audio
    assert [p.name for p in pool.folder.iterdir()] == [id]


def test_equal_content_lies_there_once(pool: MediaPool, tmp_path: Path) -> None:
    first = pool.adopt(wav(tmp_path / "a.wav", 1))
    assert pool.adopt(wav(tmp_path / "b.wav", 1)) == first
    assert pool.adopt(wav(tmp_path / "c.wav", 2)) != first
    assert len(list(pool.folder.iterdir())) == 2
    assert pool.add_blob(b"png", ".PNG") == pool.add_blob(b"png", ".png")
    assert pool.blob(pool.add_blob(b"png", ".png")) == b"png"


def test_a_damaged_file_of_that_name_is_replaced(pool: MediaPool, tmp_path: Path) -> None:
    id = pool.adopt(wav(tmp_path / "a.wav", 1))
    pool.close()
    os.truncate(pool.path(id), 1000)
    assert not pool.has(id)
    with pytest.raises(ProjectFileError, match="relink"):
        pool.audio(id)
    assert pool.adopt(wav(tmp_path / "a.wav", 1)) == id
    assert pool.has(id)


@pytest.mark.parametrize(
    "id", ["", "../../etc/passwd", "0" * 32, "0" * 32 + ".wav/x", "/" + "0" * 32 + ".wav", "A" * 32 + ".wav"]
)
def test_what_is_no_id_names_nothing(pool: MediaPool, id: str) -> None:
    with pytest.raises(ParameterError, match="no id"):
        pool.path(id)


def test_links_that_lead_out_are_not_followed(pool: MediaPool, tmp_path: Path) -> None:
    secret = wav(tmp_path / "secret.wav", 3)
    pool.folder.mkdir()
    id = "0" * 32 + ".wav"
    (pool.folder / id).symlink_to(secret)
    assert not pool.has(id)
    with pytest.raises(ProjectFileError, match="missing"):
        pool.audio(id)
    elsewhere = tmp_path / "elsewhere"
    real = MediaPool(elsewhere)
    kept = real.adopt(secret)
    linked = MediaPool(tmp_path / "linked")
    linked.folder.symlink_to(elsewhere)
    assert not linked.has(kept)
    assert linked.sweep(()) == 0
    assert real.has(kept)
    with pytest.raises(ProjectFileError, match="leads out"):
        linked.add_blob(b"x", ".bin")


def test_missing_files_are_found_again_by_content(pool: MediaPool, tmp_path: Path) -> None:
    ids = [pool.adopt(wav(tmp_path / f"{seed}.wav", seed)) for seed in range(3)]
    backup = tmp_path / "backup" / "deep" / "anything.wav"
    backup.parent.mkdir(parents=True)
    shutil.copy(pool.path(ids[0]), backup)
    for id in ids[:2]:
        pool.path(id).unlink()
    assert pool.missing(ids) == tuple(ids[:2])
    wav(tmp_path / "backup" / "other.wav", 9)
    assert pool.relink(tmp_path / "backup", pool.missing(ids)) == (ids[0],)
    assert backup.exists()
    assert pool.missing(ids) == (ids[1],)
    assert pool.relink(wav(tmp_path / "again.wav", 1), [ids[1]]) == (ids[1],)
    assert pool.missing(ids) == ()
    assert pool.relink(tmp_path / "nowhere", ["0" * 32 + ".wav"]) == ()


def test_the_sweep_takes_what_nobody_needs_and_nothing_else(pool: MediaPool, tmp_path: Path) -> None:
    ids = [pool.adopt(wav(tmp_path / f"{seed}.wav", seed)) for seed in range(3)]
    (pool.folder / "my notes.txt").write_text("mine")
    (pool.folder / ".unbraid-01234567.tmp").write_text("stale")
    assert pool.size(ids) == 3 * 3328
    assert pool.sweep([ids[1]]) == 2 * 3328
    assert sorted(p.name for p in pool.folder.iterdir()) == sorted([ids[1], "my notes.txt"])
    assert MediaPool(tmp_path / "none").sweep(()) == 0


@pytest.mark.parametrize("call", ["open", "fsync", "link", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_disk_that_refuses_leaves_the_work_where_it_was(
    pool: MediaPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    work = wav(tmp_path / "work" / "a.wav", 1)

    def fault(*args: object, **_: object) -> None:
        raise OSError(code, os.strerror(code), str(args[0]))

    pool.folder.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(Path if call == "replace" else os, call, fault)
        if call == "link":
            patch.setattr(shutil, "copyfile", fault)
        with pytest.raises(ProjectFileError, match="."):
            pool.adopt(work)
    assert work.exists()
    assert list(pool.folder.iterdir()) == []
    assert pool.has(pool.adopt(work))


def test_without_hard_links_it_is_copied(pool: MediaPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    assert pool.has(pool.adopt(wav(tmp_path / "a.wav", 1)))
    assert not (tmp_path / "a.wav").exists()


def test_a_file_that_is_not_there(pool: MediaPool, tmp_path: Path) -> None:
    with pytest.raises(ProjectFileError, match="cannot be read"):
        pool.adopt(tmp_path / "gone.wav")
    with pytest.raises(ProjectFileError, match="missing"):
        pool.blob("0" * 32 + ".png")


def test_promised_sound_is_heard_as_far_as_it_has_come(pool: MediaPool, tmp_path: Path) -> None:
    growing = mapped_wav.create(tmp_path / "stem.wav", 100, 2, 44_100)
    id = pool.promise(tmp_path / "stem.wav")
    assert pool.has(id) and not pool.holds(id) and pool.awaits([id]) and pool.missing([id]) == ()
    sound = pool.audio(id)
    assert not sound.samples.any()
    growing[:50] = 0.5
    assert sound.samples[:50].min() == 0.5 and not sound.samples[50:].any()
    moved = MediaPool(tmp_path / "elsewhere")
    moved.take_promises(pool)
    assert moved.has(id)
    assert not MediaPool(pool.folder).has(id)
    kept = pool.fulfil(id)
    assert kept != id and pool.holds(kept) and pool.holds(id) and not pool.awaits([kept, id])
    assert pool.verify(kept) and MediaPool(pool.folder).audio(id).samples[:50].min() == 0.5
    pool.sweep({kept})
    assert pool.ids() == [kept]

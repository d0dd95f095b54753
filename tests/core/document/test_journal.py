"""The journal holds what was said, and knows what is damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from unbraid.core.document import journal
from unbraid.core.document.journal import Journal
from unbraid.core.errors import ProjectFileError


def test_a_line_comes_back_and_any_changed_bit_is_seen() -> None:
    record = {"n": 3, "kind": "step", "title": "Gäin \udcff", "patch": [["set", ["a"], 1]]}
    line = journal.line_of(record).encode()
    assert journal.record_of(line) == record
    assert journal.record_of(line + b"\n") == record
    for place in range(len(line)):
        for bit in (0, 3, 7):
            flipped = line[:place] + bytes([line[place] ^ (1 << bit)]) + line[place + 1 :]
            assert journal.record_of(flipped) is None
    for end in range(len(line)):
        assert journal.record_of(line[:end]) is None


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"null", journal.line_of({"m": 1}).encode(), journal.line_of({"n": "1"}).encode()]
)
def test_what_is_no_record_is_none(line: bytes) -> None:
    assert journal.record_of(line) is None


def records(count: int) -> list[dict[str, object]]:
    return [{"n": number, "kind": "go", "step": 1, "time": 0.0, "patch": []} for number in range(1, count + 1)]


def test_records_are_appended_and_read(tmp_path: Path) -> None:
    written = Journal(tmp_path / journal.NAME, 0, 0)
    for _ in range(3):
        written.add("go", 1, 0.0, [])
    assert len(written.pending) == 3
    written.flush()
    written.add("go", 1, 0.0, [])
    written.flush()
    assert journal.read(written.path) == (records(4), False)
    assert written.size == written.path.stat().st_size
    assert written.is_whole
    written.path.unlink()
    assert not written.is_whole


@pytest.mark.parametrize(
    ("end", "is_damaged"), [(b"", False), (b'{"check":"torn', False), (b"torn\n", True), (b"\n\n", False)]
)
def test_a_torn_last_line_is_no_damage(tmp_path: Path, end: bytes, is_damaged: bool) -> None:
    path = tmp_path / journal.NAME
    path.write_bytes("".join(journal.line_of(r) + "\n" for r in records(2)).encode() + end)
    assert journal.read(path) == (records(2), is_damaged)


def test_no_journal_a_link_and_one_too_large(tmp_path: Path) -> None:
    assert journal.read(tmp_path / "none") == ([], False)
    (tmp_path / "link").symlink_to(tmp_path / "none")
    assert journal.read(tmp_path / "link") == ([], True)
    with (tmp_path / "large").open("wb") as file:
        file.truncate(journal.LARGEST_BYTES + 1)
    assert journal.read(tmp_path / "large") == ([], True)


def test_what_the_disk_refuses_waits(tmp_path: Path) -> None:
    written = Journal(tmp_path / "no" / journal.NAME, 0, 0)
    written.add("go", 1, 0.0, [])
    with pytest.raises(ProjectFileError, match="does not exist"):
        written.flush()
    assert len(written.pending) == 1
    (tmp_path / "no").mkdir()
    written.flush()
    assert journal.read(written.path) == (records(1), False)


def test_a_rewritten_journal_follows_no_link(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("mine")
    path = tmp_path / journal.NAME
    path.symlink_to(secret)
    written = Journal(path, 0, 0)
    assert not written.is_whole
    written.rewrite(records(2))
    assert secret.read_text() == "mine"
    assert journal.read(path) == (records(2), False)
    assert written.serial == 2

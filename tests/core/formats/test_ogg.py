"""Ogg pages: the checksum is the one of the format, and damage is counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from attacks import sound_files

from unbraid.core.formats import ogg


@pytest.mark.parametrize("kind", ["ogg", "opus"])
def test_the_checksum_agrees_with_files_of_libogg(tmp_path: Path, kind: str) -> None:
    raw = sound_files.encoded(kind)
    path = tmp_path / "a"
    path.write_bytes(raw)
    with path.open("rb") as file:
        pages = list(ogg.pages(file))
    assert sum(page.size for page in pages) == len(raw)
    assert ogg.damaged_pages(path) == 0
    assert pages[-1].flags & ogg.LAST


def test_each_flipped_bit_is_counted(tmp_path: Path) -> None:
    raw = sound_files.encoded("ogg", 8000, 8000)
    for at in range(0, len(raw), 97):
        damaged = bytearray(raw)
        damaged[at] ^= 4
        (tmp_path / "a").write_bytes(damaged)
        assert ogg.damaged_pages(tmp_path / "a") > 0


def test_a_missing_page_is_counted(tmp_path: Path) -> None:
    raw = sound_files.encoded("ogg", 100_000)
    (tmp_path / "a").write_bytes(raw)
    with (tmp_path / "a").open("rb") as file:
        page = list(ogg.pages(file))[3]
    (tmp_path / "a").write_bytes(raw[: page.start] + raw[page.start + page.size :])
    assert ogg.damaged_pages(tmp_path / "a") == 1

"""Kinds of files are seen in their first bytes, and nothing else is believed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from attacks import sound_files

from unbraid.core.errors import AudioFileError
from unbraid.core.formats import sniff

KINDS = {
    "wav": "wav", "flac": "flac", "mp3": "mp3", "ogg": "ogg", "opus": "ogg", "aiff": "aiff", "caf": "caf", "m4a": "mp4",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_good_files_are_recognised_under_any_name(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(sound_files.encoded(kind))
    assert sniff.sniff(path).container == KINDS[kind]


def test_random_bytes_are_hardly_ever_sound(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    assert sum(sniff.kind_of(rng.bytes(20_000)) is not None for _ in range(300)) <= 3


def test_the_start_of_an_mp3_is_found_behind_tag_and_rubbish(tmp_path: Path) -> None:
    raw = sound_files.encoded("mp3")
    for front in (
        b"",
        bytes(1234),
        b"ID3\x03\0\0\0\0\x01\x00" + bytes(128),
        b"ID3\x03\0\0\0\0\x01\x00" + bytes(128 + 99),
    ):
        (tmp_path / "a").write_bytes(front + raw)
        kind = sniff.sniff(tmp_path / "a")
        assert (kind.container, kind.start) == ("mp3", len(front))
        assert sniff.has_frame_count(tmp_path / "a", kind.start)


def test_the_message_shows_what_is_there(tmp_path: Path) -> None:
    for content, words in (
        (b"Hello, this is text", "the text 'Hello"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "89 50 4e 47"),
    ):
        (tmp_path / "a.wav").write_bytes(content)
        with pytest.raises(AudioFileError, match=words):
            sniff.sniff(tmp_path / "a.wav")

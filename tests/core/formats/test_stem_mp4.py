from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from unbraid.core.formats import stem_mp4
from unbraid.core.formats.stem_mp4 import Label, Manifest


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def with_manifest(path: Path, content: bytes) -> Path:
    path.write_bytes(box(b"ftyp", b"M4A \0\0\0\0") + box(b"moov", box(b"udta", box(b"stem", content))))
    return path


LABELS = [
    Label("Drums", "#009e73"),
    Label("Bässe 🎵", "#D55E00"),
    Label("Other", "#CC79A7"),
    Label("Vocals", "#56B4E9"),
]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    read = stem_mp4.read_manifest(with_manifest(tmp_path / "a", stem_mp4.manifest(LABELS)))
    assert read == Manifest(tuple(Label(label.name, label.colour.upper()) for label in LABELS))


def test_the_box_has_what_the_specification_asks_for() -> None:
    content = json.loads(stem_mp4.manifest(LABELS))
    assert content["version"] == 1
    assert [set(stem) for stem in content["stems"]] == [{"name", "color"}] * 4
    assert set(content["mastering_dsp"]) == {"compressor", "limiter"}
    assert not any(part["enabled"] for part in content["mastering_dsp"].values())


def test_a_box_that_ends_like_a_string_of_c_is_read(tmp_path: Path) -> None:
    assert stem_mp4.read_manifest(with_manifest(tmp_path / "a", stem_mp4.manifest(LABELS) + b"\0\0"))


def test_a_limiter_that_is_on_is_told(tmp_path: Path) -> None:
    dsp = {"limiter": {"enabled": True}}
    read = stem_mp4.read_manifest(
        with_manifest(tmp_path / "a", json.dumps({"stems": [], "mastering_dsp": dsp}).encode())
    )
    assert read == Manifest((), is_processed=True)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}", b'{"stems": 3}', b'{"stems": {}}', b"[" * 100_000,
        b'{"stems": [' + b"{}," * 40 + b"{}]}", b" " * (stem_mp4.MAX_MANIFEST + 1),
    ],
)  # fmt: skip
def test_a_hostile_box_is_no_box(tmp_path: Path, content: bytes) -> None:
    assert stem_mp4.read_manifest(with_manifest(tmp_path / "a", content)) is None


@pytest.mark.parametrize(
    "stem",
    [
        3,
        None,
        [],
        {},
        {"name": 1, "color": 2},
        {"name": "\0\n", "color": "red"},
        {"color": "#12345"},
        {"color": "url(x)"},
    ],
)
def test_hostile_stems_have_neither_name_nor_colour(tmp_path: Path, stem: object) -> None:
    read = stem_mp4.read_manifest(with_manifest(tmp_path / "a", json.dumps({"stems": [stem]}).encode()))
    assert read == Manifest((Label("", ""),))


def test_a_name_without_end_is_cut(tmp_path: Path) -> None:
    content = json.dumps({"stems": [{"name": "x" * 10_000, "color": "#ffffff"}]}).encode()
    read = stem_mp4.read_manifest(with_manifest(tmp_path / "a", content))
    assert read is not None and read.stems == (Label("x" * stem_mp4.MAX_NAME, "#ffffff"),)


@pytest.mark.parametrize("raw", [b"", b"RIFF", b"\0\0\0\x01moov", b"\xff" * 64, box(b"moov", b"\0\0\0\x04udta")])
def test_what_is_no_mp4_has_no_box(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "a").write_bytes(raw)
    assert stem_mp4.read_manifest(tmp_path / "a") is None


@pytest.mark.parametrize(
    ("rate", "want"), [(44100, 44100), (48000, 48000), (88200, 44100), (96000, 48000), (22050, 48000)]
)
def test_players_of_stem_files_know_two_rates(rate: int, want: int) -> None:
    assert stem_mp4.file_rate(rate) == want

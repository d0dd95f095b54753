"""Tags and covers survive in every format, other programs read them, and the sound does not notice."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import signals

from unbraid.core import audio_files as af
from unbraid.core.formats import tags

TEXT = {
    "title": "Schöne 🎸 Grüße – עברית",
    "artist": "A; B & C",
    "album": "曲",
    "album_artist": "Various",
    "composer": "J. S. Bach",
    "genre": "Rock",
    "date": "1999",
    "track": "3/12",
    "disc": "1/2",
    "comment": "line one\nline two = three",
    "copyright": "© 2020",
    "lyrics": "la la\nla",
    "bpm": "120",
    "my own field": "kept",
}
NO_COVER = {"wav", "aiff"}
"""Libav, which reads them back, looks for pictures elsewhere only in the tags at the front of MP3."""


def png(size: int = 300) -> bytes:
    """A small picture, as large as wanted in bytes through an ancillary chunk."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    pixels = zlib.compress(b"\0\xff\0\0" * 1)
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return head + chunk(b"teSt", np.random.default_rng(0).bytes(size)) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffdb004300") + b"\x10" * 64 + bytes.fromhex(
    "ffc0000b080001000101011100ffc40014000100000000000000000000000000000009ffc40014100100000000000000000000000000000000"
    "ffda0008010100003f0054bfffd9"
)  # fmt: skip


def written(folder: Path, kind: str, tag: af.Tags | None, *, seconds: float = 0.5) -> Path:
    path = folder / ("a" + af.TYPES[kind].suffixes[0])
    af.write(path, signals.noise(seconds=seconds, rate=48000), af.WriteOptions(format=kind), tags=tag, overwrite=True)
    return path


@pytest.mark.parametrize("kind", af.TYPES)
def test_all_text_comes_back(tmp_path: Path, kind: str) -> None:
    got = tags.read(written(tmp_path, kind, af.Tags(TEXT))).text
    got["bpm"] = got.pop("tbpm", got.get("bpm", ""))
    assert got == TEXT | {"encoder": tags.software()}


@pytest.mark.parametrize("kind", af.TYPES)
def test_the_provenance_is_always_there(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, kind, None)
    assert af.probe(path).tags == {"encoder": tags.software()}
    assert tags.software().startswith("Unbraid 0")


@pytest.mark.parametrize("kind", sorted(set(af.TYPES) - NO_COVER))
@pytest.mark.parametrize(("cover", "mime"), [(png(), "image/png"), (png(200_000), "image/png"), (JPEG, "image/jpeg")])
def test_the_cover_comes_back(tmp_path: Path, kind: str, cover: bytes, mime: str) -> None:
    path = written(tmp_path, kind, af.Tags({"title": "T"}, cover, mime))
    got = tags.read(path)
    assert got.cover == cover
    assert got.cover_mime == mime
    assert got.text["title"] == "T"
    assert af.probe(path).has_cover


@pytest.mark.parametrize("kind", af.TYPES)
def test_the_sound_is_bit_for_bit_the_same(tmp_path: Path, kind: str) -> None:
    plain = af.read(written(tmp_path, kind, None, seconds=2.0))
    tagged = af.read(written(tmp_path, kind, af.Tags(TEXT, png(300_000)), seconds=2.0))
    assert np.array_equal(plain.samples, tagged.samples)
    assert plain.frames == 96000


@pytest.mark.parametrize("kind", af.TYPES)
def test_libraries_of_others_read_the_tagged_file(tmp_path: Path, kind: str) -> None:
    import av
    import soundfile

    path = written(tmp_path, kind, af.Tags(TEXT, png(100_000)))
    with av.open(str(path)) as container:
        frames = sum(frame.samples for frame in container.decode(audio=0))
        stated = {**container.metadata, **container.streams.audio[0].metadata}
    assert abs(frames - 24000) <= 1024
    assert TEXT["title"] in {value for key, value in stated.items() if key.lower() == "title"}
    if kind not in ("m4a", "alac"):
        with soundfile.SoundFile(path) as file:
            assert file.frames == len(file.read()) == 24000
            if kind in ("wav", "flac", "ogg", "opus"):
                assert file.title == TEXT["title"]
                assert file.artist == TEXT["artist"]


def test_a_wav_carries_its_cover_in_an_id3_chunk(tmp_path: Path) -> None:
    raw = written(tmp_path, "wav", af.Tags({"title": "T"}, png(), "image/png")).read_bytes()
    at = raw.index(b"id3 ")
    size = struct.unpack("<I", raw[at + 4 : at + 8])[0]
    assert raw[at + 8 : at + 11] == b"ID3"
    assert png() in raw[at : at + 8 + size]
    assert len(raw) == struct.unpack("<I", raw[4:8])[0] + 8


def test_from_any_format_into_any_other(tmp_path: Path) -> None:
    tag = af.Tags({"title": "T", "date": "2001-02-03", "track": "7"}, png(), "image/png")
    for kind in ["flac", "mp3", "ogg", "opus", "m4a", "alac", "flac"]:
        tag = tags.read(written(tmp_path, kind, tag))
        assert tag.cover == png()
        assert {key: tag.text[key] for key in ("title", "date", "track")} == {
            "title": "T",
            "date": "2001-02-03",
            "track": "7",
        }


class TestStrangers:
    def test_endless_text_and_too_many_fields_are_cut(self, tmp_path: Path) -> None:
        text = {f"key {k}": "v" for k in range(1000)} | {"k" * 1000: "v", "bad=name": "v"}
        got = tags.read(written(tmp_path, "flac", af.Tags({"title": "x" * 10**6})))
        assert len(got.text["title"]) == tags.MAX_TEXT
        assert len(tags._clean(text)) == tags.MAX_TEXTS

    def test_an_enormous_cover_is_left_out(self, tmp_path: Path) -> None:
        path = written(tmp_path, "mp3", af.Tags({"title": "T"}, png(tags.MAX_COVER)))
        assert path.stat().st_size < 10**6
        assert tags.read(path).text["title"] == "T"

    def test_what_is_no_picture_is_no_cover(self) -> None:
        assert tags.mime_of(b"MZ\x90\0") == ""
        assert tags.mime_of(JPEG) == "image/jpeg"

    def test_technical_fields_are_not_copied(self) -> None:
        got = tags._clean({"major_brand": "M4A ", "iTunSMPB": "0 0", "TITLE": " T ", "empty": " ", "lyrics-eng": "la"})
        assert got == {"title": "T", "lyrics": "la"}


@pytest.mark.parametrize("kind", ["ogg", "opus"])
def test_pages_are_numbered_and_checked_after_a_cover(tmp_path: Path, kind: str) -> None:
    from unbraid.core.formats import ogg

    path = written(tmp_path, kind, af.Tags(TEXT, png(400_000)), seconds=3.0)
    assert ogg.damaged_pages(path) == 0
    with path.open("rb") as file:
        assert [page.sequence for page in ogg.pages(file)] == list(range(len(list(ogg.pages(file)))))
    assert ogg.defects(path) == []

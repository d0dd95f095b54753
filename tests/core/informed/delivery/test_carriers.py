"""What the containers have of their own: old ID3 tags, blocks of 16 MiB, rubbish behind chunks, fragments, streams."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from signals import vocals

from unbraid.core import audio_files
from unbraid.core.errors import AudioFileError
from unbraid.core.informed.delivery import in_mp3
from unbraid.core.informed.delivery.embedding import embed, extract, strip


def syncsafe(size: int) -> bytes:
    return bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))


def tag(version: int, flags: int, body: bytes) -> bytes:
    footer = b"3DI" + bytes([version, 0, flags]) + syncsafe(len(body)) if flags & 0x10 else b""
    return b"ID3" + bytes([version, 0, flags]) + syncsafe(len(body)) + body + footer


TITLE = {
    2: b"TT2" + (5).to_bytes(3, "big") + b"\0Song",
    3: b"TIT2" + struct.pack(">IH", 5, 0) + b"\0Song",
    4: b"TIT2" + syncsafe(5) + bytes(2) + b"\0Song",
}
PRIVATE = b"PRIV" + struct.pack(">IH", 8, 0) + b"other\0\xff\xe1"


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An MP3 without a tag."""
    path = tmp_path_factory.mktemp("mp3") / "a.mp3"
    audio_files.write(path, vocals(seconds=0.5))
    data = path.read_bytes()
    size = data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9]
    return data[10 + size :]


@pytest.mark.parametrize(
    ("version", "flags", "body"),
    [
        (2, 0, TITLE[2]),
        (3, 0, TITLE[3] + PRIVATE + bytes(50)),
        (3, 0x80, (TITLE[3] + PRIVATE).replace(b"\xff", b"\xff\0")),
        (3, 0x40, struct.pack(">IHI", 6, 0, 0) + TITLE[3]),
        (4, 0, TITLE[4] + bytes(20)),
        (4, 0x10, TITLE[4]),
        (4, 0x80, TITLE[4]),
        (4, 0x40, syncsafe(6) + b"\x01\0" + TITLE[4]),
        (3, 0, b"rubbish that is no frame"),
    ],
)
def test_a_tag_is_extended_and_keeps_its_frames(
    frames: bytes, tmp_path: Path, version: int, flags: int, body: bytes
) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(tag(version, flags, body) + frames)
    title = audio_files.probe(path).tags.get("title")
    payload = b"\xff\xe0\xff\0\xff" * 5000 + b"\xff"
    embed(path, payload, path, overwrite=True)
    assert extract(path) == payload
    assert audio_files.probe(path).tags.get("title") == title
    assert path.read_bytes().endswith(frames)
    strip(path, path, overwrite=True)
    assert extract(path) is None
    assert audio_files.probe(path).tags.get("title") == title
    with path.open("rb") as file:
        kept = in_mp3._read(file)
    assert kept is not None
    assert not (version == 3 and PRIVATE in body) or PRIVATE in kept.frames


def test_a_tag_is_made_when_there_is_none(frames: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(frames)
    embed(path, b"x" * 1000, path, overwrite=True)
    assert extract(path) == b"x" * 1000
    strip(path, path, overwrite=True)
    assert path.read_bytes() == frames


def test_a_tag_of_another_version_is_refused_for_writing_and_read_as_none(frames: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(tag(7, 0, bytes(30)) + frames)
    assert extract(path) is None
    with pytest.raises(AudioFileError, match="unknown version"):
        embed(path, b"x", path, overwrite=True)


def test_flac_takes_more_than_a_block(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    audio_files.write(path, vocals(seconds=0.5))
    before = path.read_bytes()
    payload = bytes(range(251)) * 70_000
    embed(path, payload, path, overwrite=True)
    assert extract(path) == payload
    assert audio_files.probe(path).frames == 22050
    strip(path, path, overwrite=True)
    assert path.read_bytes() == before


def test_flac_behind_an_id3_tag(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    audio_files.write(path, vocals(seconds=0.5))
    path.write_bytes(tag(3, 0, TITLE[3]) + path.read_bytes())
    embed(path, b"payload", path, overwrite=True)
    assert extract(path) == b"payload"


def test_flac_blocks_may_lie_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    audio_files.write(path, vocals(seconds=0.5))
    embed(path, b"payload", path, overwrite=True)
    data = path.read_bytes()
    at = data.index(b"UNBR") - 4
    size = int.from_bytes(data[at + 1 : at + 4], "big")
    own = bytes([2]) + data[at + 1 : at + 4 + size]
    rest = data[:at] + data[at + 4 + size :]
    rest = rest[:42] + own + rest[42:]  # behind STREAMINFO
    path.write_bytes(rest)
    assert extract(path) == b"payload"


def test_wav_with_rubbish_behind_its_chunks(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    audio_files.write(path, vocals(seconds=0.5))
    path.write_bytes(path.read_bytes() + b"TAG of an old player")
    sound = audio_files.read(path).samples
    embed(path, b"odd", path, overwrite=True)
    assert extract(path) == b"odd"
    assert (audio_files.read(path).samples == sound).all()


def test_wav_that_does_not_say_where_its_sound_ends_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    audio_files.write(path, vocals(seconds=0.5))
    data = path.read_bytes()
    at = data.index(b"data")
    path.write_bytes(data[: at + 4] + b"\xff\xff\xff\xff" + data[at + 8 :])
    with pytest.raises(AudioFileError, match="where the sound ends"):
        embed(path, b"x", path, overwrite=True)


def test_rf64_counts_in_64_bits(tmp_path: Path) -> None:
    import soundfile

    path = tmp_path / "a.wav"
    soundfile.write(path, vocals(seconds=0.5).samples, 44100, format="RF64")
    embed(path, b"abc", path, overwrite=True)
    data = path.read_bytes()
    assert extract(path) == b"abc"
    if data[:4] == b"RF64":
        assert struct.unpack("<Q", data[20:28])[0] == len(data) - 8


def test_mp4_whose_last_box_goes_on_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    audio_files.write(path, vocals(seconds=0.5))
    data = path.read_bytes()
    path.write_bytes(data + struct.pack(">I4s", 0, b"free") + bytes(100))
    embed(path, b"abc", path, overwrite=True)
    assert extract(path) == b"abc"
    assert audio_files.probe(path).frames == 22050


def test_mp4_in_fragments_keeps_its_index_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    audio_files.write(path, vocals(seconds=0.5))
    index = struct.pack(">I4s", 24, b"mfra") + struct.pack(">I4sII", 16, b"mfro", 0, 24)
    path.write_bytes(path.read_bytes() + index)
    embed(path, b"abc", path, overwrite=True)
    assert extract(path) == b"abc"
    assert path.read_bytes().endswith(index)


def test_ogg_files_one_after_the_other_are_refused(tmp_path: Path) -> None:
    one, two = tmp_path / "a.ogg", tmp_path / "b.ogg"
    audio_files.write(one, vocals(seconds=0.5))
    audio_files.write(two, vocals(seconds=0.5, seed=1))
    data = bytearray(two.read_bytes())
    serial = one.read_bytes()[14:18]
    if data[14:18] == serial:
        pytest.skip("both streams have the same number")
    one.write_bytes(one.read_bytes() + bytes(data))
    with pytest.raises(AudioFileError, match="several streams"):
        embed(one, b"x", one, overwrite=True)

"""Files that are cut, lie, or are broken: what is there is read, in time, and said in words."""

from __future__ import annotations

import io
import logging
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import signals
import soundfile

from unbraid.core import audio_files as af
from unbraid.core.errors import AudioFileError, ParameterError

SOUND = signals.chirp(seconds=3.0, channels=2)


def encoded(container: str, subtype: str = "PCM_16") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, SOUND.samples, SOUND.rate, subtype, format=container)
    return buffer.getvalue()


def reads(folder: Path, name: str, raw: bytes, *, repair: bool = False) -> af.Imported:
    path = folder / name
    path.write_bytes(raw)
    got = af.import_audio(path, folder / "mapped.wav", repair=repair)
    assert np.array_equal(af.read(path, repair=repair).samples, got.audio.samples)
    return got


def differs(got: af.Imported) -> np.ndarray:
    """Frames that are not the original's."""
    n = min(got.audio.frames, SOUND.frames)
    return np.flatnonzero((np.abs(got.audio.samples[:n] - SOUND.samples[:n]) > 2 / 32768).any(axis=1))


class TestCut:
    """A file of which the end is missing."""

    @pytest.mark.parametrize("container", ["WAV", "AIFF", "CAF", "W64"])
    def test_uncompressed(self, tmp_path: Path, container: str) -> None:
        raw = encoded(container)[:200_000]
        got = reads(tmp_path, "a.wav", raw)
        assert 48_000 < got.audio.frames <= 50_000
        assert not len(differs(got))
        if container != "W64":
            assert "although its header says 3.000 s" in got.notes[-1]

    def test_flac(self, tmp_path: Path) -> None:
        raw = encoded("FLAC")
        got = reads(tmp_path, "a.flac", raw[: len(raw) // 2])
        assert got.audio.frames > 60_000
        assert not len(differs(got))
        assert "although its header says 3.000 s" in got.notes[-1]

    def test_mp3(self, tmp_path: Path) -> None:
        raw = encoded("MP3", "MPEG_LAYER_III")
        got = reads(tmp_path, "a.mp3", raw[: len(raw) // 2])
        assert 50_000 < got.audio.frames < SOUND.frames
        assert "although its header says 3.000 s" in got.notes[-1]

    @pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
    def test_ogg(self, tmp_path: Path, subtype: str) -> None:
        buffer = io.BytesIO()
        noise = signals.noise(seconds=4.0, rate=48000)
        soundfile.write(buffer, noise.samples, 48000, subtype, format="OGG")
        raw = buffer.getvalue()
        got = reads(tmp_path, "a.ogg", raw[: len(raw) * 2 // 3])
        assert 0 < got.audio.frames < noise.frames
        assert "the end of the file is missing" in got.notes[0]


class TestHeaders:
    """Sizes that a header does not know or makes up."""

    @pytest.mark.parametrize(("whole", "data"), [(2**32 - 1, 2**32 - 1), (0, 2**32 - 1), (0, 0)])
    def test_a_wav_that_was_streamed_or_not_finished(self, tmp_path: Path, whole: int, data: int) -> None:
        raw = encoded("WAV")
        at = raw.index(b"data") + 4
        raw = raw[:4] + struct.pack("<I", whole) + raw[8:at] + struct.pack("<I", data) + raw[at + 4 :]
        got = reads(tmp_path, "a.wav", raw)
        assert got.audio.frames == SOUND.frames
        assert not len(differs(got))
        assert "does not say how long" in got.notes[0]
        assert af.probe(tmp_path / "a.wav").frames == SOUND.frames

    def test_a_wav_that_claims_gigabytes(self, tmp_path: Path) -> None:
        raw = encoded("WAV")
        at = raw.index(b"data") + 4
        got = reads(tmp_path, "a.wav", raw[:at] + struct.pack("<I", 4 * 10**9) + raw[at + 4 :])
        assert got.audio.frames == SOUND.frames
        assert "although" in got.notes[0]

    def test_a_flac_of_unknown_length(self, tmp_path: Path) -> None:
        raw = bytearray(encoded("FLAC"))
        number = int.from_bytes(raw[18:26], "big") & ~((1 << 36) - 1)
        raw[18:26] = number.to_bytes(8, "big")
        got = reads(tmp_path, "a.flac", bytes(raw))
        assert got.audio.frames == SOUND.frames == got.info.frames == af.probe(tmp_path / "a.flac").frames

    def test_a_day_and_a_second_is_too_long(self, tmp_path: Path) -> None:
        raw = bytearray(encoded("FLAC"))
        number = int.from_bytes(raw[18:26], "big") & ~((1 << 36) - 1) | (86400 * 44100 + 44100)
        raw[18:26] = number.to_bytes(8, "big")
        (tmp_path / "a.flac").write_bytes(raw)
        with pytest.raises(AudioFileError, match=r"claims to last 24\.0 hours"):
            af.read(tmp_path / "a.flac")

    def test_an_mp3_without_a_count_is_read_to_its_end(self, tmp_path: Path) -> None:
        """Variable bitrate without a Xing header: a length guessed from the bitrate would lose half of it."""
        buffer = io.BytesIO()
        soundfile.write(
            buffer, SOUND.samples, 44100, "MPEG_LAYER_III", format="MP3", compression_level=0.3, bitrate_mode="VARIABLE"
        )
        raw = buffer.getvalue()
        raw = raw[raw.index(b"\xff\xfb", 40) :]
        got = reads(tmp_path, "a.mp3", raw)
        assert SOUND.frames <= got.audio.frames < SOUND.frames + 3000

    @pytest.mark.parametrize(
        "front", [b"ID3\x03\0\0\0\0\0\x0a" + bytes(10), bytes(3000), b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + bytes(500)]
    )
    def test_tags_and_rubbish_before_an_mp3(self, tmp_path: Path, front: bytes) -> None:
        got = reads(tmp_path, "a.bin", front + encoded("MP3", "MPEG_LAYER_III"))
        assert got.audio.frames == SOUND.frames
        assert signals.lag(got.audio, SOUND) == 0

    def test_a_tag_before_a_flac(self, tmp_path: Path) -> None:
        got = reads(tmp_path, "a.flac", b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + encoded("FLAC"))
        assert got.audio.frames == SOUND.frames
        assert not len(differs(got))

    def test_the_content_decides_and_not_the_name(self, tmp_path: Path) -> None:
        got = reads(tmp_path, "flac.wav", encoded("FLAC"))
        assert got.info.container == "flac"
        assert not len(differs(got))


class TestDamage:
    """Bytes that have changed in the middle."""

    @pytest.mark.parametrize("how", ["flip", "garbage", "cut out"])
    def test_flac_keeps_its_time(self, tmp_path: Path, how: str) -> None:
        raw = bytearray(encoded("FLAC"))
        middle = len(raw) // 2
        if how == "flip":
            raw[middle] ^= 1
        elif how == "garbage":
            raw[middle : middle + 3000] = np.random.default_rng(0).bytes(3000)
        else:
            del raw[middle : middle + 3000]
        got = reads(tmp_path, "a.flac", bytes(raw))
        assert got.audio.frames == SOUND.frames
        wrong = differs(got)
        assert 0 < len(wrong) <= 2 * 4096
        assert wrong[-1] - wrong[0] < 2 * 4096
        assert not got.audio.samples[wrong].any()
        assert "damaged and were replaced by silence" in got.notes[0]

    def test_mp3_goes_on_behind_the_damage(self, tmp_path: Path) -> None:
        raw = bytearray(encoded("MP3", "MPEG_LAYER_III"))
        raw[len(raw) // 2 : len(raw) // 2 + 1000] = np.random.default_rng(0).bytes(1000)
        got = reads(tmp_path, "a.mp3", bytes(raw))
        assert got.audio.frames > SOUND.frames * 0.8
        assert got.notes

    def test_vorbis_says_what_is_missing(self, tmp_path: Path) -> None:
        buffer = io.BytesIO()
        noise = signals.noise(seconds=4.0)
        soundfile.write(buffer, noise.samples, 44100, "VORBIS", format="OGG")
        raw = bytearray(buffer.getvalue())
        raw[len(raw) // 2 : len(raw) // 2 + 5000] = np.random.default_rng(0).bytes(5000)
        got = reads(tmp_path, "a.ogg", bytes(raw))
        assert 0 < got.audio.frames <= noise.frames
        assert "damaged" in got.notes[0]

    def test_a_chain_of_streams_gives_the_first(self, tmp_path: Path) -> None:
        parts = []
        for _ in range(2):
            buffer = io.BytesIO()
            soundfile.write(buffer, SOUND.samples, 44100, "VORBIS", format="OGG")
            parts.append(bytearray(buffer.getvalue()))
        if parts[0][14:18] == parts[1][14:18]:
            pytest.skip("both streams got the same number")
        got = reads(tmp_path, "a.ogg", bytes(parts[0] + parts[1]))
        assert got.audio.frames == SOUND.frames
        assert "only the first was read" in got.notes[0]


class TestNotFinite:
    @staticmethod
    def raw() -> bytes:
        samples = np.zeros((10_000, 2), np.float32)
        samples[5000, 1], samples[5001:5003] = np.nan, np.inf
        buffer = io.BytesIO()
        soundfile.write(buffer, samples, 10_000, "FLOAT", format="WAV")
        return buffer.getvalue()

    def test_they_are_refused_with_number_and_place(self, tmp_path: Path) -> None:
        (tmp_path / "a.wav").write_bytes(self.raw())
        for read in (af.read, lambda path: af.import_audio(path, tmp_path / "m.wav")):
            with pytest.raises(AudioFileError, match=r"a.wav: 5 samples .* first at 0\.500 s; .*repair"):
                read(tmp_path / "a.wav")
        assert [p.name for p in tmp_path.iterdir()] == ["a.wav"]

    def test_or_repaired(self, tmp_path: Path) -> None:
        got = reads(tmp_path, "a.wav", self.raw(), repair=True)
        assert got.audio.frames == 10_000
        assert not got.audio.samples.any()
        assert "replaced by silence" in got.notes[0]

    def test_the_place_counts_from_the_start_of_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.wav").write_bytes(self.raw())
        with pytest.raises(AudioFileError, match=r"0\.500 s"):
            af.read(tmp_path / "a.wav", start_s=0.25)
        assert af.read(tmp_path / "a.wav", start_s=0.6).frames == 4000


class TestNothingThere:
    def test_no_frames(self, tmp_path: Path) -> None:
        soundfile.write(tmp_path / "a.wav", np.zeros((0, 2)), 44100)
        with pytest.raises(AudioFileError, match="holds no sound"):
            af.read(tmp_path / "a.wav")
        assert af.probe(tmp_path / "a.wav").frames == 0

    def test_missing_and_folders(self, tmp_path: Path) -> None:
        for look in (af.read, af.probe):
            with pytest.raises(AudioFileError, match=r"none\.wav does not exist"):
                look(tmp_path / "none.wav")
            with pytest.raises(AudioFileError, match="is a folder"):
                look(tmp_path)

    def test_what_may_not_be_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "a.wav"
        path.write_bytes(encoded("WAV"))

        def denied(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(Path, "open", denied)
        with pytest.raises(AudioFileError, match=r"Permission denied.*permissions"):
            af.read(path)

    @pytest.mark.parametrize(
        ("start", "duration"), [(-1.0, None), (float("nan"), None), (0.0, -2.0), (0.0, float("inf"))]
    )
    def test_impossible_times(self, tmp_path: Path, start: float, duration: float | None) -> None:
        (tmp_path / "a.wav").write_bytes(encoded("WAV"))
        with pytest.raises(ParameterError, match="seconds"):
            af.read(tmp_path / "a.wav", start_s=start, duration_s=duration)

    def test_an_excerpt_behind_the_end(self, tmp_path: Path) -> None:
        (tmp_path / "a.wav").write_bytes(encoded("WAV"))
        with pytest.raises(AudioFileError, match=r"lasts 3\.000 s.*begins at 7\.000 s"):
            af.read(tmp_path / "a.wav", start_s=7.0)


def test_notes_of_read_are_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.wav").write_bytes(encoded("WAV")[:100_000])
    with caplog.at_level(logging.WARNING):
        af.read(tmp_path / "a.wav")
    assert "although its header says" in caplog.text


def test_reading_takes_memory_by_what_is_there(tmp_path: Path) -> None:
    """A sparse file of 12 GB of silence is no excuse either: the import is bounded by blocks, not by length."""
    import tracemalloc

    (tmp_path / "a.wav").write_bytes(encoded("WAV"))
    os.truncate(tmp_path / "a.wav", 40_000_000)
    raw = bytearray((tmp_path / "a.wav").read_bytes()[:44])
    raw[4:8], raw[40:44] = struct.pack("<I", 39_999_992), struct.pack("<I", 39_999_956)
    with (tmp_path / "a.wav").open("r+b") as file:
        file.write(raw)
    tracemalloc.start()
    got = af.import_audio(tmp_path / "a.wav", tmp_path / "m.wav")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert got.audio.frames == 39_999_956 // 4
    assert peak < 8e6

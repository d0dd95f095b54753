"""Stem files as PyAV, our importer and a player of stems see them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import signals

from unbraid.core import audio_files, stem_file
from unbraid.core.audio import Audio
from unbraid.core.audio_files import Tags, WriteOptions
from unbraid.core.errors import AudioFileError, Cancelled, ParameterError
from unbraid.core.formats import stem_mp4
from unbraid.core.render import total
from unbraid.core.stem_file import StemStream

ALAC = WriteOptions(format="alac")


def song(names: tuple[str, ...], frames: int = 30001, *, rate: int = 44100, channels: int = 2, level: float = 0.05):
    """A mix and its stems."""
    stems = {
        name: signals.noise(seconds=frames / rate, rate=rate, channels=channels, level=level, seed=k)
        for k, name in enumerate(names)
    }
    return total(stems), stems


def headers(path: Path) -> list[tuple[int, int]]:
    """(flags, alternate group) of each track header."""
    raw, found, at = path.read_bytes(), [], 0
    while (at := raw.find(b"tkhd", at)) >= 0:
        found.append((int.from_bytes(raw[at + 5 : at + 8], "big"), struct.unpack(">H", raw[at + 38 : at + 40])[0]))
        at += 4
    return found


@pytest.mark.parametrize("form", ["m4a", "alac"])
@pytest.mark.parametrize(
    ("frames", "rate", "channels"),
    [(30001, 44100, 2), (48000, 48000, 2), (1, 44100, 2), (1000, 48000, 1), (70001, 96000, 2)],
)
def test_five_streams_of_exact_length_the_mix_first(tmp_path, form, frames, rate, channels) -> None:
    import av

    mix, stems = song(("vocals", "drums", "bass", "other"), frames, rate=rate, channels=channels)
    path = tmp_path / "Ein Lied 🎵.stem.mp4"
    report = stem_file.write(path, mix, stems, WriteOptions(format=form))
    with av.open(str(path)) as container:
        streams = list(container.streams.audio)
        assert [stream.codec_context.channels for stream in streams] == [2] * 5
        assert {stream.codec_context.name for stream in streams} == {"aac" if form == "m4a" else "alac"}
        default = av.stream.Disposition.default
        assert [bool(stream.disposition & default) for stream in streams] == [True] + [False] * 4
        assert [stream.metadata["handler_name"] for stream in streams] == ["mix", "Drums", "Bass", "Other", "Vocals"]
    assert [flags & 1 for flags, _ in headers(path)] == [1, 0, 0, 0, 0]
    want = report.files[0].frames
    assert want == (frames if rate in (44100, 48000) else (frames + 1) // 2)
    for number in range(5):
        got = audio_files.import_audio(path, tmp_path / f"{number}.wav", stream=number)
        assert (got.audio.frames, got.audio.rate) == (want, stem_mp4.file_rate(rate))
        assert not got.notes
    assert audio_files.probe(path).frames == want


def test_lossless_stems_come_back_and_add_up(tmp_path: Path) -> None:
    mix, stems = song(("drums", "bass", "other", "vocals"))
    path = tmp_path / "a.stem.mp4"
    stem_file.write(path, mix, stems, ALAC)
    found = stem_file.describe(path)
    assert found is not None and not found.is_processed
    back = {stem.name: audio_files.read(path, stream=stem.number).samples for stem in found.stems}
    assert list(back) == ["drums", "bass", "other", "vocals"]
    for name, samples in back.items():
        assert np.abs(samples - stems[name].samples).max() < 2.0**-22
    assert np.abs(sum(back.values()) - audio_files.read(path, stream=found.mix).samples).max() < 2.0**-20


def test_lossy_streams_are_in_time_with_each_other(tmp_path: Path) -> None:
    mix, stems = song(("drums", "bass", "other", "vocals"), 15001)
    stem_file.write(tmp_path / "a.stem.mp4", mix, stems)
    for number, name in enumerate(["drums", "bass", "other", "vocals"], 1):
        assert signals.lag(audio_files.read(tmp_path / "a.stem.mp4", stream=number), stems[name]) == 0


def test_tags_and_cover_are_kept(tmp_path: Path) -> None:
    mix, stems = song(("drums", "vocals"), 2000)
    cover = b"\x89PNG\r\n\x1a\n" + bytes(100)
    path = tmp_path / "a.stem.mp4"
    stem_file.write(path, mix, stems, tags=Tags({"title": "Hé", "artist": "أغنية"}, cover, "image/png"))
    got = audio_files.import_audio(path, tmp_path / "x.wav").tags
    assert (got.text["title"], got.text["artist"], got.cover) == ("Hé", "أغنية", cover)
    assert stem_file.stem_names(path) == ("drums", "vocals")


def test_streams_that_fill_up_are_silent_and_not_shown(tmp_path: Path) -> None:
    mix, stems = song(("lead_vocals",), 2000)
    path = tmp_path / "a.stem.mp4"
    stem_file.write(path, mix, stems, ALAC, colours={"lead_vocals": "#123456"})
    found = stem_file.describe(path)
    assert found is not None and found.stems == (StemStream(1, "lead vocals", "#123456"),)
    assert all(not audio_files.read(path, stream=k).samples.any() for k in (2, 3, 4))
    manifest = stem_mp4.read_manifest(path)
    assert manifest is not None and len(manifest.stems) == 4


def test_more_than_four_are_put_together(tmp_path: Path) -> None:
    names = ("drums", "bass", "lead_vocals", "backing_vocals", "guitar", "piano")
    mix, stems = song(names, 2000, level=0.03)
    groups = stem_file.suggested_groups(names)
    assert list(groups) == ["drums", "bass", "other", "vocals"]
    assert groups["vocals"] == ("lead_vocals", "backing_vocals") and groups["other"] == ("guitar", "piano")
    stem_file.write(tmp_path / "a.stem.mp4", mix, stems, ALAC, groups=groups)
    got = audio_files.read(tmp_path / "a.stem.mp4", stream=4).samples
    assert np.abs(got - stems["lead_vocals"].samples - stems["backing_vocals"].samples).max() < 2.0**-22


@pytest.mark.parametrize(("names", "want"), [("abc", "abc"), ("abcde", ("other", "a", "b", "c")), ("", "")])
def test_groups_are_at_most_four(names: str, want) -> None:
    groups = stem_file.suggested_groups(names)
    assert list(groups) == list(want)
    assert sorted(name for group in groups.values() for name in group) == list(names)


@pytest.mark.parametrize(
    "groups", [{}, {"a": ()}, {"a": ("x",)}, {"a": ("drums",), "b": ("drums",)}, {c: (c,) for c in "abcde"}]
)
def test_groups_that_cannot_be_are_refused(tmp_path: Path, groups) -> None:
    mix, stems = song(("drums", "vocals"), 100)
    with pytest.raises(ParameterError, match=r"stem"):
        stem_file.write(tmp_path / "a.stem.mp4", mix, stems, groups=groups)


def test_one_gain_for_the_mix_and_all_stems(tmp_path: Path) -> None:
    mix, stems = song(("drums", "bass", "other", "vocals"), 5000, level=0.4)
    report = stem_file.write(tmp_path / "a.stem.mp4", mix, stems, ALAC)
    gain = 10 ** (report.gain_db / 20)
    assert gain < 0.9
    for number, sound in enumerate([mix, *(stems[name] for name in ("drums", "bass", "other", "vocals"))]):
        got = audio_files.read(tmp_path / "a.stem.mp4", stream=number).samples
        assert np.abs(got - gain * sound.samples).max() < 2.0**-21


@pytest.mark.parametrize("loudness", [1e-6, 1e3])
def test_any_loudness(tmp_path: Path, loudness: float) -> None:
    mix, stems = song(("drums", "bass"), 3000, level=loudness)
    stem_file.write(tmp_path / "a.stem.mp4", mix, stems)
    assert np.isfinite(audio_files.read(tmp_path / "a.stem.mp4").samples).all()


def test_silence(tmp_path: Path) -> None:
    sound = Audio.silence(5000, 2, 44100)
    stem_file.write(tmp_path / "a.stem.mp4", sound, {"vocals": sound})
    assert not audio_files.read(tmp_path / "a.stem.mp4").samples.any()


@pytest.mark.parametrize(
    ("name", "channels", "options", "words"),
    [
        ("a.mp4", 2, WriteOptions(), "ends with .stem.mp4"),
        ("a.stem.mp4", 3, WriteOptions(), "stereo"),
        ("a.stem.mp4", 2, WriteOptions(format="flac"), "alac"),
        ("a.stem.mp4", 2, WriteOptions(bitrate_kbps=5), "bitrate"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(tmp_path, name, channels, options, words) -> None:
    mix, stems = song(("drums", "bass"), 100, channels=channels)
    with pytest.raises((AudioFileError, ParameterError), match=words):
        stem_file.write(tmp_path / name, mix, stems, options)
    assert not list(tmp_path.iterdir())


def test_stems_of_another_song_are_refused(tmp_path: Path) -> None:
    mix, stems = song(("drums", "bass"), 100)
    with pytest.raises(AudioFileError, match="length"):
        stem_file.write(tmp_path / "a.stem.mp4", mix, {**stems, "bass": mix.slice(0, 99)})


def test_a_stop_or_a_file_that_is_there_leaves_all_as_it_was(tmp_path: Path) -> None:
    mix, stems = song(("drums", "bass"), 200_000)
    path = tmp_path / "a.stem.mp4"
    path.write_bytes(b"mine")
    with pytest.raises(AudioFileError, match="exists"):
        stem_file.write(path, mix, stems)

    def stop(fraction: float, message: str) -> None:
        if fraction > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        stem_file.write(path, mix, stems, overwrite=True, progress=stop)
    assert path.read_bytes() == b"mine" and list(tmp_path.iterdir()) == [path]


def test_files_of_other_programs_are_named_by_their_streams(tmp_path: Path) -> None:
    import av

    for names in (["mix", "kick", "Vox", "vocal"], [""] * 5):
        path = tmp_path / f"{len(names)}.stem.mp4"
        with av.open(str(path), "w", "mp4") as out:
            streams = [out.add_stream("aac", rate=44100, layout="stereo") for _ in names]
            for stream, name in zip(streams, names, strict=True):
                stream.metadata["handler_name"] = name or "SoundHandler"
            for stream in streams:
                frame = av.AudioFrame.from_ndarray(np.zeros((2, 4096), np.float32), "fltp", "stereo")
                frame.sample_rate, frame.pts = 44100, 0
                out.mux(stream.encode(frame))
            for stream in streams:
                out.mux(stream.encode(None))
    assert stem_file.stem_names(tmp_path / "4.stem.mp4") == ("kick", "vocals", "vocals 2")
    assert stem_file.stem_names(tmp_path / "5.stem.mp4") == ("drums", "bass", "other", "vocals")


def test_other_files_are_no_stem_files(tmp_path: Path) -> None:
    audio_files.write(tmp_path / "a.m4a", signals.noise(seconds=0.1))
    audio_files.write(tmp_path / "b.flac", signals.noise(seconds=0.1))
    assert stem_file.describe(tmp_path / "a.m4a") is None
    assert stem_file.describe(tmp_path / "b.flac") is None
    with pytest.raises(AudioFileError):
        stem_file.describe(tmp_path / "none.stem.mp4")


def test_damaged_files_are_refused_or_read_and_never_crash(tmp_path: Path) -> None:
    mix, stems = song(("drums", "bass", "other", "vocals"), 3000)
    stem_file.write(tmp_path / "a.stem.mp4", mix, stems)
    whole = (tmp_path / "a.stem.mp4").read_bytes()
    rng = np.random.default_rng(0)
    index = whole.index(b"moov")
    for turn in range(60):
        raw = bytearray(whole)
        for at in rng.integers(index, len(raw), 20):
            raw[at] = rng.integers(256)
        path = tmp_path / "b.stem.mp4"
        path.write_bytes(bytes(raw) if turn % 2 else whole[: rng.integers(8, len(whole))])
        try:
            found = stem_file.describe(path)
        except AudioFileError:
            continue
        assert found is None or len(found.stems) <= stem_mp4.MAX_STEMS


def test_one_sound_does_not_get_the_name_of_a_stem_file(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="this is one sound"):
        audio_files.write(tmp_path / "a.stem.mp4", signals.noise(seconds=0.1))
    with pytest.raises(AudioFileError, match="this is one sound"):
        audio_files.check_format(tmp_path / "a.stem.mp4", 44100, 2)

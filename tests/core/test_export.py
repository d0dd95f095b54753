from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import signals
import soundfile

from unbraid.core import export
from unbraid.core.audio import Audio
from unbraid.core.audio_files import WriteOptions
from unbraid.core.errors import AudioFileError, ParameterError
from unbraid.core.export import Export

STEMS = ("drums", "bass", "other", "vocals")
SONG = signals.noise(seconds=0.2)
SOUNDS = {name: signals.noise(seconds=0.2, seed=k) for k, name in enumerate(STEMS, 1)}


def files(planned: export.Plan, folder: Path) -> list[str]:
    return [file.path.relative_to(folder).as_posix() for file in planned.files]


@pytest.mark.parametrize(
    ("wanted", "want"),
    [
        ({}, [f"S/S - {name}.wav" for name in STEMS]),
        ({"only": ("bass", "drums")}, ["S/S - drums.wav", "S/S - bass.wav"]),
        ({"two_stems": "vocals"}, ["S/S - vocals.wav", "S/S - no_vocals.wav"]),
        ({"what": "remix", "extension": "mp3"}, ["S - remix.mp3"]),
        ({"what": "karaoke", "left_out": ("vocals",)}, ["S - without vocals.wav"]),
        ({"what": "stem_file"}, ["S.stem.mp4"]),
        (
            {"what": "workstation"},
            [*(f"S - tracks/{k:02d} {name}.wav" for k, name in enumerate(STEMS, 1)), "S - tracks/S.dawproject"],
        ),
        ({"template": "{stem}/{number}_{track}.{ext}", "only": ("bass",)}, ["bass/01_S.wav"]),
    ],
)
def test_the_files_are_known_beforehand(tmp_path: Path, wanted: dict, want: list[str]) -> None:
    planned = export.plan(Export(tmp_path, **wanted), "S", SONG, STEMS)
    assert files(planned, tmp_path) == want
    assert not planned.problem and not planned.replaced and planned.free_bytes > 0
    planned.check()
    assert not list(tmp_path.iterdir())


def test_the_estimate_is_above_what_comes(tmp_path: Path) -> None:
    for extension in ("wav", "flac", "mp3", "ogg", "opus", "m4a"):
        planned = export.plan(Export(tmp_path, extension), "S", SONG, STEMS)
        export.write(planned, SOUNDS)
        assert all(file.path.stat().st_size <= file.bytes for file in planned.files)
    planned = export.plan(Export(tmp_path, what="stem_file"), "S", SONG, STEMS)
    export.write(planned, {"mix": SONG, **SOUNDS})
    assert planned.files[0].path.stat().st_size <= planned.bytes


def test_formats_in_words(tmp_path: Path) -> None:
    def form(**wanted: object) -> str:
        return export.plan(Export(tmp_path, **wanted), "S", SONG, STEMS).files[0].form

    assert form() == "WAV 24 bit"
    assert form(write=WriteOptions(bits="32f")) == "WAV 32 bit float"
    assert form(extension="mp3") == "MP3 320 kbit/s"
    assert form(what="stem_file") == "Stem AAC 5 × 256 kbit/s"
    assert form(what="stem_file", write=WriteOptions(format="alac")) == "Stem ALAC 5 × 24 bit"


def test_files_that_are_there(tmp_path: Path) -> None:
    wanted = Export(tmp_path, only=("drums", "bass"))
    first = export.plan(wanted, "S", SONG, STEMS)
    export.write(first, SOUNDS)
    there = tmp_path / "S/S - bass.wav"
    before = there.read_bytes()

    again = export.plan(wanted, "S", SONG, STEMS)
    assert len(again.replaced) == 2
    with pytest.raises(AudioFileError, match="2 of the files exist already"):
        export.write(again, SOUNDS)

    numbered = export.plan(dataclasses.replace(wanted, existing="number"), "S", SONG, STEMS)
    assert files(numbered, tmp_path) == ["S/S - drums-2.wav", "S/S - bass-2.wav"] and not numbered.replaced
    export.write(numbered, SOUNDS)
    third = export.plan(dataclasses.replace(wanted, existing="number"), "S", SONG, STEMS)
    assert files(third, tmp_path) == ["S/S - drums-3.wav", "S/S - bass-3.wav"]
    assert there.read_bytes() == before

    export.write(export.plan(dataclasses.replace(wanted, existing="replace"), "S", SONG, STEMS), {"bass": SONG})
    assert there.read_bytes() != before


def test_one_number_for_the_set_even_when_one_file_is_there(tmp_path: Path) -> None:
    (tmp_path / "S.stem.mp4").touch()
    planned = export.plan(Export(tmp_path, what="stem_file", existing="number"), "S", SONG, STEMS)
    assert files(planned, tmp_path) == ["S-2.stem.mp4"]
    (tmp_path / "S - tracks").mkdir()
    (tmp_path / "S - tracks/03 other.wav").touch()
    planned = export.plan(Export(tmp_path, what="workstation", existing="number"), "S", SONG, STEMS)
    assert {path.parent.name for path in (file.path for file in planned.files)} == {"S - tracks-2"}


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"only": ("piano",)}, "no stem piano"),
        ({"what": "karaoke"}, "left out"),
        ({"what": "karaoke", "left_out": ("piano",)}, "no stem piano"),
        ({"only": ("bass",), "two_stems": "drums"}, "not both"),
        ({"template": "{nothing}"}, "may hold"),
        ({"template": "{stem.x}"}, "may hold"),
        ({"template": "x.{ext}"}, "several stems one file"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, wanted: dict, words: str) -> None:
    with pytest.raises((ParameterError, AudioFileError), match=words):
        export.plan(Export(tmp_path, **wanted), "S", SONG, STEMS)


def test_a_place_that_cannot_be_written_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    planned = export.plan(Export(tmp_path / "file"), "S", SONG, STEMS)
    assert "is a file" in planned.problem
    with pytest.raises(AudioFileError, match="is a file"):
        export.write(planned, SOUNDS)


def test_groups_that_do_not_fit_are_a_problem(tmp_path: Path) -> None:
    planned = export.plan(Export(tmp_path, what="stem_file", groups={"a": ("piano",)}), "S", SONG, STEMS)
    assert "goes into one group" in planned.problem


def test_no_space_is_known_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(100, 90, 10))
    planned = export.plan(Export(tmp_path), "S", SONG, STEMS)
    assert "not enough space" in planned.problem and planned.free_bytes == 10


def test_samples_that_are_no_numbers_are_never_written(tmp_path: Path) -> None:
    bad = np.array(SONG.samples)
    bad[100] = np.nan
    planned = export.plan(Export(tmp_path), "S", SONG, STEMS)
    with pytest.raises(AudioFileError, match="not finite"):
        export.write(planned, {**SOUNDS, "bass": Audio(bad, SONG.rate)})
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_stems_that_did_not_come_are_not_written(tmp_path: Path) -> None:
    planned = export.plan(Export(tmp_path), "S", SONG, (*STEMS, "residual"))
    paths, _ = export.write(planned, SOUNDS)
    assert list(paths) == list(STEMS)
    assert soundfile.info(str(paths["bass"])).frames == SONG.frames

"""The demo song: four stems and a mix that tell the truth about each other, small enough to ship."""

from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

DEMO = files("unbraid.resources") / "demo"
STEMS = ("vocals", "drums", "bass", "other")
FILES = (*STEMS, "mix")
FS = 44100

# as resources/demo/README.md states them, in seconds
VERSE_S = (0.0, 7.5)
CHORUS_S = (8.9, 17.7)


@cache
def samples(name: str) -> NDArray[np.int16]:
    with as_file(DEMO / f"{name}.flac") as path:
        data, rate = soundfile.read(path, dtype="int16", always_2d=True)
    assert rate == FS
    return data


def section(name: str, start_s: float, end_s: float) -> NDArray[np.float64]:
    return samples(name)[round(start_s * FS) : round(end_s * FS)].astype(float) / 32768


def level_db(sound: NDArray[np.float64]) -> float:
    return float(10 * np.log10(np.mean(sound**2) + 1e-12))


def width_db(name: str) -> float:
    """Level of the sides over that of the middle."""
    sound = section(name, *CHORUS_S)
    return level_db((sound[:, 0] - sound[:, 1]) / 2) - level_db(sound.mean(axis=1))


@pytest.mark.parametrize("name", FILES)
def test_files_are_cd_quality_stereo_flac_of_20_to_30_seconds(name: str) -> None:
    with as_file(DEMO / f"{name}.flac") as path:
        info = soundfile.info(path)
    assert (info.format, info.subtype, info.channels, info.samplerate) == ("FLAC", "PCM_16", 2, FS)
    assert 20 <= info.duration <= 30


def test_files_have_one_length() -> None:
    assert len({samples(name).shape for name in FILES}) == 1


def test_stems_add_up_to_the_mix_sample_by_sample() -> None:
    total = np.sum([samples(name).astype(np.int64) for name in STEMS], axis=0)
    np.testing.assert_array_equal(total, samples("mix"))


def test_mix_uses_the_range_without_clipping() -> None:
    peak = np.abs(samples("mix").astype(np.int64)).max() / 32768
    assert -1.5 < 20 * np.log10(peak) < -0.5


def test_files_together_stay_under_6_mb() -> None:
    total = 0
    for name in FILES:
        with as_file(DEMO / f"{name}.flac") as path:
            total += path.stat().st_size
    assert total < 6_000_000


@pytest.mark.parametrize("name", STEMS)
@pytest.mark.parametrize("span", [VERSE_S, CHORUS_S], ids=["verse", "chorus"])
def test_no_stem_is_silent(name: str, span: tuple[float, float]) -> None:
    assert level_db(section(name, *span)) > -40


@pytest.mark.parametrize("name", FILES)
def test_ending_rings_out_to_silence(name: str) -> None:
    assert np.abs(samples(name)[-FS // 20 :].astype(int)).max() <= 2
    before_last_second = section(name, 18.5, 19.0)
    assert level_db(before_last_second) > -55


def test_stems_are_as_wide_as_claimed() -> None:
    np.testing.assert_array_equal(samples("bass")[:, 0], samples("bass")[:, 1])
    assert width_db("vocals") < -6
    assert width_db("other") > width_db("vocals") + 3
    assert width_db("other") > width_db("drums") + 3


def test_voice_stands_in_the_centre_in_the_verse() -> None:
    voice = section("vocals", *VERSE_S)
    assert abs(level_db(voice[:, 0]) - level_db(voice[:, 1])) < 1


def test_toms_of_the_fill_run_from_left_to_right() -> None:
    beat_s = 60 / 108
    first, last = section("drums", 14.97 * beat_s, 15.2 * beat_s), section("drums", 15.73 * beat_s, 15.95 * beat_s)
    assert level_db(first[:, 0]) > level_db(first[:, 1]) + 1
    assert level_db(last[:, 1]) > level_db(last[:, 0]) + 1


@pytest.mark.parametrize("name", FILES)
def test_chorus_is_louder_than_the_verse(name: str) -> None:
    rise_db = 2.0 if name == "mix" else 0.5
    assert level_db(section(name, *CHORUS_S)) > level_db(section(name, *VERSE_S)) + rise_db


def test_voice_is_heard_over_the_band_in_the_chorus() -> None:
    voice = section("vocals", *CHORUS_S)
    band = section("mix", *CHORUS_S) - voice
    assert -6 < level_db(voice) - level_db(band) < 3


@pytest.mark.parametrize(
    "word", ["CC0-1.0", "FluidR3", "Frank Wen", "MIT", "espeak-ng", "GPL", "WORLD", "pyworld", "mido"]
)
def test_licence_names_every_tool(word: str) -> None:
    assert word in (DEMO / "LICENSE.md").read_text(encoding="utf-8")


def test_readme_tells_what_every_file_holds() -> None:
    text = (DEMO / "README.md").read_text(encoding="utf-8")
    assert all(f"{name}.flac" in text for name in FILES)


def test_scripts_that_made_the_song_are_there() -> None:
    with as_file(files("unbraid.resources") / "demo_source" / "make_demo.py") as path:
        assert Path(path).is_file()

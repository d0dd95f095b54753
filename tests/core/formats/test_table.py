"""The table of formats agrees with what the libraries do, and every promise in it holds."""

from __future__ import annotations

from pathlib import Path

import pytest
import signals

from unbraid.core import audio_files as af
from unbraid.core.errors import AudioFileError
from unbraid.core.formats import table


@pytest.mark.parametrize("kind", [name for name, kind in table.TYPES.items() if name not in ("wav", "aiff")])
def test_every_number_of_channels_that_is_promised_works(tmp_path: Path, kind: str) -> None:
    what = table.TYPES[kind]
    for channels in what.channels:
        path = tmp_path / f"{channels}{what.suffixes[0]}"
        sound = signals.noise(seconds=0.05, rate=48000, channels=channels)
        af.write(path, sound, af.WriteOptions(format=kind))
        assert af.read(path).samples.shape == sound.samples.shape


@pytest.mark.parametrize("kind", ["wav", "aiff"])
def test_32_channels(tmp_path: Path, kind: str) -> None:
    sound = signals.noise(seconds=0.05, channels=32)
    path = tmp_path / f"a.{kind}"
    af.write(path, sound, af.WriteOptions(bits="32f"))
    assert (af.read(path).samples == sound.samples).all()


@pytest.mark.parametrize("kind", [name for name, kind in table.TYPES.items() if kind.rates])
def test_every_rate_that_is_promised_works(tmp_path: Path, kind: str) -> None:
    what = table.TYPES[kind]
    for rate in what.rates or ():
        path = tmp_path / f"{rate}{what.suffixes[0]}"
        sound = signals.noise(seconds=0.1, rate=rate)
        af.write(path, sound)
        got = af.read(path)
        assert (got.frames, got.rate) == (sound.frames, rate)


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "alac", "aiff"])
@pytest.mark.parametrize("rate", [1000, 11025, 37123, 96000, 192000])
def test_odd_rates_stay(tmp_path: Path, kind: str, rate: int) -> None:
    path = tmp_path / ("a" + table.TYPES[kind].suffixes[0])
    sound = signals.noise(seconds=0.3, rate=rate)
    af.write(path, sound, af.WriteOptions(format=kind))
    got = af.read(path)
    assert (got.frames, got.rate) == (sound.frames, rate)


def test_long_files_are_rf64_and_long_aiff_is_refused() -> None:
    options = table.WriteOptions(bits="32f")
    long = 6 * 3600 * 48000
    assert table.plan(Path("a.wav"), long, 2, 48000, options).sf_format == "RF64"
    assert table.plan(Path("a.wav"), 48000, 2, 48000, options).sf_format == "WAV"
    with pytest.raises(AudioFileError, match="4 GiB"):
        table.plan(Path("a.aiff"), long, 2, 48000, options)

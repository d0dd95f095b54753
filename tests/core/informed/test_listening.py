"""The listener's side: side-information found, the song put in step, stems in files, what is lost told once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from coded_songs import NAMES, Song, decoded, sdr, without

from unbraid.core import mapped_wav
from unbraid.core.errors import AudioFileError, BitstreamError
from unbraid.core.informed import listening
from unbraid.core.informed.decoder import SideInformation
from unbraid.core.informed.delivery.finding import Place
from unbraid.core.progress import silent_progress


def kept(folder: Path, name: str, samples: np.ndarray, rate: int) -> Path:
    mapped_wav.create(folder / name, len(samples), samples.shape[1], rate)[:] = samples
    return folder / name


def begun(tune: Song, stream: bytes, folder: Path, heard: np.ndarray | None = None) -> listening.Begun:
    (folder / "song.unb").write_bytes(stream)
    song = kept(folder, "song.wav", tune.mix if heard is None else heard, tune.rate)
    return listening.begin(song, Place(folder / "song.unb", embedded=False), folder, silent_progress)


def samples_of(path: Path) -> np.ndarray:
    return mapped_wav.open_mapped(path).samples


def test_stems_of_the_very_mix(tune: Song, stream: bytes, tmp_path: Path) -> None:
    what = begun(tune, stream, tmp_path)
    assert what.is_exact and what.notes == () and [stem.name for stem in what.stems] == list(NAMES[:3])
    assert not any(samples_of(path).any() for path in what.paths)
    assert listening.fill(what, tmp_path, False, silent_progress) == ()
    whole = decoded(stream, tune.mix)
    for number, path in enumerate(what.paths):
        assert np.array_equal(samples_of(path), whole[number])


def test_stems_and_what_they_leave_are_the_mix(tune: Song, stream: bytes, tmp_path: Path) -> None:
    what = begun(tune, stream, tmp_path)
    listening.fill(what, tmp_path, True, silent_progress)
    rest = samples_of(listening.rest(what, tmp_path, silent_progress))
    total = rest + sum(samples_of(path).astype(np.float64) for path in what.paths)
    assert np.abs(total - tune.mix).max() < 1e-6


def test_a_louder_later_copy_gives_the_same_stems(tune: Song, stream: bytes, tmp_path: Path) -> None:
    late = np.concatenate([np.zeros((100, 2), np.float32), 1.5 * tune.mix])
    what = begun(tune, stream, tmp_path, late)
    assert not what.is_exact and "100.00 samples later" in what.notes[0] and "louder" in what.notes[1]
    listening.fill(what, tmp_path, False, silent_progress)
    whole = decoded(stream, tune.mix)
    for number, path in enumerate(what.paths):
        assert sdr(whole[number], samples_of(path)) > 40


def test_damage_is_told_once(tune: Song, stream: bytes, tmp_path: Path) -> None:
    what = begun(tune, without(stream, "block", 1), tmp_path)
    lost = listening.fill(what, tmp_path, False, silent_progress)
    assert any("is damaged" in note for note in what.notes)
    assert len(lost) == 1 and "1 of 4 blocks" in lost[0]


def test_what_is_wanted_comes_first(tune: Song, stream: bytes, tmp_path: Path) -> None:
    what = begun(tune, stream, tmp_path)
    size, first = SideInformation(stream).header.block_samples, []

    def look(fraction: float, message: str) -> None:
        if fraction > 0 and not first:
            first.extend(np.flatnonzero(samples_of(what.paths[0]).any(axis=1))[:1])

    listening.want(tmp_path, 2 * size)
    listening.fill(what, tmp_path, False, look)
    assert first[0] >= 2 * size


def test_where_side_information_is(tune: Song, stream: bytes, tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="does not exist"):
        listening.place_of(tmp_path / "song.wav", tmp_path / "nothing.unb")
    (tmp_path / "song.unb").write_bytes(stream)
    song = kept(tmp_path, "song.wav", tune.mix, tune.rate)
    assert listening.place_of(song, None) == Place(tmp_path / "song.unb", embedded=False)
    assert listening.holds(song, silent_progress) == Place(tmp_path / "song.unb", embedded=False)
    assert not listening.in_samples(song, silent_progress)
    with pytest.raises(BitstreamError, match="no side-information in this song"):
        listening.begin(song, None, tmp_path, silent_progress)

"""Side-information inside sound files: the sound, its length, tags and cover stay, and the bytes come back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from signals import vocals

from unbraid.core import audio_files
from unbraid.core.audio_files import Tags, WriteOptions
from unbraid.core.errors import AudioFileError, BitstreamError, Cancelled
from unbraid.core.formats import tags
from unbraid.core.informed.delivery import embedding
from unbraid.core.informed.delivery.embedding import embed, extract, strip

NAMES = ("a.wav", "a.aiff", "a.flac", "a.mp3", "a.ogg", "a.opus", "a.m4a", "alac.m4a")
SIZES = (100, 60_001, 5_000_000)
COVER = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
ABOUT = Tags({"title": "Ünder", "artist": "Somebody"}, COVER, "image/png")


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same short sound in every container, with tags and cover."""
    folder = tmp_path_factory.mktemp("songs")
    for name in NAMES:
        options = WriteOptions(format="alac") if name.startswith("alac") else WriteOptions()
        audio_files.write(folder / name, vocals(seconds=1.0), options, tags=ABOUT)
    return {name: folder / name for name in NAMES}


def decoded_by_libav(path: Path) -> npt.NDArray[np.float32]:
    """All samples as another player would get them."""
    import av

    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(container.streams.audio[0])], axis=1)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_players_play_the_same_sound(songs: dict[str, Path], tmp_path: Path, name: str, size: int) -> None:
    source, carrying = songs[name], tmp_path / name
    payload = np.random.default_rng(size).bytes(size)
    embed(source, payload, carrying)
    assert extract(carrying) == payload
    assert np.array_equal(audio_files.read(carrying).samples, audio_files.read(source).samples)
    assert np.array_equal(decoded_by_libav(carrying), decoded_by_libav(source))
    assert audio_files.probe(carrying).frames == audio_files.probe(source).frames


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith("m4a")])
def test_libsndfile_plays_the_same_sound(songs: dict[str, Path], tmp_path: Path, name: str) -> None:
    import soundfile

    embed(songs[name], bytes(range(256)) * 300, tmp_path / name)
    assert np.array_equal(soundfile.read(tmp_path / name)[0], soundfile.read(songs[name])[0])


@pytest.mark.parametrize("name", NAMES)
def test_tags_and_cover_stay(songs: dict[str, Path], tmp_path: Path, name: str) -> None:
    embed(songs[name], b"side-information", tmp_path / name)
    before, after = tags.read(songs[name]), tags.read(tmp_path / name)
    assert before.cover == after.cover == COVER
    assert {key: after.text[key] for key in before.text} == before.text


@pytest.mark.parametrize("name", NAMES)
def test_stripping_gives_back_the_file_byte_by_byte(songs: dict[str, Path], tmp_path: Path, name: str) -> None:
    embed(songs[name], bytes(70_000), tmp_path / name)
    strip(tmp_path / name, tmp_path / name, overwrite=True)
    assert (tmp_path / name).read_bytes() == songs[name].read_bytes()
    assert extract(tmp_path / name) is None


@pytest.mark.parametrize("name", NAMES)
def test_embedding_in_place_exchanges_what_was_there(songs: dict[str, Path], tmp_path: Path, name: str) -> None:
    embed(songs[name], bytes(70_000), tmp_path / name)
    embed(tmp_path / name, b"newer", tmp_path / name, overwrite=True)
    assert extract(tmp_path / name) == b"newer"
    assert np.array_equal(decoded_by_libav(tmp_path / name), decoded_by_libav(songs[name]))
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_without_side_information_has_none(songs: dict[str, Path], name: str) -> None:
    assert extract(songs[name]) is None


@pytest.mark.parametrize("name", NAMES)
def test_damage_is_reported_and_nothing_else_happens(songs: dict[str, Path], tmp_path: Path, name: str) -> None:
    embed(songs[name], np.random.default_rng(0).bytes(3000), tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    rng = np.random.default_rng(1)
    for number in range(60):
        data = bytearray(whole)
        for place in rng.integers(0, len(data), 1 + number % 5):
            data[place] = rng.integers(256)
        broken = tmp_path / f"broken{Path(name).suffix}"
        broken.write_bytes(data if number % 2 else data[: int(rng.integers(len(data)))])
        try:
            extract(broken)
        except (AudioFileError, BitstreamError) as problem:
            assert len(str(problem)) > 20


def test_an_existing_file_is_left_alone(songs: dict[str, Path], tmp_path: Path) -> None:
    target = tmp_path / "a.flac"
    target.write_bytes(b"mine")
    with pytest.raises(AudioFileError, match="exists already"):
        embed(songs["a.flac"], b"x", target)
    assert target.read_bytes() == b"mine"


def test_stopping_leaves_the_file_as_it_was(songs: dict[str, Path], tmp_path: Path) -> None:
    def stop(fraction: float, message: str) -> None:
        if fraction > 0.5:
            raise Cancelled

    target = tmp_path / "a.mp3"
    target.write_bytes(songs["a.mp3"].read_bytes())
    with pytest.raises(Cancelled):
        embed(target, bytes(1000), target, stop, overwrite=True)
    assert target.read_bytes() == songs["a.mp3"].read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp3"]


def test_containers_that_cannot_carry_are_refused_with_advice(tmp_path: Path) -> None:
    import soundfile

    path = tmp_path / "song.caf"
    soundfile.write(path, np.zeros((100, 2)), 44100, format="CAF")
    with pytest.raises(AudioFileError, match=r"caf file.*song\.unb"):
        embed(path, b"x", tmp_path / "out.caf")
    assert extract(path) is None
    assert not embedding.can_carry(path)


def test_the_copy_keeps_its_suffix(songs: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match=r"song\.flac"):
        embed(songs["a.flac"], b"x", tmp_path / "song.mp3")


def test_empty_side_information_is_refused(songs: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(BitstreamError, match="empty"):
        embed(songs["a.flac"], b"", tmp_path / "a.flac")

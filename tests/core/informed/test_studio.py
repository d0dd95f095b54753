"""The producer's side: what is made lies in the folder, is used again, and survives being stopped at any moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from coded_songs import RATE, Song, decoded, sdr, short_blocks, song

from unbraid.core import mapped_wav
from unbraid.core.errors import Cancelled, ParameterError
from unbraid.core.informed import studio
from unbraid.core.informed.decoder import SideInformation
from unbraid.core.informed.dial import Dial
from unbraid.core.informed.encoder import Encoder
from unbraid.core.progress import silent_progress

TUNE = song(1.5)
NAMES = ("bass", "voice", "drums")


def stored(folder: Path, tune: Song) -> tuple[Path, dict[str, Path]]:
    """Mix and stems as mapped files."""
    folder.mkdir(exist_ok=True)
    paths = []
    for name, samples in zip(("mix", *NAMES), (tune.mix, *tune.stems), strict=True):
        paths.append(folder / f"{name}.wav")
        mapped_wav.create(paths[-1], *samples.shape, tune.rate)[:] = samples
    return paths[0], dict(zip(NAMES, paths[1:], strict=True))


def prepared(folder: Path, tune: Song = TUNE) -> studio.Facts:
    mix, stems = stored(folder / "in", tune)
    return studio.prepare(mix, stems, {"voice": "#0072b2"}, folder, silent_progress)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A studio with a curve."""
    folder = tmp_path_factory.mktemp("studio")
    prepared(folder)
    with short_blocks():
        studio.curve(folder, "auto", False, {}, silent_progress)
    return folder


def stopped_at(count: int) -> Callable[[float, str], None]:
    """Progress that is cancelled the n-th time it is told."""
    left = iter(range(count))

    def told(fraction: float, message: str) -> None:
        if next(left, None) is None:
            raise Cancelled

    return told


def test_what_is_prepared_is_told(tmp_path: Path) -> None:
    facts = prepared(tmp_path)
    assert facts == studio.Facts(NAMES, (), 1.5)
    assert studio.read_curve(tmp_path) == () and studio.layers(tmp_path) == ()


def test_a_curve_rises(kept: Path) -> None:
    points = studio.read_curve(kept)
    assert len(points) > 8
    rates, means = [p.rate_kbps for p in points], [p.mean_db for p in points]
    assert (np.diff(rates) >= 0).all()
    fine = [p for p in points if p.step is not None]
    assert (np.diff([p.mean_db for p in fine]) >= 0).all() and means[-1] > 40
    assert (np.diff([p.mean_db for p in points if p.step is None]) > -0.5).all()
    for point in points:
        assert len(point.sdr_db) == len(point.kbps) == 3 and sum(point.kbps) <= point.rate_kbps * 1.001


def test_points_are_in_the_folder_while_it_works(tmp_path: Path) -> None:
    prepared(tmp_path)
    seen = []
    with short_blocks():
        studio.curve(tmp_path, "image", False, {}, lambda *_: seen.append(len(studio.read_curve(tmp_path))))
    assert sorted(seen) == seen and {0, 1, 3} <= set(seen)
    assert studio.layers(tmp_path) == ()


@pytest.mark.parametrize("rate", [30.0, 120.0])
def test_a_stream_is_made_and_heard(kept: Path, tmp_path: Path, rate: float) -> None:
    made = studio.make(kept, Dial(rate_kbps=rate), silent_progress)
    assert made.names == NAMES and made.bytes == made.path.stat().st_size
    assert made.bytes * 8e-3 / 1.5 == pytest.approx(rate, rel=0.03)
    sounds = studio.passage(kept, made.path, 0.25, 1.0, tmp_path, silent_progress)
    assert list(sounds) == ["mix", *NAMES, "residual"]
    whole = decoded(made.path.read_bytes(), TUNE.mix)
    for number, name in enumerate([*NAMES, "residual"]):
        heard = mapped_wav.open_mapped(sounds[name])
        assert heard.rate == RATE and np.array_equal(heard.samples, whole[number, 2000:8000])
    assert np.array_equal(mapped_wav.open_mapped(sounds["mix"]).samples, TUNE.mix[2000:8000])
    assert SideInformation(made.path).sources[1].colour == "#0072b2"


def test_a_point_of_the_curve_is_what_making_it_gives(kept: Path) -> None:
    point = next(p for p in studio.read_curve(kept) if p.step is not None and p.rate_kbps > 40)
    made = studio.make(kept, Dial(rate_kbps=point.rate_kbps), silent_progress)
    assert made.point.mean_db == pytest.approx(point.mean_db, abs=0.5)
    reached = decoded(made.path.read_bytes(), TUNE.mix)
    found = np.mean([sdr(true, one) for true, one in zip(TUNE.stems, reached, strict=False)])
    assert found == pytest.approx(point.mean_db, abs=0.7)


def test_layers_that_are_there_are_used_again(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a layer was made anew")

    monkeypatch.setattr(Encoder, "base", never)
    studio.make(kept, Dial(quality_db=20), silent_progress)


def test_layers_are_named_muted_and_heard(tmp_path: Path) -> None:
    prepared(tmp_path)
    with pytest.raises(ParameterError, match="curve first"):
        studio.layer_passage(tmp_path, 0, 0, 1, tmp_path, silent_progress)
    with short_blocks():
        plain = studio.make(tmp_path, Dial(quality_db=-10), silent_progress).path.read_bytes()
        found = studio.layers(tmp_path)
        heard = studio.layer_passage(tmp_path, found[0].number, 0, 1, tmp_path, silent_progress)
        assert mapped_wav.open_mapped(heard).samples.any()
        edits = tuple(replace(one, name=f"a {one.number}", is_muted=one.stem == "voice") for one in found)
        studio.edit_layers(tmp_path, edits)
        assert studio.layers(tmp_path) == edits
        made = studio.make(tmp_path, Dial(quality_db=-10), silent_progress)
    before, after = (np.square(decoded(data, TUNE.mix)).sum(axis=(1, 2)) for data in (plain, made.path.read_bytes()))
    assert before[1] > 0 and after[1] < 1e-6 * before[1]


def test_another_song_in_the_same_folder_begins_anew(tmp_path: Path) -> None:
    prepared(tmp_path)
    with short_blocks():
        studio.make(tmp_path, Dial(quality_db=-10), silent_progress)
        studio.edit_layers(tmp_path, studio.layers(tmp_path))
        other = song(1.0, rest=0)
        prepared(tmp_path, other)
        assert studio.layers(tmp_path) == () and studio.read_curve(tmp_path) == ()
        made = studio.make(tmp_path, Dial(rate_kbps=60), silent_progress)
    assert np.abs(decoded(made.path.read_bytes(), other.mix).sum(axis=0) - other.mix).max() < 1e-6


@pytest.mark.parametrize("count", [0, 1, 3, 8, 20])
def test_stopped_work_leaves_the_folder_as_good_as_before(kept: Path, count: int) -> None:
    dial = Dial(rate_kbps=50)
    before = studio.make(kept, dial, silent_progress).path.read_bytes()
    curve = studio.read_curve(kept)
    mix, stems = kept / "in" / "mix.wav", {name: kept / "in" / f"{name}.wav" for name in NAMES}
    with pytest.raises(Cancelled):
        studio.make(kept, Dial(rate_kbps=77), stopped_at(min(count, 2)))
    assert (kept / studio.SIDE).read_bytes() == before
    with pytest.raises(Cancelled), short_blocks():
        studio.curve(kept, "auto", True, {}, stopped_at(count))
    if count < 3:
        with pytest.raises(Cancelled):
            studio.prepare(mix, dict(reversed(stems.items())), {}, kept, stopped_at(count))
    assert studio.make(kept, dial, silent_progress).point.rate_kbps == pytest.approx(50, rel=0.03)
    assert not [path for path in kept.iterdir() if path.suffix == ".tmp"]
    assert len(studio.read_curve(kept)) >= min(1, len(curve))


def test_priorities_and_colours_of_stems_that_are_not_there_are_refused(kept: Path) -> None:
    with pytest.raises(ParameterError, match="no stem 'piano'"):
        studio.prioritise(kept, {"piano": 2.0}, silent_progress)
    with pytest.raises(ParameterError, match="above 0"):
        studio.prioritise(kept, {"voice": float("nan")}, silent_progress)
    with pytest.raises(ParameterError, match="no stem 'piano'"):
        studio.prepare(kept / "in" / "mix.wav", {}, {"piano": "#000000"}, kept, silent_progress)


def test_a_sidecar_is_published(kept: Path, tmp_path: Path) -> None:
    made = studio.make(kept, Dial(rate_kbps=30), silent_progress)
    target = tmp_path / "tune.unb"
    told = studio.publish(kept, made.path, kept / "in" / "mix.wav", target, "sidecar", False, silent_progress)
    assert told.paths == (target,) and target.read_bytes() == made.path.read_bytes()

"""Orders of the window: whole songs and passages, with the old stems kept outside and nothing of the mix lost."""

from __future__ import annotations

import tempfile
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import separators
import signals

from unbraid.core import mapped_wav, orders
from unbraid.core.audio import Audio
from unbraid.core.errors import Cancelled, ParameterError, PluginError
from unbraid.core.jobs import Told
from unbraid.core.mixing.splice import RAMP_S
from unbraid.core.orders import Order, Passage
from unbraid.core.progress import silent_progress
from unbraid.core.separation.guide import Guide

RATE = 8000
FILE = Path(separators.__file__)


def stored(path: Path, audio: Audio) -> Path:
    """A mapped WAV file of a sound."""
    samples = mapped_wav.create(path, audio.frames, audio.channels, audio.rate)
    samples[:] = audio.samples
    samples.flush()
    return path


class Table:
    """A folder with a song and a place for results."""

    def __init__(self, folder: Path, song: Audio | None = None) -> None:
        self.folder = folder
        self.song = song or signals.noise(seconds=2.0, rate=RATE)
        self.mix = stored(folder / "mix.wav", self.song)

    @cached_property
    def place(self) -> Path:
        """An empty folder for results."""
        return self.fresh()

    def fresh(self) -> Path:
        """Another one."""
        self.place = Path(tempfile.mkdtemp(dir=self.folder))
        return self.place

    def old(self) -> dict[str, Path]:
        """Stems as another separation left them; they add up to the mix."""
        left = (0.7 * self.song.samples).astype(np.float32)
        stems = {"left": left, "rest": self.song.samples - left}
        return {name: stored(self.folder / f"old {name}.wav", Audio(x, RATE)) for name, x in stems.items()}

    def do(self, method: str, passage: Passage | None = None, **more: object) -> dict[str, npt.NDArray[np.float32]]:
        """Samples of the stems that an order makes."""
        self.fresh()
        order = Order(f"{FILE}:{method}", {}, self.mix, self.place, Told(Guide(), {}), passage=passage, **more)  # type: ignore[arg-type]
        done = orders.carry_out(order, silent_progress)
        assert done.seconds > 0 and {path.parent for path in done.paths.values()} == {self.place}
        assert sorted(self.place.iterdir()) == sorted(done.paths.values()), "nothing else stays there"
        stems = {name: mapped_wav.open_mapped(path) for name, path in done.paths.items()}
        assert {(s.frames, s.channels, s.rate) for s in stems.values()} == {
            (self.song.frames, self.song.channels, self.song.rate)
        }
        return {name: stem.samples for name, stem in stems.items()}


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(tmp_path)


def test_the_whole_song(table: Table) -> None:
    stems = table.do("Halves")
    assert list(stems) == ["left", "rest"]
    assert np.array_equal(stems["left"], (0.25 * table.song.samples).astype(np.float32))
    assert np.array_equal(stems["left"] + stems["rest"], table.song.samples)


@pytest.mark.parametrize("level", [1e-6, 1e-3, 1.0, 1e3])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_any_loudness_and_any_channels(tmp_path: Path, level: float, channels: int) -> None:
    song = signals.noise(seconds=0.6, rate=RATE, channels=channels, level=level)
    table = Table(tmp_path, song)
    old = table.old()
    before = {name: mapped_wav.open_mapped(path).samples for name, path in old.items()}
    stems = table.do("Halves", Passage(0.2, 0.4, old=old))
    error = np.abs(sum(stems.values()) - song.samples).max()
    assert error <= 2e-6 * np.abs(song.samples).max()
    assert np.array_equal(stems["left"][: round(0.2 * RATE)], before["left"][: round(0.2 * RATE)])


def test_silence_stays_silence(tmp_path: Path) -> None:
    table = Table(tmp_path, Audio.silence(RATE, 2, RATE))
    assert not any(samples.any() for samples in table.do("Halves", Passage(0.2, 0.5, 100.0, 900.0)).values())


def test_stems_are_merged_and_the_rest_is_kept_where_it_has_a_name(table: Table) -> None:
    stems = table.do("Partial")
    assert list(stems) == ["left", "rest"], "what no stem claims is left to the mixer"
    stems = table.do("Partial", rest="leftover")
    assert list(stems) == ["left", "rest", "leftover"]
    assert np.abs(sum(stems.values()) - table.song.samples).max() < 1e-6
    merged = table.do("Partial", merged={"rest": "left"})
    assert list(merged) == ["left"]
    assert np.allclose(merged["left"], 0.75 * table.song.samples, atol=1e-7)
    everything = table.do("Partial", merged={"left": "all", "rest": "all"}, rest="all")
    assert np.allclose(everything["all"], table.song.samples, atol=1e-7)


@pytest.mark.parametrize(("start_s", "end_s"), [(0.5, 1.2), (0.0, 1.0), (1.0, float("inf")), (0.0, float("inf"))])
def test_outside_of_a_passage_the_old_stems_stay_bit_for_bit(table: Table, start_s: float, end_s: float) -> None:
    old = table.old()
    stems = table.do("Halves", Passage(start_s, end_s, old=old))
    a, b, ramp = round(start_s * RATE), round(min(end_s, 2.0) * RATE), round(RAMP_S * RATE)
    inside = slice(a + ramp if a else 0, b - ramp if b < table.song.frames else None)
    for name, share in (("left", 0.25), ("rest", 0.75)):
        was = mapped_wav.open_mapped(old[name]).samples
        assert np.array_equal(stems[name][:a], was[:a]) and np.array_equal(stems[name][b:], was[b:])
        assert np.allclose(stems[name][inside], share * table.song.samples[inside], atol=1e-6)
    assert np.abs(sum(stems.values()) - table.song.samples).max() < 1e-6


def test_within_a_band_only_the_band_changes(table: Table) -> None:
    old = table.old()
    stems = table.do("Halves", Passage(0.5, 1.5, 500.0, 1500.0, old))
    was = mapped_wav.open_mapped(old["left"]).samples
    a, b = round(0.5 * RATE), round(1.5 * RATE)
    assert np.array_equal(stems["left"][:a], was[:a]) and np.array_equal(stems["left"][b:], was[b:])
    assert np.abs(sum(stems.values()) - table.song.samples).max() < 1e-6
    change = (stems["left"] - was)[a + 800 : b - 800, 0].astype(np.float64)
    energy = np.abs(np.fft.rfft(change * np.hanning(len(change)))) ** 2
    freq_hz = np.fft.rfftfreq(len(change), 1 / RATE)
    in_band = (freq_hz > 450) & (freq_hz < 1550)
    assert energy[~in_band].sum() < 0.01 * energy.sum() and energy.sum() > 0


def test_a_passage_of_a_song_without_stems_is_silent_elsewhere(table: Table) -> None:
    stems = table.do("Halves", Passage(0.5, 1.0))
    assert not stems["left"][: round(0.5 * RATE)].any() and not stems["left"][RATE:].any()
    assert stems["left"][round(0.7 * RATE)].any()


def test_a_stem_that_is_split_within_a_passage_stays_outside(table: Table) -> None:
    """The stem is the song of this order, and its own old stem; what is left of it has a name."""
    stems = table.do("Partial", Passage(0.5, 1.0, old={"voice": table.mix}), rest="rest of it")
    assert list(stems) == ["voice", "left", "rest", "rest of it"]
    a, b = round(0.5 * RATE), RATE
    assert np.array_equal(stems["voice"][:a], table.song.samples[:a])
    assert np.array_equal(stems["voice"][b:], table.song.samples[b:])
    assert np.abs(sum(stems.values()) - table.song.samples).max() < 1e-6
    middle = round(0.75 * RATE)
    assert np.abs(stems["voice"][middle]).max() < 1e-7


def test_a_passage_is_separated_with_what_is_around_it(tmp_path: Path) -> None:
    """A moving average of a second over the passage alone would fade at its ends."""
    song = Audio.of(np.ones((10 * RATE, 1)), RATE)
    table = Table(tmp_path, song)
    stems = table.do("Smoother", Passage(4.0, 6.0))
    inside = slice(round(4.1 * RATE), round(5.9 * RATE))
    assert np.allclose(stems["left"][inside], 1.0, atol=1e-5)


@pytest.mark.parametrize(("start_s", "end_s"), [(1.0, 1.01), (5.0, 6.0), (1.5, 1.0), (-2.0, 0.0)])
def test_a_passage_that_is_too_short_or_elsewhere_is_refused_in_words(
    table: Table, start_s: float, end_s: float
) -> None:
    with pytest.raises(ParameterError, match="too short to separate; choose at least"):
        table.do("Halves", Passage(start_s, end_s))
    assert not list(table.place.iterdir())


def test_work_that_fails_or_is_stopped_leaves_nothing(table: Table) -> None:
    for method in ("Raises", "WrongShape", "NotNumbers"):
        with pytest.raises((ZeroDivisionError, PluginError)):
            table.do(method)
        assert not list(table.place.iterdir())

    def stop(fraction: float, message: str) -> None:
        raise Cancelled

    order = Order(f"{FILE}:Halves", {}, table.mix, table.place, Told(Guide(), {}))
    with pytest.raises(Cancelled):
        orders.carry_out(order, stop)
    assert not list(table.place.iterdir())


def test_an_excerpt(table: Table) -> None:
    target = table.folder / "excerpt.wav"
    orders.excerpt(table.mix, target, 0.5, 99.0, silent_progress)
    assert np.array_equal(mapped_wav.open_mapped(target).samples, table.song.samples[RATE // 2 :])
    with pytest.raises(ParameterError, match="too short"):
        orders.excerpt(table.mix, table.folder / "none.wav", 1.0, 1.01, silent_progress)

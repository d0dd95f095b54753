from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import signals

from unbraid.core.audio import Audio
from unbraid.core.document.state import NEUTRAL, Equaliser, Strip
from unbraid.core.errors import ParameterError
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.mixing.part import RESIDUAL, Part

SHAPED = Strip(equaliser=Equaliser(4.0, -6.0, 3.0))


def song_of(channels: int = 2, rate: int = 8000, frames: int = 12_345, count: int = 3, level: float = 0.1):
    """A song whose stems leave something of it."""
    rng = np.random.default_rng(channels * rate + frames)
    stems = [Audio.of(level * rng.standard_normal((frames, channels)), rate) for _ in range(count)]
    rest = 0.2 * level * rng.standard_normal((frames, channels))
    return Audio.of(np.sum([s.samples.astype(np.float64) for s in stems], axis=0) + rest, rate), stems


def mixdown_of(song: Audio, stems: list[Audio], *strips: Strip, **rest: object) -> Mixdown:
    chosen = (*strips, *[NEUTRAL] * (len(stems) - len(strips)))
    return Mixdown(song, tuple(Part(str(k), s, t) for k, (s, t) in enumerate(zip(stems, chosen, strict=True))), **rest)


def random_strip(rng: np.random.Generator) -> Strip:
    equaliser = Equaliser(*rng.uniform(-24, 24, 3)) if rng.random() < 0.5 else Equaliser()
    return Strip(
        gain_db=float(rng.choice([0.0, -3.7, 5.0, -math.inf])), pan=float(rng.choice([0.0, -0.3, 1.0])),
        mute=bool(rng.random() < 0.2), solo=bool(rng.random() < 0.1), invert=bool(rng.random() < 0.3),
        equaliser=equaliser,
    )  # fmt: skip


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
@pytest.mark.parametrize("rate", [8000, 44100, 96000])
def test_a_block_is_a_slice_of_the_whole_whatever_its_start_and_length(channels: int, rate: int) -> None:
    rng = np.random.default_rng(channels + rate)
    song, stems = song_of(channels, rate, 30_011)
    for band in (None, (300.0, 2500.0)):
        strips = [random_strip(rng) for _ in range(4)]
        mixdown = mixdown_of(song, stems, *strips[:3], residual=strips[3], master_db=-1.5, band=band)
        whole = mixdown.render().samples
        for _ in range(12):
            start = int(rng.integers(0, song.frames))
            frames = int(rng.integers(0, min(9000, song.frames - start)))
            fresh = mixdown_of(song, stems, *strips[:3], residual=strips[3], master_db=-1.5, band=band)
            for each in (mixdown, fresh):
                assert np.array_equal(each.block(start, frames), whole[start : start + frames])


def test_outside_of_the_song_is_silence() -> None:
    song, stems = song_of(frames=1000)
    for mixdown in (mixdown_of(song, stems), mixdown_of(song, stems, Strip(-3.0), residual=Strip(1.0))):
        whole = mixdown.render().samples
        block = mixdown.block(-300, 1700)
        assert not block[:300].any() and not block[1300:].any()
        assert np.array_equal(block[300:1300], whole)


def test_a_neutral_mixer_is_the_song_bit_for_bit() -> None:
    song, stems = song_of()
    mixdown = mixdown_of(song, stems)
    assert mixdown.is_neutral
    assert np.array_equal(mixdown.render().samples, song.samples)
    assert not mixdown_of(song, stems, Strip(invert=True)).is_neutral
    assert not mixdown_of(song, stems, residual=Strip(mute=True)).is_neutral


@pytest.mark.parametrize("others", [NEUTRAL, Strip(mute=True), Strip(-4.0, equaliser=Equaliser(1.0))])
def test_a_soloed_stem_is_that_stem_bit_for_bit(others: Strip) -> None:
    song, stems = song_of()
    mixdown = mixdown_of(song, stems, Strip(solo=True), others, others)
    assert np.array_equal(mixdown.render().samples, stems[0].samples)


def test_solo_wins_over_mute_and_adds_up() -> None:
    song, stems = song_of()
    both = mixdown_of(song, stems, Strip(solo=True, mute=True), NEUTRAL, Strip(solo=True)).render().samples
    assert np.array_equal(both, (stems[0].samples.astype(np.float64) + stems[2].samples).astype(np.float32))


def test_a_soloed_residual_is_what_the_stems_leave() -> None:
    song, stems = song_of()
    rest = mixdown_of(song, stems, residual=Strip(solo=True)).render().samples
    want = song.samples.astype(np.float64) - sum(s.samples.astype(np.float64) for s in stems)
    assert np.array_equal(rest, want.astype(np.float32))


def test_muting_takes_away_and_the_rest_stays() -> None:
    song, stems = song_of()
    got = mixdown_of(song, stems, Strip(mute=True)).render().samples
    assert np.abs(got - (song.samples.astype(np.float64) - stems[0].samples)).max() < 1e-7
    silent = mixdown_of(song, stems, *[Strip(mute=True)] * 3, residual=Strip(-math.inf)).render().samples
    assert not silent.any()


def test_gain_invert_and_master_are_factors() -> None:
    song, stems = song_of()
    strip = Strip(6.0, invert=True)
    got = mixdown_of(song, stems, strip, residual=Strip(mute=True), master_db=-6.0).render().samples
    want = -stems[0].samples + 10 ** (-6 / 20) * (stems[1].samples + stems[2].samples)
    assert np.abs(got - want).max() < 1e-6


def test_balance_takes_from_the_other_side_in_stereo_only() -> None:
    song, stems = song_of()
    right = mixdown_of(song, stems, Strip(pan=1.0, solo=True)).render().samples
    assert not right[:, 0].any() and np.array_equal(right[:, 1], stems[0].samples[:, 1])
    song, stems = song_of(channels=6)
    assert mixdown_of(song, stems, Strip(pan=1.0)).is_neutral


@pytest.mark.parametrize("level", [1e-6, 1e3])
def test_loudness_does_not_matter(level: float) -> None:
    song, stems = song_of(level=level)
    loud = mixdown_of(song, stems, SHAPED, residual=Strip(-2.0)).render().samples
    song, stems = song_of(level=1.0)
    assert np.abs(loud / level - mixdown_of(song, stems, SHAPED, residual=Strip(-2.0)).render().samples).max() < 1e-4


def test_an_equaliser_works_on_the_residual_too() -> None:
    song, stems = song_of()
    flat = mixdown_of(song, [], residual=SHAPED).render().samples
    as_stem = mixdown_of(song, [song], SHAPED, residual=Strip(mute=True)).render().samples
    assert np.array_equal(flat, as_stem)
    mixdown = mixdown_of(song, stems, residual=replace(SHAPED, solo=True))
    rest = mixdown_of(song, stems, residual=Strip(solo=True)).render()
    alone = mixdown_of(song, [rest], replace(SHAPED, solo=True)).render().samples
    assert np.abs(mixdown.render().samples - alone).max() < 1e-6


def test_sounds_are_what_adds_up() -> None:
    song, stems = song_of()
    mixdown = mixdown_of(song, stems, Strip(3.0, pan=0.5), SHAPED, Strip(mute=True), residual=Strip(-2.0))
    sounds = mixdown.sounds(100, 5000)
    assert set(sounds) == {"0", "1", RESIDUAL}
    total = sum(samples * factors for samples, factors in sounds.values())
    assert np.abs(total - mixdown.block(100, 5000)).max() < 1e-6


def test_a_band_lets_its_frequencies_pass_in_time() -> None:
    rate = 48000
    low, high = (signals.sine(f, seconds=0.6, rate=rate).samples.astype(np.float64) for f in (400.0, 3000.0))
    song = Audio.of(low + high, rate)
    inside = slice(rate // 10, -rate // 10)
    for band, want in (((1000.0, 20000.0), high), ((0.0, 1000.0), low), ((0.0, math.inf), low + high)):
        got = Mixdown(song, band=band).render().samples
        assert np.abs(got - want)[inside].max() < 1e-4


def test_bands_that_touch_add_up_to_the_song() -> None:
    song, _ = song_of(rate=44100, frames=30_000)
    parts = [Mixdown(song, band=band).render().samples for band in ((0.0, 700.0), (700.0, 5e3), (5e3, math.inf))]
    assert np.abs(np.sum(parts, axis=0) - song.samples).max() < 1e-6


def test_what_does_not_fit_is_refused() -> None:
    song, stems = song_of()
    with pytest.raises(ParameterError, match="a stem is like its song"):
        Mixdown(song, (Part("a", stems[0].slice(0, 10)),))
    with pytest.raises(ParameterError, match="lower and a higher end"):
        Mixdown(song, band=(500.0, 500.0))


def test_rendering_writes_where_it_is_told_and_tells_how_far_it_is() -> None:
    song, stems = song_of(frames=40_000)
    out = np.zeros_like(song.samples)
    told: list[float] = []
    rendered = mixdown_of(song, stems, Strip(-3.0)).render(out, lambda fraction, message: told.append(fraction))
    assert np.shares_memory(rendered.samples, out) and out.any()
    assert told == sorted(told) and told[-1] == 1.0
    assert Mixdown(Audio.silence(0, 2, 44100)).render().frames == 0

"""Encoder and decoder together: rates are kept, qualities reached, stems add up to the mix, whatever the song is."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from coded_songs import NAMES, RATE, Song, decoded, sdr, short_blocks, song

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.informed.decoder import SideInformation
from unbraid.core.informed.dial import EXACT_DBFS, Dial, Model
from unbraid.core.informed.encoder import Base, Encoded, Encoder
from unbraid.core.informed.sources import GivenStem, Sources, gather

SUM = 2e-7
"""What float32 samples may be off, of the greatest one."""


def kbps(made: Encoded, sources: Sources) -> float:
    return len(made.stream) * 8e-3 / sources.mix.duration_s


def checked(sources: Sources, made: Encoded) -> np.ndarray:
    """The images that decoding gives: they add up, the stream is whole and says how good they are."""
    images = decoded(made.stream, sources.mix.samples)
    side = SideInformation(made.stream)
    assert np.isfinite(images).all()
    off = np.abs(images.sum(axis=0, dtype=np.float64) - sources.mix.samples).max()
    assert off <= SUM * len(images) * np.abs(images).max()
    assert not side.reader.damage and side.digest() == side.reader.digest
    for place, number in enumerate(side.shown):
        told, entry = made.point.sdr_db[place], side.sources[number].quality_db
        if sources.images[number].any():
            found = sdr(sources.images[number], images[number])
            assert math.isclose(entry, min(told, 300), abs_tol=0.006)
            assert found > told - 0.2 or found > 140
        else:
            assert math.isnan(told) and math.isnan(entry)
    return images


@pytest.mark.parametrize("model", ["ntf", pytest.param("image", marks=pytest.mark.slow)])
def test_rates_are_kept_and_bring_quality(base: Base, painted: Base, model: Model) -> None:
    chosen = base if model == "ntf" else painted
    reached = []
    for rate in (8, 40, 120, 300):
        made = chosen.serve(Dial(rate_kbps=rate))
        checked(chosen.encoder.sources, made)
        assert kbps(made, chosen.encoder.sources) == pytest.approx(rate, rel=0.03) and not made.notes
        assert made.point.rate_kbps == pytest.approx(kbps(made, chosen.encoder.sources), rel=0.02)
        reached.append(made.point.mean_db)
    assert (np.diff(reached) > 2).all() and reached[-1] > 40


def test_stems_panned_to_points_are_filtered_apart(base: Base, painted: Base) -> None:
    """A pan angle is told to about a degree: what lies beside it must not count as another stem's."""
    for chosen in (base, painted):
        poor = [sdr(chosen.encoder.sources.images[j], chosen.encoder.sources.mix.samples) for j in chosen.encoder.shown]
        assert np.subtract(chosen.point.sdr_db, poor).min() > 8


def test_a_song_that_grows_louder_keeps_its_rate_and_reaches_its_quality() -> None:
    """More blocks than the step is looked for on."""
    growing = np.linspace(0.02, 1, 6 * RATE, dtype=np.float32)[:, None] ** 3
    plain = song(6, stems=2, channels=1)
    tune = Song(plain.mix * growing, tuple(stem * growing for stem in plain.stems))
    with short_blocks():
        base = Encoder(tune.sources()).base(0.4, "ntf")
    assert base.side.header.blocks > 9
    for dial in (Dial(rate_kbps=30), Dial(quality_db=25), Dial(exact=("bass",))):
        made = base.serve(dial)
        images = checked(base.encoder.sources, made)
        if dial.rate_kbps:
            assert kbps(made, base.encoder.sources) == pytest.approx(30, rel=0.03)
        elif dial.exact:
            error = np.square(images[0] - tune.stems[0], dtype=np.float64)
            assert 10 * np.log10(error.mean()) < EXACT_DBFS
        else:
            assert 24.9 < np.mean([sdr(stem, images[j]) for j, stem in enumerate(tune.stems)]) < 26


def test_a_rate_that_is_too_low_is_said(tune: Song) -> None:
    made = Encoder(tune.sources()).encode(Dial(rate_kbps=1))
    checked(tune.sources(), made)
    assert kbps(made, tune.sources()) < 2.5
    assert kbps(made, tune.sources()) <= 1.03 or "1 kbit/s are less than the least" in made.notes[0]


@pytest.mark.parametrize("quality", [5, 15, 30, 60])
def test_a_quality_is_reached_and_not_much_more(base: Base, quality: float) -> None:
    made = base.serve(Dial(quality_db=quality))
    images = checked(base.encoder.sources, made)
    mean = np.mean([sdr(base.encoder.sources.images[j], images[j]) for j in base.encoder.shown])
    assert mean > quality - 0.1
    assert mean < quality + 1.0 or made.point.step is None


def test_a_quality_out_of_reach_is_said(base: Base) -> None:
    made = base.serve(Dial(quality_db=120))
    assert made.point.mean_db > 119 or "could not be reached" in made.notes[0]


@pytest.mark.parametrize("names", [("voice",), ("bass", "drums")])
def test_exact_stems_are_as_exact_as_sixteen_bits(base: Base, names: tuple[str, ...]) -> None:
    made = base.serve(Dial(exact=names))
    images = checked(base.encoder.sources, made)
    for number, name in enumerate(base.encoder.names):
        error = images[number] - base.encoder.sources.images[number]
        level = 10 * np.log10(np.mean(np.square(error, dtype=np.float64)))
        assert (level < EXACT_DBFS) if name in names else (level > EXACT_DBFS)


def test_a_priority_helps_the_stem_it_is_given_to(base: Base, tune: Song) -> None:
    favoured = Base(Encoder(tune.sources((1.0, 16.0, 1.0))), base.fit)
    plain, better = (b.serve(Dial(rate_kbps=60)) for b in (base, favoured))
    gain = np.subtract(better.point.sdr_db, plain.point.sdr_db)
    assert gain[1] > 1 and gain[1] > gain[0] + 1 and gain[1] > gain[2] + 1
    assert kbps(better, tune.sources()) == pytest.approx(60, rel=0.03)


def test_by_ear_the_rate_is_kept_and_errors_lie_elsewhere(base: Base) -> None:
    sources = base.encoder.sources
    plain, heard = (base.serve(Dial(rate_kbps=60, perceptual=perceptual)) for perceptual in (False, True))
    assert kbps(heard, sources) == pytest.approx(60, rel=0.03)
    checked(sources, heard)
    assert plain.point.mean_db > heard.point.mean_db > base.point.mean_db


SILENCE = np.zeros((4000, 2), np.float32)
SONGS = {
    "mono": song(1, channels=1),
    "nothing left": song(1, rest=0),
    "one stem": song(1, stems=1),
    "one stem alone": song(1, stems=1, rest=0),
    "sixteen stems": song(0.5, stems=16, channels=1),
    "a silent stem": Song(song(1).mix, (*song(1).stems[:2], SILENCE)),
    "a silent mix": Song(SILENCE, (SILENCE, SILENCE)),
    "a silent mix of loud stems": Song(SILENCE, song(0.5).stems[:2]),
    "one sample": song(1 / RATE, rest=0),
    "two samples and a remainder": song(2 / RATE),
    "a hundred samples": song(100 / RATE),
    "96 kHz": song(0.3, rate=96_000, channels=1),
    "192 kHz": song(0.3, rate=192_000, channels=1),
    "clipped": Song(np.clip(song(1).mix * 3, -1, 1), tuple(3 * stem for stem in song(1).stems)),
    "very loud": Song(np.float32(30) * song(0.5).mix, tuple(np.float32(30) * stem for stem in song(0.5).stems)),
    "very soft": Song(np.float32(1e-6) * song(0.5).mix, tuple(np.float32(1e-6) * stem for stem in song(0.5).stems)),
}


@pytest.mark.parametrize("model", ["ntf", pytest.param("image", marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", SONGS)
def test_all_kinds_of_songs(kind: str, model: Model) -> None:
    sources = SONGS[kind].sources()
    made = Encoder(sources).encode(Dial(rate_kbps=40, model=model))
    checked(sources, made)
    spent = kbps(made, sources)
    assert spent < 1.03 * 40 or made.notes
    assert len(made.stream) < 1.03 * 40e3 / 8 * sources.mix.duration_s + 2000


def test_what_the_header_says(base: Base, stream: bytes, tune: Song) -> None:
    header = SideInformation(stream).header
    assert (header.title, header.rate, header.frames, header.channels) == ("Tune", RATE, len(tune.mix), 2)
    assert [stem.name for stem in header.stems] == [*NAMES[:3], "residual"] and header.stems[3].hidden
    assert header.parametric == "ntf" and header.has_residual and header.blocks == 4


def test_mono_stems_stay_mono_in_the_header() -> None:
    left = song(1, channels=1, rest=0)
    mix = np.concatenate([left.mix, left.mix], axis=1)
    given = [GivenStem(NAMES[j], Audio(s, RATE), "#0072b2") for j, s in enumerate(left.stems)]
    sources = gather(Audio(mix, RATE), given)
    side = SideInformation(Encoder(sources).encode(Dial(rate_kbps=20)).stream)
    assert [stem.channels for stem in side.sources] == [1, 1, 1]
    assert {stem.colour for stem in side.sources} == {"#0072b2"}


def test_the_same_song_gives_the_same_stream(base: Base, stream: bytes) -> None:
    assert base.serve(Dial(rate_kbps=40)).stream == stream


def test_what_cannot_be_encoded_is_refused_in_words(base: Base) -> None:
    stem = GivenStem("a", Audio(song(0.1).stems[0], RATE))
    for mix, words in (
        (np.full((800, 2), np.nan, np.float32), "the mix holds samples that are no numbers"),
        (np.full((800, 2), np.inf, np.float32), "the mix holds samples that are no numbers"),
        (np.zeros((0, 2), np.float32), "no sound"),
        (np.zeros((800, 32), np.float32), "32 channels"),
    ):
        with pytest.raises(ParameterError, match=words):
            gather(Audio(mix, RATE), [dataclasses.replace(stem, audio=Audio(mix[:, :1], RATE))])
    with pytest.raises(ParameterError, match="no stem 'piano'.*bass, voice, drums"):
        base.serve(Dial(exact=("piano",)))
    for made in (lambda: Dial(rate_kbps=0), lambda: Dial(quality_db=1e9), lambda: Dial(rate_kbps=9, quality_db=9)):
        with pytest.raises(ParameterError):
            made()


@pytest.mark.parametrize("rate", [7999, 400_000])
def test_rates_that_a_stream_cannot_have_are_refused(rate: int) -> None:
    little = song(0.02, rate=rate, stems=2, channels=1)
    with pytest.raises(ParameterError, match="8000 to 384000"):
        Encoder(little.sources()).encode(Dial(rate_kbps=40))

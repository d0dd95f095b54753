from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import signals

from unbraid.core.audio import Audio
from unbraid.core.document.state import NEUTRAL, Equaliser, Strip
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.mixing.part import Part
from unbraid.core.playback.deck import Deck
from unbraid.core.playback.ring import Ring
from unbraid.core.playback.source import Source
from unbraid.core.playback.timeline import Route

RATE = 44100
BLOCK = 512


def source_of(song: Audio, strip: Strip = NEUTRAL, **rest: object) -> Source:
    return Source(Mixdown(song, (Part("all", song, strip),), **rest), song.rate, song.channels)


def deck_of(song: Audio, strip: Strip = NEUTRAL) -> Deck:
    return Deck(Ring(RATE, song.channels), source_of(song, strip), depth_s=0.4)


def played(deck: Deck, blocks: int, at: dict[int, Callable[[], None]] | None = None) -> np.ndarray:
    """What a device hears that takes so many blocks; functions are called before those they are listed for."""
    out = np.zeros((blocks, BLOCK, deck.ring.channels), np.float32)
    for k in range(blocks):
        if at and k in at:
            at[k]()
        deck.fill()
        deck.ring.read(out[k], 0.0)
    assert deck.ring.drop_outs == 0
    return out.reshape(-1, deck.ring.channels)


def roughness(samples: np.ndarray) -> float:
    """Largest second difference: what a click has and a sine has not."""
    return float(np.abs(np.diff(samples.astype(np.float64), 2, axis=0)).max())


SINE = signals.sine(220.0, seconds=2.0, rate=RATE, level=0.5)
CHANGES = {
    "gain": Strip(-20.0),
    "mute": Strip(mute=True),
    "invert": Strip(invert=True),
    "equaliser": Strip(equaliser=Equaliser(low_db=-18.0)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_does_not_click_although_the_naive_one_does(name: str) -> None:
    strip, deck = CHANGES[name], deck_of(SINE)
    deck.begin(0, Route(SINE.frames))
    got = played(deck, 100, {33: lambda: deck.switch(source_of(SINE, strip), deck.route)})
    before, after = (source_of(SINE, each).block(0, len(got)) for each in (NEUTRAL, strip))
    assert np.array_equal(got[: 33 * BLOCK], before[: 33 * BLOCK])
    late = (33 * BLOCK) + round(0.1 * RATE)
    assert np.array_equal(got[late:], after[late:])
    smooth = roughness(before[1000:20000])
    assert roughness(got) < 2.0 * smooth
    for at in range(late, late + 300, 37):  # wherever the naive switch falls but where both cross
        naive = np.concatenate([before[:at], after[at:]])
        if np.abs(before[at] - after[at]).max() > 0.1:
            assert roughness(naive) > 10 * smooth


def test_many_changes_in_a_row_do_not_click() -> None:
    """A fader that is dragged: a change for each block."""
    deck = deck_of(SINE)
    deck.begin(0, Route(SINE.frames))
    changes = {k: (lambda k=k: deck.switch(source_of(SINE, Strip(-0.5 * k)), deck.route)) for k in range(10, 60)}
    got = played(deck, 100, changes)
    assert roughness(got) < 2.0 * roughness(SINE.samples)
    assert np.array_equal(got[-BLOCK:], source_of(SINE, Strip(-29.5)).block(99 * BLOCK, BLOCK))


def test_a_seek_cross_fades_and_goes_on_exactly() -> None:
    song = signals.noise(seconds=3.0, rate=RATE)
    deck = deck_of(song)
    deck.begin(0, Route(song.frames))
    got = played(deck, 120, {40: lambda: deck.switch(deck.source, deck.route, 88_200)})
    place = 40 * BLOCK + deck._margin
    assert np.array_equal(got[:place], song.samples[:place])
    fade = deck._fade
    went_on = song.samples[88_200 + fade : 88_200 + len(got) - place]
    assert np.array_equal(got[place + fade :], went_on)
    assert deck.timeline.frame_at(place - 1) == place - 1
    assert deck.timeline.frame_at(place + 10) == 88_210


def test_a_loop_is_exact_to_the_sample() -> None:
    song = signals.noise(seconds=1.0, rate=RATE)
    deck, loop = deck_of(song), (10_000, 25_001)
    deck.begin(9_000, Route(song.frames, loop))
    got, length, edge = played(deck, 150), 15_001, deck._edge
    first = got[1000 : 1000 + length]
    assert np.array_equal(first[:-edge], song.samples[loop[0] : loop[1] - edge])
    for turn in range(1, 4):
        again = got[1000 + turn * length : 1000 + (turn + 1) * length]
        assert np.array_equal(again, first)
    assert deck.timeline.frame_at(1000 + 2 * length + 5) == loop[0] + 5


def test_a_loop_does_not_click_although_a_jump_does() -> None:
    deck, loop = deck_of(SINE), (10_000, 20_077)
    deck.begin(10_000, Route(SINE.frames, loop))
    got = played(deck, 90)
    naive = np.concatenate([SINE.samples[loop[0] : loop[1]]] * 3)
    assert roughness(got[400:]) < 2.0 * roughness(SINE.samples)
    assert roughness(naive) > 10 * roughness(SINE.samples)


@pytest.mark.parametrize("length", [50, 300])
def test_the_shortest_loops_play(length: int) -> None:
    song = signals.noise(seconds=0.2, rate=RATE)
    deck = deck_of(song)
    deck.begin(100, Route(song.frames, (100, 100 + length)))
    got = played(deck, 4)[1000:]
    assert np.array_equal(got[:length], got[length : 2 * length]) and got.any()


def test_the_end_of_the_song_is_played_to_the_last_sample() -> None:
    song = signals.noise(seconds=0.5, rate=RATE)
    deck = deck_of(song)
    deck.begin(0, Route(song.frames))
    got = played(deck, 60)
    assert np.array_equal(got[: song.frames], song.samples) and not got[song.frames :].any()
    assert deck.ended and deck.cursor == song.frames


def test_a_passage_fades_at_its_ends_only() -> None:
    song = signals.noise(seconds=1.0, rate=RATE)
    deck = deck_of(song)
    deck.begin(8_000, Route(20_000))
    got, edge = played(deck, 30), deck._edge
    assert np.array_equal(got[edge : 12_000 - edge], song.samples[8_000 + edge : 20_000 - edge])
    assert not got[12_000:].any() and np.abs(got[0]).max() < 1e-3 and np.abs(got[11_999]).max() < 1e-3


def test_halting_fades_out_and_goes_on_from_there() -> None:
    deck = deck_of(SINE)
    deck.begin(0, Route(SINE.frames))
    got = played(deck, 60, {20: deck.halt})
    assert roughness(got) < 2.0 * roughness(SINE.samples) and not got[-BLOCK:].any()
    cursor = deck.cursor
    assert 0 <= cursor - 20 * BLOCK < 0.1 * RATE
    place = deck.ring.written_total
    deck.begin(cursor, deck.route)
    again = played(deck, 20)
    assert np.array_equal(again[1000:], SINE.samples[cursor + 1000 : cursor + 20 * BLOCK])
    assert deck.timeline.frame_at(place + 7) == cursor + 7


def test_changes_near_the_end_and_after_it_are_harmless() -> None:
    song = signals.noise(seconds=0.3, rate=RATE)
    for at in range(18, 32):
        deck = deck_of(song)
        deck.begin(0, Route(song.frames))
        got = played(deck, 40, {at: lambda deck=deck: deck.switch(source_of(song, Strip(-6.0)), deck.route)})
        assert not got[song.frames + deck._fade :].any() and deck.ended

"""Edits are pure: another value comes back, the old one is as it was, and what is out of range is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import pytest

from unbraid.core.document import edits
from unbraid.core.document.state import (
    EMPTY,
    FLAT,
    NEUTRAL,
    RESIDUAL,
    Equaliser,
    Marker,
    Project,
    Song,
    Span,
    Stem,
    Strip,
)
from unbraid.core.errors import ParameterError

MEDIA = "0" * 32 + ".wav"
SONG = Song(MEDIA, "Song", 441000, 2, 44100)
PROJECT = Project(SONG, (Stem("v", "vocals", MEDIA), Stem("d", "drums", MEDIA, Strip(-3.0, solo=True))))


@pytest.mark.parametrize(
    ("edit", "field", "value"),
    [
        (partial(edits.set_gain, gain_db=-6), "gain_db", -6.0),
        (partial(edits.set_gain, gain_db=-math.inf), "gain_db", -math.inf),
        (partial(edits.set_pan, pan=-1), "pan", -1.0),
        (partial(edits.set_mute, mute=True), "mute", True),
        (partial(edits.set_solo, solo=True), "solo", True),
        (partial(edits.set_invert, invert=True), "invert", True),
        (partial(edits.set_equaliser, equaliser=Equaliser(1.0, 2.0, 3.0)), "equaliser", Equaliser(1.0, 2.0, 3.0)),
    ],
)
@pytest.mark.parametrize("id", ["v", RESIDUAL])
def test_a_strip_changes_in_one_place(edit: Callable[..., Project], field: str, value: object, id: str) -> None:
    new = edit(PROJECT, stem=id)
    assert getattr(edits.strip_of(new, id), field) == value
    assert new.stem("d") is PROJECT.stem("d")
    assert PROJECT.residual == PROJECT.stem("v").strip == NEUTRAL
    assert edits.set_strip(new, id, NEUTRAL) == PROJECT


@pytest.mark.parametrize(
    "edit",
    [
        partial(edits.set_gain, stem="v", gain_db=12.1),
        partial(edits.set_gain, stem="v", gain_db=math.nan),
        partial(edits.set_gain, stem="x", gain_db=0.0),
        partial(edits.set_pan, stem="v", pan=1.01),
        partial(edits.set_strip, stem="v", strip=Strip(equaliser=Equaliser(mid_db=25.0))),
        partial(edits.set_master, gain_db=math.inf),
        partial(edits.set_colour, stem="v", colour="red"),
        partial(edits.set_loop, loop=Span(2.0, 1.0)),
        partial(edits.set_loop, loop=Span(-1.0, 1.0)),
        partial(edits.set_loop, loop=Span(11.0, 12.0)),
        partial(edits.add_marker, time_s=10.5, name="late"),
        partial(edits.add_marker, time_s=1.0, name="  "),
        partial(edits.remove_marker, marker=Marker(1.0, "x")),
        partial(edits.rename_stem, stem="v", name="drums"),
        partial(edits.rename_stem, stem="v", name=""),
        partial(edits.remove_stem, stem=RESIDUAL),
        partial(edits.move_stem, stem="v", position=2),
        partial(edits.add_stem, stem=Stem("v", "new", MEDIA)),
        partial(edits.add_stem, stem=Stem(RESIDUAL, "new", MEDIA)),
        partial(edits.split_stem, stem="v", parts=()),
        partial(edits.set_notes, notes="x" * (1 << 21)),
    ],
)
def test_what_is_out_of_range_is_refused(edit: Callable[[Project], Project]) -> None:
    with pytest.raises(ParameterError, match="."):
        edit(PROJECT)


def test_new_stems_take_over_strips_by_name() -> None:
    new = edits.set_stems(PROJECT, [edits.new_stem("drums", MEDIA), edits.new_stem("drums", MEDIA)])
    assert [stem.name for stem in new.stems] == ["drums", "drums 2"]
    assert new.stems[0].strip == Strip(-3.0, solo=True)
    assert len({stem.id for stem in (*new.stems, *PROJECT.stems)}) == 4


def test_stems_come_and_go_and_move() -> None:
    one = edits.add_stem(PROJECT, Stem("b", "drums", MEDIA), 0)
    assert [(stem.id, stem.name) for stem in one.stems] == [("b", "drums 2"), ("v", "vocals"), ("d", "drums")]
    assert edits.remove_stem(one, "b") == PROJECT
    assert [stem.id for stem in edits.move_stem(one, "b", 2).stems] == ["v", "d", "b"]
    assert [stem.id for stem in edits.move_stem(one, "d", 0).stems] == ["d", "b", "v"]
    assert edits.rename_stem(one, "b", " bass ").stem("b").name == "bass"
    assert edits.set_colour(one, "b", "#123456").stem("b").colour == "#123456"
    assert edits.set_media(one, "b", "1" * 32 + ".wav").stem("b").media == "1" * 32 + ".wav"


def test_a_split_stem_hands_down_its_strip_and_its_name() -> None:
    parts = [edits.new_stem("kick", MEDIA), edits.new_stem("vocals", MEDIA)]
    new = edits.split_stem(PROJECT, "d", parts)
    assert [stem.name for stem in new.stems] == ["vocals", "kick", "vocals 2"]
    assert all(stem.strip == Strip(-3.0, solo=True) and stem.origin == ("drums",) for stem in new.stems[1:])
    again = edits.split_stem(new, new.stems[1].id, [edits.new_stem("beater", MEDIA)])
    assert again.stems[1].origin == ("drums", "kick")


def test_solo_is_additive_exclusive_and_cleared() -> None:
    both = edits.set_solo(PROJECT, "v", True)
    assert [stem.strip.solo for stem in both.stems] == [True, True]
    alone = edits.set_solo(PROJECT, "v", True, exclusive=True)
    assert [stem.strip.solo for stem in alone.stems] == [True, False]
    assert not any(stem.strip.solo for stem in edits.clear_solo(both).stems)


def test_the_mixer_goes_back_to_neutral() -> None:
    loud = edits.set_master(edits.set_invert(PROJECT, RESIDUAL, True), 3)
    reset = edits.reset_mixer(loud)
    assert reset.master_db == 0.0
    assert {stem.strip for stem in reset.stems} | {reset.residual} == {NEUTRAL}
    assert edits.reset_mixer(reset) == reset
    assert reset.stems[0].strip.equaliser == FLAT


def test_markers_stay_in_order() -> None:
    one = edits.add_marker(edits.add_marker(PROJECT, 5.0, "B"), 1.0, "A")
    assert one.markers == (Marker(1.0, "A"), Marker(5.0, "B"))
    moved = edits.move_marker(one, Marker(1.0, "A"), 7.0)
    assert moved.markers == (Marker(5.0, "B"), Marker(7.0, "A"))
    assert edits.rename_marker(one, one.markers[0], "C").markers[0] == Marker(1.0, "C")
    assert edits.remove_marker(one, one.markers[0]).markers == (Marker(5.0, "B"),)


def test_loop_song_and_notes() -> None:
    assert edits.set_loop(PROJECT, Span(0.0, 2.0)).loop == Span(0.0, 2.0)
    assert edits.set_loop(edits.set_loop(PROJECT, Span(0.0, 2.0)), None) == PROJECT
    assert edits.set_song(EMPTY, SONG).song is SONG
    assert edits.set_notes(PROJECT, "x").notes == "x"

from __future__ import annotations

from unbraid.core.playback.timeline import Route, Timeline


def test_places_are_frames_of_the_last_stretch_before_them() -> None:
    line = Timeline()
    assert line.frame_at(5) == 0
    line.add(100, 7000)
    line.add(150, 7050)
    line.add(200, 10)
    assert [line.frame_at(place) for place in (0, 100, 160, 199, 200, 210)] == [7000, 7000, 7060, 7099, 10, 20]


def test_what_is_cut_or_forgotten_is_gone() -> None:
    line = Timeline()
    for place, frame in ((0, 0), (100, 50), (200, 90)):
        line.add(place, frame)
    line.cut(200)
    assert line.frame_at(210) == 160
    line.forget(150)
    assert line.frame_at(160) == 110 and line.frame_at(20) == 50


def test_a_route_ends_or_turns_round() -> None:
    assert Route(100).stretch(20) == (100, False)
    assert Route(100).stretch(200) == (200, False)
    looped = Route(100, (30, 60))
    assert looped.stretch(10) == (60, True)
    assert looped.stretch(30) == (60, True) and looped.stretch(60) == (100, False)

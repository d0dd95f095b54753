"""What a user can do to a document, named after the gesture: pure functions from a project to a project.

Where a stem's id is asked for, `RESIDUAL` means the strip of what the stems leave. A value outside of its range is a
ParameterError and changes nothing; so is an id that is not there.
"""

from __future__ import annotations

import dataclasses
import math
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

from unbraid.core.document.codec import COLOUR, LATEST_S, LONGEST_NAME, LONGEST_TEXT
from unbraid.core.document.state import (
    EQ_RANGE_DB,
    LOUDEST_DB,
    NEUTRAL,
    RESIDUAL,
    Equaliser,
    Marker,
    Project,
    Recipe,
    Song,
    Span,
    Stem,
    Strip,
)
from unbraid.core.errors import ParameterError

CLOSEST_S = 1e-6
"""Two markers of one name closer than this are the same."""


def new_stem(name: str, media: str, *, recipe: Recipe | None = None, origin: Sequence[str] = ()) -> Stem:
    """A stem with an id of its own, for `set_stems`, `add_stem` and `split_stem`."""
    return Stem(secrets.token_hex(6), _checked_name(name, "stem"), media, recipe=recipe, origin=tuple(origin))


def set_song(project: Project, song: Song | None) -> Project:
    """Another song; stems, loop and markers of the old one stay and may be removed with further edits."""
    return replace(project, song=song)


def set_stems(project: Project, stems: Sequence[Stem]) -> Project:
    """These stems instead of all there are; one with the name of an old one takes over its strip and colour."""
    old = {stem.name: stem for stem in project.stems}
    taken: list[Stem] = []
    for stem in stems:
        if stem.name in old:
            stem = replace(stem, strip=old[stem.name].strip, colour=stem.colour or old[stem.name].colour)
        taken.append(_distinct(stem, taken))
    return replace(project, stems=tuple(taken))


def add_stem(project: Project, stem: Stem, position: int | None = None) -> Project:
    """One stem more, at the end or before `position`; a name that is taken gets a number."""
    place = len(project.stems) if position is None else position
    return _with_stems(project, place, place, [stem])


def remove_stem(project: Project, stem: str) -> Project:
    """Without that stem; what it held goes to the residual."""
    place = _place(project, stem)
    return _with_stems(project, place, place + 1, [])


def split_stem(project: Project, stem: str, parts: Sequence[Stem]) -> Project:
    """Parts in the place of a stem: they inherit its strip and remember its name."""
    place = _place(project, stem)
    whole = project.stems[place]
    if not parts:
        raise ParameterError(f"{whole.name} must be split into at least one part; none was given")
    origin = (*whole.origin, whole.name)
    return _with_stems(project, place, place + 1, [replace(p, strip=whole.strip, origin=origin) for p in parts])


def rename_stem(project: Project, stem: str, name: str) -> Project:
    """Another name, which no other stem has."""
    name = _checked_name(name, "stem")
    if any(other.name == name and other.id != stem for other in project.stems):
        raise ParameterError(f"there is a stem called {name!r} already; choose another name")
    return _with_stem(project, stem, lambda one: replace(one, name=name))


def move_stem(project: Project, stem: str, position: int) -> Project:
    """The stem at another place of the list; `position` is where it then is, from 0."""
    others = [one for one in project.stems if one.id != stem]
    moved = project.stems[_place(project, stem)]
    place = _within(position, 0, len(others), "the position of a stem")
    return replace(project, stems=(*others[: int(place)], moved, *others[int(place) :]))


def set_colour(project: Project, stem: str, colour: str) -> Project:
    """A colour of its own, "#rrggbb"; empty for that of its name."""
    if colour and not COLOUR.fullmatch(colour):
        raise ParameterError(f"a colour is written #rrggbb: {colour!r} was given; try #56b4e9")
    return _with_stem(project, stem, lambda one: replace(one, colour=colour))


def set_media(project: Project, stem: str, media: str, recipe: Recipe | None = None) -> Project:
    """Other sound for a stem, and how it was made; without a recipe it keeps the one it has."""
    return _with_stem(project, stem, lambda one: replace(one, media=media, recipe=recipe or one.recipe))


def set_strip(project: Project, stem: str, strip: Strip) -> Project:
    """A whole channel strip at once."""
    _within(strip.gain_db, -math.inf, LOUDEST_DB, "a gain in dB")
    _within(strip.pan, -1.0, 1.0, "a pan position")
    for band in dataclasses.fields(Equaliser):
        _within(getattr(strip.equaliser, band.name), -EQ_RANGE_DB, EQ_RANGE_DB, "a gain of the equaliser in dB")
    if stem == RESIDUAL:
        return replace(project, residual=strip)
    return _with_stem(project, stem, lambda one: replace(one, strip=strip))


def set_gain(project: Project, stem: str, gain_db: float) -> Project:
    """The fader in dB, minus infinity for silence."""
    return set_strip(project, stem, replace(strip_of(project, stem), gain_db=float(gain_db)))


def set_pan(project: Project, stem: str, pan: float) -> Project:
    """From -1 (left) to 1 (right)."""
    return set_strip(project, stem, replace(strip_of(project, stem), pan=float(pan)))


def set_mute(project: Project, stem: str, mute: bool) -> Project:
    """Mute or not."""
    return set_strip(project, stem, replace(strip_of(project, stem), mute=mute))


def set_solo(project: Project, stem: str, solo: bool, *, exclusive: bool = False) -> Project:
    """Solo or not; exclusive takes it from all others."""
    cleared = clear_solo(project) if exclusive else project
    return set_strip(cleared, stem, replace(strip_of(cleared, stem), solo=solo))


def set_invert(project: Project, stem: str, invert: bool) -> Project:
    """Polarity turned round or not."""
    return set_strip(project, stem, replace(strip_of(project, stem), invert=invert))


def set_equaliser(project: Project, stem: str, equaliser: Equaliser) -> Project:
    """Gains of the three bands."""
    return set_strip(project, stem, replace(strip_of(project, stem), equaliser=equaliser))


def clear_solo(project: Project) -> Project:
    """No strip soloed."""
    return _every_strip(project, lambda strip: replace(strip, solo=False) if strip.solo else strip)


def reset_mixer(project: Project) -> Project:
    """All strips and the master as they were in the beginning: the song sounds as it is."""
    return replace(_every_strip(project, lambda _: NEUTRAL), master_db=0.0)


def set_master(project: Project, gain_db: float) -> Project:
    """Gain of everything in dB."""
    return replace(project, master_db=_within(gain_db, -math.inf, LOUDEST_DB, "a gain in dB"))


def set_loop(project: Project, loop: Span | None) -> Project:
    """The stretch that is played again and again, or none."""
    if loop is not None:
        latest = LATEST_S if project.song is None else project.song.duration_s
        _within(loop.start_s, 0.0, latest, "the start of a loop in seconds")
        if not loop.start_s < loop.end_s <= LATEST_S:
            raise ParameterError(
                f"a loop ends after it begins: {loop.start_s:g} s to {loop.end_s:g} s was given; swap them"
            )
    return replace(project, loop=loop)


def add_marker(project: Project, time_s: float, name: str) -> Project:
    """A name for a moment; markers are kept in the order of time."""
    marker = Marker(_moment(project, time_s), _checked_name(name, "marker"))
    return _with_markers(project, [*project.markers, marker])


def move_marker(project: Project, marker: Marker, time_s: float) -> Project:
    """That marker at another moment."""
    return _replace_marker(project, marker, Marker(_moment(project, time_s), marker.name))


def rename_marker(project: Project, marker: Marker, name: str) -> Project:
    """Another name for that marker."""
    return _replace_marker(project, marker, Marker(marker.time_s, _checked_name(name, "marker")))


def remove_marker(project: Project, marker: Marker) -> Project:
    """Without that marker."""
    return _replace_marker(project, marker, None)


def set_notes(project: Project, notes: str) -> Project:
    """What the user wants to remember."""
    if len(notes) > LONGEST_TEXT:
        raise ParameterError(f"notes hold up to {LONGEST_TEXT} characters: {len(notes)} were given; shorten them")
    return replace(project, notes=notes)


def strip_of(project: Project, stem: str) -> Strip:
    """The strip of a stem or of the residual."""
    return project.residual if stem == RESIDUAL else project.stems[_place(project, stem)].strip


def _place(project: Project, stem: str) -> int:
    for place, one in enumerate(project.stems):
        if one.id == stem:
            return place
    names = ", ".join(f"{one.name} ({one.id})" for one in project.stems) or "none"
    raise ParameterError(f"there is no stem with the id {stem!r}; there are: {names}")


def _with_stem(project: Project, stem: str, change: Callable[[Stem], Stem]) -> Project:
    place = _place(project, stem)
    return replace(project, stems=(*project.stems[:place], change(project.stems[place]), *project.stems[place + 1 :]))


def _with_stems(project: Project, start: int, stop: int, new: Sequence[Stem]) -> Project:
    """`new` in place of the stems from `start` to `stop`, with names and ids that no other has."""
    _within(start, 0, len(project.stems), "the position of a stem")
    before, after = project.stems[:start], project.stems[stop:]
    taken = [*before, *after]
    placed: list[Stem] = []
    for stem in new:
        placed.append(_distinct(stem, [*taken, *placed]))
    return replace(project, stems=(*before, *placed, *after))


def _distinct(stem: Stem, others: Sequence[Stem]) -> Stem:
    """The stem with a name that no other has (`other 2`); two with one id are a mistake."""
    if stem.id == RESIDUAL or any(stem.id == other.id for other in others):
        raise ParameterError(f"the id {stem.id!r} is taken; make stems with new_stem")
    names, name, count = {other.name for other in others}, stem.name, 1
    while name in names:
        count += 1
        name = f"{stem.name} {count}"
    return stem if name == stem.name else replace(stem, name=name)


def _every_strip(project: Project, change: Callable[[Strip], Strip]) -> Project:
    """All strips changed; stems whose strip stays the same stay the same value."""
    stems = tuple(
        stem if (strip := change(stem.strip)) == stem.strip else replace(stem, strip=strip) for stem in project.stems
    )
    return replace(project, stems=stems, residual=change(project.residual))


def _with_markers(project: Project, markers: Sequence[Marker]) -> Project:
    return replace(project, markers=tuple(sorted(markers, key=lambda one: (one.time_s, one.name))))


def _replace_marker(project: Project, marker: Marker, new: Marker | None) -> Project:
    for place, one in enumerate(project.markers):
        if one.name == marker.name and abs(one.time_s - marker.time_s) <= CLOSEST_S:
            rest = [*project.markers[:place], *project.markers[place + 1 :]]
            return _with_markers(project, rest if new is None else [*rest, new])
    raise ParameterError(f"there is no marker {marker.name!r} at {marker.time_s:g} s; it may have been moved")


def _moment(project: Project, time_s: float) -> float:
    latest = LATEST_S if project.song is None else project.song.duration_s
    return _within(time_s, 0.0, latest, "the time of a marker in seconds")


def _checked_name(name: str, what: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise ParameterError(f"the name of a {what} has 1 to {LONGEST_NAME} characters: {len(name)} were given")
    return name


def _within(value: float, low: float, high: float, what: str) -> float:
    """The value as a float, when it lies between the ends; NaN does not."""
    if not low <= value <= high:
        raise ParameterError(f"{what} goes from {low:g} to {high:g}: {value!r} was given")
    return float(value)

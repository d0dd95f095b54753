"""What the producer chooses before side-information is made, and whether a curve still answers to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from unbraid.app.theme.stems import stem_colour, stem_title
from unbraid.app.translation import tr
from unbraid.core.document.state import Project
from unbraid.core.informed.dial import Model

Priority = Literal["normal", "more", "exact"]

WEIGHTS: dict[Priority, float] = {"normal": 1.0, "more": 2.0, "exact": 1.0}
"""What an error in a stem counts beside the others; a stem that is to be exact is asked for by the dial."""


@dataclass(frozen=True)
class StemChoice:
    """A stem of the document and what is wished for it."""

    id: str
    name: str
    colour: str
    media: str
    is_wanted: bool = True
    priority: Priority = "normal"


@dataclass(frozen=True)
class Basis:
    """What a curve is computed from; the colours of the stems do not matter to it."""

    song: str
    stems: tuple[tuple[str, str, str], ...]
    """Id, name and sound of each."""
    weights: tuple[float, ...]
    model: Model
    is_perceptual: bool


def follow(choices: Sequence[StemChoice], project: Project) -> tuple[StemChoice, ...]:
    """The choices for the stems that a project has now; those of stems that were there before are kept."""
    known = {choice.id: choice for choice in choices}
    made = []
    for stem in project.stems:
        colour = (stem.colour or stem_colour(stem.name)).lower()
        fresh = StemChoice(stem.id, stem.name, colour, stem.media)
        made.append(replace(known.get(stem.id, fresh), name=stem.name, colour=colour, media=stem.media))
    return tuple(made)


def basis_of(project: Project, choices: Sequence[StemChoice], model: Model, is_perceptual: bool) -> Basis:
    """What a curve that is computed now would be computed from."""
    wanted = [choice for choice in choices if choice.is_wanted]
    return Basis(
        "" if project.song is None else project.song.media,
        tuple((choice.id, choice.name, choice.media) for choice in wanted),
        tuple(WEIGHTS[choice.priority] for choice in wanted),
        model,
        is_perceptual,
    )


def differences(old: Basis, new: Basis) -> tuple[str, ...]:
    """What has changed since a curve was computed, in words; none when it still holds."""
    words = [] if old.song == new.song else [tr("the song is another one")]
    before = {id: (name, media) for id, name, media in old.stems}
    now = {id: (name, media) for id, name, media in new.stems}
    for id, (name, media) in before.items():
        if id not in now:
            words.append(tr("{stem} is not among the stems any more", stem=stem_title(name)))
        elif now[id][1] != media:
            words.append(tr("{stem} sounds different", stem=stem_title(name)))
        elif now[id][0] != name:
            words.append(tr("{stem} is called {name} now", stem=stem_title(name), name=stem_title(now[id][0])))
    words += [tr("{stem} is new", stem=stem_title(name)) for id, (name, _) in now.items() if id not in before]
    if before.keys() == now.keys() and _by_stem(old) != _by_stem(new):
        words.append(tr("other stems come first"))
    if old.model != new.model:
        words.append(tr("another model is chosen"))
    if old.is_perceptual != new.is_perceptual:
        words.append(tr("errors are weighed in another way"))
    return tuple(words)


def _by_stem(basis: Basis) -> dict[str, float]:
    return {id: weight for (id, _, _), weight in zip(basis.stems, basis.weights, strict=True)}

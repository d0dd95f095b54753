"""The sounds that the model has found in each stem, as layers: named, muted and merged before they are published."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from unbraid.app.translation import tr
from unbraid.core.informed.dial import Layer


@dataclass(frozen=True)
class Group:
    """A layer as it is shown: one component, or several of a stem that were given the same name.

    place: of the first of them among the layers of the stem, as the model has them; edits do not change it.
    """

    stem: str
    numbers: tuple[int, ...]
    name: str
    energy: float
    low_hz: float
    high_hz: float
    is_muted: bool
    place: int = 0

    @property
    def title(self) -> str:
        """Its name, or its number where it has none."""
        return self.name or tr("Layer {number}", number=self.place + 1)


def groups(layers: Sequence[Layer], stem: str) -> tuple[Group, ...]:
    """The layers of a stem, the strongest first."""
    members: dict[object, list[Layer]] = {}
    of_stem = [layer for layer in layers if layer.stem == stem]
    for layer in of_stem:
        members.setdefault(layer.name or layer.number, []).append(layer)
    made = [
        Group(
            stem,
            tuple(layer.number for layer in each),
            each[0].name,
            sum(layer.energy for layer in each),
            min(layer.low_hz for layer in each),
            max(layer.high_hz for layer in each),
            all(layer.is_muted for layer in each),
            of_stem.index(each[0]),
        )
        for each in members.values()
    ]
    return tuple(sorted(made, key=lambda group: -group.energy))


def rename(layers: Sequence[Layer], numbers: Collection[int], name: str) -> tuple[Layer, ...]:
    """With that name for these; two layers of a stem with one name are one."""
    return tuple(replace(layer, name=name.strip()) if layer.number in numbers else layer for layer in layers)


def mute(layers: Sequence[Layer], numbers: Collection[int], is_muted: bool) -> tuple[Layer, ...]:
    """With these left out of what is published, or in it again."""
    return tuple(replace(layer, is_muted=is_muted) if layer.number in numbers else layer for layer in layers)


def merge(layers: Sequence[Layer], chosen: Sequence[Group]) -> tuple[Layer, ...]:
    """With the chosen ones as one, called like the first of them that has a name."""
    numbers = {number for group in chosen for number in group.numbers}
    name = next((group.name for group in chosen if group.name), chosen[0].title)
    return rename(layers, numbers, name)


def split(layers: Sequence[Layer], group: Group) -> tuple[Layer, ...]:
    """With a merged layer taken apart again; its parts have no names then."""
    return rename(layers, group.numbers, "")

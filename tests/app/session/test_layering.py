"""Layers as a producer edits them."""

from __future__ import annotations

from unbraid.app.session import layering
from unbraid.core.informed.dial import Layer

LAYERS = (
    Layer(0, "drums", "", 0.2, 60.0, 120.0),
    Layer(1, "drums", "", 0.7, 2000.0, 9000.0),
    Layer(2, "drums", "snare", 0.1, 200.0, 800.0),
    Layer(3, "bass", "", 1.0, 40.0, 300.0),
)


def test_the_strongest_comes_first_and_stems_are_apart() -> None:
    shown = layering.groups(LAYERS, "drums")
    assert [group.numbers for group in shown] == [(1,), (0,), (2,)]
    assert [group.title for group in shown] == ["Layer 2", "Layer 1", "snare"]
    assert len(layering.groups(LAYERS, "bass")) == 1 and layering.groups(LAYERS, "vocals") == ()


def test_merged_layers_are_one_and_can_be_split_again() -> None:
    first, _, snare = layering.groups(LAYERS, "drums")
    merged = layering.merge(LAYERS, [first, snare])
    strong = layering.groups(merged, "drums")[0]
    assert strong.numbers == (1, 2) and strong.name == "snare" and abs(strong.energy - 0.8) < 1e-9
    assert (strong.low_hz, strong.high_hz) == (200.0, 9000.0)
    assert len(layering.groups(layering.split(merged, strong), "drums")) == 3


def test_without_names_the_first_ones_title_is_the_name() -> None:
    shown = layering.groups(LAYERS, "drums")[:2]
    assert layering.groups(layering.merge(LAYERS, shown), "drums")[0].name == "Layer 2"


def test_muting_a_merged_layer_mutes_all_of_it() -> None:
    merged = layering.merge(LAYERS, layering.groups(LAYERS, "drums")[:2])
    group = layering.groups(merged, "drums")[0]
    muted = layering.mute(merged, group.numbers, True)
    assert layering.groups(muted, "drums")[0].is_muted and not layering.groups(muted, "bass")[0].is_muted
    half = layering.mute(merged, group.numbers[:1], True)
    assert not layering.groups(half, "drums")[0].is_muted

"""Components of a layer are seen, heard, named and muted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from coded_songs import NAMES, Song

from unbraid.core.errors import ParameterError
from unbraid.core.informed.components import alone, edited, layers_of
from unbraid.core.informed.decoder import Decoder, SideInformation
from unbraid.core.informed.dial import Layer
from unbraid.core.informed.encoder import Base, Encoder
from unbraid.core.informed.parametric.layer import NtfLayer

ALL = (*NAMES[:3], "residual")


@pytest.fixture(scope="module")
def layers(base: Base) -> tuple[Layer, ...]:
    return layers_of(base.fit, ALL)


def images_of(base: Base, edits: list[Layer], tune: Song) -> np.ndarray:
    changed = Base(base.encoder, edited(base.fit, edits, ALL))
    return Decoder(SideInformation(changed.stream), tune.mix).images(0, len(tune.mix))


def test_layers_are_told_by_stem_and_energy(base: Base, layers: tuple[Layer, ...]) -> None:
    assert isinstance(base.fit.layer, NtfLayer)
    assert sorted(layer.number for layer in layers) == list(range(base.fit.layer.dictionary.components))
    for name in {layer.stem for layer in layers}:
        own = [layer for layer in layers if layer.stem == name]
        energies = [layer.energy for layer in own]
        assert sum(energies) == pytest.approx(1) and energies == sorted(energies, reverse=True)
        assert all(0 <= layer.low_hz <= layer.high_hz <= 4000 for layer in own)


def test_names_travel_in_the_stream(base: Base, layers: tuple[Layer, ...]) -> None:
    edits = [replace(layer, name=f"{layer.stem} {layer.number}") for layer in layers]
    changed = edited(base.fit, edits, ALL)
    side = SideInformation(Base(base.encoder, changed).stream)
    assert isinstance(side.layer, NtfLayer)
    assert side.layer.dictionary.names == tuple(layer.name for layer in sorted(edits, key=lambda one: one.number))
    assert [one.name for one in layers_of(changed, ALL)] == [layer.name for layer in edits]
    assert changed.blocks == base.fit.blocks


def test_a_muted_layer_goes_to_the_remainder(base: Base, layers: tuple[Layer, ...], tune: Song) -> None:
    muted = [replace(layer, is_muted=True) for layer in layers if layer.stem == "voice"]
    assert muted
    plain, without = images_of(base, [], tune), images_of(base, muted, tune)
    energy = np.square([plain, without]).sum(axis=(2, 3))
    assert energy[1, 1] < 1e-9 * energy[0, 1] and energy[1, 3] > energy[0, 3]
    np.testing.assert_allclose(without.sum(axis=0), tune.mix, atol=1e-6)


def test_where_there_is_no_remainder_the_other_stems_share_what_is_muted(tune: Song) -> None:
    whole = Song(np.sum(tune.stems, axis=0), tune.stems)
    base = Encoder(whole.sources()).base(0.4, "ntf")
    assert len(base.encoder.sources.facts) == 3
    found = layers_of(base.fit, NAMES[:3])
    changed = edited(base.fit, [replace(found[0], is_muted=True)], NAMES[:3])
    assert isinstance(changed.layer, NtfLayer)
    assert changed.layer.dictionary.components == len(found) - 1
    images = Decoder(SideInformation(Base(base.encoder, changed).stream), whole.mix).images(0, 8000)
    np.testing.assert_allclose(images.sum(axis=0), whole.mix[:8000], atol=1e-6)


def test_one_component_is_heard(base: Base, layers: tuple[Layer, ...], tune: Song) -> None:
    images = Decoder(base.side, tune.mix).images(0, len(tune.mix))
    for layer in layers[:4]:
        heard = alone(base.fit, layer.number, tune.mix, 0, len(tune.mix))
        assert heard.shape == tune.mix.shape and np.isfinite(heard).all()
        own = images[ALL.index(layer.stem)]
        assert 0 < np.square(heard).sum() < 1.5 * np.square(tune.mix).sum()
        assert np.vdot(heard, own) > 0
        assert np.array_equal(alone(base.fit, layer.number, tune.mix, 3000, 9001), heard[3000:9001])


def test_layers_of_another_curve_are_refused(base: Base, painted: Base, tune: Song) -> None:
    assert layers_of(painted.fit, ALL) == () and edited(painted.fit, [], ALL) is painted.fit
    with pytest.raises(ParameterError, match="another curve"):
        edited(base.fit, [Layer(999, "voice", is_muted=True)], ALL)
    for fit, number in ((base.fit, -1), (base.fit, 999), (painted.fit, 0)):
        with pytest.raises(ParameterError, match="no component"):
            alone(fit, number, tune.mix, 0, 100)

"""Parametric layers at a rate, and back from a stream."""

from __future__ import annotations

import numpy as np
import pytest
from coded_songs import Song, sdr, song

from unbraid.core.informed.decoder import Decoder, SideInformation
from unbraid.core.informed.dial import Model
from unbraid.core.informed.encoder import Base
from unbraid.core.informed.fitting import Fit, fit


@pytest.mark.parametrize("which", ["base", "painted"])
def test_a_layer_comes_back_from_its_stream(which: str, request: pytest.FixtureRequest) -> None:
    base: Base = request.getfixturevalue(which)
    found = Fit.of_stream(SideInformation(base.stream))
    assert found.blocks == base.fit.blocks and found.layer.write() == base.fit.layer.write()
    assert found.size == base.fit.size == len(base.fit.layer.write()) + sum(map(len, base.fit.blocks))
    assert len(found.components) == len(base.fit.components)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["ntf", "image"])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_rate_for_each_source_is_about_kept(model: Model, channels: int) -> None:
    long = song(12, stems=2, channels=channels)
    sources = long.sources()
    for kbps in (0.15, 0.6):
        found = fit(sources, kbps, model)
        spent = found.size * 8e-3 / 12 / len(sources.facts)
        assert 0.5 * kbps < spent < 1.4 * kbps


def test_a_better_layer_filters_better(tune: Song, base: Base) -> None:
    poor = Base(base.encoder, fit(base.encoder.sources, 0.05))
    assert base.fit.size > 2 * poor.fit.size and base.point.mean_db > poor.point.mean_db + 1


def test_what_is_measured_is_what_decoding_gives(base: Base, tune: Song) -> None:
    images = Decoder(SideInformation(base.stream), tune.mix).images(0, len(tune.mix))
    found = [sdr(true, one) for true, one in zip(base.encoder.sources.images, images, strict=True)]
    np.testing.assert_allclose(base.point.sdr_db, found[:3], atol=0.01)
    np.testing.assert_allclose(base.deviation, base.encoder.sources.images - images, atol=1e-6)

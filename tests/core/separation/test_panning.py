import numpy as np
import pytest

from unbraid.core.separation.panning import pan_mask, pan_position, phase_agreement, window_of


def panned(position, loudness=1.0, phase=0.0, shape=(5, 4)):
    """A source at one place, (F, T, 2) complex64."""
    rng = np.random.default_rng(0)
    source = loudness * (rng.standard_normal(shape) + 1j * rng.standard_normal(shape))
    angle = (position + 1) * np.pi / 4
    return np.stack([np.cos(angle) * source, np.sin(angle) * source * np.exp(1j * phase)], axis=2).astype(np.complex64)


@pytest.mark.parametrize("position", [-1.0, -0.5, 0.0, 0.3, 1.0])
@pytest.mark.parametrize("loudness", [1e-6, 1.0, 1e3])
def test_position_of_a_panned_source_is_found(position, loudness):
    assert np.allclose(pan_position(panned(position, loudness)), position, atol=1e-5)


def test_silence_lies_in_the_middle_and_in_phase():
    silence = np.zeros((3, 2, 2), np.complex64)
    assert np.all(pan_position(silence) == 0)
    assert np.all(phase_agreement(silence) == 1)


@pytest.mark.parametrize("phase", [0.0, np.pi / 3, np.pi])
@pytest.mark.parametrize("loudness", [1e-6, 1e3])
def test_phase_between_channels(phase, loudness):
    assert np.allclose(phase_agreement(panned(0.2, loudness, phase)), np.cos(phase), atol=1e-5)


def test_a_window_falls_from_one_to_zero():
    distance = np.array([0.0, 0.1, 0.2, 0.3, 0.5], np.float32)
    assert np.allclose(window_of(distance, 0.1, 0.2), [1, 1, 0.5, 0, 0], atol=1e-6)
    assert np.all(window_of(distance, 0.2, 0.0) == [1, 1, 1, 0, 0])


def test_mask_keeps_the_place_and_drops_the_rest():
    options = {"width": 0.2, "slope": 0.2, "phase_degrees": 45.0}
    assert np.all(pan_mask(panned(0.0), 0.0, **options) == 1)
    assert np.all(pan_mask(panned(0.5), 0.0, **options) == 0)
    assert np.all(pan_mask(panned(0.5), 0.5, **options) == 1)
    assert np.all(pan_mask(panned(0.0, phase=np.pi), 0.0, **options) == 0)
    assert np.all(pan_mask(panned(0.0, phase=np.pi), 0.0, **options | {"phase_degrees": 180.0}) == 1)

import numpy as np
import pytest

from unbraid.app.spectrogram.scales import SCALES, Scale, scale_for
from unbraid.core.notes import note_hz


@pytest.mark.parametrize("name", SCALES)
@pytest.mark.parametrize("rate", [8000, 44100, 192000])
def test_a_scale_goes_from_bottom_to_top_and_back(name, rate: int) -> None:
    scale = scale_for(name, rate)
    height = np.linspace(0, 1, 101)
    hz = scale.to_hz(height)
    assert (np.diff(hz) > 0).all() and hz[-1] <= rate / 2 * 1.000001
    np.testing.assert_allclose(scale.to_height(hz), height, atol=1e-9)


def test_octaves_are_even_on_log_and_note_axes_and_hertz_on_a_linear_one() -> None:
    for name in ("log", "note"):
        scale = scale_for(name, 44100)
        assert scale.to_height(880) - scale.to_height(440) == pytest.approx(scale.to_height(220) - scale.to_height(110))
    assert Scale("linear", 0, 100).to_height(25) == 0.25
    mel = scale_for("mel", 44100)
    assert float(mel.to_height(1000)) == pytest.approx(1000 / (2595 * np.log10(1 + 22050 / 700)), rel=2e-3)


def test_notes_begin_at_c1() -> None:
    scale = scale_for("note", 44100)
    assert 0 < scale.to_height(note_hz(24)) < 0.01 and scale.to_height(note_hz(120)) < 1

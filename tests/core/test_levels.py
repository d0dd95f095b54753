from __future__ import annotations

import numpy as np
import pytest

from unbraid.core.audio import Audio
from unbraid.core.levels import levels


def test_a_full_scale_sine_has_its_levels() -> None:
    t = np.arange(48000) / 48000
    sine = np.sin(2 * np.pi * 1000 * t)
    got = levels(Audio.of(np.stack([sine, np.zeros_like(sine), np.full_like(sine, 0.5)], 1), 48000))
    assert got.peak_db == pytest.approx([0.0, -np.inf, -6.02], abs=0.01)
    assert got.rms_db == pytest.approx([-3.01, -np.inf, -6.02], abs=0.01)
    assert got.offset == pytest.approx([0.0, 0.0, 0.5], abs=1e-6)
    assert got.full_scale_samples == 2000

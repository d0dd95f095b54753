from __future__ import annotations

import numpy as np
import pytest

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError


def test_samples_are_read_only_and_shared() -> None:
    samples = np.zeros((4, 2), np.float32)
    audio = Audio(samples, 44100)
    with pytest.raises(ValueError, match="read-only"):
        audio.samples[0] = 1
    samples[0] = 1  # the owner may go on
    assert audio.samples[0, 0] == 1


def test_one_channel_may_come_flat() -> None:
    assert Audio.of([0.0, 0.5], 8000).samples.shape == (2, 1)


@pytest.mark.parametrize("samples", [np.zeros(4, np.float32), np.zeros((4, 2)), np.zeros((4, 0), np.float32)])
def test_what_is_no_audio_is_refused(samples: np.ndarray) -> None:
    with pytest.raises(ParameterError, match="audio"):
        Audio(samples, 44100)


def test_a_slice_is_a_view() -> None:
    audio = Audio.silence(100, 2, 50)
    part = audio.slice(10, 60)
    assert part.duration_s == 1.0
    assert np.shares_memory(part.samples, audio.samples)

import numpy as np
import pytest

from unbraid.core.dsp.stft import StftParams, stft
from unbraid.core.kam.magnitudes import joint_magnitude, song_magnitudes

PARAMS = StftParams(256, 64)


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("loudness", [1e-6, 1.0, 1e3])
def test_joint_magnitude_is_the_root_of_the_summed_power(channels, loudness):
    x = loudness * np.random.default_rng(0).standard_normal((3000, channels)).astype(np.float32)
    spectrum = stft(x, PARAMS)
    expected = np.sqrt((np.abs(spectrum.astype(np.complex128)) ** 2).sum(axis=2))
    assert np.allclose(joint_magnitude(spectrum), expected, rtol=1e-5)


def test_a_song_in_blocks_is_the_same_and_frame_major():
    x = np.random.default_rng(1).standard_normal((40000, 2)).astype(np.float32)
    V = song_magnitudes(x, PARAMS, spare_frames=2)
    assert V.shape == (PARAMS.bins, PARAMS.frames(len(x)) + 2)
    assert V.T.flags.c_contiguous
    assert np.array_equal(V[:, :-2], joint_magnitude(stft(x, PARAMS)))
    assert np.all(V[:, -2:] == 0)

import pytest

from unbraid.core.errors import ParameterError
from unbraid.core.kam.resolution import frames_in, stft_at


@pytest.mark.parametrize(
    ("rate", "window"),
    [(8000, 1024), (16000, 2048), (22050, 2048), (44100, 4096), (48000, 4096), (96000, 8192), (192000, 16384)],
)
def test_windows_keep_about_their_length_in_time(rate, window):
    params = stft_at(4096, 1024, rate)
    assert (params.window_samples, params.hop_samples) == (window, window // 4)


@pytest.mark.parametrize(("window", "hop"), [(3000, 1024), (4096, 1000), (4096, 4096), (0, 1)])
def test_what_cannot_be_is_refused_with_a_proposal(window, hop):
    with pytest.raises(ParameterError, match="try"):
        stft_at(window, hop, 44100)


def test_the_shortest_windows_survive_the_lowest_rate():
    assert stft_at(64, 16, 1000).hop_samples == 1


def test_frames_in_a_time():
    assert frames_in(1.0, stft_at(4096, 1024, 44100), 44100) == 43

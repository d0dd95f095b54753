import numpy as np
import pytest

from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import StftParams, stft
from unbraid.core.errors import ParameterError
from unbraid.core.kam.given import shares, stems_of_guide
from unbraid.core.separation.guide import Guide, PaintedMask

RATE = 8000
PARAMS = StftParams(512, 128)
MIX = Audio(np.random.default_rng(0).standard_normal((RATE, 2)).astype(np.float32), RATE)


def painted(target="vocals", share=1.0, confidence=1.0, low=1000.0, high=2000.0, start=0.25, end=0.75):
    times, freqs = np.arange(start, end, 0.01), np.arange(low, high, 50.0)
    grid = np.ones((len(freqs), len(times)), np.float32)
    return PaintedMask(
        target, times.astype(np.float32), freqs.astype(np.float32), share * grid, np.float32(confidence) * grid
    )


def test_references_are_given_as_they_are():
    guide = Guide(references={"vocals": MIX})
    assert stems_of_guide(["given.vocals"], MIX, guide, PARAMS)["given.vocals"] is MIX.samples


def test_what_is_painted_is_cut_out_of_the_mix():
    found = stems_of_guide(["painted.vocals"], MIX, Guide(masks=(painted(),)), PARAMS)["painted.vocals"]
    power = np.square(np.abs(stft(found, PARAMS))).sum(axis=2)
    freqs, times = PARAMS.freqs_hz(RATE), PARAMS.times_s(RATE, power.shape[1])
    inside = np.ix_((freqs > 950) & (freqs < 2050), (times > 0.2) & (times < 0.8))
    assert power[inside].sum() > 0.98 * power.sum()
    whole = np.square(np.abs(stft(MIX.samples, PARAMS))).sum(axis=2)
    core = np.ix_((freqs > 1100) & (freqs < 1900), (times > 0.3) & (times < 0.7))
    assert power[core].sum() == pytest.approx(whole[core].sum(), rel=0.05)


def test_the_greatest_share_counts_and_only_what_is_sure():
    freqs, times = np.array([1500.0, 3000.0]), np.array([0.5, 0.9])
    masks = [painted(share=0.4), painted(share=0.7), painted(share=1.0, confidence=0.2)]
    assert np.allclose(shares(masks, freqs, times), [[0.7, 0.0], [0.0, 0.0]])


@pytest.mark.parametrize("name", ["given.bass", "painted.bass"])
def test_what_is_not_there_is_asked_for(name):
    guide = Guide(references={"vocals": MIX}, masks=(painted(),))
    with pytest.raises(ParameterError, match=r"'bass'.*vocals"):
        stems_of_guide([name], MIX, guide, PARAMS)


def test_a_reference_of_another_length_is_refused():
    with pytest.raises(ParameterError, match="like the song"):
        stems_of_guide(["given.vocals"], MIX, Guide(references={"vocals": MIX.slice(0, 100)}), PARAMS)

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbraid.core.dsp.mdct import InverseMdctStream, MdctParams, imdct, mdct, mdct_blocks
from unbraid.core.dsp.windows import window
from unbraid.core.errors import ParameterError

Samples = npt.NDArray[np.float32]

lengths = st.one_of(st.integers(1, 40), st.integers(41, 3000))
channels = st.sampled_from([1, 2, 3, 8])
loudness = st.sampled_from([1e-6, 1e-3, 1.0, 1e3])
kinds = st.sampled_from(["noise", "silence", "constant"])


def signal(length: int, channels: int, level: float, kind: str = "noise", seed: int = 0) -> Samples:
    """Read-only samples (length, channels)."""
    if kind == "noise":
        x = np.random.default_rng(seed).uniform(-1, 1, (length, channels))
    else:
        x = np.full((length, channels), float(kind == "constant"))
    result = (level * x).astype(np.float32)
    result.flags.writeable = False
    return result


def assert_close(actual: Samples, expected: Samples, relative: float) -> None:
    """Equal up to `relative` times the greatest expected value."""
    assert actual.shape == expected.shape and actual.dtype == expected.dtype
    scale = float(np.abs(expected).max(initial=0))
    assert np.abs(actual - expected).max(initial=0) <= relative * scale


params = st.builds(MdctParams, st.sampled_from([2, 6, 16, 128]), st.sampled_from(["sine", "kaiser_bessel", "vorbis"]))


@given(params, lengths, channels, loudness, kinds)
def test_inverse_gives_back_the_signal_edges_included(
    p: MdctParams, length: int, count: int, level: float, kind: str
) -> None:
    x = signal(length, count, level, kind)
    assert_close(imdct(mdct(x, p), p, length), x, 2e-6)


@given(params, lengths, channels, loudness)
def test_the_energy_stays_the_same(p: MdctParams, length: int, count: int, level: float) -> None:
    x = signal(length, count, level)
    energy = np.sum(x.astype(np.float64) ** 2)
    assert np.sum(mdct(x, p).astype(np.float64) ** 2) == pytest.approx(energy, rel=1e-5)


@given(params, lengths, channels, st.integers(1, 5))
def test_blocks_threads_and_streams_equal_the_whole(p: MdctParams, length: int, count: int, threads: int) -> None:
    x = signal(length, count, 1.0)
    whole = mdct(x, p, threads=1)
    stream = InverseMdctStream(p, length, count)
    parts, blocks = [], []
    for _, block in mdct_blocks(x, p, frames_per_block=5, threads=threads):
        blocks.append(block)
        parts.append(stream.push(block))
    parts.append(stream.finish())
    assert_close(np.concatenate(blocks, axis=1), whole, 1e-6)
    assert_close(np.concatenate(parts), imdct(whole, p, length, threads=threads), 1e-6)


@pytest.mark.parametrize("name", ["sine", "kaiser_bessel", "vorbis"])
def test_coefficients_are_those_of_the_definition(name: str) -> None:
    M, length = 8, 43
    x = signal(length, 1, 1.0)
    n, k = np.arange(2 * M)[:, None], np.arange(M)
    basis = np.sqrt(2 / M) * np.cos(np.pi / M * (n + 0.5 + M / 2) * (k + 0.5))
    padded = np.concatenate([np.zeros(M), x[:, 0], np.zeros(2 * M)])
    X = mdct(x, MdctParams(M, name))[:, :, 0]
    expected = [(padded[t * M : (t + 2) * M] * window(name, 2 * M)) @ basis for t in range(X.shape[1])]
    np.testing.assert_allclose(X.T, expected, atol=1e-6)


def test_layout_and_axes() -> None:
    p = MdctParams(128)
    X = mdct(signal(1000, 2, 1.0), p)
    assert X.shape == (128, 9, 2) and X.dtype == np.float32 and X.transpose(2, 1, 0).flags.c_contiguous
    assert p.freqs_hz(256)[0] == 0.5 and p.times_s(128, 3)[2] == 2


@pytest.mark.parametrize(("bins", "name"), [(7, "sine"), (0, "sine"), (8, "hann"), (8, "rectangular")])
def test_only_even_sizes_and_power_complementary_windows(bins: int, name: str) -> None:
    with pytest.raises(ParameterError):
        MdctParams(bins, name)

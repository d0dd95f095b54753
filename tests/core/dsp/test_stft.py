import sys
import tracemalloc
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbraid.core.dsp.stft import InverseStream, StftParams, istft, stft, stft_blocks
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


params = st.sampled_from(
    [
        StftParams(64, 16),
        StftParams(64, 48, "sine"),
        StftParams(33, 8, "blackman"),
        StftParams(7, 2, "hamming"),
        StftParams(16, 16, "rectangular"),
        StftParams(32, 16, "kaiser_bessel"),
        StftParams(32, 5, "vorbis", 50),
        StftParams(256, 64, "hann", 512),
        StftParams(2, 1),
        StftParams(1, 1),
    ]
)


@given(params, lengths, channels, loudness, kinds)
def test_inverse_gives_back_the_signal(p: StftParams, length: int, count: int, level: float, kind: str) -> None:
    x = signal(length, count, level, kind)
    assert_close(istft(stft(x, p), p, length), x, 1e-5 if p.window_samples == 64 and p.hop_samples == 48 else 1e-6)


def test_the_usual_parameters_give_back_a_full_scale_signal_to_the_last_bits() -> None:
    x = signal(200_000, 2, 1.0)
    p = StftParams()
    error = np.abs(istft(stft(x, p), p, len(x)) - x)
    assert error[4096:-4096].max() < 4e-7
    assert error.max() < 6e-7


@given(params, lengths, channels, st.integers(1, 5))
def test_threads_and_blocks_change_nothing(p: StftParams, length: int, count: int, threads: int) -> None:
    x = signal(length, count, 1.0)
    whole = stft(x, p, threads=1)
    assert_close(stft(x, p, threads=threads), whole, 1e-6)
    blocks = list(stft_blocks(x, p, frames_per_block=7, threads=threads))
    assert [first for first, _ in blocks] == list(range(0, p.frames(length), 7))
    assert_close(np.concatenate([block for _, block in blocks], axis=1), whole, 1e-6)
    assert_close(istft(whole, p, length, threads=threads), istft(whole, p, length, threads=1), 1e-6)


@given(params, lengths, channels, st.integers(1, 40))
def test_streaming_equals_the_whole(p: StftParams, length: int, count: int, size: int) -> None:
    spectrum = stft(signal(length, count, 1.0), p)
    stream = InverseStream(p, length, count)
    parts = [stream.push(spectrum[:, a : a + size]) for a in range(0, spectrum.shape[1], size)]
    parts.append(stream.finish())
    assert_close(np.concatenate(parts), istft(spectrum, p, length), 1e-6)


@given(params, lengths, st.floats(-2, 2, width=32))
def test_both_directions_are_linear(p: StftParams, length: int, gain: float) -> None:
    x, y = signal(length, 2, 1.0, seed=1), signal(length, 2, 1.0, seed=2)
    mixed = stft(x + np.float32(gain) * y, p)
    expected = stft(x, p) + np.float32(gain) * stft(y, p)
    assert np.abs(mixed - expected).max() <= 1e-5 * p.fft
    assert np.abs(istft(expected, p, length) - (x + np.float32(gain) * y)).max() < 1e-4


def test_frames_are_centred_on_multiples_of_the_hop() -> None:
    p = StftParams(64, 16)
    x = np.zeros((400, 1), np.float32)
    x[5 * 16] = 1
    magnitude = np.abs(stft(x, p))[:, :, 0]
    np.testing.assert_allclose(magnitude[:, 5], 1, atol=1e-6)
    assert magnitude.sum(axis=0).argmax() == 5
    assert p.times_s(16, 8)[5] == 5


def test_a_sinusoid_is_at_its_frequency() -> None:
    p = StftParams(256, 64)
    rate = 8000
    k = 40
    x = np.sin(2 * np.pi * p.freqs_hz(rate)[k] * np.arange(4000) / rate).astype(np.float32)[:, None]
    magnitude = np.abs(stft(x, p))[:, 20, 0]
    assert magnitude.argmax() == k
    assert magnitude[k] == pytest.approx(64, rel=1e-4)


def test_spectrograms_lie_frame_after_frame_in_memory_and_numpy_keeps_that() -> None:
    spectrum = stft(signal(1000, 2, 1.0), StftParams(64, 16))
    assert spectrum.shape == (33, 64, 2) and spectrum.dtype == np.complex64
    assert spectrum.transpose(2, 1, 0).flags.c_contiguous
    assert np.abs(spectrum).transpose(2, 1, 0).flags.c_contiguous


def test_out_is_filled_whatever_its_layout() -> None:
    x, p = signal(500, 2, 1.0), StftParams(64, 16)
    out = np.empty((33, 10, 2), np.complex64)
    assert stft(x, p, first=3, frames=10, out=out) is out
    assert_close(out, stft(x, p)[:, 3:13], 1e-6)


def test_mapped_files_and_any_float_are_taken(tmp_path: Path) -> None:
    x, p = signal(500, 2, 1.0), StftParams(64, 16)
    x.tofile(tmp_path / "x.raw")
    mapped = np.memmap(tmp_path / "x.raw", np.float32, "r", shape=x.shape)
    assert_close(stft(mapped, p), stft(x, p), 0)
    assert_close(stft(x.astype(np.float64), p), stft(x, p), 1e-6)
    assert_close(stft(x[::-1, ::-1], p), stft(x[::-1, ::-1].copy(), p), 1e-6)


def test_a_read_only_spectrogram_is_left_alone() -> None:
    x, p = signal(500, 2, 1.0), StftParams(64, 16)
    spectrum = stft(x, p)
    spectrum.flags.writeable = False
    before = spectrum.copy()
    istft(spectrum, p, 500)
    InverseStream(p, 500, 2).push(spectrum)
    assert (spectrum == before).all()


def test_streaming_needs_no_memory_that_grows_with_the_signal() -> None:
    p = StftParams(1024, 256)
    x = signal(1 << 20, 1, 1.0)
    stft(x[:5000], p)
    stream = InverseStream(p, len(x), 1)
    tracemalloc.start()
    for _, block in stft_blocks(x, p, frames_per_block=64, threads=1):
        stream.push(block)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert stream.finish().shape == (256, 1)
    assert peak < 4e6 < x.nbytes


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ((64, 64), "hop of 32"),
        ((64, 100, "rectangular"), "hop of 32"),
        ((64, 0), "try 16"),
        ((0, 1), "try 4096"),
        ((64, 16, "hann", 32), "as long as the window"),
        ((64, 16, "triangle"), "choose one of"),
    ],
)
def test_parameters_that_cannot_be_inverted_say_what_can(arguments: tuple[int, int], hint: str) -> None:
    with pytest.raises(ParameterError, match=hint):
        StftParams(*arguments)


def test_frames_outside_and_wrong_shapes_are_refused() -> None:
    x, p = signal(500, 2, 1.0), StftParams(64, 16)
    spectrum = stft(x, p)
    stream = InverseStream(p, 500, 2)
    for call in (
        lambda: stft(x, p, first=30, frames=10),
        lambda: stft(x[:, 0], p),
        lambda: stft(x, p, out=np.empty((1, 1, 1), np.complex64)),
        lambda: istft(spectrum, p, 600),
        lambda: stream.push(spectrum[:, :, :1]),
        lambda: stream.push(np.concatenate([spectrum, spectrum], axis=1)),
        stream.finish,
    ):
        with pytest.raises(ParameterError):
            call()


def test_no_samples_make_no_samples() -> None:
    p = StftParams(64, 16)
    empty = np.empty((0, 2), np.float32)
    assert istft(stft(empty, p), p, 0).shape == (0, 2)


def test_importing_is_light() -> None:
    import subprocess

    code = (
        "import sys, unbraid.core.dsp.stft, unbraid.core.dsp.mdct, unbraid.core.dsp.median, unbraid.core.dsp.ratio, "
        "unbraid.core.dsp.pyramid; print([m for m in ('scipy', 'numba', 'torch') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"

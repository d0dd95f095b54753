"""STFT and inverse of four minutes of stereo beside librosa, scipy and torch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from harness import Bench, Job

RATE, SECONDS, HOP = 44100, 240, 1024
SIZES = (2048, 4096)

bench = Bench("STFT and inverse, 4 min of stereo at 44.1 kHz, hop 1024, Hann")


def music() -> npt.NDArray[np.float32]:
    """Four minutes of noise with decaying notes, (N, 2), full scale."""
    rng = np.random.default_rng(0)
    time = np.arange(RATE * SECONDS) / RATE
    x = rng.standard_normal((len(time), 2), np.float32) * np.float32(0.01)
    for k in range(8):
        note = np.sin(2 * np.pi * 55 * 2 ** (k / 3) * time) * np.exp(-4 * ((time + k / 8) % 1))
        x += note.astype(np.float32)[:, None]
    return np.asarray(x / np.abs(x).max(), np.float32)


def error_of(x: npt.NDArray[np.float32]):
    """Check of a round trip: greatest difference from x, whichever way round the result is."""

    def check(y: npt.NDArray[np.floating]) -> dict[str, float]:
        return {"error": float(np.abs(np.reshape(y if y.shape == x.shape else y.T, x.shape) - x).max())}

    return check


@bench.case("librosa", needs=["librosa"], n=SIZES, unit=True)
def librosa(n: int, threads: int) -> Job:
    """librosa.stft and istft."""
    import librosa

    x = music()
    channels = np.ascontiguousarray(x.T)

    def run():
        spectrum = librosa.stft(channels, n_fft=n, hop_length=HOP)
        return librosa.istft(spectrum, n_fft=n, hop_length=HOP, length=len(x))

    return Job(run, error_of(x))


@bench.case("scipy ShortTimeFFT", n=SIZES)
def scipy_class(n: int, threads: int) -> Job:
    """SciPy's class for short-time transforms, float32 in."""
    from scipy.signal import ShortTimeFFT, get_window

    x = music()
    channels = np.ascontiguousarray(x.T)
    transform = ShortTimeFFT(get_window("hann", n).astype(np.float32), HOP, RATE)
    return Job(lambda: transform.istft(transform.stft(channels), k1=len(x)), error_of(x))


@bench.case("torch", needs=["torch"], threads=(1, 2), n=SIZES)
def torch(n: int, threads: int) -> Job:
    """torch.stft and istft."""
    import torch

    x = music()
    torch.set_num_threads(threads)
    channels, window = torch.from_numpy(np.ascontiguousarray(x.T)), torch.hann_window(n)

    def run():
        with torch.inference_mode():
            spectrum = torch.stft(channels, n, HOP, window=window, return_complex=True)
            return torch.istft(spectrum, n, HOP, window=window, length=len(x)).numpy()

    return Job(run, error_of(x))


@bench.case("unbraid", threads=(1, 2), n=SIZES)
def ours(n: int, threads: int) -> Job:
    """Whole spectrogram in memory."""
    from unbraid.core.dsp.stft import StftParams, istft, stft

    x, params = music(), StftParams(n, HOP)
    return Job(lambda: istft(stft(x, params, threads=threads), params, len(x), threads=threads), error_of(x))


@bench.case("unbraid, streamed", threads=(1, 2), n=SIZES)
def streamed(n: int, threads: int) -> Job:
    """Block by block; the spectrogram is never whole."""
    from unbraid.core.dsp.stft import InverseStream, StftParams, stft_blocks

    x, params = music(), StftParams(n, HOP)

    def run():
        inverse = InverseStream(params, len(x), 2)
        parts = [inverse.push(block) for _, block in stft_blocks(x, params, threads=threads)]
        return np.concatenate([*parts, inverse.finish()])

    return Job(run, error_of(x))


if __name__ == "__main__":
    bench.main()

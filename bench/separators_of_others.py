"""Separators of others, as peers for bench/quality.py: librosa's HPSS, and REPET as its authors publish it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Audio

Signal = npt.NDArray[np.float64]
Method = Callable[[Audio], Mapping[str, Signal]]
"""Stems (N, I) by name."""


def librosa_hpss(mix: Audio) -> Mapping[str, Signal]:
    """librosa.effects-like HPSS with librosa's defaults, channel by channel."""
    import librosa

    found: dict[str, Signal] = {t: np.empty(mix.samples.shape) for t in ("harmonic", "percussive")}
    for channel in range(mix.channels):
        spectrum = librosa.stft(mix.samples[:, channel])
        for target, part in zip(found, librosa.decompose.hpss(spectrum), strict=True):
            found[target][:, channel] = librosa.istft(part, length=mix.frames)
    return found


# REPET as its authors' public program does it (github.com/zafarrafii/REPET-Python): Hamming windows of 40 ms or more,
# half overlap, a mask for each channel, the period one frame longer than the lag that was found.


def _published(background_of: Callable[[Signal, float], Callable[[Signal], Signal]]) -> Method:
    """The method whose `background_of(mean magnitudes, frames a second)` makes the model of a channel."""

    def run(mix: Audio) -> Mapping[str, Signal]:
        n = 1 << int(np.ceil(np.log2(0.04 * mix.rate)))
        window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(n) / n)
        x = np.pad(mix.samples.astype(np.float64), ((n // 2, n + n // 2), (0, 0)))
        spectra = np.fft.rfft(np.lib.stride_tricks.sliding_window_view(x, n, axis=0)[:: n // 2] * window, axis=-1)
        magnitudes = np.abs(spectra).transpose(1, 2, 0)  # (I, F, T)
        model = background_of(magnitudes.mean(axis=0), 2 * mix.rate / n)
        background = np.zeros(x.shape)
        for channel, v in enumerate(magnitudes):
            mask = (np.minimum(model(v), v) + 1e-16) / (v + 1e-16)
            mask[1 : round(100 * n / mix.rate) + 1] = 1
            frames = np.fft.irfft(spectra[:, channel] * mask.T, n, axis=-1)
            for t, frame in enumerate(frames):
                background[t * n // 2 : t * n // 2 + n, channel] += frame
        background = background[n // 2 : n // 2 + mix.frames] / (window[0] + window[n // 2])
        return {"vocals": mix.samples - background, "accompaniment": background}

    return run


def _beat(v: Signal) -> Signal:
    frames = v.shape[1]
    power = np.abs(np.fft.rfft(v**2, 2 * frames, axis=1)) ** 2
    return np.fft.irfft(power.mean(axis=0))[:frames] / np.arange(frames, 0, -1)


def _lag(beat: Signal, per_second: float) -> int:
    low, high = round(per_second), min(round(10 * per_second), len(beat) // 3)
    return low + 1 + int(np.argmax(beat[low : max(high, low + 1)]))


def _original(mean: Signal, per_second: float) -> Callable[[Signal], Signal]:
    period = _lag(_beat(mean), per_second)

    def model(v: Signal) -> Signal:
        segment = [np.median(v[:, place::period], axis=1) for place in range(min(period, v.shape[1]))]
        return np.stack([segment[t % period] for t in range(v.shape[1])], axis=1)

    return model


def _adaptive(mean: Signal, per_second: float) -> Callable[[Signal], Signal]:
    length, step, frames = round(10 * per_second), round(5 * per_second), mean.shape[1]
    padded = np.pad(mean, ((0, 0), (length // 2, (length - 1) // 2)))
    periods = np.full(frames, round(per_second) + 1)
    for start in range(0, frames, step):
        periods[start : start + step - 1] = _lag(_beat(padded[:, start : start + length]), per_second)

    def model(v: Signal) -> Signal:
        lists = np.arange(frames)[:, None] + np.arange(-2, 3) * periods[:, None]
        return np.stack([np.median(v[:, row[(row >= 0) & (row < frames)]], axis=1) for row in lists], axis=1)

    return model


def _sim(mean: Signal, per_second: float) -> Callable[[Signal], Signal]:
    from scipy.ndimage import maximum_filter1d

    unit = mean / np.maximum(np.linalg.norm(mean, axis=0), 1e-30)
    similarity = unit.T @ unit
    tops = maximum_filter1d(similarity, 2 * round(per_second) + 1, axis=1, mode="constant", cval=-1.0)
    lists = [np.flatnonzero(row >= top) for row, top in zip(similarity, tops, strict=True)]
    best = [near[np.argsort(-similarity[t, near])[:100]] for t, near in enumerate(lists)]
    return lambda v: np.stack([np.median(v[:, near], axis=1) for near in best], axis=1)


PUBLISHED = {name: _published(f) for name, f in (("original", _original), ("adaptive", _adaptive), ("sim", _sim))}

PEERS: dict[str, Method] = {f"published repet {name}": method for name, method in PUBLISHED.items()}
PEERS["librosa hpss"] = librosa_hpss

"""Powers of what filters of the references leave: shares of the references' own powers, and of what none explains.

    |e(f, t)|^2  ~  sum over j of g_j(b, t) p_j(f, t) + u(f, t)

p_j is the power of a reference around a bin, g_j an equalisation in bands that moves slowly, found by Itakura-Saito
steps beside a factorisation of u, so that sounds which no reference has do not raise the gains of any.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Samples
from unbraid.core.dsp.stft import Spectrum, StftParams, stft, stft_blocks
from unbraid.core.progress import Progress, silent_progress
from unbraid.core.separation.masks import Floats, box_sum
from unbraid.core.separation.nmf_bands import Bands
from unbraid.core.separation.spatial import Powers

Doubles = npt.NDArray[np.float64]

SHARPNESS = 12.0
COMPONENTS = 12
ITERATIONS = 60
BINS, FRAMES = 3, 3
"""Neighbours over which powers are averaged."""
FLOOR = 1e-9
STEEP = 1e4
"""Fall of the power within a tenth of the frequency that no instrument has: 40 dB."""

SHARED = 0.15
FAR = 30.0
CERTAIN = np.float32(2)
"""Other sounds are what is above so many times the power that references explain."""

MUCH = 0.4
"""Part of what is left that is far above what references explain, if there are other sounds; without any, chance."""

LEAST_REST = 1e-4
"""Part of the power of a bin that other sounds have at least."""


def power(x: Spectrum, bins: int = BINS, frames: int = FRAMES) -> Floats:
    """Power around each bin, mean of the channels, (F, T), of a spectrogram (F, T, I)."""
    own = np.asarray(np.square(np.abs(x)).mean(axis=2), np.float32)
    return box_sum(own, bins, frames) / np.float32(bins * frames)


@dataclass(frozen=True, eq=False)
class References:
    """References in step with the song, (N, I) each, as powers in blocks of frames.

    cutoffs: bin from which on a reference was cut off; it has the envelope of its highest sounds there, which the
    gains of each band fit to the song.
    """

    sounds: Sequence[Samples]
    params: StftParams
    cutoffs: tuple[int, ...]

    @classmethod
    def of(cls, sounds: Sequence[Samples], params: StftParams) -> References:
        """With the cutoffs that the sounds show."""
        return cls(sounds, params, tuple(_cutoff(_spectrum_of(sound, params)) for sound in sounds))

    def powers(self, first: int, frames: int) -> Floats:
        """(J, F, T) around each bin."""
        found = []
        for sound, cutoff in zip(self.sounds, self.cutoffs, strict=True):
            p = power(stft(sound, self.params, first=first, frames=frames))
            p[cutoff:] = p[int(0.7 * cutoff) : max(1, int(0.97 * cutoff))].mean(axis=0)
            found.append(p)
        return np.stack(found)


def _spectrum_of(sound: Samples, params: StftParams) -> Doubles:
    """Power of each bin, (F,), in the middle one of some passages: edges of silence have all frequencies."""
    total = params.frames(len(sound))
    found = []
    for first in np.unique(np.linspace(0, max(0, total - 32), 8).astype(int)):
        x = stft(sound, params, first=int(first), frames=min(32, total - int(first)))
        found.append(np.square(np.abs(x)).mean(axis=(1, 2), dtype=np.float64))
    return np.asarray(np.median(found, axis=0), np.float64)


def _cutoff(spectrum: Doubles) -> int:
    """The lowest bin above which a spectrum is cut off steeply, as by a codec or a lower rate; F if it is not."""
    F, sums = len(spectrum), np.concatenate([[0.0], np.cumsum(spectrum)])
    bins = np.arange(F // 8, int(0.97 * F))
    below = _mean_between(sums, 0.8 * bins, 0.95 * bins)
    above = np.maximum.reduce([_mean_between(sums, low * bins, low * bins + 0.06 * bins) for low in (1.03, 1.09, 1.15)])
    cut = bins[(below > 0) & (below > STEEP * above)]
    return int(cut[0]) if len(cut) else F


def _mean_between(sums: Doubles, low: npt.NDArray[np.floating], high: npt.NDArray[np.floating]) -> Doubles:
    a, b = (np.clip(np.rint(edge).astype(int), 0, len(sums) - 1) for edge in (low, high))
    return np.asarray((sums[b] - sums[a]) / np.maximum(b - a, 1))


@dataclass(frozen=True, eq=False)
class Gains:
    """Equalisations (P, J, B) in the middle of passages of `frames` frames."""

    values: Doubles
    frames: int
    bands: Bands

    def at(self, first: int, count: int) -> Floats:
        """(J, F, T) of some frames."""
        place = np.clip((np.arange(first, first + count) + 0.5) / self.frames - 0.5, 0, len(self.values) - 1)
        low = np.minimum(place.astype(int), max(0, len(self.values) - 2))
        high = np.minimum(low + 1, len(self.values) - 1)
        part = (place - low)[:, None, None]
        logs = np.log(np.maximum(self.values, 1e-30))
        between = np.exp((1 - part) * logs[low] + part * logs[high]).astype(np.float32)
        return np.repeat(between.transpose(1, 2, 0), self.bands.widths, axis=1)


def learn_gains(left: Samples, told: References, frames: int, progress: Progress = silent_progress) -> Gains:
    """Gains of passages of `frames` frames that explain what is left of the song, (N, I)."""
    params = told.params
    total, bands = params.frames(len(left)), Bands.of(params.bins, SHARPNESS)
    passages = max(1, round(total / frames))
    frames = -(-total // passages)
    Z, P = np.zeros((passages * frames, len(bands.starts))), []
    for number in range(passages):
        progress(0.4 * number / passages, "reading what is left")
        first = number * frames
        some = max(0, min(frames, total - first))
        Z[first : first + some] = bands.mean(power(stft(left, params, first=first, frames=some), 1, 1)).T
        P.append(np.zeros((len(told.sounds), frames, len(bands.starts))))
        for j, p in enumerate(told.powers(first, some)):
            P[-1][j, :some] = bands.mean(p).T
    scale = float(Z.mean()) or 1.0
    fit = _Fit(Z.reshape(passages, frames, -1) / scale, np.stack(P) / scale)
    for number in range(ITERATIONS):
        progress(0.4 + 0.6 * number / ITERATIONS, "fitting references")
        fit.step()
    return Gains(fit.gains, frames, bands)


def unexplained(left: Samples, told: References, gains: Gains) -> float:
    """Part of what is left that lies in places where it is far above what references explain."""
    above = whole = 0.0
    for first, x in stft_blocks(left, told.params):
        around = power(x)
        v = (gains.at(first, x.shape[1]) * told.powers(first, x.shape[1])).sum(axis=0)
        whole += float(around.sum(dtype=np.float64))
        above += float(around[around > FAR * v].sum(dtype=np.float64))
    return above / whole if whole else 0.0


class _Fit:
    """Itakura-Saito steps of gains G (P, J, B) and of factors W (K, B), H (P, T, K) of the rest.

    Z: (P, T, B). p: (P, J, T, B).
    """

    def __init__(self, Z: Doubles, p: Doubles):
        rng = np.random.default_rng(0)
        self._heard = Z.sum(axis=2, keepdims=True) > FLOOR
        self._Z, self._p = Z + FLOOR, p
        ratio = np.divide(Z[:, None], p, out=np.ones_like(p), where=p > 0)
        start = np.quantile(ratio, 0.3, axis=(0, 2))
        self.gains = np.repeat(np.maximum(start, 1e-6)[None], len(Z), axis=0) / p.shape[1] ** 0.5
        self._W = (0.5 + rng.random((COMPONENTS, Z.shape[2]))) * self._Z.mean(axis=(0, 1)) / COMPONENTS
        self._H = (0.5 + rng.random((*Z.shape[:2], COMPONENTS))) * self._Z.mean(axis=2)[..., None] * 0.1

    def step(self) -> None:
        """All factors in turn."""
        up, down = self._pulls()
        on_gains = (_with_others(np.einsum("ptb,pjtb->pjb", pull, self._p)) for pull in (up, down))
        self.gains *= np.sqrt(_ratio(*on_gains))
        up, down = self._pulls()
        self._H *= np.sqrt(_ratio(up @ self._W.T, down @ self._W.T))
        up, down = self._pulls()
        H = self._H.reshape(-1, COMPONENTS)
        self._W *= np.sqrt(_ratio(H.T @ up.reshape(len(H), -1), H.T @ down.reshape(len(H), -1)))

    def _pulls(self) -> tuple[Doubles, Doubles]:
        M = self.explained() + self._H @ self._W + FLOOR
        down = self._heard / M
        return self._Z * down / M, down

    def explained(self) -> Doubles:
        """What references explain, (P, T, B)."""
        return np.asarray(np.einsum("pjb,pjtb->ptb", self.gains, self._p))


def model_of(told: References, gains: Gains, *, with_rest: bool) -> Callable[[int, Spectrum], Powers]:
    """Powers (F, T, J) of a block, of the references and last of other sounds: what the references do not explain."""

    def powers(first: int, x: Spectrum) -> Powers:
        v = gains.at(first, x.shape[1]) * told.powers(first, x.shape[1])
        if with_rest:
            around = power(x)
            rest = np.maximum(around - CERTAIN * v.sum(axis=0), np.float32(LEAST_REST) * around)
            v = np.concatenate([v, rest[None]])
        return np.asarray(np.ascontiguousarray(v.transpose(0, 2, 1)).transpose(2, 1, 0), np.float32)

    return powers


def _ratio(up: Doubles, down: Doubles) -> Doubles:
    return np.divide(up, down, out=np.ones_like(up), where=down > 0)


def _with_others(values: Doubles) -> Doubles:
    near = values.copy()
    near[1:] += 0.5 * values[:-1]
    near[:-1] += 0.5 * values[1:]
    return np.asarray(near + SHARED * values.sum(axis=0), np.float64)

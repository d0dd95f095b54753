"""The part of a song that is its references after linear filters, found by weighted least squares.

    x(f, t) = sum over j of h_j(f, t) r_j(f, t) + e(f, t),      e ~ N(0, s2(f, t))

Filters are one number for each bin and channel and move slowly; s2 is what is left, so that places where other sounds
are loud count little. A filter is as strong as it stands out from chance, by the positive part of James and Stein: it
vanishes where a reference is another performance, and takes out a codec's copy of the very recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Samples
from unbraid.core.dsp.stft import Spectrum, StftParams, stft
from unbraid.core.progress import Progress, part_of, silent_progress
from unbraid.core.separation.masks import Floats, box_sum
from unbraid.core.separation.nmf_bands import Bands

Complex = npt.NDArray[np.complex64]

PASSES = 3
SHARED = 0.15
"""Weight of the whole song beside each passage."""
DEPENDENT = 2.5
"""Frames that overlap by three quarters hold so many times less than as many that do not."""


def spectra_of(sounds: Sequence[Samples], params: StftParams, first: int, frames: int) -> Complex:
    """Spectrograms (F, T, I, J) of some frames of sounds, in memory (J, I, T, F)."""
    return np.stack([stft(s, params, first=first, frames=frames).T for s in sounds]).transpose(3, 2, 1, 0)


@dataclass(frozen=True, eq=False)
class Filters:
    """Filters (P, F, I, J) in the middle of passages of `frames` frames each."""

    values: Complex
    frames: int

    def at(self, first: int, count: int) -> Complex:
        """Filters (F, T, I, J) of some frames, between those of the passages."""
        place = np.clip((np.arange(first, first + count) + 0.5) / self.frames - 0.5, 0, len(self.values) - 1)
        low = np.minimum(place.astype(int), max(0, len(self.values) - 2))
        share = (place - low).astype(np.float32)[:, None, None, None]
        high = np.minimum(low + 1, len(self.values) - 1)
        return np.asarray((1 - share) * self.values[low] + share * self.values[high]).transpose(1, 0, 2, 3)

    def apply(self, r: Complex, first: int) -> Complex:
        """Filtered references (F, T, I, J)."""
        return np.asarray(self.at(first, r.shape[1]) * r, np.complex64)


@dataclass(frozen=True, eq=False)
class _Moments:
    """Weighted sums of each passage: r r^H (P, F, I, J, J), r^* x (P, F, I, J), frames that count (P, F)."""

    rr: Complex
    rx: Complex
    count: npt.NDArray[np.float64]


def learn_filters(
    mix: Samples, sounds: Sequence[Samples], params: StftParams, frames: int, progress: Progress = silent_progress
) -> Filters:
    """Filters of passages of `frames` frames from the sounds (N, I) to the mix (N, I)."""
    total = params.frames(len(mix))
    passages = max(1, round(total / frames))
    frames = -(-total // passages)
    found: Filters | None = None
    for number in range(PASSES):
        told = part_of(progress, number / PASSES, (number + 1) / PASSES)
        found = _solved(_moments(mix, sounds, params, frames, passages, found, told), frames)
    assert found is not None
    return found


def _moments(
    mix: Samples,
    sounds: Sequence[Samples],
    params: StftParams,
    frames: int,
    passages: int,
    known: Filters | None,
    progress: Progress,
) -> _Moments:
    rr, rx, counts = [], [], []
    for number in range(passages):
        progress(number / passages, "finding what references and song share")
        first = number * frames
        some = max(0, min(frames, params.frames(len(mix)) - first))
        x = stft(mix, params, first=first, frames=some)
        r = spectra_of(sounds, params, first, some)
        w = _weights(x if known is None else x - known.apply(r, first).sum(axis=3))
        rr.append(np.einsum("ft,ftij,ftik->fijk", w, r.conj(), r, optimize=True))
        rx.append(np.einsum("ft,ftij,fti->fij", w, r.conj(), x, optimize=True))
        counts.append((w > 0).sum(axis=1))
    return _Moments(np.stack(rr), np.stack(rx), np.stack(counts).astype(np.float64))


def _weights(e: Spectrum) -> Floats:
    """One over the power around each bin, (F, T), that of silence none."""
    power = np.square(np.abs(e)).mean(axis=2)
    around = box_sum(power, 3, 5) / np.float32(15)
    mean = around.mean(axis=1, keepdims=True)
    around += np.float32(1e-3) * mean
    return np.asarray(np.divide(1, around, out=np.zeros_like(around), where=around > 1e-30), np.float32)


def _solved(found: _Moments, frames: int) -> Filters:
    """Ridge regression of every passage with its neighbours and a share of the whole song, then shrunk."""
    rr, rx = _with_others(found.rr), _with_others(found.rx)
    count = _with_others(found.count)
    J = rr.shape[-1]
    ridge = 1e-4 * np.trace(rr, axis1=-2, axis2=-1).real / J
    ridge = ridge + (ridge == 0)
    A = rr.astype(np.complex128) + ridge[..., None, None] * np.eye(J)
    inverse = np.linalg.inv(A)
    h = np.einsum("...jk,...k->...j", inverse, rx)
    gram = np.einsum("...jj->...j", rr).real
    doubt = DEPENDENT * np.einsum("...jj->...j", inverse).real * gram
    strength = np.square(np.abs(h)) * gram
    bands = Bands.of(rr.shape[1], 8.0)
    keep = _shrinkage(strength, doubt, bands) * (count > 0)[:, :, None, None]
    return Filters((h * keep).astype(np.complex64), frames)


def _with_others(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Sums with half of the passages beside and a share of all."""
    near = values.copy()
    near[1:] += 0.5 * values[:-1]
    near[:-1] += 0.5 * values[1:]
    return np.asarray(near + SHARED * values.sum(axis=0), values.dtype)


def _shrinkage(strength: npt.NDArray[np.float64], doubt: npt.NDArray[np.float64], bands: Bands) -> Floats:
    """1 - doubt / strength where positive, of sums over bands, (P, F, I, J)."""
    sums = [np.add.reduceat(values, bands.starts, axis=1) for values in (strength, doubt)]
    ratio = np.divide(sums[1], sums[0], out=np.ones_like(sums[0]), where=sums[0] > 0)
    return np.asarray(np.repeat(np.clip(1 - ratio, 0, 1), bands.widths, axis=1), np.float32)

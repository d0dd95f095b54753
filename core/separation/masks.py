"""Masks: shares of every time-frequency bin that add up to one, and songs filtered with them block by block.

There is no absolute floor anywhere: shares are made from values relative to the greatest in their bin, so a song at
1e-6 of full scale is separated like the same song at 1e3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from unbraid.core import large_arrays
from unbraid.core.audio import Samples
from unbraid.core.cpu import coarse_threads
from unbraid.core.dsp.ratio import soft_masks, to_power
from unbraid.core.dsp.stft import InverseStream, Spectrum, StftParams, stft
from unbraid.core.errors import ParameterError
from unbraid.core.progress import Progress, silent_progress

Floats = npt.NDArray[np.float32]
"""Magnitudes, models or shares: (F, T) for all channels at once, or (F, T, I)."""

BLOCK_VALUES = 1 << 20
"""Bins of all frames of a block, for each channel: enough for core/dsp/median.py to use its fastest networks."""

MaskMaker = Callable[[int, Spectrum], Mapping[str, Floats]]
"""Shares by name for a block of frames, from the number of its first frame and its spectrogram (F, Tb, I)."""

StemMaker = Callable[[str], Spectrum]
"""The spectrogram (F, Tb, I) of a stem, from its name."""

FilterMaker = Callable[[int, Spectrum, slice], StemMaker]
"""What makes the stems of a block: from its first frame's number, its spectrogram, and which of its frames count."""


def ratio_masks(
    models: Mapping[str, Floats],
    *,
    exponent: float = 2.0,
    weights: Mapping[str, float] | None = None,
    silent: str = "",
) -> dict[str, Floats]:
    """Shares k_j m_j^exponent / sum of k_i m_i^exponent of magnitude models m_j >= 0; they add up to one in every bin.

    models: arrays of one shape. exponent: 2 is the Wiener filter, 1 the ratio of magnitudes, more comes near to
    `binary_masks`. weights: k_j > 0 of some models, 1 for the others: with k for the noise it is the parameterised
    Wiener filter V / (V + k N). silent: who gets the bins where all models are zero; they are shared evenly when it is
    empty.
    """
    _check(models, silent)
    weighted = [_weighted(model, (weights or {}).get(name, 1.0), exponent) for name, model in models.items()]
    masks = dict(zip(models, soft_masks(weighted, power=exponent), strict=True))
    if silent:
        dead = np.maximum.reduce(list(models.values())) == 0
        for name, mask in masks.items():
            mask[dead] = 1 if name == silent else 0
    return masks


def _weighted(model: Floats, weight: float, exponent: float) -> Floats:
    """The model whose power is `weight` times that of `model`."""
    if not 0 < weight < float("inf"):
        raise ParameterError(f"the weight of a model is above 0, not {weight}; leave out models that do not count")
    return model if weight == 1 else model * np.float32(weight ** (1 / exponent))


def _check(models: Mapping[str, Floats], silent: str) -> None:
    if not models or (silent and silent not in models):
        raise ParameterError(f"shares are made for {', '.join(models) or 'nothing'}, which has no {silent!r}")


def binary_masks(models: Mapping[str, Floats], *, silent: str = "") -> dict[str, Floats]:
    """Every bin whole to its greatest model (the first of equals); silent bins to `silent`, or the first model."""
    _check(models, silent)
    names = list(models)
    winner = np.argmax(np.stack([models[name] for name in names]), axis=0)
    if silent:
        winner[np.maximum.reduce(list(models.values())) == 0] = names.index(silent)
    return {name: (winner == number).astype(np.float32) for number, name in enumerate(names)}


def least_share(model: Floats, magnitude: Floats, *, exponent: float = 1.0, bins: int = 1, frames: int = 1) -> Floats:
    """(min(model, magnitude) / magnitude)^exponent: a part of the mix cannot exceed it (REPET, Rafii and Pardo, 2013).

    model, magnitude: (F, T), at least 0. bins, frames: both are summed over so many neighbours (odd) before they are
    divided, fewer at the edges, which takes most of the musical noise away. One where the mix is silent.
    """
    share = box_sum(np.minimum(model, magnitude), bins, frames)
    whole = box_sum(magnitude, bins, frames)
    dead = whole == 0
    if dead.any():
        share[dead] = 1
        whole = np.where(dead, np.float32(1), whole)
    share /= whole
    np.minimum(share, 1, out=share)
    return to_power(share, exponent)


def box_sum(values: Floats, bins: int, frames: int) -> Floats:
    """Sums over `bins` x `frames` neighbours (odd numbers) of values (F, T), only what lies inside."""
    for axis, length in ((0, bins), (1, frames)):
        source, total = values, values.copy(order="K")
        for shift in range(1, min(length // 2, values.shape[axis] - 1) + 1):
            near = (slice(None),) * axis + (slice(shift, None),)
            far = (slice(None),) * axis + (slice(None, -shift),)
            total[near] += source[far]
            total[far] += source[near]
        values = total
    return values


def check_odd(*counts: int) -> None:
    """Refuse even numbers of neighbours: they have no middle."""
    for count in counts:
        if count % 2 == 0:
            raise ParameterError(f"smoothing takes an odd number of neighbours, not {count}; try {count + 1}")


def high_pass(freqs_hz: npt.NDArray[np.floating], cutoff_hz: float, *, slope_octaves: float = 0.0) -> Floats:
    """(F,) gains from 0 to 1: half at the cutoff, a raised cosine of `slope_octaves`; 0 Hz is always below a cutoff."""
    if cutoff_hz <= 0:
        return np.ones(len(freqs_hz), np.float32)
    if slope_octaves <= 0:
        return (freqs_hz > cutoff_hz).astype(np.float32)
    octaves = np.log2(np.maximum(freqs_hz, 1e-9) / cutoff_hz)
    place = np.clip(octaves / slope_octaves + 0.5, 0.0, 1.0)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * place), np.float32)


def apply_masks(
    samples: Samples,
    params: StftParams,
    masks_of: MaskMaker,
    names: Sequence[str],
    *,
    rest: str = "",
    context_frames: int = 0,
    frames_per_block: int = 0,
    progress: Progress = silent_progress,
    message: str = "filtering",
) -> dict[str, Samples]:
    """Stems of `samples` (N, I) by name, each the mix times its mask, one block of frames in memory at a time.

    masks_of: called with every block in order; the block has `context_frames` more on either side (fewer at the ends
    of the song), and so have the masks it returns, (F, Tb) or (F, Tb, I).
    rest: one more stem, the mix minus all others, subtracted sample by sample.
    frames_per_block: 0 for as many as make blocks of a few megabytes.
    """

    def stems_of(first: int, spectrum: Spectrum, inside: slice) -> StemMaker:
        masks = masks_of(first, spectrum)
        return lambda name: _filtered(spectrum, masks[name], inside)

    return apply_filter(
        samples, params, stems_of, names, rest=rest, context_frames=context_frames,
        frames_per_block=frames_per_block or max(16, BLOCK_VALUES // params.bins), progress=progress, message=message,
    )  # fmt: skip


def apply_filter(
    samples: Samples,
    params: StftParams,
    stems_of: FilterMaker,
    names: Sequence[str],
    *,
    rest: str = "",
    context_frames: int = 0,
    frames_per_block: int = 64,
    progress: Progress = silent_progress,
    message: str = "filtering",
) -> dict[str, Samples]:
    """Stems of `samples` (N, I) by name, whatever the filter, one block of frames in memory at a time.

    stems_of: called with every block in order, as `masks_of` in `apply_masks`, and with the slice of its frames that
    are used; what it returns is called with each name, on several threads.
    """
    total = params.frames(samples.shape[0])
    writers = {name: _Writer(params, samples.shape) for name in names}
    step = max(frames_per_block, 4 * context_frames)
    for start in range(0, total, step):
        progress(start / total, message)
        stop = min(start + step, total)
        first = max(0, start - context_frames)
        spectrum = stft(samples, params, first=first, frames=min(stop + context_frames, total) - first)
        stem_of = stems_of(first, spectrum, slice(start - first, stop - first))
        coarse_threads(lambda name: writers[name].push(stem_of(name)), names)  # noqa: B023
    progress(1.0, message)
    stems = {name: writer.finished() for name, writer in writers.items()}
    if rest:
        stems[rest] = remaining(samples, list(stems.values()))
    return stems


class _Writer:
    """Samples of one stem, (N, I), from its spectrogram block by block."""

    def __init__(self, params: StftParams, shape: tuple[int, ...]):
        self._stream = InverseStream(params, shape[0], shape[1])
        self._samples = large_arrays.empty(shape)
        self._done = 0

    def push(self, spectrum: Spectrum) -> None:
        """Add the next frames (F, Tb, I)."""
        self._write(self._stream.push(spectrum))

    def finished(self) -> Samples:
        """The whole stem, after the last frames."""
        self._write(self._stream.finish())
        return self._samples

    def _write(self, piece: Samples) -> None:
        self._samples[self._done : self._done + len(piece)] = piece
        self._done += len(piece)


def _filtered(spectrum: Spectrum, mask: Floats, inside: slice) -> Spectrum:
    part = mask[:, inside]
    return spectrum[:, inside] * (part if part.ndim == 3 else part[:, :, None])


def remaining(samples: Samples, stems: Sequence[Samples]) -> Samples:
    """The mix minus its stems, all (N, I)."""
    left = large_arrays.empty(samples.shape)
    left[...] = samples
    for stem in stems:
        left -= stem
    return left

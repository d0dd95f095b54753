"""NMF of whole songs: activations from bands of frequency, which are few, then templates of all bins, block by block.

Bands cost a fiftieth of the bins' time and memory, and give activations that are no worse (docs/quality.md). Beyond
them nothing is held that is as long as the song.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Samples
from unbraid.core.cpu import one_blas_thread
from unbraid.core.dsp.ratio import to_power
from unbraid.core.dsp.stft import Spectrum, StftParams, stft_blocks
from unbraid.core.errors import ParameterError
from unbraid.core.kam.magnitudes import joint_magnitude
from unbraid.core.progress import Progress, part_of, silent_progress
from unbraid.core.separation.nmf import Factors
from unbraid.core.separation.nmf_divergences import Divergence, Floats
from unbraid.core.separation.nmf_tiles import Model, Tiles, multiply

FLOOR = 1e-9
"""As `NmfParams.floor`."""


@dataclass(frozen=True, eq=False)
class Bands:
    """Bands of neighbouring bins. starts: the first bin of each, (B,). bins: F of them in all."""

    starts: npt.NDArray[np.int64]
    bins: int

    @classmethod
    def of(cls, bins: int, sharpness: float) -> Bands:
        """Each at least one bin and from there on 1 / sharpness of its frequency wide; 0 leaves them as they are."""
        if sharpness < 0:
            raise ParameterError(f"the sharpness of bands is 0 or more, not {sharpness}; try 12")
        starts = [0]
        while starts[-1] < bins:
            starts.append(starts[-1] + (max(1, int(starts[-1] / sharpness)) if sharpness else 1))
        return cls(np.array(starts[:-1]), bins)

    @property
    def widths(self) -> npt.NDArray[np.int64]:
        """Bins of each band, (B,)."""
        return np.diff(self.starts, append=self.bins)

    def freqs_hz(self, freqs_hz: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Mean frequency of each band, (B,), of those of the bins, (F,)."""
        return np.asarray(np.add.reduceat(freqs_hz, self.starts) / self.widths, np.float64)

    def mean(self, V: Floats) -> Floats:
        """Means over each band, (B, T), of values (F, T), both in memory (T, ...)."""
        sums = np.add.reduceat(V.T, self.starts, axis=1)
        sums /= self.widths.astype(np.float32)
        return sums.T

    def spread(self, values: Floats) -> Floats:
        """(F, K) of values (B, K): every bin has that of its band."""
        return np.repeat(values, self.widths, axis=0)


def data_of(spectrum: Spectrum, divergence: Divergence) -> Floats:
    """What is factorised of a spectrogram (F, T, I): magnitudes of all channels together to the divergence's power."""
    return to_power(joint_magnitude(spectrum), divergence.power)


def band_spectrogram(
    samples: Samples, params: StftParams, bands: Bands, divergence: Divergence, *, progress: Progress = silent_progress
) -> Floats:
    """Data of a song (N, I) in bands, (B, T), in memory (T, B)."""
    total = params.frames(len(samples))
    out = np.empty((total, len(bands.starts)), np.float32)
    for first, spectrum in stft_blocks(samples, params):
        progress(first / total, "reading the song")
        out[first : first + spectrum.shape[1]] = bands.mean(data_of(spectrum, divergence)).T
    return out.T


def full_templates(
    samples: Samples,
    params: StftParams,
    factors: Factors,
    bands: Bands,
    divergence: Divergence,
    *,
    passes: int = 3,
    progress: Progress = silent_progress,
) -> Factors:
    """The factors with templates (F, K) in place of those in bands (B, K), fitted to the song with H as it is.

    passes: how often the song is read, one step each.
    """
    W, H = bands.spread(factors.templates), factors.activations
    total, all_free = params.frames(len(samples)), np.ones(W.shape[1], np.bool_)
    mean = float(W.sum(axis=0, dtype=np.float64) @ H.sum(axis=1, dtype=np.float64)) / (W.shape[0] * H.shape[1])
    scale = np.float32(1 / mean if mean > FLOOR**4 else 0)
    with one_blas_thread():
        for number in range(passes if scale else 0):
            told = part_of(progress, number / passes, (number + 1) / passes)
            pull = np.zeros((2, *W.shape), np.float32)
            for first, spectrum in stft_blocks(samples, params):
                told(first / total, "sharpening templates")
                V = data_of(spectrum, divergence)
                V *= scale
                V += np.float32(FLOOR)
                rows = np.ascontiguousarray(H[:, first : first + V.shape[1]].T) * scale
                model = Model(W, rows, np.ones((1, W.shape[1]), np.float32), all_free, all_free, all_free)
                pull += Tiles(np.ascontiguousarray(V.T)[None], None, divergence, FLOOR).pulls_on_templates(model)
            multiply(W, pull, divergence.bold, all_free)
    progress(1.0, "templates are sharp")
    return Factors(W, H, factors.divergences)

"""Magnitudes of a whole song: one (F, T) float32 picture for all channels, the only whole-song array of a method.

One mask for all channels keeps every source at its place in the stereo image, needs the memory of one channel, and
measured no worse than a mask for each (docs/quality.md).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Samples
from unbraid.core.dsp.stft import Spectrum, StftParams, stft_blocks
from unbraid.core.progress import Progress, silent_progress

Floats = npt.NDArray[np.float32]


def joint_magnitude(spectrum: Spectrum) -> Floats:
    """Root of the power summed over channels. spectrum: (F, T, I). Returns (F, T), in memory (T, F)."""
    channels = spectrum.shape[2]
    if channels == 1:
        return np.abs(spectrum[:, :, 0])
    power = _power(spectrum[:, :, 0])
    for channel in range(1, channels):
        power += _power(spectrum[:, :, channel])
    return np.sqrt(power, out=power)


def _power(values: Spectrum) -> Floats:
    """Squared magnitudes in the memory order of `values`."""
    power = np.square(values.real)
    power += np.square(values.imag)
    return power


def song_magnitudes(
    samples: Samples, params: StftParams, *, spare_frames: int = 0, progress: Progress = silent_progress
) -> Floats:
    """Joint magnitudes of a song, block by block. samples: (N, I). Returns (F, T + spare), in memory (T + spare, F).

    The spare frames at the end are zero and left to the caller. Song and result are all that is held.
    """
    total = params.frames(samples.shape[0])
    out = np.zeros((total + spare_frames, params.bins), np.float32)
    for first, spectrum in stft_blocks(samples, params):
        progress(first / total, "reading the song")
        out[first : first + spectrum.shape[1]] = joint_magnitude(spectrum).T
    return out.T

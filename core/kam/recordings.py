"""Several recordings of one song, read side by side: microphones, or versions of a soundtrack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Samples
from unbraid.core.dsp.stft import Spectrum, StftParams, stft
from unbraid.core.errors import ParameterError
from unbraid.core.progress import Progress, silent_progress
from unbraid.core.separation.masks import check_odd

Spectra = npt.NDArray[np.complex64]
"""Spectrograms of M recordings of I channels each, (M, I, T, F)."""

LEAST = 1e-14
"""Relative to the loudest bin: keeps quotients of nothing by nothing finite."""

SAMPLED_VALUES = 1 << 23
"""Values of all recordings that a sample of them has."""

SAMPLED_FRAMES = (192, 1024)
RUN = 16
"""Frames in a row of those."""


@dataclass(frozen=True)
class Rounds:
    """How powers are found: iterations, and the neighbours over bins and frames (odd) in each of them."""

    iterations: int = 4
    bins: int = 3
    frames: int = 3

    def __post_init__(self) -> None:
        check_odd(self.bins, self.frames)

    @property
    def context_frames(self) -> int:
        """Frames on either side that a frame's powers depend on."""
        return (self.iterations + 1) * (self.frames // 2)


class Recordings:
    """Recordings (N, I) of one shape and their transform; channels that are copies of one are read once."""

    def __init__(self, samples: Sequence[Samples], params: StftParams):
        shapes = {s.shape for s in samples}
        if len(shapes) > 1:
            raise ParameterError(f"recordings of one song have one shape, not {sorted(shapes)}; bring them together")
        self._channels = samples[0].shape[1]
        is_one = all(s.strides[1] == 0 for s in samples)
        self._samples = [s[:, :1] for s in samples] if is_one else list(samples)
        self._params = params

    def spectra(self, first: int, frames: int) -> Spectra:
        """Spectrograms of a block of frames."""
        return np.stack([stft(s, self._params, first=first, frames=frames).T for s in self._samples])

    def sample(self, progress: Progress = silent_progress) -> Spectra:
        """Frames from all over the song, in runs: what can be learned of a song of any length in bounded memory."""
        total = self._params.frames(len(self._samples[0]))
        values = len(self._samples) * self._samples[0].shape[1] * self._params.bins
        wanted = min(max(SAMPLED_VALUES // values, SAMPLED_FRAMES[0]), SAMPLED_FRAMES[1])
        runs = []
        for first in range(0, total, RUN * max(1, round(total / wanted))):
            progress(first / total, "listening to the recordings")
            runs.append(self.spectra(first, min(RUN, total - first)))
        return np.concatenate(runs, axis=2)

    def spread(self, spectrum: Spectrum) -> Spectrum:
        """A stem (F, T, I) with all channels of the song."""
        return spectrum if spectrum.shape[2] == self._channels else np.repeat(spectrum, self._channels, axis=2)

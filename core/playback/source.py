"""A mixdown as a device takes it: at the device's rate, with the device's channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Samples
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.resample import resampled_frames

if TYPE_CHECKING:
    from typing import Any

QUALITY = "HQ"
RUN_UP_S = 0.02
"""Sound that is given to the resampler before the place where it begins to be heard."""
FEED = 4096

HALF = 0.5**0.5
TO_STEREO = {
    4: [[1, 0], [0, 1], [HALF, 0], [0, HALF]],
    5: [[1, 0], [0, 1], [HALF, HALF], [HALF, 0], [0, HALF]],
    6: [[1, 0], [0, 1], [HALF, HALF], [0, 0], [HALF, 0], [0, HALF]],
}
"""Surround sound for two loudspeakers (ITU-R BS.775), by number of channels."""


def channel_matrix(channels: int, wanted: int) -> npt.NDArray[np.float32] | None:
    """What a device of `wanted` channels gets of sound with `channels`, (channels, wanted); None for the same.

    One channel goes to both sides, surround is folded to stereo, to one channel goes the mean of both sides, channels
    that a device has too many stay silent.
    """
    if channels == wanted:
        return None
    if wanted == 1:
        stereo = channel_matrix(channels, 2)
        both = np.eye(2, dtype=np.float32) if stereo is None else stereo
        return np.asarray(both.mean(axis=1, keepdims=True), np.float32)
    matrix = np.zeros((channels, wanted), np.float32)
    if channels == 1:
        matrix[0, :2] = 1.0
    elif wanted == 2 and channels in TO_STEREO:
        matrix[:] = np.array(TO_STEREO[channels])
    else:
        np.fill_diagonal(matrix, 1.0)
    return matrix


class Source:
    """Blocks of a mixdown in samples of a device."""

    def __init__(self, mixdown: Mixdown, rate: int, channels: int) -> None:
        self.mixdown, self.rate, self.channels = mixdown, rate, channels
        self.frames = resampled_frames(mixdown.frames, mixdown.rate, rate)
        self._matrix = channel_matrix(mixdown.channels, channels)
        self._stream: Any = None
        self._next = self._fed = 0
        self._left: Samples = np.zeros((0, mixdown.channels), np.float32)

    @property
    def is_plain(self) -> bool:
        """Whether the device takes the song's samples as they are."""
        return self.rate == self.mixdown.rate and self._matrix is None

    def song_frame(self, frame: int) -> int:
        """The song's sample at a sample of the device."""
        return frame if self.rate == self.mixdown.rate else frame * self.mixdown.rate // self.rate

    def block(self, start: int, frames: int) -> Samples:
        """Samples from `start` on, (frames, channels); what lies outside of the song is silent."""
        same = self.rate == self.mixdown.rate
        block = self.mixdown.block(start, frames) if same else self._resampled(start, frames)
        return block if self._matrix is None else block @ self._matrix

    def _resampled(self, start: int, frames: int) -> Samples:
        if self._stream is None or start != self._next:
            self._begin(start)
        while len(self._left) < frames:
            made = self._stream.resample_chunk(np.array(self.mixdown.block(self._fed, FEED), order="C", subok=False))
            self._fed += FEED
            self._left = np.concatenate([self._left, made])
        block, self._left = self._left[:frames], self._left[frames:]
        self._next = start + frames
        return block

    def _begin(self, start: int) -> None:
        import soxr

        old, new = self.mixdown.rate, self.rate
        self._stream = soxr.ResampleStream(old, new, self.mixdown.channels, dtype="float32", quality=QUALITY)
        self._fed = self.song_frame(start) - round(RUN_UP_S * old)
        run_up = start - round(self._fed * new / old)
        self._left, self._next = np.zeros((0, self.mixdown.channels), np.float32), start
        self._resampled(start, run_up)
        self._next = start

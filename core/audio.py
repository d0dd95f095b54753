"""Audio: samples and a rate, the one thing that every part of the application exchanges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError

Samples = npt.NDArray[np.float32]
"""Samples of a signal, (N, I) float32: N samples, I channels."""


@dataclass(frozen=True, eq=False)
class Audio:
    """Sound in memory or mapped from a file.

    samples: (N, I) float32, made read-only here; full scale is 1.0, and values beyond it are allowed.
    rate: samples per second and channel.
    """

    samples: Samples
    rate: int

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or self.samples.dtype != np.float32:
            raise ParameterError(
                f"audio is float32 of shape (samples, channels), not {self.samples.dtype} of shape "
                f"{self.samples.shape}; use Audio.of to convert"
            )
        if self.samples.shape[1] < 1 or self.rate < 1:
            raise ParameterError(
                f"audio needs at least one channel and a rate above zero, "
                f"not {self.samples.shape[1]} channels at {self.rate} Hz"
            )
        view = self.samples.view()
        view.flags.writeable = False
        object.__setattr__(self, "samples", view)

    @classmethod
    def of(cls, samples: npt.ArrayLike, rate: int) -> Audio:
        """Audio from any array-like: (N,) becomes one channel, numbers become float32."""
        array = np.asarray(samples, dtype=np.float32)
        return cls(array[:, None] if array.ndim == 1 else array, rate)

    @classmethod
    def silence(cls, frames: int, channels: int, rate: int) -> Audio:
        """`frames` samples of digital silence."""
        return cls(np.zeros((frames, channels), np.float32), rate)

    @property
    def frames(self) -> int:
        """Samples per channel, N."""
        return int(self.samples.shape[0])

    @property
    def channels(self) -> int:
        """Channels, I."""
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate

    def slice(self, start: int, stop: int) -> Audio:
        """Samples `start` to `stop` as a view, nothing copied."""
        return Audio(self.samples[start:stop], self.rate)

    def __repr__(self) -> str:
        return f"Audio({self.frames} samples, {self.channels} channels, {self.rate} Hz)"

"""The true stems of a song block by block: what every oracle reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from unbraid.core.audio import Audio, Samples
from unbraid.core.dsp.stft import Spectrum, StftParams, stft
from unbraid.core.errors import ParameterError
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.remainder import NAME as REST

ROUNDING = np.float32(1e-6)
"""What the stems leave of the mix is nothing where it is below this part of the frame's loudest bin (-120 dB)."""


def targets(guide: Guide) -> tuple[str, ...]:
    """Names of the true stems; what was not given, or given as the residual, is left to the residual."""
    names = tuple(name for name in guide.references if name != REST)
    if not names:
        raise ParameterError("an oracle reads the true stems: give them as references, one sound file for each")
    return names


@dataclass(frozen=True, eq=False)
class Truth:
    """True stems and their transform."""

    stems: Mapping[str, Samples]
    params: StftParams

    @classmethod
    def of(cls, mix: Audio, guide: Guide, params: StftParams) -> Truth:
        """The references of a guide, which the runner has made like the mix."""
        stems = {name: guide.references[name].samples for name in targets(guide)}
        for name, samples in stems.items():
            if samples.shape != mix.samples.shape:
                raise ParameterError(
                    f"the reference {name} has the shape {samples.shape}, the song {mix.samples.shape}"
                )
        return cls(stems, params)

    def spectra(self, first: int, x: Spectrum) -> dict[str, Spectrum]:
        """Spectrograms (F, Tb, I) of the stems in the frames of `x`, and as the residual what they leave of it."""
        spectra = {name: stft(s, self.params, first=first, frames=x.shape[1]) for name, s in self.stems.items()}
        rest = x.copy(order="K")
        loudest = np.zeros((1, *x.shape[1:]), np.float32)
        for spectrum in spectra.values():
            rest -= spectrum
            np.maximum(loudest, np.abs(spectrum).max(axis=0), out=loudest)
        rest[np.abs(rest) < ROUNDING * loudest] = 0
        return {**spectra, REST: rest}

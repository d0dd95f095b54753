"""KAMIR: a microphone of a live recording hears its own voice and the bleed of all others; the bleed is taken out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unbraid.core.audio import Audio, Samples
from unbraid.core.dsp.stft import Spectrum
from unbraid.core.errors import ParameterError
from unbraid.core.kam import bleed
from unbraid.core.kam.recordings import RUN, Recordings, Rounds, Spectra
from unbraid.core.kam.resolution import stft_at
from unbraid.core.progress import part_of
from unbraid.core.separation.contract import Progress, SeparatorInfo, param
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.masks import apply_filter
from unbraid.core.separation.remainder import NAME as REST
from unbraid.core.separation.spatial import Spatial

PLACE_FRAMES = 256
"""Frames that tell how voices reach the microphones."""

MOST_TOGETHER = 8
"""Microphones that are filtered together; the time grows with the cube of their number."""


@dataclass(frozen=True)
class Kamir:
    """Microphones without bleed (Pratzlich, Bittner, Liutkus and Muller, 2015)."""

    info: ClassVar = SeparatorInfo(
        "kamir",
        "Microphones without bleed",
        targets=(),
        summary="For live recordings with a microphone for each voice, given as references: each without the others. "
        "What was taken out is the residual.",
        paper="T. Pratzlich, R. Bittner, A. Liutkus and M. Muller, Kernel additive modeling for interference reduction "
        "in multi-channel music recordings, ICASSP 2015",
        guide=("references",),
        memory_mb_per_minute=0.0,
    )
    filter: str = param(
        "together", "Filter", choices=("together", "each"),
        help="All microphones together with their phases, which removes more; or each by itself, as in the paper.",
    )  # fmt: skip
    strength: float = param(1.0, "Strength", 0.0, 4.0, help="Bleed is taken to be so much louder than it was heard.")
    iterations: int = param(4, "Iterations", 1, 20, help="More: powers of voices fit the microphones better.")
    places: int = param(4, "Refinements", 0, 20, help="How often the way of each voice to all microphones is refined.")
    smooth_bins: int = param(3, "Smoothing over frequency", 1, 15, "bins", help="Odd; the median of a voice's kernel.")
    smooth_frames: int = param(3, "Smoothing over time", 1, 15, "frames", help="Odd; the median of a voice's kernel.")
    window: int = param(
        4096, "Window", 512, 32768, "samples at 44.1 kHz", help="A power of two. Longer for large rooms."
    )
    hop: int = param(1024, "Hop", 64, 16384, "samples at 44.1 kHz", help="A power of two, at most half of the window.")

    def targets(self, guide: Guide) -> tuple[str, ...]:
        """The names of the microphones."""
        names = tuple(name for name in guide.references if name != REST)
        if len(names) < 2:
            raise ParameterError(
                "bleed is what microphones hear of each other: give two or more as references, one sound file for each"
            )
        return names

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        """A stem for each microphone."""
        names, params = self.targets(guide), stft_at(self.window, self.hop, mix.rate)
        how = Rounds(self.iterations, self.smooth_bins, self.smooth_frames)
        told = Recordings([_heard(name, guide.references[name], mix) for name in names], params)
        learned = self._learn(told, how, part_of(progress, 0.0, 0.3))

        def stems_of(first: int, x: Spectrum, inside: slice) -> Callable[[str], Spectrum]:
            own = learned.own(told.spectra(first, x.shape[1]), how)[:, :, inside]
            return lambda name: told.spread(own[names.index(name)].T)

        stems = apply_filter(
            mix.samples, params, stems_of, names, context_frames=how.context_frames,
            frames_per_block=max(16, 256 // len(names)), progress=part_of(progress, 0.3, 1.0),
            message="taking out bleed",
        )  # fmt: skip
        return {name: Audio(samples, mix.rate) for name, samples in stems.items()}

    def _learn(self, told: Recordings, how: Rounds, progress: Progress) -> _Learned:
        x = told.sample(part_of(progress, 0.0, 0.2))
        scale = np.float32(1 / (float(np.abs(x).max(initial=0.0)) or 1.0))
        x *= scale
        gains = bleed.learn_gains(x, progress=part_of(progress, 0.2, 0.5))
        others = ~np.eye(len(gains), dtype=bool)
        gains[others] = np.minimum(gains[others] * np.float32(self.strength), 1)
        if self.filter == "each" or len(gains) > MOST_TOGETHER:
            return _Learned(gains, scale)
        some = slice(None, None, -(-x.shape[2] // PLACE_FRAMES))
        P = _voices(x, gains, how, part_of(progress, 0.5, 0.6))[:, some]
        places = bleed.learn_places(x[:, :, some], P, gains, self.places, progress=part_of(progress, 0.6, 1.0))
        return _Learned(gains, scale, places)


def _voices(x: Spectra, gains: bleed.Floats, how: Rounds, progress: Progress) -> bleed.Floats:
    """Powers (M, T, F) of the voices in frames that are not neighbours but for runs of some."""
    found = []
    for first in range(0, x.shape[2], RUN):
        progress(first / x.shape[2], "what the voices are like")
        found.append(bleed.voices(bleed.powers(x[:, :, first : first + RUN]), gains, how))
    return np.concatenate(found, axis=1)


def _heard(name: str, microphone: Audio, mix: Audio) -> Samples:
    if microphone.samples.shape != mix.samples.shape:
        raise ParameterError(
            f"the microphone {name} has the shape {microphone.samples.shape}, the song {mix.samples.shape}"
        )
    return microphone.samples


@dataclass(frozen=True, eq=False)
class _Learned:
    """What was learned. scale: makes the loudest bin about one. places: None to filter each microphone by itself."""

    gains: bleed.Floats
    scale: np.float32
    places: list[Spatial] | None = None

    def own(self, x: Spectra, how: Rounds) -> Spectra:
        """What each microphone hears of its own voice, (M, I, T, F)."""
        P = bleed.voices(bleed.powers(x * self.scale), self.gains, how)
        if self.places is None:
            return x * bleed.own_shares(P, self.gains)[:, None]
        return bleed.own_voices(x, P, self.places)

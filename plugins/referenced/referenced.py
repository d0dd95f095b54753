"""Stems by references: poor copies, estimates, an instrumental or another take make the mix separable."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unbraid.core import large_arrays
from unbraid.core.audio import Audio, Samples
from unbraid.core.dsp.stft import InverseStream, Spectrum, StftParams
from unbraid.core.errors import ParameterError
from unbraid.core.kam.resolution import frames_in, stft_at
from unbraid.core.progress import part_of
from unbraid.core.separation import wiener
from unbraid.core.separation.contract import Progress, SeparatorInfo, param
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.remainder import NAME as REST
from unbraid.core.separation.spatial import Powers
from unbraid.plugins.referenced.alignment import Reach, in_step
from unbraid.plugins.referenced.estimates import are_filtered_from, sharper_powers
from unbraid.plugins.referenced.filters import Filters, learn_filters, spectra_of
from unbraid.plugins.referenced.powers import MUCH, References, learn_gains, model_of, unexplained

logger = logging.getLogger(__name__)

OTHERS = {"accompaniment": "vocals", "instrumental": "vocals", "karaoke": "vocals", "vocals": "accompaniment"}
"""What one reference alone leaves."""

BLOCK = 128


@dataclass(frozen=True)
class Referenced:
    """Separation informed by recordings that are like the stems."""

    info: ClassVar = SeparatorInfo(
        "referenced",
        "By other recordings",
        targets=(),
        summary="For a song with other recordings of its stems, given as references: lossy copies, stems from "
        "elsewhere, a poor instrumental, another take. What they share with the song is taken out of it.",
        paper="A. Liutkus, J.-L. Durrieu, L. Daudet and G. Richard, An overview of informed audio source separation, "
        "WIAMIS 2013",
        guide=("references",),
        memory_mb_per_minute=90.0,
    )
    reach_s: float = param(
        0.5, "Delay", 0.0, 10.0, "s", help="References may be so much early or late; 0: they are in step."
    )
    same_recording: str = param(
        "auto", "Same recording", choices=("auto", "no"),
        help="Auto: what a reference has in common with the song down to its phases is subtracted; no: never.",
    )  # fmt: skip
    rest: str = param(
        "auto", "Other sounds", choices=("auto", "yes", "no"),
        help="Whether the song has sounds that no reference has; auto: if there is one reference, or if it seems so.",
    )  # fmt: skip
    passage_s: float = param(4.0, "Passage", 0.5, 60.0, "s", help="Time in which filters and levels stay the same.")
    iterations: int = param(2, "Iterations", 0, 20, help="How often the places of stems are refined.")
    window: int = param(4096, "Window", 512, 16384, "samples at 44.1 kHz", help="A power of two.")
    hop: int = param(1024, "Hop", 128, 8192, "samples at 44.1 kHz", help="A power of two, at most half of the window.")

    def targets(self, guide: Guide) -> tuple[str, ...]:
        """The names of the references; after one that is known to have a counterpart, that one."""
        names = tuple(name for name in guide.references if name != REST)
        if not names:
            raise ParameterError("other recordings of the stems are needed: give one sound file or more as references")
        if len(names) == 1 and names[0] in OTHERS:
            return (*names, OTHERS[names[0]])
        return names

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        """A stem for each target."""
        names = [name for name in guide.references if name != REST]
        targets, params = self.targets(guide), stft_at(self.window, self.hop, mix.rate)
        sounds = self._in_step(mix, guide, names, part_of(progress, 0.0, 0.2))
        shares = self._shares(mix, sounds, params, part_of(progress, 0.2, 1.0))
        stems = dict(zip(names, shares, strict=True))
        if len(targets) > len(names):
            stems[targets[-1]] = mix.samples - shares[0]
        progress(1.0, "done")
        return {name: Audio(stems[name], mix.rate) for name in targets}

    def _in_step(self, mix: Audio, guide: Guide, names: Sequence[str], progress: Progress) -> list[Samples]:
        found = []
        for number, name in enumerate(names):
            told = part_of(progress, number / len(names), (number + 1) / len(names))
            reference = guide.references[name]
            if reference.samples.shape != mix.samples.shape:
                raise ParameterError(
                    f"the reference {name} has the shape {reference.samples.shape}, the song {mix.samples.shape}"
                )
            found.append(in_step(mix, reference, Reach(self.reach_s), told))
        return found

    def _shares(self, mix: Audio, sounds: list[Samples], params: StftParams, progress: Progress) -> list[Samples]:
        """The part of the mix that belongs to each reference, (N, I) each."""
        if are_filtered_from(mix.samples, sounds, params):
            return self._sharpened(mix, sounds, params, progress)
        frames = max(4, frames_in(self.passage_s, params, mix.rate))
        common = [np.zeros(mix.samples.shape, np.float32) for _ in sounds]
        if self.same_recording == "auto":
            filters = learn_filters(mix.samples, sounds, params, frames, part_of(progress, 0.0, 0.4))
            common = _filtered(sounds, filters, params, part_of(progress, 0.4, 0.5))
        left = mix.samples.copy()
        for part in common:
            left -= part
        stems = self._filtered_rest(left, sounds, params, frames, part_of(progress, 0.5, 1.0))
        for own, part in zip(stems, common, strict=True):
            own += part
        return stems

    def _filtered_rest(
        self, left: Samples, sounds: list[Samples], params: StftParams, frames: int, progress: Progress
    ) -> list[Samples]:
        """What each reference has of what is left of the mix."""
        told = References.of(sounds, params)
        gains = learn_gains(left, told, max(2, frames // 2), part_of(progress, 0.0, 0.4))
        with_rest = self.rest == "yes" or (
            self.rest == "auto" and (len(sounds) == 1 or unexplained(left, told, gains) > MUCH)
        )
        powers = model_of(told, gains, with_rest=with_rest)
        names = [str(j) for j in range(len(sounds) + with_rest)]
        return self._wiener(left, params, powers, names, part_of(progress, 0.4, 1.0))[: len(sounds)]

    def _wiener(
        self, samples: Samples, params: StftParams, powers: wiener.PowersOf, names: list[str], progress: Progress
    ) -> list[Samples]:
        how = wiener.Refinement(self.iterations, update="weighted", power="kept")
        stems = wiener.separate(samples, params, powers, names, how, progress=progress)
        return [stems[name] for name in names]

    def _sharpened(self, mix: Audio, sounds: list[Samples], params: StftParams, progress: Progress) -> list[Samples]:
        """Estimates that were filtered from this very mix, and what the mix gives with a simpler model of them."""
        v = sharper_powers(sounds, params, part_of(progress, 0.0, 0.5))

        def powers(first: int, x: Spectrum) -> Powers:
            return v(first, x.shape[1])

        names = [str(j) for j in range(len(sounds))]
        found = self._wiener(mix.samples, params, powers, names, part_of(progress, 0.5, 1.0))
        left = mix.samples - np.sum(sounds, axis=0, dtype=np.float32)
        left /= np.float32(len(sounds))
        means = (np.float32(0.5) * (y + s + left) for y, s in zip(found, sounds, strict=True))
        return [np.asarray(mean, np.float32) for mean in means]


def _filtered(sounds: list[Samples], filters: Filters, params: StftParams, progress: Progress) -> list[Samples]:
    """The sounds (N, I) after their filters, block by block."""
    length, channels = sounds[0].shape
    streams = [InverseStream(params, length, channels) for _ in sounds]
    out = [large_arrays.empty((length, channels)) for _ in sounds]
    done, total = [0] * len(sounds), params.frames(length)

    def write(j: int, piece: Samples) -> None:
        out[j][done[j] : done[j] + len(piece)] = piece
        done[j] += len(piece)

    for first in range(0, total, BLOCK):
        progress(first / total, "filtering references")
        y = filters.apply(spectra_of(sounds, params, first, min(BLOCK, total - first)), first)
        for j, stream in enumerate(streams):
            write(j, stream.push(y[..., j]))
    for j, stream in enumerate(streams):
        write(j, stream.finish())
    return out

"""Fitters of spectrograms: what makes a source's picture from its estimated powers, by kernels or by factorisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from unbraid.core import large_arrays
from unbraid.core.audio import Audio
from unbraid.core.dsp.ratio import to_power
from unbraid.core.dsp.stft import StftParams
from unbraid.core.kam.kernels import Comb, Kernel
from unbraid.core.kam.magnitudes import song_magnitudes
from unbraid.core.kam.model import Source
from unbraid.core.kam.smoothers import Smoother, bind
from unbraid.core.kam.surroundings import Surroundings
from unbraid.core.progress import Progress, part_of
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.nmf import Factors, factorise
from unbraid.core.separation.nmf_descent import NmfParams

Floats = npt.NDArray[np.float32]

FIT_FRAMES = 1024
"""Frames fitted between two questions whether to stop."""

FIT_ITERATIONS = 10
"""Of a factorisation in each iteration; it goes on where it was."""

Begun = Callable[[Source, int, int], Floats]
"""What a source begins with: magnitudes (F, count) of so many frames from a first one."""


@dataclass
class Fitters:
    """The fitters of one stage, which remember what they found: neighbours, templates, the song's spectrogram."""

    mix: Audio
    params: StftParams
    guide: Guide
    begun: Begun
    _seen: Floats | None = None
    _smoothers: dict[tuple[int, int], Smoother] = field(default_factory=dict)
    _factors: dict[int, Factors] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        """Frames of the song."""
        return self.params.frames(self.mix.frames)

    def fitted(self, source: Source, z: Floats, progress: Progress) -> Floats:
        """The picture of a source, powers (F, T), from its estimated powers z (F, T), which may be used up."""
        if source.fit == "nmf":
            return self._by_factorisation(source, z, progress)
        return self._by_kernels(source, z, progress) if source.kernels else z

    def surroundings(self, source: Source, *, with_picture: bool, progress: Progress) -> Surroundings:
        """What a kernel of a source looks at: what is known of the source, or the mix."""
        seen = self._seen_of(source, progress) if with_picture else None
        return Surroundings(self.params, self.mix.rate, self.frames, seen, self.guide)

    def _by_kernels(self, source: Source, z: Floats, progress: Progress) -> Floats:
        """The geometric mean of what the kernels fit."""
        share = 1 / len(source.kernels)
        product: Floats | None = None
        for number in range(len(source.kernels)):
            fit = self._by_kernel(source, number, z, part_of(progress, number * share, (number + 1) * share))
            product = fit if product is None else np.multiply(product, fit, out=product)
        assert product is not None
        return to_power(product, share)

    def _by_kernel(self, source: Source, number: int, z: Floats, progress: Progress) -> Floats:
        kernel = source.kernels[number]
        search = 0.7 if needs_picture(kernel) and (id(source), number) not in self._smoothers else 0.0
        smoother = self._smoother(source, number, part_of(progress, 0.0, search))
        out = large_arrays.empty(z.T.shape)
        for start in range(0, self.frames, FIT_FRAMES):
            progress(search + (1 - search) * start / self.frames, f"{source.stem}: {kernel.kind}")
            stop = min(start + FIT_FRAMES, self.frames)
            low, high = smoother.needs(start, stop)
            smoother(z[:, low:high], start, stop, first=low, out=out[start:stop].T)
        return out.T

    def _smoother(self, source: Source, number: int, progress: Progress) -> Smoother:
        key = (id(source), number)
        if key not in self._smoothers:
            kernel = source.kernels[number]
            reading, looking = part_of(progress, 0.0, 0.4), part_of(progress, 0.4, 1.0)
            song = self.surroundings(source, with_picture=needs_picture(kernel), progress=reading)
            self._smoothers[key] = bind(kernel, song, cost=source.cost, progress=looking)
        return self._smoothers[key]

    def _by_factorisation(self, source: Source, z: Floats, progress: Progress) -> Floats:
        """A product of templates and activations, carried on from the iteration before."""
        before = self._factors.get(id(source))
        how = NmfParams(min(source.components, self.frames), "is", iterations=FIT_ITERATIONS, seed=len(self._factors))
        templates, activations = (None, None) if before is None else (before.templates, before.activations)
        found = factorise(z, how, templates=templates, activations=activations, progress=progress)
        self._factors[id(source)] = found
        return found.model()

    def _seen_of(self, source: Source, progress: Progress) -> Floats:
        if not source.start:
            if self._seen is None:
                self._seen = song_magnitudes(self.mix.samples, self.params, progress=progress)
            return self._seen
        seen = large_arrays.empty((self.frames, self.params.bins))
        for first in range(0, self.frames, FIT_FRAMES):
            progress(first / self.frames, "reading the song")
            count = min(FIT_FRAMES, self.frames - first)
            seen[first : first + count] = self.begun(source, first, count).T
        return seen.T


def needs_picture(kernel: Kernel) -> bool:
    """Whether what a kernel's neighbours are depends on the song."""
    inner = [getattr(kernel, "kernel", None), *getattr(kernel, "members", ())]
    return kernel.kind in ("similar", "periodic", "comb", "repetitions") or any(
        part is not None and needs_picture(part) for part in inner
    )


def takes_medians(source: Source) -> bool:
    """Whether a source's picture is a median, which lies below the mean of the same powers."""
    moved = [kernel for kernel in source.kernels if not (isinstance(kernel, Comb) and kernel.partials == 0)]
    return source.fit == "kernel" and source.cost == "median" and bool(moved)


def median_of_power(channels: int) -> float:
    """Median over mean of the power of Gaussian noise in so many channels: 0.69 for one, 0.84 for two."""
    from scipy.special import gammaincinv

    return float(gammaincinv(channels, 0.5) / channels)

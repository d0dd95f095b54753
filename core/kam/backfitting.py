"""Kernel backfitting: the sources of a song from what each of them looks like nearby, in one engine.

Liutkus, Fitzgerald, Rafii, Pardo and Daudet, "Kernel additive models for source separation", IEEE TSP 2014. Each
iteration filters the mix with the sources' pictures (core/separation/wiener.py) and makes the pictures anew: the median
over each place's neighbours, a factorisation, or what it was. HPSS, REPET and its kin, multichannel NMF and networks
followed by expectation-maximisation are configurations of it (tests/core/kam/test_backfitting.py).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from unbraid.core import large_arrays
from unbraid.core.audio import Audio, Samples
from unbraid.core.dsp.stft import Spectrum, StftParams, stft
from unbraid.core.kam.kernels import Comb, Kernel, Periodic
from unbraid.core.kam.lowrank import LowRank, compressed
from unbraid.core.kam.magnitudes import joint_magnitude, song_magnitudes
from unbraid.core.kam.model import MIX, Model, Source, Stage, parts_of
from unbraid.core.kam.repeats import periods_found
from unbraid.core.kam.smoothers import bind
from unbraid.core.kam.surroundings import Surroundings
from unbraid.core.progress import Progress, part_of, silent_progress
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.masks import apply_filter, high_pass
from unbraid.core.separation.nmf import Factors, factorise
from unbraid.core.separation.nmf_descent import NmfParams
from unbraid.core.separation.spatial import Powers, Spatial, filter_block
from unbraid.core.separation.spatial_updates import Moments, has_posterior, power_of
from unbraid.core.separation.wiener import FRAMES, Passes, PowersOf

Floats = npt.NDArray[np.float32]

FIT_FRAMES = 4096
"""Frames fitted between two questions whether to stop."""

TOGETHER_BYTES = 1 << 30
"""Pictures that are held at a time while sources are fitted; more sources take more passes over the song."""

SLOPE_OCTAVES = 1.0
"""Width of the slope at the ends of a source's range."""

FIT_ITERATIONS = 10
"""Of a factorisation in each iteration; it goes on where it was."""


def separate(mix: Audio, model: Model, guide: Guide, progress: Progress = silent_progress) -> dict[str, Audio]:
    """The stems of `model.stems`; what no source claims is left over."""
    made: dict[str, Samples] = {}
    work = [max(1, stage.iterations) * len(stage.sources) + 1 for stage in model.stages]
    for number, stage in enumerate(model.stages):
        told = part_of(progress, sum(work[:number]) / sum(work), sum(work[: number + 1]) / sum(work))
        samples = mix.samples if stage.splits == MIX else made[stage.splits]
        stems = _Fitting(Audio(samples, mix.rate), stage, made, guide, told).stems()
        made |= {f"{stage.name}.{stem}": found for stem, found in stems.items()}
    last = model.stages[-1].name
    parts = model.result or {stem: (f"{last}.{stem}",) for stem in model.stems}
    return {stem: Audio(_added([made[name] for name in names]), mix.rate) for stem, names in parts.items()}


def _added(parts: Sequence[Samples]) -> Samples:
    if len(parts) == 1:
        return parts[0]
    total = large_arrays.empty(parts[0].shape)
    total[...] = parts[0]
    for part in parts[1:]:
        total += part
    return total


Picture = Floats | LowRank
"""Powers of one source, (F, T), as they are or compressed."""


def _part(picture: Picture, start: int, stop: int) -> Floats:
    return picture.part(start, stop) if isinstance(picture, LowRank) else picture[:, start:stop]


class _Fitting:
    """One stage at work on its part of the song."""

    def __init__(self, mix: Audio, stage: Stage, made: Mapping[str, Samples], guide: Guide, progress: Progress):
        self.mix, self.stage, self.made = mix, stage, made
        self.params = transform(stage, mix.rate)
        self.frames = self.params.frames(mix.frames)
        self.passes = Passes.of_samples(mix.samples, self.params)
        self.progress, self.guide = progress, guide
        self._seen: Floats | None = None
        self._factors: dict[int, Factors] = {}
        self.sources = self._every_source()
        self.spatial = Spatial.white(self.params.bins, mix.channels, len(self.sources))

    def stems(self) -> dict[str, Samples]:
        """The stage's stems; sources of one stem are added up."""
        share = 1 / (self.stage.iterations + 1)
        model = self._weighted(self._first)
        for number in range(self.stage.iterations):
            model = self._iteration(model, part_of(self.progress, number * share, (number + 1) * share))
        names = list(dict.fromkeys(source.stem for source in self.sources))
        members = {name: [j for j, s in enumerate(self.sources) if s.stem == name] for name in names}

        def stems_of(first: int, x: Spectrum, inside: slice) -> Callable[[str], Spectrum]:
            y = filter_block(x, model(first, x), self.spatial)
            return lambda name: y[:, :, :, members[name]].sum(axis=3)

        return apply_filter(
            self.mix.samples, self.params, stems_of, names, frames_per_block=FRAMES,
            progress=part_of(self.progress, 1 - share, 1.0), message="filtering",
        )  # fmt: skip

    def _first(self, first: int, x: Spectrum) -> Powers:
        """What the sources are taken for at first: what earlier stages found, or the mix alike; rests are left."""
        begun = any(source.start for source in self.sources)
        joint, power = mean_magnitude(x), np.float32(self.stage.exponent)
        rows: list[Floats | None] = []
        for source in self.sources:
            if source.start:
                rows.append(self._started(source, first, x.shape[1]) ** power)
            elif source.fit == "rest":
                rows.append(None if begun else np.zeros_like(joint))
            else:
                rows.append(joint**power)
        return self._completed(rows, x)

    def _started(self, source: Source, first: int, count: int) -> Floats:
        """The product of the pictures a source begins with, (F, count) magnitudes."""
        product: Floats | None = None
        for name, power in source.start.items():
            parts = [stft(self.made[part], self.params, first=first, frames=count) for part in parts_of(name)]
            picture = mean_magnitude(sum(parts[1:], start=parts[0]))
            picture = picture if power == 1 else picture ** np.float32(power)
            product = picture if product is None else product * picture
        assert product is not None
        return product

    def _range(self, source: Source) -> Floats:
        """Share of each bin that may belong to a source, (F, 1)."""
        freqs_hz = self.params.freqs_hz(self.mix.rate)
        share = high_pass(freqs_hz, source.from_hz, slope_octaves=SLOPE_OCTAVES)
        if source.to_hz < self.mix.rate / 2:
            share = share * (1 - high_pass(freqs_hz, source.to_hz, slope_octaves=SLOPE_OCTAVES))
        return np.asarray(share[:, None], np.float32)

    def _iteration(self, model: PowersOf, progress: Progress) -> PowersOf:
        """Places and pictures of all sources, found with those before."""
        metric = self.spatial
        if self.stage.places != "none":
            moments = Moments(self.stage.places, self.spatial)
            for first, x in self.passes.read():
                progress(0.2 * first / self.frames, "where the sources are")
                moments.add(x, model(first, x))
            metric = Spatial.of(moments.covariances())
        pictures = self._pictures(model, metric, part_of(progress, 0.2, 1.0))
        self.spatial = metric

        def found(first: int, x: Spectrum) -> Powers:
            rows = [None if p is None else _part(p, first, first + x.shape[1]) for p in pictures]
            return self._completed(rows, x)

        return self._weighted(found)

    def _weighted(self, model: PowersOf) -> PowersOf:
        """The model with each source's weight, within its range."""
        power = np.float32(self.stage.exponent)
        shares = [np.float32(source.weight) * self._range(source) ** power for source in self.sources]
        if all((share == 1).all() for share in shares):
            return model
        gains = np.stack(shares, axis=2)
        return lambda first, x: model(first, x) * gains

    def _completed(self, rows: Sequence[Floats | None], x: Spectrum) -> Powers:
        """Pictures of a block, (F, T, J) in memory (J, T, F): what the others leave of the mix where there is None."""
        if any(row is None for row in rows):
            power = np.float32(self.stage.exponent)
            left = mean_magnitude(x)
            for row in rows:
                if row is not None:
                    left -= row ** (1 / power)
            left = np.maximum(left, 0, out=left) ** power
            rows = [left if row is None else row for row in rows]
        return np.stack([row.T for row in rows if row is not None]).transpose(2, 1, 0)

    def _pictures(self, model: PowersOf, metric: Spatial, progress: Progress) -> list[Picture | None]:
        """New pictures of all sources but rests, as many at a time as there is room for."""
        J, bytes_each = len(self.sources), 4 * self.params.bins * self.frames
        step = max(1, min(J, TOGETHER_BYTES // bytes_each)) if self.stage.rank else J
        found: list[Picture | None] = []
        for start in range(0, J, step):
            group = range(start, min(start + step, J))
            told = part_of(progress, start / J, group.stop / J)
            z = self._powers(model, metric, group, part_of(told, 0.0, 0.4))
            for place, j in enumerate(group):
                ends = (0.4 + 0.6 * place / len(group), 0.4 + 0.6 * (place + 1) / len(group))
                if self.sources[j].fit == "rest":
                    found.append(None)
                    continue
                fitted = self._fitted(self.sources[j], z[place].T, part_of(told, *ends))
                found.append(self._kept(fitted, j))
        return found

    def _powers(self, model: PowersOf, metric: Spatial, group: range, progress: Progress) -> Floats:
        """What the filter gives some sources, (sources, T, F)."""
        z = large_arrays.empty((len(group), self.frames, self.params.bins))
        posterior = self.stage.places != "none" and has_posterior(self.stage.places)
        for first, x in self.passes.read():
            progress(first / self.frames, "what the sources are like")
            powers = power_of(x, model(first, x), self.spatial, metric, posterior=posterior)
            z[:, first : first + x.shape[1]] = powers[:, :, group.start : group.stop].transpose(2, 1, 0)
        return z

    def _kept(self, fitted: Floats, j: int) -> Picture:
        return compressed(fitted, self.stage.rank, np.random.default_rng(j)) if self.stage.rank else fitted

    def _fitted(self, source: Source, z: Floats, progress: Progress) -> Floats:
        """The picture of a source, (F, T), from its powers z (F, T), which are used up."""
        if source.fit == "kernel" and source.kernels:
            fitted = self._by_kernels(source, z, progress)
        elif source.fit == "nmf":
            fitted = self._by_factorisation(source, z, progress)
        else:
            fitted = z
        return self._to_exponent(source, fitted)

    def _by_kernels(self, source: Source, z: Floats, progress: Progress) -> Floats:
        """The geometric mean of what the kernels fit."""
        fits = []
        for number, kernel in enumerate(source.kernels):
            told = part_of(progress, number / len(source.kernels), (number + 1) / len(source.kernels))
            song = self._surroundings(source, kernel)
            smoother = bind(kernel, song, cost=source.cost, progress=part_of(told, 0.0, 0.3))
            out = large_arrays.empty(z.T.shape)
            for start in range(0, self.frames, FIT_FRAMES):
                told(0.3 + 0.7 * start / self.frames, f"{source.stem}: {kernel.kind}")
                stop = min(start + FIT_FRAMES, self.frames)
                low, high = smoother.needs(start, stop)
                smoother(z[:, low:high], start, stop, first=low, out=out[start:stop].T)
            fits.append(out.T)
        if len(fits) == 1:
            return fits[0]
        product = fits[0]
        for fit in fits[1:]:
            product = product * fit
        return product ** np.float32(1 / len(fits))

    def _by_factorisation(self, source: Source, z: Floats, progress: Progress) -> Floats:
        """A product of templates and activations, carried on from the iteration before."""
        before = self._factors.get(id(source))
        how = NmfParams(min(source.components, self.frames), "is", iterations=FIT_ITERATIONS, seed=len(self._factors))
        templates, activations = (None, None) if before is None else (before.templates, before.activations)
        found = factorise(z, how, templates=templates, activations=activations, progress=progress)
        self._factors[id(source)] = found
        return found.model()

    def _to_exponent(self, source: Source, fitted: Floats) -> Floats:
        """Powers to the stage's exponent, in place; unbiased where sources are fitted in different ways."""
        if self._is_mixed and _takes_medians(source):
            fitted /= np.float32(median_of_power(self.mix.channels))
        if self.stage.exponent == 1:
            return np.sqrt(fitted, out=fitted)
        return fitted if self.stage.exponent == 2 else np.power(fitted, np.float32(self.stage.exponent / 2), out=fitted)

    @property
    def _is_mixed(self) -> bool:
        """Whether medians, which are biased, stand beside factorisations, means or known pictures, which are not."""
        return any(s.fit in ("nmf", "fixed") or (s.fit == "kernel" and s.cost == "mean") for s in self.sources)

    def _surroundings(self, source: Source, kernel: Kernel | None) -> Surroundings:
        """What a kernel of a source looks at: what is known of the source, or the mix."""
        seen = self._seen_of(source) if kernel is None or _needs_picture(kernel) else None
        return Surroundings(self.params, self.mix.rate, self.frames, seen, self.guide)

    def _seen_of(self, source: Source) -> Floats:
        if not source.start:
            if self._seen is None:
                self._seen = song_magnitudes(self.mix.samples, self.params)
            return self._seen
        seen = large_arrays.empty((self.frames, self.params.bins))
        for first in range(0, self.frames, FIT_FRAMES):
            count = min(FIT_FRAMES, self.frames - first)
            seen[first : first + count] = self._started(source, first, count).T
        return seen.T

    def _every_source(self) -> tuple[Source, ...]:
        """The stage's sources, with one for each period where a source asks for that."""
        return tuple(one for source in self.stage.sources for one in self._of_each_period(source))

    def _of_each_period(self, source: Source) -> list[Source]:
        places = [n for n, kernel in enumerate(source.kernels) if isinstance(kernel, Periodic)]
        if not source.each_period or not places:
            return [source]
        kernel = source.kernels[places[0]]
        assert isinstance(kernel, Periodic)
        periods = kernel.period_s or tuple(periods_found(kernel, self._surroundings(source, None)))
        return [
            dataclasses.replace(
                source,
                kernels=(
                    *source.kernels[: places[0]],
                    dataclasses.replace(kernel, period_s=(period,)),
                    *source.kernels[places[0] + 1 :],
                ),
            )
            for period in periods
        ]


def _needs_picture(kernel: Kernel) -> bool:
    """Whether what a kernel's neighbours are depends on the song."""
    inner = [getattr(kernel, "kernel", None), *getattr(kernel, "members", ())]
    return kernel.kind in ("similar", "periodic", "comb", "repetitions") or any(
        part is not None and _needs_picture(part) for part in inner
    )


def mean_magnitude(x: Spectrum) -> Floats:
    """Root of the power averaged over channels, (F, T): the scale of all pictures. x: (F, T, I)."""
    joint = joint_magnitude(x)
    return joint if x.shape[2] == 1 else np.multiply(joint, np.float32(x.shape[2] ** -0.5), out=joint)


def _takes_medians(source: Source) -> bool:
    moved = [kernel for kernel in source.kernels if not (isinstance(kernel, Comb) and kernel.partials == 0)]
    return source.fit == "kernel" and source.cost == "median" and bool(moved)


def median_of_power(channels: int) -> float:
    """Median over mean of the power of Gaussian noise in so many channels: 0.69 for one, 0.84 for two."""
    from scipy.special import gammaincinv

    return float(gammaincinv(channels, 0.5) / channels)


def transform(stage: Stage, rate: int) -> StftParams:
    """The stage's transform at a rate: the power of two nearest to its window, and its overlap."""
    window = 1 << max(2, round(math.log2(stage.window_s * rate)))
    return StftParams(window, max(1, round(window * (1 - stage.overlap))))

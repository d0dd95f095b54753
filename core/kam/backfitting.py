"""Kernel backfitting: the sources of a song from what each of them looks like nearby, in one engine.

Liutkus, Fitzgerald, Rafii, Pardo and Daudet, "Kernel additive models for source separation", IEEE TSP 2014. Each
iteration filters the mix with the sources' pictures (core/separation/wiener.py) and makes the pictures anew: the median
over each place's neighbours, a factorisation, or what it was. HPSS, REPET and its kin, multichannel NMF and networks
followed by expectation-maximisation are configurations of it (tests/core/kam/test_backfitting.py).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from unbraid.core import large_arrays
from unbraid.core.audio import Audio, Samples
from unbraid.core.dsp.ratio import to_power
from unbraid.core.dsp.stft import Spectrum, StftParams, stft
from unbraid.core.kam.fitters import Fitters, median_of_power, needs_picture, takes_medians
from unbraid.core.kam.given import is_given, stems_of_guide
from unbraid.core.kam.kernels import Periodic
from unbraid.core.kam.lowrank import LowRank, compressed
from unbraid.core.kam.magnitudes import joint_magnitude
from unbraid.core.kam.model import MIX, Model, Source, Stage, parts_of, starts_of
from unbraid.core.kam.repeats import periods_found
from unbraid.core.progress import Progress, part_of, silent_progress
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.masks import apply_filter, high_pass
from unbraid.core.separation.spatial import Powers, Spatial, filter_block
from unbraid.core.separation.spatial_updates import has_posterior, power_of
from unbraid.core.separation.wiener import FRAMES, Passes, PowersOf, places_of

Floats = npt.NDArray[np.float32]

TOGETHER_BYTES = 1 << 30
"""Pictures that are held at a time while sources are fitted; more sources take more passes over the song."""

LOOKING = 0.04
"""Share of a stage in which periods are looked for."""

SLOPE_OCTAVES = 1.0
"""Width of the slope at the ends of a source's range."""


def separate(mix: Audio, model: Model, guide: Guide, progress: Progress = silent_progress) -> dict[str, Audio]:
    """The stems of `model.stems`; what no source claims is left over."""
    made: dict[str, Samples] = {}
    work = [_work(stage) for stage in model.stages]
    for number, stage in enumerate(model.stages):
        told = part_of(progress, sum(work[:number]) / sum(work), sum(work[: number + 1]) / sum(work))
        wanted = {part for part in starts_of(stage) if is_given(part)} - set(made)
        made |= stems_of_guide(wanted, mix, guide, transform(stage, mix.rate))
        samples = mix.samples if stage.splits == MIX else made[stage.splits]
        stems = _Fitting(Audio(samples, mix.rate), stage, made, guide, told).stems()
        made |= {f"{stage.name}.{stem}": found for stem, found in stems.items()}
        later = set(_used(model, number + 1))
        made = {name: samples for name, samples in made.items() if name in later}
    parts = _parts(model)
    return {stem: Audio(_added([made[name] for name in names]), mix.rate) for stem, names in parts.items()}


def _used(model: Model, number: int) -> Iterator[str]:
    """The parts that stages from `number` on and the result are made of."""
    for stage in model.stages[number:]:
        yield from (stage.splits, *starts_of(stage))
    for parts in _parts(model).values():
        yield from parts


def _parts(model: Model) -> Mapping[str, tuple[str, ...]]:
    """What each stem of the result is the sum of."""
    last = model.stages[-1].name
    return model.result or {stem: (f"{last}.{stem}",) for stem in model.stems}


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
        self.fitters = Fitters(mix, self.params, guide, self._started)
        self.sources = self._every_source(part_of(progress, 0.0, LOOKING))
        self.progress = part_of(progress, LOOKING if len(self.sources) > len(stage.sources) else 0.0, 1.0)
        self.spatial = Spatial.white(self.params.bins, mix.channels, len(self.sources))

    def stems(self) -> dict[str, Samples]:
        """The stage's stems; sources of one stem are added up."""
        before = 1 - _passes(self.stage) / _work(self.stage)
        share = before / max(1, self.stage.iterations)
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
            progress=part_of(self.progress, before, 1.0), message="filtering",
        )  # fmt: skip

    def _first(self, first: int, x: Spectrum) -> Powers:
        """What the sources are taken for at first: what earlier stages found, or the mix alike; rests are left."""
        begun = any(source.start for source in self.sources)
        rows: list[Floats | None] = []
        for source in self.sources:
            if source.fit == "rest" and not source.start:
                rows.append(None if begun else np.zeros((x.shape[0], x.shape[1]), np.float32))
            else:
                rows.append(self._beginning(source, first, x))
        return self._completed(rows, x)

    def _beginning(self, source: Source, first: int, x: Spectrum) -> Floats:
        """What a source is taken for at first in a block, (F, T), to the stage's exponent."""
        picture = self._started(source, first, x.shape[1]) if source.start else mean_magnitude(x)
        return to_power(picture, self.stage.exponent)

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
            metric = places_of(
                self.passes, model, self.spatial, self.stage.places, progress=part_of(progress, 0.0, 0.2)
            )
        pictures = self._pictures(model, metric, part_of(progress, 0.2, 1.0))
        self.spatial = metric

        def found(first: int, x: Spectrum) -> Powers:
            rows: list[Floats | None] = []
            for source, picture in zip(self.sources, pictures, strict=True):
                if picture is not None:
                    rows.append(_part(picture, first, first + x.shape[1]))
                else:
                    rows.append(self._beginning(source, first, x) if source.fit == "fixed" else None)
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
        """New pictures of all sources that are fitted, as many at a time as there is room for; None for the others."""
        found: list[Picture | None] = [None] * len(self.sources)
        fitted = [j for j, source in enumerate(self.sources) if source.fit not in ("rest", "fixed")]
        room = max(1, TOGETHER_BYTES // (4 * self.params.bins * self.frames)) if self.stage.rank else len(fitted)
        for start in range(0, len(fitted), max(1, room)):
            group = fitted[start : start + room]
            told = part_of(progress, start / len(fitted), (start + len(group)) / len(fitted))
            z = self._powers(model, metric, group, part_of(told, 0.0, 0.4))
            for place, j in enumerate(group):
                ends = (0.4 + 0.6 * place / len(group), 0.4 + 0.6 * (place + 1) / len(group))
                found[j] = self._picture(j, z[place].T, part_of(told, *ends))
        return found

    def _powers(self, model: PowersOf, metric: Spatial, group: Sequence[int], progress: Progress) -> Floats:
        """What the filter gives some sources, (sources, T, F)."""
        z = large_arrays.empty((len(group), self.frames, self.params.bins))
        posterior = self.stage.places != "none" and has_posterior(self.stage.places)
        for first, x in self.passes.read():
            progress(first / self.frames, "what the sources are like")
            powers = power_of(x, model(first, x), self.spatial, metric, posterior=posterior)
            z[:, first : first + x.shape[1]] = powers[:, :, group].transpose(2, 1, 0)
        return z

    def _picture(self, j: int, z: Floats, progress: Progress) -> Picture:
        """The picture of a source to the stage's exponent; unbiased where sources are fitted in different ways."""
        source, exponent = self.sources[j], self.stage.exponent
        fitted = self.fitters.fitted(source, z, progress)
        if self._is_mixed and takes_medians(source):
            fitted /= np.float32(median_of_power(self.mix.channels))
        fitted = to_power(fitted, exponent / 2)
        return compressed(fitted, self.stage.rank, np.random.default_rng(j)) if self.stage.rank else fitted

    @property
    def _is_mixed(self) -> bool:
        """Whether medians, which are biased, stand beside factorisations, means or known pictures, which are not."""
        return any(s.fit in ("nmf", "fixed") or (s.fit == "kernel" and s.cost == "mean") for s in self.sources)

    def _every_source(self, progress: Progress) -> tuple[Source, ...]:
        """The stage's sources, with one for each period where a source asks for that."""
        return tuple(one for source in self.stage.sources for one in self._of_each_period(source, progress))

    def _of_each_period(self, source: Source, progress: Progress) -> list[Source]:
        places = [n for n, kernel in enumerate(source.kernels) if isinstance(kernel, Periodic)]
        if not source.each_period or not places:
            return [source]
        kernel = source.kernels[places[0]]
        assert isinstance(kernel, Periodic)
        periods = kernel.period_s or tuple(
            periods_found(kernel, self.fitters.surroundings(source, with_picture=True, progress=progress))
        )
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


def mean_magnitude(x: Spectrum) -> Floats:
    """Root of the power averaged over channels, (F, T): the scale of all pictures. x: (F, T, I)."""
    joint = joint_magnitude(x)
    return joint if x.shape[2] == 1 else np.multiply(joint, np.float32(x.shape[2] ** -0.5), out=joint)


def _passes(stage: Stage) -> float:
    """What it costs to filter the song once, in about a quarter of reading it."""
    return 4.0 + len(starts_of(stage))


def _work(stage: Stage) -> float:
    """What a stage costs in all, in the same unit: only the progress rests on it."""
    kernels = [kernel for source in stage.sources for kernel in source.kernels]
    fitting = 4.0 * stage.iterations * len(kernels)
    looking = 10.0 * sum(needs_picture(kernel) for kernel in kernels) if stage.iterations else 0.0
    return _passes(stage) * (stage.iterations + 1) + fitting + looking


def transform(stage: Stage, rate: int) -> StftParams:
    """The stage's transform at a rate: the power of two nearest to its window, and its overlap."""
    window = 1 << max(2, round(math.log2(stage.window_s * rate)))
    return StftParams(window, max(1, round(window * (1 - stage.overlap))))

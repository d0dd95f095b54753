"""Streams from sources: a parametric layer, a residual layer of any step above it, and how they share a rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from unbraid.core import large_arrays
from unbraid.core.errors import ParameterError
from unbraid.core.informed.decoder import DIGEST_BYTES, Decoder, SideInformation
from unbraid.core.informed.dial import CurvePoint, Dial, Model
from unbraid.core.informed.fitting import Fit, fit
from unbraid.core.informed.header import Header, MixPrint, StemEntry, write_header
from unbraid.core.informed.matching.mixprint import mix_print
from unbraid.core.informed.parametric.grid import BLOCK_S
from unbraid.core.informed.parametric.layer import ImageLayer, band_covariances
from unbraid.core.informed.residual import encoder as residual
from unbraid.core.informed.residual.levels import STEPS, WEIGHTS
from unbraid.core.informed.residual.payload import Prefix
from unbraid.core.informed.residual.settings import Settings
from unbraid.core.informed.sources import Sources
from unbraid.core.informed.steps import PACKET_BYTES, StepSearch, sums_of
from unbraid.core.informed.stream import write_stream
from unbraid.core.progress import Progress, part_of, silent_progress

Doubles = npt.NDArray[np.float64]

PARAMETRIC_SHARE = 0.5
"""Of low rates (measured: docs/informed.md); what is left codes what the filter misses."""
LEAST_PARAMETRIC_KBPS, MOST_PARAMETRIC_KBPS = 0.03, 0.4
"""For each source."""
HIDDEN_WEIGHT = 2.0**-6
"""Of the errors of the remainder beside those of the stems."""
USUAL_DB = 20.0
ENTRY_BYTES = 24
"""Of a stem in the header, about."""
CURVE_BLOCKS = 8
COPY_SHARE, LONG_S = 0.03, 60
"""Header and dictionary are written twice where that is less of the stream than this, or in songs as long as this."""
CORRECTIONS = 4
NEAR = 0.03
"""Of a rate: a step that was said to be near and misses by more is looked for anew."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """A stream, what it reaches, and what there is to say about it."""

    stream: bytes
    point: CurvePoint
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Layered:
    """A residual layer. costs, errors: bits and squared errors of each source, (J,)."""

    settings: Settings
    payloads: tuple[bytes, ...]
    costs: Doubles
    errors: Doubles


class Encoder:
    """Encodes sources at one dial or many; what is found for one is used for the next."""

    def __init__(self, sources: Sources, *, title: str = "") -> None:
        self.sources, self.title = sources, title
        self._last: tuple[float, Model, Base] | None = None
        self.shown = tuple(number for number, fact in enumerate(sources.facts) if not fact.is_hidden)

    @cached_property
    def energies(self) -> Doubles:
        """Of all images, (J,)."""
        return np.array([energy_of(image) for image in self.sources.images])

    @cached_property
    def print_bytes(self) -> bytes:
        """What recognises the mix."""
        return mix_print(self.sources.mix)

    def encode(self, dial: Dial, *, progress: Progress = silent_progress) -> Encoded:
        """The stream that a dial asks for."""
        base = self.base(self.parametric_kbps(dial), dial.model, progress=part_of(progress, 0.0, 0.5))
        return base.serve(dial, progress=part_of(progress, 0.5, 1.0))

    @property
    def names(self) -> tuple[str, ...]:
        """Of the stems."""
        return tuple(self.sources.names[j] for j in self.shown)

    def parametric_kbps(self, dial: Dial) -> float:
        """What the parametric layer may cost for each source that is heard."""
        heard = max(1, int((self.energies > 0).sum()))
        if dial.rate_kbps is None:
            return MOST_PARAMETRIC_KBPS
        each = PARAMETRIC_SHARE * (dial.rate_kbps - self.common_kbps) / heard
        return min(max(each, LEAST_PARAMETRIC_KBPS), MOST_PARAMETRIC_KBPS)

    @property
    def common_kbps(self) -> float:
        """What header, print and packets cost, about."""
        seconds = self.sources.mix.duration_s
        once = len(self.print_bytes) + ENTRY_BYTES * len(self.sources.facts)
        copies = 1 if seconds < LONG_S else 2
        return 8e-3 * (copies * once + PACKET_BYTES * (seconds / BLOCK_S + 1)) / seconds

    def base(self, kbps: float, model: Model, *, progress: Progress = silent_progress) -> Base:
        """The parametric layer at a rate for each source, measured with the decoder; the last one is remembered."""
        if self._last is None or self._last[:2] != (kbps, model):
            found = fit(self.sources, kbps, "ntf" if model == "auto" else model, progress=part_of(progress, 0.0, 0.8))
            self._last = (kbps, model, Base(self, found, progress=part_of(progress, 0.8, 1.0)))
        return self._last[2]


class Base:
    """A parametric layer with all that the residual layer above it needs."""

    def __init__(self, encoder: Encoder, found: Fit, *, progress: Progress = silent_progress) -> None:
        self.encoder, self.fit = encoder, found
        count = len(encoder.sources.facts)
        self._repeated, self._once = self._sizes(count)
        self.stream = self._written(None, (math.nan,) * count)
        self.size = self.size_with(0)
        """Bytes of the stream without a residual layer."""
        self.side = SideInformation(self.stream)
        self.deviation, self.errors = self._deviation(progress)
        self.point = self._point(self.size, self.errors, None, None)

    @property
    def kbps(self) -> float:
        """Rate of the stream without a residual layer."""
        return self.point.rate_kbps

    def serve(self, dial: Dial, *, near: float | None = None, progress: Progress = silent_progress) -> Encoded:
        """The stream that a dial asks for: with a residual layer where it needs one.

        near: a step that will nearly do, where one is known.
        """
        for name in dial.exact:
            if name not in self.encoder.names:
                raise ParameterError(
                    f"there is no stem {name!r} to be exact; there are {', '.join(self.encoder.names)}"
                )
        if self._is_enough(dial):
            return self._noted(self.encoded(()), dial)
        return self._noted(self._refined(dial, near, progress), dial)

    def again(self, side: SideInformation, *, progress: Progress = silent_progress) -> Encoded:
        """A stream with the residual layer of another one, for a mix that is nearly the same."""
        first = next((p for n in range(side.header.blocks) if (p := side.reader.residual(n))), None)
        if first is None:
            return self.encoded(())
        return self._with(self.layered(settings_of(first, len(side.sources)), progress))

    def _is_enough(self, dial: Dial) -> bool:
        """Whether the parametric layer alone does what the dial asks for, or is all that one source needs."""
        if len(self.encoder.sources.facts) < 2:
            return True
        if dial.rate_kbps is not None:
            return self.kbps > 0.97 * dial.rate_kbps
        return not dial.exact and dial.quality_db is not None and self.point.mean_db >= dial.quality_db

    def _noted(self, made: Encoded, dial: Dial) -> Encoded:
        """With what was asked for and could not be had."""
        notes = []
        if dial.rate_kbps is not None and self.kbps > 1.03 * dial.rate_kbps:
            notes.append(
                f"{dial.rate_kbps:g} kbit/s are less than the least there is for this song: {made.point.rate_kbps:.2f} "
                f"kbit/s; what a song needs once counts more in a short one"
            )
        if dial.quality_db is not None and made.point.mean_db < dial.quality_db - 0.5:
            notes.append(f"{dial.quality_db:g} dB could not be reached; {made.point.mean_db:.1f} dB were")
        return replace(made, notes=tuple(notes))

    def encoded(self, residuals: Sequence[bytes], point: CurvePoint | None = None) -> Encoded:
        """The stream with what it reaches in its header."""
        reached = point or self.point
        quality = dict(zip(self.encoder.shown, reached.sdr_db, strict=True))
        qualities = tuple(quality.get(j, math.nan) for j in range(len(self.encoder.sources.facts)))
        plain = self._written(residuals or None, qualities)
        digest = SideInformation(plain).digest()
        return Encoded(self._written(residuals or None, qualities, digest), reached)

    @cached_property
    def residual(self) -> residual.Encoder:
        """Codes what the filter misses."""
        return residual.Encoder(
            self.deviation,
            self.side.lifted_powers,
            band_covariances(self.fit.layer),
            self.fit.layer.grid,
            self._settings(1.0),
        )

    def _refined(self, dial: Dial, near: float | None, progress: Progress) -> Encoded:
        """The stream with the residual layer that the dial asks for."""
        search = StepSearch(self, dial)
        first = search.first(part_of(progress, 0.0, 0.5)) if near is None else replace(self.weighed(dial), step=near)
        layer = self.layered(first, part_of(progress, 0.5, 0.7))
        tried = [layer]
        for round_ in range(CORRECTIONS):
            better = search.corrected(layer)
            if better is None:
                break
            layer = self.layered(better, part_of(progress, 0.7 + 0.07 * round_, 0.77 + 0.07 * round_))
            tried.append(layer)
        if (rate := dial.rate_kbps) is None:
            return self._with(layer)
        misses = [self.rate_of(one) / rate - 1 for one in tried]
        nearest = tried[min(range(len(tried)), key=lambda n: (misses[n] > NEAR, abs(misses[n])))]
        if near is not None and abs(self.rate_of(nearest) / rate - 1) > NEAR:
            return self._refined(dial, None, progress)
        return self._with(nearest)

    def layered(self, settings: Settings, progress: Progress) -> Layered:
        """The residual layer with these settings."""
        coded = self.residual.blocks(settings, progress=progress)
        costs, errors = sums_of(coded)
        return Layered(settings, tuple(c.payload for c in coded), costs, errors)

    def size_with(self, residual: float) -> float:
        """Bytes of the stream with so many of the residual layer."""
        once = self._once + residual
        return once + (self._copies(once) - 1) * self._repeated

    def _sizes(self, count: int) -> tuple[int, int]:
        """Bytes of header and dictionary, and of the stream that has them once."""
        header, dictionary = self._header((USUAL_DB,) * count), self.fit.layer.write()
        once = write_stream(header, dictionary, self.fit.blocks, digest=bytes(DIGEST_BYTES), copies=1)
        return len(write_header(header)) + len(dictionary) + 2 * PACKET_BYTES, len(once)

    def _copies(self, once: float) -> int:
        """How often header and dictionary are written in a stream that has so many bytes when they are there once."""
        is_cheap = self._repeated <= COPY_SHARE * once
        return 2 if is_cheap or self.encoder.sources.mix.duration_s >= LONG_S else 1

    def rate_of(self, layer: Layered) -> float:
        """Of the stream with a residual layer, in kbit/s."""
        size = self.size_with(sum(len(p) + PACKET_BYTES for p in layer.payloads))
        return size * 8e-3 / self.encoder.sources.mix.duration_s

    def sdr_of(self, errors: Doubles) -> tuple[float, ...]:
        """Of the stems whose errors have these energies (J,), in dB; NaN for silent ones."""
        energies = self.encoder.energies
        return tuple(
            10 * math.log10(energies[j] / max(errors[j], 1e-30)) if energies[j] > 0 else math.nan
            for j in self.encoder.shown
        )

    def _with(self, layer: Layered) -> Encoded:
        size = self.rate_of(layer) * self.encoder.sources.mix.duration_s / 8e-3
        point = self._point(size, layer.errors, layer.settings.step, layer.costs)
        return self.encoded(layer.payloads, point)

    def curve(
        self, steps: Sequence[float], dial: Dial, told: Callable[[CurvePoint], None], *, progress: Progress
    ) -> None:
        """Tell a point of the curve for each step, from blocks spread over the song."""
        settings, numbers = self.weighed(dial), self.some(CURVE_BLOCKS)
        before = self.residual.rate_curve((), numbers=numbers)[0].errors
        scale = self.encoder.sources.mix.duration_s / self.seconds(numbers)
        for number, step in enumerate(steps):
            coded = self.residual.blocks(
                replace(settings, step=step), numbers=numbers,
                progress=part_of(progress, number / len(steps), (number + 1) / len(steps)),
            )  # fmt: skip
            costs, errors = sums_of(coded)
            size = self.size_with(scale * sum(len(c.payload) + PACKET_BYTES for c in coded))
            left = self.errors * np.divide(errors, before, out=np.ones_like(errors), where=before > 0)
            told(self._point(size, left, step, scale * costs))

    def some(self, most: int) -> list[int]:
        """Numbers of blocks spread over the song."""
        blocks = self.residual.layout.blocks
        return sorted({int(k) for k in np.linspace(0, blocks - 1, min(blocks, most)).round()})

    def seconds(self, numbers: Sequence[int]) -> float:
        """Length of these blocks."""
        size, frames = self.fit.layer.grid.block_samples, self.encoder.sources.mix.frames
        return sum(min(size, frames - n * size) for n in numbers) / self.fit.layer.grid.rate

    def energies_in(self, numbers: Sequence[int]) -> Doubles:
        """Of all images in these blocks, (J,)."""
        size = self.fit.layer.grid.block_samples
        return np.array([
            sum(energy_of(image[n * size : (n + 1) * size]) for n in numbers) for image in self.encoder.sources.images
        ])  # fmt: skip

    def weighed(self, dial: Dial) -> Settings:
        """Settings of the residual layer but for its step."""
        facts = self.encoder.sources.facts
        if dial.exact:
            weights = tuple(1.0 if fact.name in dial.exact else HIDDEN_WEIGHT for fact in facts)
        else:
            weights = tuple(HIDDEN_WEIGHT if fact.is_hidden else math.sqrt(fact.priority) for fact in facts)
        return self._settings(1.0, weights, perceptual=dial.perceptual)

    def _settings(self, step: float, weights: tuple[float, ...] = (), *, perceptual: bool = False) -> Settings:
        window = self.fit.layer.grid.window_samples
        return Settings(step, weights, perceptual, max(256, window // 2))

    # -- measuring ---------------------------------------------------------------------------------------------------

    def _deviation(self, progress: Progress) -> tuple[npt.NDArray[np.float32], Doubles]:
        """True images less the parametric layer's, (J, N, I), and their energies."""
        sources = self.encoder.sources
        deviation = large_arrays.empty(sources.images.shape)
        decoder = Decoder(self.side, sources.mix.samples)
        errors = np.zeros(len(sources.facts))
        size = self.fit.layer.grid.block_samples
        for start in range(0, sources.mix.frames, size):
            progress(start / sources.mix.frames, "decoding what was encoded")
            stop = min(start + size, sources.mix.frames)
            part = sources.images[:, start:stop] - decoder.images(start, stop)
            deviation[:, start:stop] = part
            errors += np.square(part, dtype=np.float64).sum(axis=(1, 2))
        return deviation, errors

    def _point(self, size: float, errors: Doubles, step: float | None, costs: Doubles | None) -> CurvePoint:
        seconds = self.encoder.sources.mix.duration_s
        shares = self._shares()
        each = shares * self.size * 8e-3 / seconds
        if costs is not None:
            each = each + costs * 1e-3 / seconds
        shown = list(self.encoder.shown)
        return CurvePoint(
            size * 8e-3 / seconds, self.size * 8e-3 / seconds, step, self.sdr_of(errors),
            tuple(float(each[j]) for j in shown),
        )  # fmt: skip

    def _shares(self) -> Doubles:
        """Of the sources in the parametric layer, by its components, (J,)."""
        layer, count = self.fit.layer, len(self.encoder.sources.facts)
        if isinstance(layer, ImageLayer):
            return np.full(count, 1.0 / count)
        numbers = np.bincount(layer.dictionary.source, minlength=count).astype(np.float64)
        return np.asarray(numbers / max(1.0, numbers.sum()))

    def _written(self, residuals: Sequence[bytes] | None, quality: Sequence[float], digest: bytes = b"") -> bytes:
        once = self._once + sum(len(p) + PACKET_BYTES for p in residuals or ())
        return write_stream(
            self._header(quality), self.fit.layer.write(), self.fit.blocks, residuals, digest=digest,
            copies=self._copies(once),
        )  # fmt: skip

    def _header(self, quality: Sequence[float]) -> Header:
        sources, layer = self.encoder.sources, self.fit.layer
        stems = tuple(
            StemEntry(
                fact.name, fact.name, fact.colour, float(np.mean(fact.gains_db or (0.0,))),
                1 if fact.channels == 1 else sources.mix.channels, fact.is_hidden, quality_db,
            )
            for fact, quality_db in zip(sources.facts, quality, strict=True)
        )  # fmt: skip
        return Header(
            self.encoder.title, sources.mix.rate, sources.mix.frames, sources.mix.channels, layer.grid.block_samples,
            stems, MixPrint(self.encoder.print_bytes), "image" if isinstance(layer, ImageLayer) else "ntf",
        )  # fmt: skip


def settings_of(payload: bytes, sources: int) -> Settings:
    """What a block of the residual layer was coded with."""
    prefix = Prefix.read(payload, sources)[0]
    weights = tuple(float(WEIGHTS[weight]) for weight in prefix.weights)
    return Settings(float(STEPS[prefix.step]), weights, prefix.perceptual, prefix.bins)


def energy_of(samples: npt.NDArray[np.float32]) -> float:
    """Sum of the squares of samples."""
    return float(
        sum(np.sum(np.square(samples[k : k + (1 << 18)], dtype=np.float64)) for k in range(0, len(samples), 1 << 18))
    )

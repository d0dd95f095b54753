"""What is encoded: a mix and the images of its stems, brought onto one grid, and what the stems leave of the mix.

A master is seldom the sum of its stems (bus compression, limiter, dither): the remainder is a source like the others,
hidden from the listener's faders, so that all sources together are the mix.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core import large_arrays
from unbraid.core.audio import Audio, Samples
from unbraid.core.dsp.delay import find_delay
from unbraid.core.errors import ParameterError
from unbraid.core.progress import Progress, part_of, silent_progress
from unbraid.core.resample import resample

MOST_STEMS = 16
LONGEST_NAME = 64
BLOCK = 1 << 16
REACH_S = 2.0
"""How much earlier or later than the mix a stem's file may begin."""
CORRELATION_HEIGHT = 12.0
"""How far the peak must stand out before a stem is moved."""
NEGLIGIBLE_DB = -70.0
"""A remainder below this, beside the mix, is no source of its own."""
LEAST_GAIN_DB, MOST_GAIN_DB = -24.0, 24.0
GAIN_WORTH_DB = 1.0
"""By how much gains must lessen the remainder to be used."""

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GivenStem:
    """A stem as the producer has it. colour: "#rrggbb" or empty. priority: weight of its errors beside the others'."""

    name: str
    audio: Audio
    colour: str = ""
    priority: float = 1.0


@dataclass(frozen=True)
class SourceFacts:
    """What is known of a source. channels: of the stem as it was given. gains_db: from the stem to its image, (I,)."""

    name: str
    colour: str = ""
    channels: int = 2
    gains_db: tuple[float, ...] = ()
    priority: float = 1.0
    is_hidden: bool = False


@dataclass(frozen=True, eq=False)
class Sources:
    """A mix (N, I) and the images of all its sources (J, N, I), which add up to it; the remainder comes last.

    notes: what was done to the stems that a user should know.
    """

    mix: Audio
    images: npt.NDArray[np.float32]
    facts: tuple[SourceFacts, ...]
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Of all sources, the remainder's too."""
        return tuple(fact.name for fact in self.facts)

    def image(self, number: int) -> Audio:
        """The image of a source."""
        return Audio(self.images[number], self.mix.rate)


REMAINDER = SourceFacts("residual", is_hidden=True)


Store = Callable[[tuple[int, ...]], npt.NDArray[np.float32]]
"""Makes a writable float32 array of a shape."""


def gather(
    mix: Audio, stems: Sequence[GivenStem], *, store: Store = large_arrays.empty, progress: Progress = silent_progress
) -> Sources:
    """Bring stems onto the mix's rate, length, channels and level; ParameterError for what cannot be coded.

    store: where the images go.
    """
    _check(mix, stems)
    notes: list[str] = []
    fitted = []
    for number, stem in enumerate(stems):
        share = part_of(progress, 0.6 * number / len(stems), 0.6 * (number + 1) / len(stems))
        fitted.append(_fitted(stem, mix, notes, share))
    gains = _gains(mix, fitted, notes)
    images = store((len(stems) + 1, mix.frames, mix.channels))
    remains = _fill(mix, fitted, gains, images, part_of(progress, 0.6, 1.0))
    facts = tuple(
        SourceFacts(stem.name, stem.colour, stem.audio.channels, _decibels(gain), stem.priority)
        for stem, gain in zip(stems, gains, strict=True)
    )
    if not remains:
        return Sources(mix, images[:-1], facts, tuple(notes))
    hidden = dataclasses.replace(REMAINDER, channels=mix.channels)
    return Sources(mix, images, (*facts, hidden), tuple(notes))


def _check(mix: Audio, stems: Sequence[GivenStem]) -> None:
    if not 1 <= len(stems) <= MOST_STEMS:
        raise ParameterError(f"side-information is made for 1 to {MOST_STEMS} stems, not {len(stems)}")
    if mix.channels > 2:
        raise ParameterError(
            f"side-information is made for mono and stereo mixes; this one has {mix.channels} channels: "
            "encode a stereo fold-down, or its pairs of channels one by one"
        )
    if mix.frames == 0:
        raise ParameterError("the mix holds no sound; give the song that the stems belong to")
    names = [stem.name for stem in stems]
    for name in names:
        if not 0 < len(name.encode()) <= LONGEST_NAME or not name.isprintable():
            raise ParameterError(f"a stem's name is 1 to {LONGEST_NAME} bytes of printable text, not {name!r}")
        if names.count(name) > 1 or name == REMAINDER.name:
            raise ParameterError(f"two stems cannot be called {name!r}; give each a name of its own")
    for stem in stems:
        if stem.audio.channels not in (1, mix.channels):
            raise ParameterError(
                f"{stem.name} has {stem.audio.channels} channels and the mix {mix.channels}; "
                "a stem is mono or has as many channels as the mix"
            )
        if not (np.isfinite(stem.priority) and 0 < stem.priority <= 1000):
            raise ParameterError(f"the priority of {stem.name} is above 0 and at most 1000, not {stem.priority}")
    for name, audio in (("the mix", mix), *((stem.name, stem.audio) for stem in stems)):
        if not _is_finite(audio):
            raise ParameterError(f"{name} holds samples that are no numbers (NaN or infinite); export it again")


def _is_finite(audio: Audio) -> bool:
    return all(bool(np.isfinite(audio.samples[start : start + BLOCK]).all()) for start in range(0, audio.frames, BLOCK))


def _fitted(stem: GivenStem, mix: Audio, notes: list[str], progress: Progress) -> Samples:
    """The stem at the mix's rate and in step with it, (n, 1 or I); it may be shorter or longer than the mix."""
    progress(0.0, f"fitting {stem.name} to the mix")
    audio = stem.audio
    if audio.rate != mix.rate:
        notes.append(f"{stem.name} was brought from {audio.rate} Hz to the mix's {mix.rate} Hz")
        audio = resample(audio, mix.rate)
    samples = audio.samples
    if len(samples) == mix.frames or not samples.any():
        return samples
    delay = _delay(samples, mix, progress)
    if delay:
        notes.append(f"{stem.name} was moved by {-delay / mix.rate:+.3f} s to be in step with the mix")
        samples = _shifted(samples, delay)
    if len(samples) > mix.frames:
        notes.append(f"{stem.name} is {(len(samples) - mix.frames) / mix.rate:.2f} s longer than the mix: cut")
    return samples[: mix.frames]


def _delay(samples: Samples, mix: Audio, progress: Progress) -> int:
    """By how many samples the mix is later than the stem's file begins; 0 where that is not clear."""
    frames = max(len(samples), mix.frames)
    if frames < mix.rate:
        return 0
    a = np.zeros((frames, 1), np.float32)
    a[: mix.frames, 0] = mix.samples.mean(axis=1)
    b = np.zeros((frames, 1), np.float32)
    b[: len(samples), 0] = samples.mean(axis=1)
    found = find_delay(a, b, round(REACH_S * mix.rate), progress=progress)
    return found.samples if found.height >= CORRELATION_HEIGHT else 0


def _shifted(samples: Samples, delay: int) -> Samples:
    if delay > 0:
        return samples[delay:]
    return np.concatenate([np.zeros((-delay, samples.shape[1]), np.float32), samples])


def _gains(mix: Audio, fitted: Sequence[Samples], notes: list[str]) -> Doubles:
    """Gains (J, I) with which stems lie in the mix: least squares where that explains it clearly better than 1."""
    plain = np.ones((len(fitted), mix.channels))
    moments = _moments(mix, fitted)
    best = plain.copy()
    for channel, (gram, cross, _) in enumerate(moments):
        loud = np.flatnonzero(np.diag(gram) > 0)
        if len(loud):
            best[loud, channel] = np.linalg.lstsq(gram[np.ix_(loud, loud)], cross[loud], rcond=1e-6)[0]
    stereo = [j for j, samples in enumerate(fitted) if samples.shape[1] == mix.channels > 1]
    best[stereo] = best[stereo].mean(axis=1, keepdims=True)
    low, high = 10 ** (LEAST_GAIN_DB / 20), 10 ** (MOST_GAIN_DB / 20)
    if not ((best >= low) & (best <= high)).all():
        return plain
    before, after = (sum(_left(m, g[:, c]) for c, m in enumerate(moments)) for g in (plain, best))
    if after <= 0 or 10 * np.log10(max(before, 1e-30) / after) < GAIN_WORTH_DB or before < 1e-7 * _energy(moments):
        return plain
    notes.append("the stems' levels in the mix were found: their gains are kept with the side-information")
    return best


def _moments(mix: Audio, fitted: Sequence[Samples]) -> list[tuple[Doubles, Doubles, float]]:
    """For each channel the stems' Gram matrix (J, J), their products with the mix (J,), the mix's energy."""
    J, channels = len(fitted), mix.channels
    grams, crosses, energies = np.zeros((channels, J, J)), np.zeros((channels, J)), np.zeros(channels)
    for start in range(0, mix.frames, BLOCK):
        x = mix.samples[start : start + BLOCK].astype(np.float64)
        for c in range(channels):
            block = np.zeros((J, len(x)))
            for j, samples in enumerate(fitted):
                piece = samples[start : start + len(x), c if samples.shape[1] > 1 else 0]
                block[j, : len(piece)] = piece
            grams[c] += block @ block.T
            crosses[c] += block @ x[:, c]
            energies[c] += float(x[:, c] @ x[:, c])
    return [(grams[c], crosses[c], float(energies[c])) for c in range(channels)]


def _left(moments: tuple[Doubles, Doubles, float], gains: Doubles) -> float:
    """Energy of what stems with these gains leave of a channel."""
    gram, cross, energy = moments
    return float(energy - 2 * gains @ cross + gains @ gram @ gains)


def _energy(moments: Sequence[tuple[Doubles, Doubles, float]]) -> float:
    return sum(energy for _, _, energy in moments)


def _fill(
    mix: Audio, fitted: Sequence[Samples], gains: Doubles, images: npt.NDArray[np.float32], progress: Progress
) -> bool:
    """Write images and remainder; whether the remainder is a source."""
    whole = left = 0.0
    for start in range(0, mix.frames, BLOCK):
        progress(start / mix.frames, "putting the stems beside the mix")
        x = mix.samples[start : start + BLOCK]
        rest = x.astype(np.float64)
        for j, samples in enumerate(fitted):
            image = images[j, start : start + len(x)]
            piece = samples[start : start + len(x)]
            image[:] = 0
            image[: len(piece)] = piece * gains[j].astype(np.float32)
            rest -= image
        images[-1, start : start + len(x)] = rest
        whole += float(np.sum(np.square(x, dtype=np.float64)))
        left += float(np.sum(np.square(rest)))
    return left > whole * 10 ** (NEGLIGIBLE_DB / 10)


def _decibels(gains: Doubles) -> tuple[float, ...]:
    return tuple(round(float(20 * np.log10(gain)), 2) for gain in gains)

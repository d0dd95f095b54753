"""What is heard is what is exported: song, stems and strips as a function of the position.

With x the song, s_j its stems, T_j their strips, and r = x - sum s_j what the stems leave of the song, the mixer gives
    x + sum_j (T_j(s_j) - s_j) + (T_r(r) - r).
While the residual's strip changes nothing this is x + sum (T_j(s_j) - s_j): what no stem claims stays as it is, and a
mixer that changes nothing gives the song, bit for bit. Otherwise it is sum T_j(s_j) + T_r(r): a soloed stem is that
stem, bit for bit. Sums are float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from unbraid.core import large_arrays
from unbraid.core.audio import Audio, Samples
from unbraid.core.document.state import FLAT, NEUTRAL, Strip
from unbraid.core.errors import ParameterError
from unbraid.core.mixing import band, equaliser
from unbraid.core.mixing.convolution import Block, BlockCache, Read, padded
from unbraid.core.mixing.pan import balance
from unbraid.core.mixing.part import RESIDUAL, Part, is_heard
from unbraid.core.progress import Progress, silent_progress

RENDER_FRAMES = 1 << 14


def gain_of_db(gain_db: float) -> float:
    """Factor of a gain in dB; -inf is 0."""
    return float(10.0 ** (gain_db / 20.0))


@dataclass(frozen=True, eq=False)
class Mixdown:
    """A song and its stems as the mixer sounds; samples are made where they are asked for, the same ones always.

    parts: stems of the song's length, channels and rate, ids unlike. residual: strip of what they leave of the song.
    band: only these frequencies (low and high, Hz), None for all. cache: filtered passages, to be shared with the next
    state of the same song (`dataclasses.replace` does).
    """

    song: Audio
    parts: tuple[Part, ...] = ()
    residual: Strip = NEUTRAL
    master_db: float = 0.0
    band: tuple[float, float] | None = None
    cache: BlockCache = field(default_factory=BlockCache, repr=False)
    _banded: BlockCache = field(default_factory=lambda: BlockCache(8 << 20), init=False, repr=False)

    def __post_init__(self) -> None:
        for part in self.parts:
            if part.audio.samples.shape != self.song.samples.shape or part.audio.rate != self.song.rate:
                raise ParameterError(f"a stem is like its song, {self.song!r}, but {part.id} is {part.audio!r}")
        if self.band is not None:
            band.check_band(*self.band)

    @property
    def frames(self) -> int:
        """Samples per channel."""
        return self.song.frames

    @property
    def channels(self) -> int:
        """Channels."""
        return self.song.channels

    @property
    def rate(self) -> int:
        """Samples per second."""
        return self.song.rate

    @property
    def is_neutral(self) -> bool:
        """Whether the song comes out as it is."""
        return self.master_db == 0.0 and self.band is None and not self._changes()

    def block(self, start: int, frames: int) -> Samples:
        """Samples from `start` on, (frames, I) float32; silence outside of the song."""
        if self.is_neutral and 0 <= start <= self.frames - frames:
            return self.song.samples[start : start + frames]
        if self.band is None:
            return self._master(start, frames).astype(np.float32)
        kernel = band.kernel(*self.band, self.rate)
        return kernel.filtered(self._master, start, frames, self._banded, "band").astype(np.float32)

    def sounds(self, start: int, frames: int) -> dict[str, tuple[Samples, npt.NDArray[np.float64]]]:
        """What comes out of each strip that is heard, by id (`residual` among them), before master and band.

        As samples (frames, I) float32 and factors (I,) that are still to be applied: enough for meters, nothing copied
        where nothing is filtered.
        """
        sounds = {}
        for id, part in self._heard():
            strip = self.residual if part is None else part.strip
            if part is not None and strip.equaliser == FLAT and 0 <= start <= self.frames - frames:
                block = part.audio.samples[start : start + frames]
            else:
                block = self._filtered(part, start, frames).astype(np.float32)
            sounds[id] = (block, self._factors(strip))
        return sounds

    def render(self, out: Samples | None = None, progress: Progress = silent_progress) -> Audio:
        """The whole of it. out: where to write it, (N, I) float32; memory or a nameless file unless given."""
        if out is None:
            out = large_arrays.empty((self.frames, self.channels))
        for start in range(0, self.frames, RENDER_FRAMES):
            progress(start / self.frames, "mixing")
            frames = min(RENDER_FRAMES, self.frames - start)
            out[start : start + frames] = self.block(start, frames)
        progress(1.0, "mixing")
        return Audio(out, self.rate)

    def _is_heard(self, strip: Strip) -> bool:
        soloed = self.residual.solo or any(part.strip.solo for part in self.parts)
        return is_heard(strip, soloed=soloed)

    def _is_plain(self, strip: Strip) -> bool:
        """Whether a strip lets its sound pass unchanged."""
        return self._is_heard(strip) and strip.equaliser == FLAT and bool(np.all(self._factors(strip) == 1.0))

    def _changes(self) -> bool:
        return not all(map(self._is_plain, (self.residual, *(part.strip for part in self.parts))))

    def _factors(self, strip: Strip) -> npt.NDArray[np.float64]:
        """Factors of the channels (gain, balance, sign), (I,); 0 where nothing is heard."""
        if not self._is_heard(strip):
            return np.zeros(self.channels)
        sign = -1.0 if strip.invert else 1.0
        return sign * gain_of_db(strip.gain_db) * balance(strip.pan, self.channels)

    def _master(self, start: int, frames: int) -> Block:
        total = self._with_changes(start, frames) if self._is_plain(self.residual) else self._sum(start, frames)
        if self.master_db != 0.0:
            total *= gain_of_db(self.master_db)
        return total

    def _with_changes(self, start: int, frames: int) -> Block:
        """The song with its changes, x + sum (T_j(s_j) - s_j)."""
        total = padded(self.song.samples, start, frames)
        for part in self.parts:
            if self._is_plain(part.strip):
                continue
            raw = padded(part.audio.samples, start, frames)
            if part.strip.equaliser == FLAT or not self._is_heard(part.strip):
                total += _scaled(raw, self._factors(part.strip) - 1.0)
            else:
                total += self._sound(part, start, frames)
                total -= raw
        return total

    def _sum(self, start: int, frames: int) -> Block:
        """Sum of T_j(s_j), and T_r(r)."""
        total = np.zeros((frames, self.channels))
        for _, part in self._heard():
            total += self._sound(part, start, frames)
        return total

    def _heard(self) -> Iterator[tuple[str, Part | None]]:
        """Strips that sound, None for the residual's."""
        for part in self.parts:
            if self._is_heard(part.strip):
                yield part.id, part
        if self._is_heard(self.residual):
            yield RESIDUAL, None

    def _sound(self, part: Part | None, start: int, frames: int) -> Block:
        """T(s) of a stem, of the residual where none is given."""
        strip = self.residual if part is None else part.strip
        return _scaled(self._filtered(part, start, frames), self._factors(strip))

    def _filtered(self, part: Part | None, start: int, frames: int) -> Block:
        """A stem, or the residual, after its equaliser."""
        strip, read = (self.residual, self._residual) if part is None else (part.strip, _reader(part.audio))
        if strip.equaliser == FLAT:
            return read(start, frames)
        whose = (self.song, *(each.audio for each in self.parts)) if part is None else part.audio
        kernel = equaliser.kernel(strip.equaliser, self.rate)
        return kernel.filtered(read, start, frames, self.cache, (whose, strip.equaliser))

    def _residual(self, start: int, frames: int) -> Block:
        rest = padded(self.song.samples, start, frames)
        for part in self.parts:
            rest -= padded(part.audio.samples, start, frames)
        return rest


def _scaled(raw: Block, factors: npt.NDArray[np.float64]) -> Block:
    """`raw` with a factor for each channel; a single product where they are equal, for speed."""
    if np.all(factors == 1.0):
        return raw
    if np.all(factors == factors[0]):
        return np.asarray(raw * factors[0])
    return np.stack([raw[:, channel] * factor for channel, factor in enumerate(factors)], axis=1)


def _reader(audio: Audio) -> Read:
    return lambda start, frames: padded(audio.samples, start, frames)

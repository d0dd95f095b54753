"""Loudness as broadcasters measure it (ITU-R BS.1770-4, EBU R 128), at any rate, from one channel to 5.1."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from unbraid.core import levels
from unbraid.core.audio import Audio, Samples
from unbraid.core.dsp.compiled import Engine, use_compiled
from unbraid.core.progress import Progress, part_of, silent_progress

Floats = npt.NDArray[np.float64]

HOP_S = 0.1
"""Blocks of 400 ms overlap by three quarters."""
MOMENTARY_HOPS, SHORT_TERM_HOPS = 4, 30
ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU = -70.0, -10.0
OFFSET_DB = -0.691
BLOCK = 1 << 16
DENORMAL = 1e-30

SURROUND = 10**0.15
"""Weight of channels beside and behind the listener, 1.41."""
WEIGHTS = {4: (1.0, 1.0, SURROUND, SURROUND), 5: (1.0, 1.0, 1.0, SURROUND, SURROUND),
           6: (1.0, 1.0, 1.0, 0.0, SURROUND, SURROUND)}  # fmt: skip
"""By number of channels: L R Ls Rs; L R C Ls Rs; L R C LFE Ls Rs. All others weigh 1 each."""

TRUE_PEAK_TAPS = 24


def channel_weights(channels: int) -> Floats:
    """Weights of the channels' powers, (I,)."""
    return np.array(WEIGHTS.get(channels, (1.0,) * channels))


@lru_cache(maxsize=16)
def k_weighting(rate: int) -> Floats:
    """The two biquads of K-weighting, (2, 6): a shelf for the head, a high-pass; those of BS.1770 at 48 kHz.

    Elsewhere the same analogue filters by the bilinear transform.
    """
    gain, q = 10 ** (3.999843853973347 / 20), 0.7071752369554196
    mid = gain**0.4996667741545416
    k = math.tan(math.pi * min(1681.974450955533 / rate, 0.45))
    shelf = np.array([gain + mid * k / q + k * k, 2 * (k * k - gain), gain - mid * k / q + k * k])
    under = np.array([1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k])
    k, q = math.tan(math.pi * min(38.13547087602444 / rate, 0.45)), 0.5003270373238773
    low = np.array([1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k])
    return np.stack([np.append(shelf, under) / under[0], np.append([1.0, -2.0, 1.0], low / low[0])])


class Weighing:
    """K-weighted energies and peaks of consecutive blocks in rows of `hop` samples; the filter runs on."""

    def __init__(self, rate: int, channels: int, hop: int, engine: Engine = "auto") -> None:
        self.hop = hop
        self._sections = k_weighting(rate)
        self._state = np.zeros((2, 2, channels))
        self._offset = 0
        self._compiled = use_compiled(engine)

    def rewind(self) -> None:
        """Let the next block begin a row."""
        self._offset = 0

    def add(self, block: Samples | Floats) -> tuple[Floats, Floats, int]:
        """Energies and peaks, (H, I) each, and how many of the rows are complete; the next block continues the last."""
        rows = -(-(self._offset + len(block)) // self.hop)
        energy, peak = np.zeros((2, rows, block.shape[1]))
        if self._compiled:
            from unbraid.core.dsp.kernels_level import weighted_energies

            weighted_energies(_plain(block), self._sections, self._state, self._offset, self.hop, energy, peak)
        else:
            self._add_plainly(block, energy, peak)
        self._state[np.abs(self._state) < DENORMAL] = 0.0  # silence would end in numbers that are slow to reckon with
        complete, self._offset = divmod(self._offset + len(block), self.hop)
        return energy, peak, complete

    def _add_plainly(self, block: Samples | Floats, energy: Floats, peak: Floats) -> None:
        from scipy.signal import sosfilt

        weighted, self._state = sosfilt(self._sections, block.astype(np.float64), axis=0, zi=self._state)
        starts = np.maximum(np.arange(len(energy)) * self.hop - self._offset, 0)
        if len(block):
            energy += np.add.reduceat(np.square(weighted), starts)
            np.maximum(peak, np.maximum.reduceat(np.abs(block), starts), out=peak)


def _plain(block: Samples | Floats) -> Samples:
    """As the compiled loops know it, whether it was mapped or made: one kind of array, compiled once."""
    view = np.ascontiguousarray(block, np.float32).view(np.ndarray)
    view.flags.writeable = False
    return view


def lufs(power: float) -> float:
    """Loudness of a weighted mean square; -inf for silence."""
    return OFFSET_DB + 10 * math.log10(power) if power > 0 else -math.inf


@dataclass(frozen=True)
class Loudness:
    """Of a whole: integrated, highest momentary (400 ms) and short-term (3 s) loudness in LUFS, true peak in dB.

    All -inf for silence; integrated also for what is never above -70 LUFS or shorter than 400 ms, short-term for what
    is shorter than 3 s.
    """

    integrated_lufs: float
    momentary_max_lufs: float
    short_term_max_lufs: float
    true_peak_db: float


class LoudnessMeter:
    """Loudness of a stream: `add` consecutive blocks, ask at any time."""

    def __init__(self, rate: int, channels: int, *, true_peak: bool = True, engine: Engine = "auto") -> None:
        self._hop = max(1, round(HOP_S * rate))
        self._weighing = Weighing(rate, channels, self._hop, engine)
        self._weights = channel_weights(channels)
        self._powers: list[Floats] = []
        self._open = 0.0
        self._true_peak = TruePeak(rate, channels, engine) if true_peak else None

    def add(self, block: Samples) -> None:
        """Consecutive samples, (n, I)."""
        if not len(block):
            return
        energy, _, complete = self._weighing.add(block)
        powers = energy @ self._weights / self._hop
        powers[0] += self._open
        self._powers.append(powers[:complete])
        self._open = float(powers[complete]) if complete < len(powers) else 0.0
        if self._true_peak is not None:
            self._true_peak.add(block)

    def momentary(self) -> float:
        """Loudness of the last 400 ms, LUFS."""
        return self._last(MOMENTARY_HOPS)

    def short_term(self) -> float:
        """Loudness of the last 3 s, LUFS."""
        return self._last(SHORT_TERM_HOPS)

    def integrated(self) -> float:
        """Loudness of all so far, gated twice, LUFS."""
        return gated_lufs(self._means(MOMENTARY_HOPS))

    def result(self) -> Loudness:
        """All figures of what was added."""
        highest = [lufs(float(self._means(hops).max(initial=0.0))) for hops in (MOMENTARY_HOPS, SHORT_TERM_HOPS)]
        true_peak_db = -math.inf if self._true_peak is None else self._true_peak.peak_db
        return Loudness(self.integrated(), highest[0], highest[1], true_peak_db)

    def _all(self) -> Floats:
        self._powers = [np.concatenate(self._powers or [np.zeros(0)])]
        return self._powers[0]

    def _means(self, hops: int) -> Floats:
        powers = self._all()
        if len(powers) < hops:
            return np.zeros(0)
        return np.asarray(np.lib.stride_tricks.sliding_window_view(powers, hops).mean(axis=1))

    def _last(self, hops: int) -> float:
        return lufs(float(self._all()[-hops:].sum()) / hops)


def gated_lufs(powers: Floats) -> float:
    """Loudness of 400 ms powers, (B,): mean of those above -70 LUFS and no more than 10 LU below their own mean."""
    loud = powers[powers > 10 ** ((ABSOLUTE_GATE_LUFS - OFFSET_DB) / 10)]
    if not len(loud):
        return -math.inf
    return lufs(float(loud[loud > loud.mean() * 10 ** (RELATIVE_GATE_LU / 10)].mean()))


@lru_cache(maxsize=8)
def _phases(times: int) -> npt.NDArray[np.float32]:
    """Interpolators between samples, (times - 1, taps): windowed sines."""
    half = TRUE_PEAK_TAPS // 2
    shifts = np.arange(1, times)[:, None] / times
    t = np.arange(1 - half, half + 1) - shifts
    response = np.sinc(t) * np.i0(7.0 * np.sqrt(np.maximum(0.0, 1 - (t / half) ** 2)))
    return np.asarray(response / response.sum(axis=1, keepdims=True), np.float32)


class TruePeak:
    """Highest peak between the samples of a stream (BS.1770-4, annex 2), at 192 kHz or what the rate is."""

    def __init__(self, rate: int, channels: int, engine: Engine = "auto") -> None:
        times = 4 if rate < 96000 else 2 if rate < 192000 else 1
        self._phases = _phases(times)
        self._past = np.zeros((channels, TRUE_PEAK_TAPS - 1), np.float32)
        self._peak = np.zeros(channels)
        self._compiled = use_compiled(engine)

    def add(self, block: Samples) -> None:
        """Consecutive samples, (n, I)."""
        x = np.concatenate([self._past, block.T], axis=1)
        self._past = x[:, len(block) :].copy()
        self._raise(x)
        np.maximum(self._peak, np.abs(block).max(axis=0, initial=0.0), out=self._peak)

    def _raise(self, x: npt.NDArray[np.float32]) -> None:
        if self._compiled:
            from unbraid.core.dsp.kernels_level import oversampled_peaks

            oversampled_peaks(x, self._phases, self._peak)
            return
        n = x.shape[1] - TRUE_PEAK_TAPS + 1
        for response in self._phases:
            between = sum(h * x[:, k : k + n] for k, h in enumerate(response))
            np.maximum(self._peak, np.abs(between).max(axis=1, initial=0.0), out=self._peak)

    @property
    def peak_db(self) -> float:
        """The highest so far of all channels, dB of full scale; -inf for silence."""
        end = np.zeros((len(self._peak), TRUE_PEAK_TAPS // 2), np.float32)
        self._raise(np.concatenate([self._past, end], axis=1))
        return levels.peak_db(float(self._peak.max()))


class Sounding(Protocol):
    """What can be heard block by block: a mixdown."""

    @property
    def frames(self) -> int:
        """Samples per channel."""

    @property
    def channels(self) -> int:
        """Channels."""

    @property
    def rate(self) -> int:
        """Samples per second."""

    def block(self, start: int, frames: int, /) -> Samples:
        """Samples from `start` on, (frames, I)."""


def measure(
    sound: Audio | Sounding, progress: Progress = silent_progress, *, true_peak: bool = True, engine: Engine = "auto"
) -> Loudness:
    """Loudness of a whole song or mixdown, block by block."""
    meter = LoudnessMeter(sound.rate, sound.channels, true_peak=true_peak, engine=engine)
    read = _reader(sound)
    for start in range(0, sound.frames, BLOCK):
        progress(start / sound.frames, "measuring loudness")
        meter.add(read(start, min(BLOCK, sound.frames - start)))
    progress(1.0, "measuring loudness")
    return meter.result()


def _reader(sound: Audio | Sounding) -> Callable[[int, int], Samples]:
    if not isinstance(sound, Audio):
        return sound.block
    samples = sound.samples
    return lambda start, frames: samples[start : start + frames]


def integrated_lufs(sound: Audio | Sounding, progress: Progress = silent_progress) -> float:
    """Integrated loudness of a whole song or mixdown, LUFS."""
    return measure(sound, progress, true_peak=False).integrated_lufs


def equal_loudness_gain_db(original: Audio, remix: Sounding, progress: Progress = silent_progress) -> float:
    """The gain that makes the original as loud as its remix, so that neither pleases by being louder; 0 for silence."""
    known = integrated_lufs(original, part_of(progress, 0.0, 0.1))
    wanted = integrated_lufs(remix, part_of(progress, 0.1, 1.0))
    return wanted - known if math.isfinite(wanted) and math.isfinite(known) else 0.0

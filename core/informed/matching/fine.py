"""Delay to a small part of a sample, speed, level and noise, from the phases of the probes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Audio
from unbraid.core.informed.matching import frames as fr
from unbraid.core.informed.matching.coarse import Line
from unbraid.core.informed.matching.frames import Analyser, Doubles, Spectrum
from unbraid.core.informed.matching.mixprint import MixPrint, Probe, broad_level_db

REACH_S = 0.0008
STEPS = 8
"""Steps of the search for each sample of the mix."""

CLEAN = 0.93
"""Part of the signs that agree in copies that are nearly lossless."""

POLISH_SAMPLES, POLISH_STEPS = 0.004, 25

CHANCE = 0.6
"""Part of the signs that agree above which a probe is believed to lie where it was found; chance gives 0.5."""


@dataclass(frozen=True, eq=False)
class Reading:
    """A probe found again. late: samples of the mix after `line`. agreement: of signs; polarity is +1 or -1.

    level_db: as measured, less that of the print. spectrum: (PROBE_BINS,) of the recording at the right place.
    """

    probe: Probe
    late: float
    agreement: float
    polarity: int
    level_db: float
    spectrum: Spectrum

    @property
    def agrees(self) -> npt.NDArray[np.bool_]:
        """(2, PROBE_BINS): which signs of real and imaginary parts are right."""
        turned = self.spectrum * self.polarity
        return np.asarray(np.stack([turned.real > 0, turned.imag > 0]) == self.probe.signs)


@dataclass(frozen=True, eq=False)
class _Turns:
    """Delays that are tried, in samples of the mix (L,), and how each turns the phases of the bins, (PROBE_BINS, L)."""

    late: Doubles
    turns: Spectrum

    @classmethod
    def within(cls, reach_s: float, rate: int) -> _Turns:
        """All delays up to a reach."""
        most = np.ceil(reach_s * rate * STEPS)
        late = np.arange(-most, most + 1) / STEPS
        turns = np.exp(2j * np.pi * fr.probe_hz(rate)[:, None] * late / rate)
        return cls(late, turns.astype(np.complex64))

    def best(self, X: Spectrum, probe: Probe) -> tuple[float, int]:
        """(samples of the mix by which the probe lies later, polarity): where the phases agree best."""
        size = np.abs(X)
        across = np.where(size > 0, X / np.where(size > 0, size, 1), 0) * np.conj(probe.phasors())
        fit = (across @ self.turns).real
        best = int(np.argmax(np.abs(fit)))
        polarity = 1 if fit[best] >= 0 else -1
        shift = 0.0
        if 0 < best < len(fit) - 1:
            a, b, c = (float(value) * polarity for value in fit[best - 1 : best + 2])
            curve = a - 2 * b + c
            shift = 0.5 * (a - c) / curve / STEPS if curve < 0 else 0.0
        return float(self.late[best]) + shift, polarity


def read_probes(mix_print: MixPrint, audio: Audio, line: Line, *, reach_s: float = REACH_S) -> list[Reading]:
    """All probes that lie inside the recording, by a line; a reach of 0 takes the line as it is."""
    seconds = fr.frame_samples(mix_print.rate) / mix_print.rate
    rate = audio.rate * line.speed
    analyser = Analyser.of(fr.probe_hz(mix_print.rate), rate, seconds)
    turns = _Turns.within(reach_s, mix_print.rate)
    readings = []
    for probe in mix_print.probes:
        place = line.place(probe.start / mix_print.rate) * audio.rate
        inside = place > -0.5 and place + seconds * rate <= audio.frames + 0.5
        if not inside or probe.kind not in fr.kinds(audio.channels):
            continue
        X = analyser.spectrum(audio, probe.kind, place)
        late, polarity = turns.best(X, probe)
        if late:
            X = analyser.spectrum(audio, probe.kind, place + late / mix_print.rate * rate)
        level = broad_level_db(X, analyser.freq_hz) - probe.level_db
        reading = Reading(probe, late, 0.0, polarity, level, X)
        readings.append(replace(reading, agreement=float(reading.agrees.mean())))
    return readings


def refined(mix_print: MixPrint, line: Line, readings: list[Reading]) -> tuple[Line, float]:
    """(the line through the readings, uncertainty of its place in samples); outliers are left out.

    Speed is only corrected when that is beyond chance.
    """
    good = [reading for reading in readings if reading.agreement > CHANCE] or readings
    start = np.array([reading.probe.start for reading in good], np.float64)
    late = np.array([reading.late for reading in good])
    weight = np.array([max(reading.agreement - 0.5, 1e-3) for reading in good])
    offset, slope, error = _robust_line(start, late, weight, tilted=True)
    drift = abs(slope) * (float(start.max() - start.min()) if len(start) else 0.0)
    if line.speed == 1.0 and drift < max(0.5, 8.0 * error):
        offset, slope, error = _robust_line(start, late, weight, tilted=False)
    return Line(line.late_s + offset / mix_print.rate, line.speed + slope, line.support), error


def polished(mix_print: MixPrint, readings: list[Reading]) -> float:
    """Samples of the mix by which clean readings still lie later: where most signs agree. 0 for noisy ones.

    Quarters of a turn are coarse as phases, but in a clean copy every sign is right at the right place only.
    """
    good = [reading for reading in readings if reading.agreement > CLEAN]
    if 2 * len(good) < len(readings) or not good:
        return 0.0
    late = np.arange(-POLISH_STEPS, POLISH_STEPS + 1) * POLISH_SAMPLES
    turns = np.exp(2j * np.pi * fr.probe_hz(mix_print.rate)[:, None] * late / mix_print.rate).astype(np.complex64)
    right = np.zeros(len(late))
    for reading in good:
        X = (reading.spectrum * reading.polarity)[:, None] * turns
        signs = reading.probe.signs[:, :, None]
        right += ((X.real > 0) == signs[0]).sum(axis=0) + ((X.imag > 0) == signs[1]).sum(axis=0)
    return float(np.mean(late[right == right.max()]))


def _robust_line(x: Doubles, y: Doubles, weight: Doubles, *, tilted: bool) -> tuple[float, float, float]:
    """(offset, slope, standard error of the mean) of the line through points, without those far from it."""
    offset = slope = spread = 0.0
    for _ in range(6):
        offset, slope = _weighted_line(x, y, weight, tilted=tilted)
        error = np.abs(y - offset - slope * x)
        inside = weight > 0
        far = 4 * max(0.02, 1.5 * float(np.median(error[inside])))
        spread = float(np.sqrt(np.mean(np.square(error[inside])) / inside.sum()))
        kept = np.where(error < far, weight, 0.0)
        if not kept.any():
            break
        weight = kept
    return offset, slope, spread


def _weighted_line(x: Doubles, y: Doubles, weight: Doubles, *, tilted: bool) -> tuple[float, float]:
    """(offset, slope) of the line through points; slope 0 when it is not asked for or there are too few points."""
    total = weight.sum()
    mean_x, mean_y = (weight @ x) / total, (weight @ y) / total
    spread = weight @ np.square(x - mean_x)
    slope = 0.0
    if tilted and np.count_nonzero(weight) > 2 and spread > 0:
        slope = float(weight @ ((x - mean_x) * (y - mean_y)) / spread)
    return float(mean_y - slope * mean_x), slope

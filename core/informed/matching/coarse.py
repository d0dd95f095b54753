"""Where in a recording the probes of a print lie: matched filters at a low rate, and a line through what they find."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Audio, Samples
from unbraid.core.informed.matching import frames as fr
from unbraid.core.informed.matching.frames import Doubles
from unbraid.core.informed.matching.mixprint import MixPrint, Probe
from unbraid.core.resample import resample_blocks

RATE = 6000
TOP_HZ = 2600.0
NEAR_S = 1.0
"""Delays of up to this are looked for first; codecs make no more."""

FAR_S = 300.0
FAR_PROBES = 10
PEAKS = 3
BLOCK = 1 << 18
TOLERANCE_S = 0.0006
MOST_SPEED = 0.005
"""Greatest difference of speed that is followed."""

SILENT = 1e-6


@dataclass(frozen=True)
class Line:
    """place_s = late_s + speed * start_s for a place in the recording. support: part of the probes that lie on it."""

    late_s: float
    speed: float
    support: float

    def place(self, start_s: float) -> float:
        """Second of the recording at which second `start_s` of the mix plays."""
        return self.late_s + self.speed * start_s

    def places(self, starts_s: Doubles) -> Doubles:
        """`place` of many."""
        return self.late_s + self.speed * starts_s


@dataclass(frozen=True, eq=False)
class _Peaks:
    """Where a probe may lie: its start in the mix, places in the recording and how well each fits (0 to 1)."""

    start_s: float
    places_s: Doubles
    fits: Doubles


def low_signals(audio: Audio) -> Samples:
    """Foldings of a recording at 6 kHz, (n, kinds)."""
    which = fr.kinds(audio.channels)

    def folded() -> Iterator[Samples]:
        for k in range(0, audio.frames, BLOCK):
            block = audio.samples[k : k + BLOCK]
            yield np.stack([fr.fold(block, kind) for kind in which], axis=1)

    return np.concatenate(list(resample_blocks(folded(), audio.rate, RATE, len(which), quality="MQ")))


def find_line(mix_print: MixPrint, audio: Audio) -> Line | None:
    """The line on which most probes lie: near the same places first, then anywhere. None when there is no such line."""
    low = low_signals(audio)
    probes = [probe for probe in mix_print.probes if probe.kind < low.shape[1]]
    near = best_line([_peaks(mix_print, probe, low, NEAR_S) for probe in probes])
    if near is not None and near.support >= 0.6:
        return near
    loud = sorted(probes, key=lambda probe: (probe.kind, -probe.level_db))[:FAR_PROBES]
    far = best_line([_peaks(mix_print, probe, low, FAR_S) for probe in loud])
    return max((line for line in (near, far) if line is not None), key=lambda line: line.support, default=None)


def _peaks(mix_print: MixPrint, probe: Probe, low: Samples, reach_s: float) -> _Peaks:
    """The best places of a probe within `reach_s` of where it was in the mix."""
    from scipy.fft import irfft, next_fast_len, rfft

    seconds = fr.frame_samples(mix_print.rate) / mix_print.rate
    start_s = probe.start / mix_print.rate
    template = _template(mix_print, probe, seconds)
    first = max(0, round((start_s - reach_s) * RATE))
    sound = low[first : round((start_s + reach_s + seconds) * RATE), probe.kind]
    if len(sound) <= len(template):
        return _Peaks(start_s, np.zeros(0), np.zeros(0))
    size = next_fast_len(len(sound) + len(template), real=True)
    white = rfft(sound, size) * _whitener(mix_print, probe.kind, np.arange(size // 2 + 1) * RATE / size)
    count = len(sound) - len(template) + 1
    match = irfft(white * np.conj(rfft(template, size)), size)[:count]
    energy = np.concatenate([[0.0], np.cumsum(np.square(irfft(white, size)[: len(sound)], dtype=np.float64))])
    local = energy[len(template) :][:count] - energy[:count]
    scale = np.sqrt(np.maximum(local, SILENT * max(float(local.max()), 1e-30)) * float(np.square(template).sum()))
    fits = np.abs(match) / scale
    places, heights = [], []
    for _ in range(PEAKS):
        best = int(np.argmax(fits))
        places.append((first + best) / RATE)
        heights.append(float(fits[best]))
        fits[max(0, best - 6) : best + 7] = 0.0
    return _Peaks(start_s, np.array(places), np.array(heights))


def _template(mix_print: MixPrint, probe: Probe, seconds: float) -> npt.NDArray[np.float32]:
    """A probe as a whitened sound at 6 kHz."""
    freq_hz = fr.probe_hz(mix_print.rate)
    used = freq_hz < TOP_HZ
    t = np.arange(int(seconds * RATE)) / RATE
    waves = np.exp(2j * np.pi * freq_hz[used, None] * t)
    sound = (probe.phasors()[used, None] * waves).real.sum(axis=0)
    return np.asarray(sound * np.square(np.sin(np.pi * t / seconds)), np.float32)


def _whitener(mix_print: MixPrint, kind: int, freq_hz: Doubles) -> npt.NDArray[np.float32]:
    """Gain at each frequency by the levels that the mix has on the whole."""
    edges = fr.edges_hz()
    density = mix_print.levels_db[kind] - 10 * np.log10(np.diff(edges))
    density = np.maximum(density, density.max() - 60.0)
    middle = np.sqrt(edges[:-1] * edges[1:])
    gain = 10 ** (-np.interp(freq_hz, middle, density) / 20)
    return np.where((freq_hz > fr.LOWEST_HZ / 2) & (freq_hz < TOP_HZ), gain / gain.max(), 0.0).astype(np.float32)


def best_line(found: list[_Peaks]) -> Line | None:
    """The line with the most weight of probes near it; each probe counts once, by its best peak there."""
    found = [peaks for peaks in found if len(peaks.places_s)]
    if not found:
        return None
    starts = np.array([peaks.start_s for peaks in found])
    places = np.stack([peaks.places_s for peaks in found])
    fits = np.stack([peaks.fits for peaks in found])
    lates, speeds = _trial_lines(starts, places)
    expected = lates[:, None] + speeds[:, None] * starts
    near = np.abs(places[None] - expected[:, :, None]) < TOLERANCE_S
    weight = np.where(near, fits[None] ** 2, 0.0).max(axis=2)
    best = int(np.argmax(weight.sum(axis=1) * (1 - 1e-3 * (speeds != 1.0))))
    on = weight[best] > 0
    return Line(float(lates[best]), float(speeds[best]), float(on.mean()))


def _trial_lines(starts: Doubles, places: Doubles) -> tuple[Doubles, Doubles]:
    """(late, speed) of all lines of speed 1 through one place, and of those through two that are possible."""
    lates = [(places - starts[:, None]).ravel()]
    speeds = [np.ones(places.size)]
    for a in range(len(starts)):
        for b in range(a + 1, len(starts)):
            if starts[b] - starts[a] < 0.5:
                continue
            slope = (places[b][None, :] - places[a][:, None]) / (starts[b] - starts[a])
            keep = np.abs(slope - 1) < MOST_SPEED
            lates.append((places[a][:, None] - slope * starts[a])[keep])
            speeds.append(slope[keep])
    return np.concatenate(lates), np.concatenate(speeds)

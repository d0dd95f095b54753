"""The print of a mix inside side-information: by it a decoder knows the mix again, however it was copied since."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Audio
from unbraid.core.errors import BitstreamError
from unbraid.core.informed.matching import frames as fr
from unbraid.core.informed.matching.frames import BANDS, FLOOR, PROBE_BINS, Doubles, Spectrum

VERSION = 1
MOST_PROBES, MOST_SEGMENTS = 24, 16
PROBE_EVERY_S, SEGMENT_EVERY_S = 1.0, 4.0
CANDIDATES = 32
"""Places that are looked at for each probe."""

GROUPS = 4
HEAD = struct.Struct(">BBBBI6s16s")
PROBE = struct.Struct(">5sh36s")
SIDE_FLAG = 1 << 39
BLOCK = 1 << 18
DAMAGED = "the print of the mix in the side-information is damaged; get the side-information again"
LEVEL_STEPS = 100.0
"""Steps of a level per decibel."""

DEEPEST_DB = 80.0
"""Bins further below the strongest count as this far."""

SILENT_DB = -190.0
"""Frames below this are no probes."""

BROAD_HZ = (100.0, 4000.0)
"""Where lossy codecs keep levels: gains are measured here."""


@dataclass(frozen=True, eq=False)
class Probe:
    """A frame of the mix. kind: MID or SIDE. level_db: between 100 Hz and 4 kHz. signs: of real and imaginary parts."""

    start: int
    kind: int
    level_db: float
    signs: npt.NDArray[np.bool_]

    def phasors(self) -> Spectrum:
        """(PROBE_BINS,) of magnitude 1, each in the middle of the quarter that its signs name."""
        real, imaginary = np.where(self.signs, 1.0, -1.0)
        return np.asarray((real + 1j * imaginary) / np.sqrt(2.0), np.complex64)


@dataclass(frozen=True, eq=False)
class MixPrint:
    """What is kept of a mix.

    digest: of the samples at 24 bits. levels_db: (kinds, BANDS) over the whole. segments_db: (S, GROUPS), mid only.
    """

    rate: int
    frames: int
    channels: int
    digest: bytes
    levels_db: Doubles
    segments_db: Doubles
    probes: tuple[Probe, ...]

    def write(self) -> bytes:
        """The bytes of the print."""
        parts = [
            HEAD.pack(
                VERSION, len(self.probes), len(self.segments_db), self.channels, self.rate,
                self.frames.to_bytes(6, "big"), self.digest,
            ),
            np.rint(self.levels_db * LEVEL_STEPS).astype(">i2").tobytes(),
            np.clip(np.rint((self.segments_db + 115) * 2), 0, 255).astype(np.uint8).tobytes(),
        ]  # fmt: skip
        for probe in self.probes:
            place = (probe.start | (SIDE_FLAG if probe.kind else 0)).to_bytes(5, "big")
            signs = np.packbits(probe.signs.ravel()).tobytes()
            parts.append(PROBE.pack(place, round(probe.level_db * LEVEL_STEPS), signs))
        return b"".join(parts)

    @classmethod
    def read(cls, data: bytes) -> MixPrint:
        """The print in `data`; BitstreamError when it is damaged."""
        if len(data) < HEAD.size:
            raise BitstreamError(DAMAGED)
        version, probes, segments, channels, rate, raw, digest = HEAD.unpack(data[: HEAD.size])
        frames = int.from_bytes(raw, "big")
        if version != VERSION:
            raise BitstreamError(f"the print of the mix has version {version}, this program reads {VERSION}; update it")
        levels = 2 * len(fr.kinds(channels)) * BANDS
        wanted = HEAD.size + levels + segments * GROUPS + probes * PROBE.size
        possible = channels >= 1 and 1000 <= rate <= 384_000 and frames <= 86_400 * rate
        if len(data) != wanted or not possible:
            raise BitstreamError(DAMAGED)
        middle = HEAD.size + levels
        end = middle + segments * GROUPS
        levels_db = np.frombuffer(data[HEAD.size : middle], ">i2").reshape(-1, BANDS) / LEVEL_STEPS
        segments_db = np.frombuffer(data[middle:end], np.uint8).reshape(-1, GROUPS) / 2.0 - 115.0
        found = tuple(_read_probe(data[end + k * PROBE.size :], frames, channels) for k in range(probes))
        return cls(rate, frames, channels, digest, levels_db, segments_db, found)


def _read_probe(data: bytes, frames: int, channels: int) -> Probe:
    """A probe at the beginning of `data`."""
    raw, level, signs = PROBE.unpack(data[: PROBE.size])
    place = int.from_bytes(raw, "big")
    start, kind = place & ~SIDE_FLAG, int(bool(place & SIDE_FLAG))
    if start > frames or kind not in fr.kinds(channels):
        raise BitstreamError(DAMAGED)
    bits = np.unpackbits(np.frombuffer(signs, np.uint8)).astype(np.bool_).reshape(2, PROBE_BINS)
    return Probe(start, kind, level / LEVEL_STEPS, bits)


def mix_print(mix: Audio) -> bytes:
    """The print of a mix: about 1.2 kB for a song, less for what is shorter than 24 s."""
    seconds = fr.frame_samples(mix.rate) / mix.rate
    starts = frame_starts(mix.frames, mix.rate)
    powers = np.array(list(fr.band_powers(mix, starts, mix.rate, seconds)))
    return MixPrint(
        mix.rate, mix.frames, mix.channels, digest(mix), decibels(powers.mean(axis=0)),
        segment_levels(powers[:, 0], segment_count(mix.duration_s)), _probes(mix),
    ).write()  # fmt: skip


def digest(mix: Audio) -> bytes:
    """16 bytes that stand for the samples at 24 bits: the same for WAV and FLAC, integers and floats."""
    state = hashlib.blake2b(struct.pack(">IIQ", mix.rate, mix.channels, mix.frames), digest_size=16)
    for k in range(0, mix.frames, BLOCK):
        block = mix.samples[k : k + BLOCK] * np.float32(1 << 23)
        np.clip(np.rint(block, out=block), -(2.0**30), 2.0**30, out=block)
        state.update(block.astype("<i4").tobytes())
    return state.digest()


def frame_starts(frames: int, rate: int) -> Doubles:
    """First samples of the frames over which levels are averaged."""
    frame = fr.frame_samples(rate)
    count = int(np.clip(frames // frame, 1, fr.MOST_FRAMES))
    return np.floor(np.linspace(0, max(0, frames - frame), count))


def segment_count(seconds: float) -> int:
    """How many parts of a song have levels of their own."""
    return int(np.clip(seconds // SEGMENT_EVERY_S, 1, MOST_SEGMENTS))


def segment_levels(powers: Doubles, count: int) -> Doubles:
    """(count, GROUPS) in dB: mean levels of groups of bands in equal parts of (T, BANDS)."""
    groups = powers.reshape(len(powers), GROUPS, -1).sum(axis=2)
    bounds = np.linspace(0, len(powers), count + 1).round().astype(int)
    means = [groups[a:b].mean(axis=0) if b > a else np.zeros(GROUPS) for a, b in pairwise(bounds)]
    return decibels(np.array(means))


def decibels(power: npt.ArrayLike) -> Doubles:
    """Powers in dB, silence as -200."""
    return np.asarray(10 * np.log10(np.maximum(np.asarray(power, np.float64), FLOOR)))


def broad_level_db(spectrum: Spectrum, freq_hz: Doubles) -> float:
    """Level of a frame between 100 Hz and 4 kHz."""
    inside = (freq_hz >= BROAD_HZ[0]) & (freq_hz <= BROAD_HZ[1])
    return float(decibels(np.square(np.abs(spectrum[inside])).mean()))


def _probes(mix: Audio) -> tuple[Probe, ...]:
    """One probe in each of equal parts of the song, where it is loud over the whole width; silent parts have none."""
    frame = fr.frame_samples(mix.rate)
    count = int(np.clip(mix.duration_s // PROBE_EVERY_S, 1, MOST_PROBES))
    found = []
    for k in range(count):
        first, last = (round(x * max(0, mix.frames - frame) / count) for x in (k, k + 1))
        starts = np.unique(np.linspace(first, max(first, last - frame), CANDIDATES).astype(int))
        probe = _best(mix, starts, prefer_side=k % 3 == 2)
        if probe is not None:
            found.append(probe)
    return tuple(found)


def _best(mix: Audio, starts: npt.NDArray[np.int64], *, prefer_side: bool) -> Probe | None:
    """The frame with the highest mean level over all bins; of the side when it is wanted and there is any."""
    freq_hz = fr.probe_hz(mix.rate)
    found = []
    for kind in fr.kinds(mix.channels):
        spectra = fr.whole_spectra(mix, kind, starts)
        bins = decibels(np.square(np.abs(spectra)))
        heights = np.maximum(bins, bins.max(axis=1, keepdims=True) - DEEPEST_DB).mean(axis=1)
        best = int(np.argmax(heights))
        found.append((float(heights[best]), kind, int(starts[best]), spectra[best]))
    height, kind, start, X = found[0]
    if len(found) > 1 and found[1][0] > found[0][0] - (30.0 if prefer_side else 0.0):
        height, kind, start, X = found[1]
    if height < SILENT_DB:
        return None
    level = float(np.clip(broad_level_db(X, freq_hz), -300, 300))
    return Probe(start, kind, level, np.stack([X.real > 0, X.imag > 0]))

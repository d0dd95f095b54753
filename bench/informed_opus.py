"""Stems coded one by one with Opus: what the same total rate buys without the mix as side-information.

Needs PyAV with libopus. Stems are resampled to 48 kHz and back; the rate is that of the packets alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Audio
from unbraid.core.evaluation.sdr import sdr
from unbraid.core.resample import resample

RATE = 48_000
KBPS = (2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64)
"""Of one stem."""
LONGEST_DELAY = 700
SEARCHED_S = 3

Samples = npt.NDArray[np.float32]


def curve(stems: Mapping[str, Audio], bitrates: Iterable[float] = KBPS) -> list[tuple[float, float]]:
    """(total kbit/s that were really used, mean SDR), for each rate of a stem and constant and variable rates."""
    points = []
    for kbps in bitrates:
        for variable in (False, True):
            coded = [_coded(audio, kbps, variable) for audio in stems.values()]
            points.append((sum(rate for _, rate in coded), float(np.mean([quality for quality, _ in coded]))))
    return sorted(points)


def best_at(points: list[tuple[float, float]], kbps: float) -> float:
    """Highest mean SDR at a total rate: of settings that stay below it, or between two neighbours on the upper edge.

    Where even the lowest rate is above it, silence: 0 dB.
    """
    upper: list[tuple[float, float]] = []
    for rate, quality in points:
        if not upper or quality > upper[-1][1]:
            upper.append((rate, quality))
    if kbps < upper[0][0]:
        return 0.0
    return float(np.interp(kbps, *zip(*upper, strict=True)))


def _coded(audio: Audio, kbps: float, variable: bool) -> tuple[float, float]:
    """SDR in dB, and kbit/s."""
    given = resample(audio, RATE).samples
    stereo = np.repeat(given, 2, axis=1) if given.shape[1] == 1 else given
    decoded, size = _there_and_back(stereo, kbps, variable)
    delay = _delay(stereo, decoded)
    back = resample(Audio.of(_fitted(decoded[delay:], len(stereo))[:, : audio.channels], RATE), audio.rate).samples
    return sdr(audio, Audio.of(_fitted(back, audio.frames), audio.rate)), 8 * size / (audio.frames / audio.rate) / 1000


def _there_and_back(samples: Samples, kbps: float, variable: bool) -> tuple[Samples, int]:
    """Decoded samples, and the bytes of the packets that they need."""
    import av

    options = {"vbr": "on" if variable else "off", "application": "audio", "compression_level": "10"}
    encoder = av.codec.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "stereo", "flt"
    encoder.bit_rate, encoder.options, encoder.time_base = round(1000 * kbps), options, Fraction(1, RATE)
    encoder.open()
    frame = encoder.frame_size
    packets = []
    padded = _fitted(samples, len(samples) + 2 * frame + 4000)
    for start in range(0, len(padded) - frame + 1, frame):
        piece = np.ascontiguousarray(padded[start : start + frame].reshape(1, -1))
        sound = av.AudioFrame.from_ndarray(piece, format="flt", layout="stereo")
        sound.sample_rate, sound.pts, sound.time_base = RATE, start, Fraction(1, RATE)
        packets += encoder.encode(sound)
    packets += encoder.encode(None)
    data = [bytes(packet) for packet in packets]
    decoder = av.codec.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout, decoder.extradata = RATE, "stereo", encoder.extradata
    decoded = [_array(frame) for packet in data for frame in decoder.decode(av.Packet(packet))]
    needed = -(-len(samples) // frame) + 1
    return np.concatenate(decoded), sum(len(packet) for packet in data[:needed])


def _array(frame: object) -> Samples:
    values = frame.to_ndarray()  # type: ignore[attr-defined]
    values = values.reshape(-1, 2) if len(values) == 1 else values.T
    return values / np.float32(32768) if values.dtype == np.int16 else values


def _delay(given: Samples, decoded: Samples) -> int:
    """By how many samples the decoded sound is late."""
    part = given[: SEARCHED_S * RATE].astype(np.float64)
    products = [float(np.vdot(part, decoded[d : d + len(part)])) for d in range(LONGEST_DELAY)]
    return int(np.argmax(products))


def _fitted(samples: Samples, length: int) -> Samples:
    """Cut, or lengthened with zeros."""
    return np.pad(samples[:length], ((0, max(0, length - len(samples))), (0, 0)))

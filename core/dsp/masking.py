"""How much noise the ear does not notice beside a sound: simultaneous masking in critical bands.

Energies of bands a half Bark wide are lowered by an offset that depends on how tonal the sound is there (Johnston,
1988) and spread over their neighbours (Schroeder, Atal and Hall, 1979); nothing is put below the threshold in quiet
(Terhardt, 1979). `limit_rise` protects what is before an attack, `after_masking` counts what a sound still hides when
it is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError

Powers = npt.NDArray[np.floating]
"""Powers of bins or bands, (F, T) or (B, T)."""

FULL_SCALE_SPL = 96.0
"""Assumed level of a full-scale sine at the ear, in dB of sound pressure."""

BARK_PER_BAND = 0.5
TONE_OFFSET_DB, NOISE_OFFSET_DB = 14.5, 6.0
"""Masker over masked noise; that of tones grows by 1 dB per Bark."""

LOW_OFFSET_DB, LOW_BARK, LOW_OFFSET_FALL_DB = 18.0, 4.0, 1.5
"""Least offset of low bands, where few bins tell tones from noise and two ears unmask noise; it falls per Bark."""

TONAL_FLATNESS_DB = -15.0
"""Flatness (geometric over arithmetic mean) at which a band counts as wholly tonal; one window of noise has -2.5."""

NOISE_FLATNESS_DB = -4.0
FLATNESS_REACH_BARK = 0.75
QUIETEST = 1e-20


def bark(freqs_hz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Critical-band rate of frequencies (Traunmueller, 1990), in Bark."""
    freqs = np.asarray(freqs_hz, np.float64)
    return np.asarray(26.81 * freqs / (1960 + freqs) - 0.53)


def quiet_spl(freqs_hz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Threshold in quiet in dB of sound pressure (Terhardt, 1979), at most 90."""
    khz = np.maximum(np.asarray(freqs_hz, np.float64), 20) / 1000
    level = 3.64 * khz**-0.8 - 6.5 * np.exp(-0.6 * (khz - 3.3) ** 2) + 1e-3 * khz**4
    return np.minimum(level, 90)


@dataclass(frozen=True, eq=False)
class Bands:
    """Bins gathered in bands about half a Bark wide, at least one bin each.

    starts: (B + 1,) first bin of each band and the end. spreading: (B, B) from band to band, for power.
    rise: (B,) gain of the spreading for a flat spectrum. quiet: (B,) power of the threshold in quiet.
    centres_hz and centres_bark: (B,).
    """

    starts: npt.NDArray[np.intp]
    spreading: npt.NDArray[np.float64]
    rise: npt.NDArray[np.float64]
    quiet: npt.NDArray[np.float64]
    centres_hz: npt.NDArray[np.float64]
    centres_bark: npt.NDArray[np.float64]

    @property
    def sizes(self) -> npt.NDArray[np.intp]:
        """Bins of each band, (B,)."""
        return np.diff(self.starts)

    def sums(self, powers: Powers) -> npt.NDArray[np.float64]:
        """Power in each band, (B, T), of powers (F, T)."""
        return np.asarray(np.add.reduceat(powers.astype(np.float64, copy=False), self.starts[:-1], axis=0))

    def spread_evenly(self, band_powers: Powers) -> npt.NDArray[np.float64]:
        """Powers (F, T) of bands (B, T), each shared evenly by its bins."""
        return np.asarray(np.repeat(band_powers / self.sizes[:, None], self.sizes, axis=0))


def bands(freqs_hz: npt.ArrayLike, full_scale_spl: float = FULL_SCALE_SPL, quiet_most_db: float = 90.0) -> Bands:
    """The bands of rising frequencies of bins (F,) in Hz, with a threshold in quiet of at most `quiet_most_db`."""
    freqs = np.asarray(freqs_hz, np.float64)
    if freqs.ndim != 1 or not freqs.size or np.any(np.diff(freqs) <= 0):
        raise ParameterError(f"frequencies of bins are one rising row, not of shape {freqs.shape}; pass rfft's")
    return _bands(tuple(freqs.tolist()), float(full_scale_spl), float(quiet_most_db))


@lru_cache(maxsize=8)
def _bands(freqs_hz: tuple[float, ...], full_scale_spl: float, quiet_most_db: float) -> Bands:
    freqs = np.array(freqs_hz)
    number = np.floor(bark(freqs) / BARK_PER_BAND)
    starts = np.append(np.flatnonzero(np.diff(number, prepend=number[0] - 1)), len(freqs))
    middle = (starts[:-1] + starts[1:] - 1) / 2
    centres = np.interp(middle, np.arange(len(freqs)), freqs)
    z = bark(centres)
    distance = z[:, None] - z + 0.474
    spreading = 10 ** ((15.81 + 7.5 * distance - 17.5 * np.sqrt(1 + distance**2)) / 10)
    widths = bark(np.append(freqs, 2 * freqs[-1] - freqs[-2])[starts] if len(freqs) > 1 else np.array([0, 1]))
    flat = np.diff(widths)
    rise = spreading @ flat / flat
    quiet = BARK_PER_BAND * 10 ** ((np.minimum(quiet_spl(centres), quiet_most_db) - full_scale_spl) / 10) / 2
    return Bands(starts, spreading, rise, quiet, centres, z)


def tonality(powers: Powers, parts: Bands) -> npt.NDArray[np.float64]:
    """How tonal the sound is around each band, (B, T), from 0 (noise) to 1 (lines), by spectral flatness."""
    powers = np.maximum(powers.astype(np.float64, copy=False), QUIETEST)
    logs = np.add.reduceat(np.log(powers), parts.starts[:-1], axis=0)
    near = (np.abs(parts.centres_bark[:, None] - parts.centres_bark) <= FLATNESS_REACH_BARK).astype(np.float64)
    count = near @ parts.sizes
    geometric = (near @ logs) / count[:, None]
    arithmetic = np.log(near @ parts.sums(powers) / count[:, None])
    flatness_db = 10 / np.log(10) * (geometric - arithmetic)
    return np.asarray(np.clip((flatness_db - NOISE_FLATNESS_DB) / (TONAL_FLATNESS_DB - NOISE_FLATNESS_DB), 0, 1))


def band_thresholds(powers: Powers, parts: Bands) -> npt.NDArray[np.float64]:
    """Power of the strongest noise that each band hides, (B, T), for powers (F, T) scaled as for `thresholds`."""
    tonal = tonality(powers, parts)
    z = parts.centres_bark[:, None]
    tone_db = TONE_OFFSET_DB + np.maximum(z, 0)
    noise_db = np.maximum(LOW_OFFSET_DB - LOW_OFFSET_FALL_DB * np.maximum(z - LOW_BARK, 0), NOISE_OFFSET_DB)
    offset_db = np.maximum(tonal * tone_db + (1 - tonal) * NOISE_OFFSET_DB, noise_db)
    hiding = parts.sums(powers) * 10 ** (-offset_db / 10)
    return np.asarray(np.maximum(parts.spreading @ hiding / parts.rise[:, None], parts.quiet[:, None]))


def limit_rise(thresholds: Powers, per_frame: float = 2.0) -> npt.NDArray[np.float64]:
    """Thresholds (B, T, ...), at most `per_frame` times those of the frame before: little noise ahead of attacks."""
    limited = np.asarray(thresholds, np.float64).copy()
    np.minimum(limited[:, 1:], per_frame * limited[:, :-1], out=limited[:, 1:])
    return limited


def after_masking(thresholds: Powers, fall: float) -> npt.NDArray[np.float64]:
    """Thresholds (B, T, ...) that fall to no less than the share `fall` from one frame to the next.

    About 0.4 dB per ms are heard (Jesteadt, Bacon and Lehman, 1982): `fall` is 0.1 for frames every 23 ms.
    """
    held = np.asarray(thresholds, np.float64).copy()
    for t in range(1, held.shape[1]):
        np.maximum(held[:, t], fall * held[:, t - 1], out=held[:, t])
    return held


def thresholds(
    power_spectrogram: Powers, freqs_hz: npt.ArrayLike, full_scale_spl: float = FULL_SCALE_SPL
) -> npt.NDArray[np.float64]:
    """Masked threshold (F, T): the strongest noise power in each bin that is not heard beside the sound.

    power_spectrogram: (F, T), scaled so that a frame's sum is its mean square (0.5 for a full-scale sine).
    freqs_hz: (F,) rising. full_scale_spl: level at which a full-scale sine is played, in dB.
    """
    power = np.asarray(power_spectrogram)
    if power.ndim != 2 or len(power) != np.size(freqs_hz):
        raise ParameterError(f"a power per bin (of {np.size(freqs_hz)}) and frame is wanted, not shape {power.shape}")
    parts = bands(freqs_hz, full_scale_spl)
    return parts.spread_evenly(band_thresholds(power, parts))

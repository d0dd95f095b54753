"""Spoken syllables taken apart: espeak-ng speaks, WORLD gives spectral envelopes to sing with."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyworld
import soundfile
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import resample_poly

FS = 44100
HOP_S = 0.005
FFT_SIZE = 2048
FREQS_HZ = np.arange(FFT_SIZE // 2 + 1) * FS / FFT_SIZE

EXTENSION_FROM_HZ = 9000.0
"""espeak-ng stops at 11 kHz; above this frequency the envelope is made up (see _extended)."""

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Spoken:
    """One spoken syllable in frames of HOP_S.

    log_env: (T, F) natural logarithm of the power envelope, its vowel normalised to 0 dB.
    aperiodicity: (T, F) 0 to 1. voiced: (T,) bool, one run. vowel: frame where the vowel is open.
    """

    log_env: Array
    aperiodicity: Array
    voiced: NDArray[np.bool_]
    vowel: int

    @property
    def voiced_run(self) -> tuple[int, int]:
        """First and last + 1 frame of the voiced run."""
        frames = np.flatnonzero(self.voiced)
        return int(frames[0]), int(frames[-1]) + 1


def speak(phonemes: str, folder: Path, *, voice: str) -> Spoken:
    """Speak one syllable (phonemes as espeak-ng writes them) and analyse it; folder takes the temporary WAV."""
    wav = folder / "syllable.wav"
    command = ["espeak-ng", "-v", voice, "-s", "165", "-p", "35", "-a", "100", "-w", str(wav), f"[[{phonemes}]]"]
    subprocess.run(command, check=True, capture_output=True)
    sound, rate = soundfile.read(wav, dtype="float64")
    return _analysed(_trimmed(resample_poly(sound, FS, rate)))


def _trimmed(sound: Array) -> Array:
    """The sound from 10 ms before its first to 10 ms after its last sample above -36 dB of the peak."""
    loud = np.flatnonzero(np.abs(sound) > 0.015 * np.abs(sound).max())
    margin = round(0.01 * FS)
    return np.ascontiguousarray(np.pad(sound[loud[0] : loud[-1] + 1], margin))


def _analysed(sound: Array) -> Spoken:
    """WORLD's envelopes of a syllable, extended to the full band and normalised."""
    f0, times = pyworld.harvest(sound, FS, f0_floor=90.0, f0_ceil=450.0, frame_period=HOP_S * 1000)
    power = pyworld.cheaptrick(sound, f0, times, FS, fft_size=FFT_SIZE)
    voiced = _longest_run((f0 > 0) & _hums(power))
    aperiodicity = pyworld.d4c(sound, np.where(voiced, f0, 0.0), times, FS, threshold=0.0, fft_size=FFT_SIZE)
    log_env = _extended(np.log(power + 1e-16), voiced)
    level = np.exp(log_env).mean(axis=1)
    log_env -= np.log(np.percentile(level[voiced], 80))
    return Spoken(log_env, np.clip(aperiodicity, 0.001, 0.999), voiced, _vowel_onset(level, voiced))


def _hums(power: Array) -> NDArray[np.bool_]:
    """Whether each frame of (T, F) has the low frequencies of a voice: the pitch track alone runs on through an s."""
    low = power[:, FREQS_HZ < 1000].sum(axis=1)
    high = power[:, FREQS_HZ > 3000].sum(axis=1)
    return (low > 0.002 * low.max()) & (low > 2 * high)


def _longest_run(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Only the longest run of true flags, gaps of up to three frames closed."""
    frames = np.flatnonzero(flags)
    runs = np.split(frames, np.flatnonzero(np.diff(frames) > 4) + 1)
    longest = max(runs, key=len)
    out = np.zeros_like(flags)
    out[longest[0] : longest[-1] + 1] = True
    return out


def _vowel_onset(level: Array, voiced: NDArray[np.bool_]) -> int:
    """First voiced frame within 5 dB of the loudest one: past the l, m, n, v or w that may come before."""
    smooth = gaussian_filter1d(level, 1.5)
    return int(np.flatnonzero(voiced & (smooth > 10**-0.5 * smooth[voiced].max()))[0])


def _extended(log_env: Array, voiced: NDArray[np.bool_]) -> Array:
    """The envelope (T, F) above 9 kHz replaced by its own level at 7 to 9 kHz, falling.

    A consonant keeps its hiss (9 dB an octave); a vowel ends soon (30 dB an octave), as there is only breath up there.
    """
    band = (FREQS_HZ > 7000) & (FREQS_HZ < EXTENSION_FROM_HZ)
    level = log_env[:, band].mean(axis=1, keepdims=True)
    slope_db = np.where(voiced, -30.0, -9.0)[:, None]
    octaves = np.log2(np.maximum(FREQS_HZ, EXTENSION_FROM_HZ) / EXTENSION_FROM_HZ)
    blend = np.clip((FREQS_HZ - EXTENSION_FROM_HZ) / 800.0, 0.0, 1.0)
    return log_env * (1 - blend) + (level + slope_db / 10 * np.log(10) * octaves) * blend

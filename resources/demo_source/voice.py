"""The singer: spoken syllables laid on a melody, joined as envelopes and synthesised by WORLD in one go."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyworld
from lyrics import Phrase, Syllable
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from score import beats_to_s
from speech import FREQS_HZ, FS, HOP_S, Array, Spoken, speak

SILENCE_LOG = np.log(1e-12)
JOIN_FRAMES = 5
"""Voiced neighbours melt into each other over this many frames."""


LONGEST_LEAD_S = 0.1
LONG_NOTE_S = 0.6
GLIDE_S = 0.018
"""Standard deviation of the smoothing that turns steps into glides."""

GLIDE_EARLY_S = 0.03
"""A glide is centred this long before the beat, so that the vowel opens on its pitch."""


@dataclass(frozen=True)
class Singer:
    """Who sings: the espeak-ng voice and what makes two takes differ.

    formants: factor on all formant frequencies. late_s: mean delay. drift_cents: slow random detuning.
    breath: 0 (clear) to 1 (whisper). seed: of the random drift and delays.
    """

    voice: str = "en-us+f2"
    formants: float = 1.0
    late_s: float = 0.0
    drift_cents: float = 6.0
    breath: float = 0.05
    seed: int = 1


@dataclass(frozen=True)
class Place:
    """Where a syllable goes, in frames: from start to end, the vowel open at vowel; linked to the one ahead or not."""

    start: int
    vowel: int
    end: int
    linked: bool


@dataclass(eq=False)
class Timeline:
    """What WORLD sings from, in frames of HOP_S: pitch midi (T,), voiced (T,), log_env and aperiodicity (T, F)."""

    midi: Array
    voiced: NDArray[np.bool_]
    log_env: Array
    aperiodicity: Array

    @classmethod
    def silent(cls, length_s: float) -> "Timeline":
        """A timeline with nothing on it."""
        frames = int(np.ceil(length_s / HOP_S)) + 1
        bins = len(FREQS_HZ)
        envelopes = np.full((frames, bins), SILENCE_LOG)
        return cls(np.full(frames, 60.0), np.zeros(frames, dtype=bool), envelopes, np.full((frames, bins), 0.999))


def sing(phrases: tuple[Phrase, ...], singer: Singer, folder: Path, *, samples: int) -> Array:
    """One take, mono (N,) with N = samples at 44.1 kHz; folder takes temporary files."""
    rng = np.random.default_rng(singer.seed)
    timeline = Timeline.silent(samples / FS)
    for phrase in phrases:
        _lay_phrase(timeline, phrase, singer, rng, folder)
    midi = timeline.midi + _drift(len(timeline.midi), singer.drift_cents, rng)
    f0 = np.where(timeline.voiced, 440.0 * 2 ** ((midi - 69) / 12), 0.0)
    power = np.ascontiguousarray(np.exp(_tinted(timeline.log_env, singer)))
    # WORLD draws its noise from its own fixed seed: two runs agree bit for bit
    sound = pyworld.synthesize(f0, power, timeline.aperiodicity, FS, HOP_S * 1000)
    out = np.zeros(samples)
    out[: min(samples, len(sound))] = sound[:samples]
    return out


def _drift(frames: int, cents: float, rng: np.random.Generator) -> Array:
    """Slow random detuning in semitones, (T,), of the given standard deviation."""
    walk = gaussian_filter1d(rng.standard_normal(frames + 200), 30.0)[100:-100]
    return walk / walk.std() * cents / 100


def _tinted(log_env: Array, singer: Singer) -> Array:
    """The envelopes with the singer's formant factor, (T, F)."""
    source = np.clip(np.arange(len(FREQS_HZ)) / singer.formants, 0, len(FREQS_HZ) - 1)
    below = source.astype(int)
    above = np.minimum(below + 1, len(FREQS_HZ) - 1)
    return log_env[:, below] * (1 - (source - below)) + log_env[:, above] * (source - below)


def _lay_phrase(timeline: Timeline, phrase: Phrase, singer: Singer, rng: np.random.Generator, folder: Path) -> None:
    """Put a phrase, and the breath before it, on the timeline."""
    delay_s = singer.late_s + rng.uniform(-0.012, 0.012) * (singer.late_s > 0)
    spoken = [_spoken(syllable.phonemes, singer.voice, folder) for syllable in phrase.syllables]
    places = _places(phrase, spoken, delay_s)
    gain = phrase.gain_db * np.log(10) / 10
    for syllable, sound, place in zip(phrase.syllables, spoken, places, strict=True):
        _lay_syllable(timeline, _sung(syllable, sound, place, singer, gain), place)
    start, end = places[0].start, places[-1].end
    timeline.midi[start:end] = _line(phrase, start, end - start, delay_s)
    _breathe(timeline, spoken[0], start, gain)


@lru_cache(maxsize=128)
def _spoken(phonemes: str, voice: str, folder: Path) -> Spoken:
    """A spoken syllable, analysed once for all takes."""
    return speak(phonemes, folder, voice=voice)


def _lead(sound: Spoken) -> int:
    """Frames of consonant sung before the beat: as spoken, but never so long that they eat the note ahead."""
    return min(sound.vowel, round(LONGEST_LEAD_S / HOP_S))


def _places(phrase: Phrase, spoken: list[Spoken], delay_s: float) -> list[Place]:
    """Where each syllable goes: vowels on their beats, each note held until the next consonant begins."""
    vowels = [round((syllable.start_s + delay_s) / HOP_S) for syllable in phrase.syllables]
    ends = [round((syllable.end_s + delay_s) / HOP_S) for syllable in phrase.syllables]
    starts = [vowel - _lead(sound) for vowel, sound in zip(vowels, spoken, strict=True)]
    linked = [False, *(start <= end + 2 for start, end in zip(starts[1:], ends, strict=False))]
    for i, is_linked in enumerate(linked[1:]):
        ends[i] = starts[i + 1] if is_linked else ends[i]
    return [Place(*place) for place in zip(starts, vowels, ends, linked, strict=True)]


def _sung(syllable: Syllable, sound: Spoken, place: Place, singer: Singer, gain: float) -> Spoken:
    """A spoken syllable stretched to its place, gain (logarithm of power) higher, as breathy as the singer."""
    length = place.end - place.start
    source = _time_map(sound, place.vowel - place.start, length, syllable.hold)
    log_env = _sampled(sound.log_env, source)
    voiced = sound.voiced[np.round(source).astype(int)]
    log_env += (np.where(voiced, _swell(length), _consonant_gain(log_env)) + gain)[:, None]
    aperiodicity = _sampled(sound.aperiodicity, source)
    breathy = aperiodicity + singer.breath * _air() * (1 - aperiodicity)
    return Spoken(log_env, np.where(voiced[:, None], breathy, 1.0), voiced, place.vowel - place.start)


def _lay_syllable(timeline: Timeline, sung: Spoken, place: Place) -> None:
    """Put a stretched syllable in its place; a linked one that begins voiced melts into what is sung already."""
    frames = slice(place.start, place.end)
    ahead = timeline.log_env[place.start - 1].copy()
    timeline.log_env[frames] = sung.log_env
    timeline.aperiodicity[frames] = sung.aperiodicity
    timeline.voiced[frames] = sung.voiced
    if place.linked and sung.voiced[0]:
        for i in range(JOIN_FRAMES):
            share = (i + 1) / (JOIN_FRAMES + 1)
            timeline.log_env[place.start + i] = (1 - share) * ahead + share * sung.log_env[i]


def _consonant_gain(log_env: Array) -> Array:
    """Gain of each unvoiced frame, (T,), as logarithm of power: half way to 9 dB under the vowel, 4 dB at most.

    An s would tear out of the line and an f or t drown in it otherwise.
    """
    level_db = 10 * np.log10(np.exp(log_env).mean(axis=1) + 1e-12)
    return np.clip((-9.0 - level_db) / 2, -4.0, 4.0) * np.log(10) / 10


def _swell(frames: int) -> Array:
    """How a note opens and is let go, (frames,), as natural logarithm of power: short ones stay level."""
    length_s = frames * HOP_S
    if length_s < LONG_NOTE_S:
        return np.zeros(frames)
    share = np.arange(frames) / frames
    level_db = np.interp(share, (0.0, 0.35, 0.6, 1.0), (-1.0, 0.5, 0.0, -min(9.0, 5.0 * length_s)))
    return level_db * np.log(10) / 10


def _air() -> Array:
    """How breathy each frequency becomes first, (F,): nothing below 1 kHz, all above 6 kHz."""
    return np.clip(np.log2(np.maximum(FREQS_HZ, 1.0) / 1000.0) / np.log2(6.0), 0.0, 1.0)


def _time_map(sound: Spoken, lead: int, length: int, hold: float) -> Array:
    """Which frame of the spoken syllable each sung frame shows, (length,): only the held part is stretched."""
    first, last = sound.voiced_run
    total = len(sound.voiced)
    first = max(first, sound.vowel)
    middle = first + hold * (last - first)
    width = 0.14 * (last - first)
    hold_from, hold_to = max(first, middle - width), min(last - 1, middle + width)
    tail = min(total - hold_to, 0.6 * (length - lead))
    attack = min(hold_from - sound.vowel, 0.3 * (length - lead))
    sung = [0.0, lead, lead + attack, length - tail, length - 1]
    spoken = [0.0, sound.vowel, hold_from, hold_to, total - 1]
    return np.interp(np.arange(length), sung, spoken)


def _sampled(frames: Array, at: Array) -> Array:
    """Rows of frames (T, F) at fractional positions (L,), interpolated."""
    below = np.floor(at).astype(int)
    above = np.minimum(below + 1, len(frames) - 1)
    share = (at - below)[:, None]
    return frames[below] * (1 - share) + frames[above] * share


def _line(phrase: Phrase, start: int, frames: int, delay_s: float) -> Array:
    """The pitch a phrase is sung on, from a frame on, in MIDI numbers (frames,): glides, scoops and vibrato."""
    seconds = (start + np.arange(frames, dtype=np.float64)) * HOP_S - delay_s
    pitches, starts_s = [], []
    for syllable in phrase.syllables:
        beat = syllable.beat
        for pitch, beats in syllable.notes:
            pitches.append(float(pitch))
            starts_s.append(beats_to_s(beat) - GLIDE_EARLY_S)
            beat += beats
    note = np.maximum(np.searchsorted(starts_s, seconds, side="right") - 1, 0)
    line = gaussian_filter1d(np.array(pitches)[note], GLIDE_S / HOP_S, mode="nearest")
    return line + np.sum([_ornament(syllable, seconds) for syllable in phrase.syllables], axis=0)


def _ornament(syllable: Syllable, seconds: Array) -> Array:
    """What one note adds to the line at given times, in semitones: a scoop into long notes, vibrato once they stand."""
    since_s = seconds - syllable.start_s
    length_s = syllable.end_s - syllable.start_s
    scoop = -0.7 * min(1.0, length_s) * np.exp(-(((since_s + 0.03) / 0.05) ** 2))
    depth = 0.28 * np.clip((since_s - 0.25) / 0.4, 0.0, 1.0) * (length_s > 0.4)
    fade = np.clip((length_s - since_s) / 0.1, 0.0, 1.0)
    vibrato = depth * fade * np.sin(2 * np.pi * 5.5 * np.maximum(since_s - 0.25, 0.0))
    return np.where((since_s >= -0.15) & (since_s < length_s), scoop + vibrato, 0.0)


def _breathe(timeline: Timeline, sound: Spoken, start: int, gain: float) -> None:
    """A breath drawn before a phrase: the vowel to come, whispered, swelling for a third of a second."""
    length = round(0.32 / HOP_S)
    end = start - round(0.06 / HOP_S)
    free: NDArray[np.bool_] = timeline.log_env[max(0, end - length) : end].max(axis=1) <= SILENCE_LOG + 1e-9
    if end < length or not free.all():
        return
    swell = np.sin(np.pi * (np.arange(length) + 0.5) / length) ** 2 * np.linspace(0.4, 1.0, length)
    vowel = sound.log_env[sound.vowel + 4]
    bright = np.clip(np.log2(np.maximum(FREQS_HZ, 1.0) / 1500.0), -3.0, 2.0) * 1.2
    timeline.log_env[end - length : end] = vowel + bright + gain + np.log(swell + 1e-9)[:, None] - 0.23 * 28

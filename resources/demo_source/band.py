"""What bass, guitar, keys, strings and bells play, written as rules over the chords."""

import numpy as np
from score import CHORDS, CHORUS, ENDING, ENDING_BEAT, LAST_CHORD_BEATS, VERSE, Chord, Note, chord_at

PICKING = (0, 2, 3, 4, 1, 3, 4, 3)
"""Verse guitar: which string of the chord on each eighth note."""

STRUMS = ((0.0, 80, False), (1.0, 72, False), (1.5, 56, True), (2.5, 68, True), (3.0, 76, False), (3.5, 54, True))
"""Chorus guitar: beat in the bar, velocity, upstroke."""

BELLS = ((19.0, 81), (19.5, 86), (23.0, 85), (23.5, 83), (27.5, 86), (28.0, 82), (32.0, 86), (32.5, 88), (33.0, 93))
"""Answers in the gaps of the chorus melody: beat, MIDI pitch."""


def humanised(
    notes: list[Note], rng: np.random.Generator, *, beats: float = 0.012, velocity: float = 4.0
) -> list[Note]:
    """The notes with small random shifts of time (standard deviation in beats) and of velocity."""
    shaken = []
    for note in notes:
        start = max(0.0, note.beat + rng.normal(0.0, beats))
        struck = int(np.clip(round(note.velocity + rng.normal(0.0, velocity)), 1, 127))
        shaken.append(Note(start, note.beats, note.pitch, struck))
    return shaken


def bass_part() -> list[Note]:
    """Long notes with a pick-up in the verse, driving eighths that walk to the next root in the chorus."""
    notes: list[Note] = []
    for chord in VERSE:
        if chord.beats < 4:
            notes.append(Note(chord.beat, chord.beats - 0.1, chord.bass, 84))
            continue
        notes += [
            Note(chord.beat, 2.4, chord.bass, 86),
            Note(chord.beat + 2.5, 0.9, chord.bass, 74),
            Note(chord.beat + 3.5, 0.45, chord.bass + 7, 70),
        ]
    for chord, after in zip(CHORUS, CHORUS[1:] + ENDING, strict=True):
        notes += _driving_bass(chord, after.bass)
    return [*notes, Note(ENDING_BEAT, LAST_CHORD_BEATS + 1.0, ENDING[0].bass, 100)]


def _driving_bass(chord: Chord, next_root: int) -> list[Note]:
    """Eighths on the root, an octave or fifth on the off-beat, a chromatic step into the next root."""
    eighths = int(chord.beats * 2)
    pitches = [chord.bass] * eighths
    pitches[3] = chord.bass + 7
    pitches[-1] = next_root - 1 if next_root > chord.bass else next_root + 1
    return [Note(chord.beat + i / 2, 0.42, pitch, 98 if i % 2 == 0 else 82) for i, pitch in enumerate(pitches)]


def guitar_part() -> list[Note]:
    """Picked chords in the verse, strummed ones in the chorus."""
    notes: list[Note] = []
    for chord in VERSE:
        for i in range(int(chord.beats * 2)):
            velocity = 78 if i % 4 == 0 else 62
            notes.append(Note(chord.beat + i / 2, 1.4, chord.guitar[PICKING[i]], velocity))
    for bar_beat in range(16, 32, 4):
        for beat, velocity, up in STRUMS:
            notes += strum(chord_at(bar_beat + beat), bar_beat + beat, velocity, 0.5 if up else 0.9, up=up)
    return notes + strum(ENDING[0], ENDING_BEAT, 86, LAST_CHORD_BEATS + 1.0, spread=0.045)


def strum(
    chord: Chord, beat: float, velocity: int, beats: float, *, up: bool = False, spread: float = 0.018
) -> list[Note]:
    """One stroke over the strings, spread in beats from string to string; an upstroke takes the top four."""
    strings = chord.guitar[:-5:-1] if up else chord.guitar
    return [Note(beat + i * spread, beats, pitch, velocity - 2 * i) for i, pitch in enumerate(strings)]


def electric_piano_part() -> list[Note]:
    """Verse only: the chord softly, and once more before the bar ends."""
    notes: list[Note] = []
    for chord in VERSE:
        notes += [Note(chord.beat, min(chord.beats, 2.4), pitch, 66) for pitch in chord.keys]
        if chord.beats == 4:
            notes += [Note(chord.beat + 2.5, 1.4, pitch, 56) for pitch in chord.keys[1:]]
    return notes


def piano_part() -> list[Note]:
    """Chorus only: chords on every beat, the octave of the root below them at each change."""
    notes: list[Note] = []
    for chord in CHORUS:
        notes += [Note(chord.beat, chord.beats, chord.bass + 12, 88)]
        for i in range(int(chord.beats)):
            notes += [Note(chord.beat + i, 0.8, pitch, 86 if i % 2 == 0 else 78) for pitch in chord.keys]
        notes.append(Note(chord.beat + chord.beats - 0.5, 0.45, chord.keys[-1], 76))
    return notes + [Note(ENDING_BEAT + 0.01 * i, 4.5, pitch, 90) for i, pitch in enumerate(ENDING[0].keys)]


def strings_part() -> list[Note]:
    """Held chords: two voices that swell in the second half of the verse, three in the chorus."""
    held = [chord for chord in CHORDS if chord.beat >= 8]
    return [Note(chord.beat, chord.beats, pitch, 80) for chord in held for pitch in chord.strings]


BASS_FADE = ((0.0, 112), (32.0, 112), (33.0, 104), (36.5, 18))
"""Bass expression (MIDI controller 11) as (beat, value): the last note is let go slowly."""

STRINGS_SWELL = (
    (0.0, 30),
    (8.0, 34),
    (12.0, 55),
    (15.9, 100),
    (16.0, 92),
    (28.0, 96),
    (32.0, 108),
    (33.5, 96),
    (35.5, 56),
)
"""Strings' expression (MIDI controller 11) as (beat, value)."""


def bells_part() -> list[Note]:
    """Short answers of the glockenspiel."""
    return [Note(beat, 1.0, pitch, 74) for beat, pitch in BELLS]

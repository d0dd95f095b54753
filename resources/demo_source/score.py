"""Time, form and chords of the demo song: what the singer and the band both read from."""

from dataclasses import dataclass

BPM = 108
BEATS_PER_BAR = 4
SONG_BEATS = 39.0
"""Length of the files: eight bars, the last chord and its ringing out."""

VERSE_BEATS = (0.0, 16.0)
CHORUS_BEATS = (16.0, 32.0)
FILL_BEATS = (14.0, 16.0)
ENDING_BEAT = 32.0
LAST_CHORD_BEATS = 3.5


@dataclass(frozen=True)
class Note:
    """One struck note: start and length in beats from the beginning, MIDI pitch, MIDI velocity 1 to 127."""

    beat: float
    beats: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Chord:
    """A chord and how each instrument lays it out, as MIDI pitches from low to high."""

    name: str
    beat: float
    beats: float
    bass: int
    guitar: tuple[int, ...]
    keys: tuple[int, ...]
    strings: tuple[int, ...]


VERSE = (
    Chord("Bm7", 0, 4, 35, (47, 54, 57, 62, 66), (57, 62, 66, 71), (62, 66)),
    Chord("Gmaj9", 4, 4, 31, (43, 50, 59, 62, 66), (59, 62, 66, 69), (62, 66)),
    Chord("Em9", 8, 4, 28, (40, 52, 55, 62, 67), (55, 59, 62, 66), (62, 67)),
    Chord("A7sus4", 12, 2, 33, (45, 52, 55, 62, 64), (55, 62, 64, 69), (62, 69)),
    Chord("A7", 14, 2, 33, (45, 52, 55, 61, 64), (55, 61, 64, 69), (64, 73)),
)
CHORUS = (
    Chord("D", 16, 4, 38, (45, 50, 57, 62, 66), (62, 66, 69, 74), (69, 74, 78)),
    Chord("F#m7", 20, 4, 42, (42, 49, 54, 57, 61, 64), (61, 64, 69, 73), (69, 73, 76)),
    Chord("G", 24, 4, 43, (43, 47, 50, 55, 59, 67), (62, 67, 71, 74), (71, 74, 79)),
    Chord("Gm6", 28, 2, 43, (43, 50, 55, 58, 64), (62, 67, 70, 76), (70, 74, 79)),
    Chord("A7", 30, 2, 45, (45, 52, 55, 61, 64), (61, 64, 67, 73), (69, 73, 79)),
)
ENDING = (
    Chord("Dadd9", ENDING_BEAT, LAST_CHORD_BEATS, 38, (38, 45, 50, 57, 62, 66), (50, 57, 64, 66, 69), (62, 69, 74, 78)),
)
CHORDS = VERSE + CHORUS + ENDING


def beats_to_s(beats: float) -> float:
    """Seconds of so many beats."""
    return beats * 60.0 / BPM


def chord_at(beat: float) -> Chord:
    """The chord that sounds at a beat."""
    return next(chord for chord in reversed(CHORDS) if chord.beat <= beat + 1e-6)

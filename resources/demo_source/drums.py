"""What the drummer plays: verse on the rim, a fill round the kit, chorus on snare and cymbals."""

from score import ENDING_BEAT, Note

KICK, RIM, SNARE = 36, 37, 38
CLOSED_HAT, OPEN_HAT, TAMBOURINE = 42, 46, 54
CRASH_LEFT, CRASH_RIGHT, RIDE = 49, 57, 51
HIGH_TOM, MID_TOM, LOW_TOM = 50, 47, 43

HIT = 0.4
"""Length of a struck note in beats; the sample itself rings as long as it likes."""


def kick_part() -> list[Note]:
    """Two strokes in a verse bar, four in a chorus bar."""
    notes = [Note(bar + beat, HIT, KICK, 84) for bar in range(0, 16, 4) for beat in (0.0, 2.5) if bar + beat < 14]
    for bar in range(16, 32, 4):
        notes += [Note(bar + beat, HIT, KICK, v) for beat, v in ((0.0, 112), (1.5, 92), (2.0, 104), (2.5, 96))]
    return [*notes, Note(ENDING_BEAT, HIT, KICK, 104)]


def snare_part() -> list[Note]:
    """Rim clicks in the verse, back beat in the chorus, a crescendo inside the fill and before the end."""
    notes = [Note(bar + beat, HIT, RIM, 78) for bar in range(0, 16, 4) for beat in (1.0, 3.0) if bar + beat < 14]
    notes += [Note(14.0 + i / 4, HIT, SNARE, 70 + 9 * i) for i in range(4)]
    for bar in range(16, 32, 4):
        notes += [Note(bar + beat, HIT, SNARE, 108) for beat in (1.0, 3.0) if bar + beat < 31]
    notes += [Note(19.75, HIT, SNARE, 48), Note(27.75, HIT, SNARE, 50)]
    notes += [Note(31.0 + i / 4, HIT, SNARE, 84 + 9 * i) for i in range(4)]
    return [*notes, Note(ENDING_BEAT, HIT, SNARE, 96)]


def hat_part() -> list[Note]:
    """Soft closed eighths in the verse, louder ones with an open off-beat in the chorus."""
    notes = [Note(i / 2, HIT, CLOSED_HAT, 66 if i % 2 == 0 else 46) for i in range(28)]
    for i in range(32):
        beat = 16.0 + i / 2
        opened = i % 8 == 7
        notes.append(Note(beat, HIT, OPEN_HAT if opened else CLOSED_HAT, 84 if i % 2 == 0 else 64))
    return notes


def tambourine_part() -> list[Note]:
    """Chorus only, off the beat."""
    return [Note(16.5 + i, HIT, TAMBOURINE, 70) for i in range(15)]


def tom_part(pitch: int) -> list[Note]:
    """One tom of the fill: the sixteenths run from the high tom to the low one."""
    strokes = {
        HIGH_TOM: ((14.75, 92), (15.0, 104), (15.25, 96)),
        MID_TOM: ((15.25, 90), (15.5, 106), (31.25, 88)),
        LOW_TOM: ((15.75, 114), (31.5, 96), (31.75, 112)),
    }[pitch]
    return [Note(beat, HIT, pitch, velocity) for beat, velocity in strokes]


def cymbal_part() -> list[Note]:
    """Crashes at the head of the chorus, half way, and on the last chord."""
    hits = ((16.0, CRASH_LEFT, 104), (24.0, CRASH_RIGHT, 88), (32.0, CRASH_LEFT, 108), (32.0, CRASH_RIGHT, 94))
    return [Note(beat, HIT, pitch, velocity) for beat, pitch, velocity in hits]

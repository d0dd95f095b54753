"""What the singer sings: words, melody and the harmony below, as data."""

from dataclasses import dataclass, replace
from itertools import pairwise

from score import beats_to_s


@dataclass(frozen=True)
class Syllable:
    """One syllable on one note, or on several tied by a slide.

    phonemes: in the notation of espeak-ng. beat: where the vowel lands. notes: (MIDI pitch, beats) in order.
    hold: which part of the voiced sound is held for the length of the note, from 0 to 1 (early in a diphthong).
    """

    text: str
    phonemes: str
    beat: float
    notes: tuple[tuple[int, float], ...]
    hold: float = 0.45

    @property
    def start_s(self) -> float:
        """Seconds at which the vowel begins."""
        return beats_to_s(self.beat)

    @property
    def end_s(self) -> float:
        """Seconds at which the syllable ends."""
        return beats_to_s(self.beat + sum(beats for _, beats in self.notes))


@dataclass(frozen=True)
class Phrase:
    """What is sung in one breath, and how loud."""

    syllables: tuple[Syllable, ...]
    gain_db: float = 0.0


DIPHTHONG = 0.3

VERSE = (
    Phrase(
        (
            Syllable("four", "f'o@", 1.0, ((59, 1.0),), 0.35),
            Syllable("voi", "v'OI", 2.0, ((62, 0.5),), DIPHTHONG),
            Syllable("ces", "s'Iz", 2.5, ((64, 0.5),)),
            Syllable("wo", "w'oU", 3.0, ((66, 1.0),), 0.4),
            Syllable("ven", "v'@n", 4.0, ((64, 0.5),)),
            Syllable("in", "'In", 4.5, ((62, 0.5),)),
            Syllable("the", "D'@2", 5.0, ((62, 0.5),)),
            Syllable("night", "n'aIt", 5.5, ((66, 1.0), (64, 0.75)), DIPHTHONG),
        ),
        -3.0,
    ),
    Phrase(
        (
            Syllable("I", "'aI", 8.0, ((64, 0.5),), DIPHTHONG),
            Syllable("hear", "h'i@3", 8.5, ((67, 1.0),), 0.35),
            Syllable("them", "D'Em", 9.5, ((66, 0.5),)),
            Syllable("tan", "t'aNg", 10.0, ((64, 0.5),), 0.35),
            Syllable("gled", "g'@Ld", 10.5, ((62, 1.0),)),
            Syllable("hold", "h'oUld", 11.5, ((62, 0.5),), 0.35),
            Syllable("ing", "'IN", 12.0, ((64, 0.5),)),
            Syllable("tight", "t'aIt", 12.5, ((66, 0.75), (64, 1.25)), DIPHTHONG),
        ),
        -2.0,
    ),
)
CHORUS = (
    Phrase(
        (
            Syllable("un", "'Vn", 15.5, ((66, 0.5),)),
            Syllable("braid", "br'eId", 16.0, ((69, 1.5),), 0.4),
            Syllable("the", "D'@2", 17.5, ((71, 0.5),)),
            Syllable("sound", "s'aUnd", 18.0, ((69, 1.25),), DIPHTHONG),
        )
    ),
    Phrase(
        (
            Syllable("let", "l'Et", 19.5, ((66, 0.5),)),
            Syllable("ev", "'Ev", 20.0, ((73, 0.5),)),
            Syllable("ery", "r'i", 20.5, ((71, 0.5),)),
            Syllable("thread", "Tr'Ed", 21.0, ((69, 1.0),), 0.5),
            Syllable("un", "'Vn", 22.0, ((66, 0.5),)),
            Syllable("wind", "w'aInd", 22.5, ((69, 1.0),), DIPHTHONG),
        )
    ),
    Phrase(
        (
            Syllable("one", "w'Vn", 24.0, ((74, 1.0),)),
            Syllable("by", "b'aI", 25.0, ((73, 0.5),), DIPHTHONG),
            Syllable("one", "w'Vn", 25.5, ((71, 1.0),)),
            Syllable("they're", "D'e@", 26.5, ((69, 0.5),)),
            Syllable("found", "f'aUnd", 27.0, ((71, 0.9),), DIPHTHONG),
        )
    ),
    Phrase(
        (
            Syllable("and", "'and", 28.0, ((67, 0.5),)),
            Syllable("all", "'O:l", 28.5, ((70, 1.0),)),
            Syllable("of", "'Vv", 29.5, ((69, 0.5),)),
            Syllable("them", "D'Em", 30.0, ((69, 1.0),)),
            Syllable("are", "'A@", 31.0, ((73, 1.0),), 0.35),
            Syllable("mine", "m'aIn", 32.0, ((74, 3.25),), DIPHTHONG),
        ),
        1.0,
    ),
)
CHORUS_HARMONY = (
    (62, 66, 67, 66),
    (61, 69, 66, 66, 61, 64),
    (71, 69, 67, 66, 67),
    (62, 67, 65, 64, 67, 66),
)
"""The lower voice, one MIDI pitch for each syllable of the chorus; G F E under the G minor is its point."""


def harmonised(phrases: tuple[Phrase, ...], pitches: tuple[tuple[int, ...], ...]) -> tuple[Phrase, ...]:
    """The same words on other pitches."""
    return tuple(
        replace(
            phrase,
            syllables=tuple(
                replace(syllable, notes=((pitch, sum(beats for _, beats in syllable.notes)),))
                for syllable, pitch in zip(phrase.syllables, line, strict=True)
            ),
        )
        for phrase, line in zip(phrases, pitches, strict=True)
    )


def is_in_order(phrases: tuple[Phrase, ...]) -> bool:
    """Whether no syllable begins before the one ahead of it has ended."""
    sung = [syllable for phrase in phrases for syllable in phrase.syllables]
    return all(ahead.end_s <= after.start_s + 1e-9 for ahead, after in pairwise(sung))

"""Finding a line by a few of its letters: the same for the palette, the sheet and the settings."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Lower case without accents: `Überblenden` is found by `uber`."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def score(wanted: str, text: str) -> float:
    """How well `text` answers what was typed: 0 for not at all, higher for better.

    Every word typed must be there: as the beginning of a word (best), within one, or as letters in order.
    """
    words = fold(wanted).split()
    if not words:
        return 1.0
    line = fold(text)
    parts = [_word_score(word, line) for word in words]
    return 0.0 if 0.0 in parts else sum(parts) / len(parts) + 1.0 / (2 + len(line))


def _word_score(word: str, line: str) -> float:
    spot = line.find(word)
    if spot == 0:
        return 10.0
    starts = [i for i in range(1, len(line)) if not line[i - 1].isalnum()]
    if any(line.startswith(word, i) for i in starts):
        return 8.0
    initials = "".join(line[i] for i in (0, *starts) if line[i].isalnum()) if line else ""
    if len(word) > 1 and word in initials:
        return 6.0
    if spot > 0:
        return 5.0
    return _in_order(word, line)


def _in_order(word: str, line: str) -> float:
    """Letters in order with gaps: the fewer gaps the better; the first must begin a word."""
    best = 0.0
    for begin in (i for i, sign in enumerate(line) if sign == word[0] and (i == 0 or not line[i - 1].isalnum())):
        position, gaps = begin, 0
        for sign in word[1:]:
            after = line.find(sign, position + 1)
            if after < 0:
                break
            gaps += after - position - 1
            position = after
        else:
            best = max(best, 3.0 / (1.0 + gaps / len(word)))
    return best if best > 0.5 else 0.0

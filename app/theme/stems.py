"""The colour and the letter of a stem: the only colours that mean something, and never the colour alone."""

from __future__ import annotations

import hashlib

from unbraid.app.theme.tokens import contrast

COLOURS = {
    "drums": "#009E73",
    "bass": "#D55E00",
    "other": "#CC79A7",
    "vocals": "#56B4E9",
    "guitar": "#E69F00",
    "piano": "#0072B2",
    "lead_vocals": "#88CCEE",
    "backing_vocals": "#6C8EBF",
    "instrumental": "#44AA99",
    "accompaniment": "#44AA99",
    "harmonic": "#DDCC77",
    "percussive": "#117733",
    "background": "#999933",
    "foreground": "#56B4E9",
    "residual": "#9A9DA3",
    "mix": "#9A9DA3",
}
"""Okabe and Ito's set for the stems there are everywhere, Tol's muted set for the others: safe for the colour-blind."""

FURTHER = ("#E69F00", "#0072B2", "#44AA99", "#DDCC77", "#AA4499", "#999933", "#882255", "#88CCEE", "#117733", "#F0E442")
_LETTERS = {"residual": "R", "mix": "Σ", "lead_vocals": "L", "backing_vocals": "B", "instrumental": "I"}


def stem_colour(name: str) -> str:
    """Give "#rrggbb" of a stem of that name, always the same one."""
    key = _key(name)
    if key in COLOURS:
        return COLOURS[key]
    return FURTHER[hashlib.sha256(key.encode()).digest()[0] % len(FURTHER)]


def stem_letter(name: str) -> str:
    """One sign that goes with the colour: the name's first letter, the same in every language."""
    key = _key(name)
    shown = _LETTERS.get(key, key) or "?"
    return next((sign for sign in shown if sign.isalnum() or sign == "Σ"), "?").upper()


def stem_title(name: str) -> str:
    """The stem's name for people: translated where it is known, otherwise as the user wrote it."""
    from unbraid.app.translation import tr_known

    shown = tr_known(name)
    return shown if shown != name else name.replace("_", " ")


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on `colour`."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, colour))


def _key(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")

"""The few small pictures that the stylesheet needs: lines in a square of 16; `resources/theme/` holds them drawn."""

from __future__ import annotations

from unbraid.app.theme.tokens import Theme

SIGNS = {
    "chevron-down": "M3 5.5 8 10.5 13 5.5",
    "chevron-up": "M3 10.5 8 5.5 13 10.5",
    "chevron-right": "M5.5 3 10.5 8 5.5 13",
    "close": "M4 4 12 12M12 4 4 12",
    "float": "M6 3H13V10M3 6H10V13H3Z",
    "check": "M3.5 8.5 6.5 11.5 12.5 4.5",
    "dash": "M4 8H12",
    "dot": "M8 8H8.01",
}


MARKS = ("check", "dash", "dot")
"""Those that lie on the accent."""


def colours(theme: Theme) -> dict[str, str]:
    """The files there are for a theme, by name without suffix, each with its colour."""
    plain = {name: theme.muted for name in SIGNS if name not in MARKS}
    return {
        **plain,
        **{f"{name}-disabled": theme.line for name in ("chevron-up", "chevron-down")},
        **dict.fromkeys(MARKS, theme.on_accent),
    }


def svg(name: str, colour: str) -> str:
    """The picture of that name in one colour."""
    width = 6 if name == "dot" else 2
    line = SIGNS[name.removesuffix("-disabled")]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="{line}" '
        f'fill="none" stroke="{colour}" stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round"/></svg>\n'
    )

"""Times as people read them: `0:42.137`, `1:02:03.500`."""

from __future__ import annotations


def clock(time_s: float, decimals: int = 3) -> str:
    """Minutes, seconds and their parts; hours where there are any."""
    scale = 10**decimals
    ticks = max(0, round(time_s * scale))
    seconds, part = divmod(ticks, scale)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{head}:{seconds:02d}" + (f".{part:0{decimals}d}" if decimals else "")


def left(seconds: float | None) -> str:
    """A rough time left: `0:12`, nothing when it is not known."""
    return "" if seconds is None else clock(max(0.0, seconds), 0)

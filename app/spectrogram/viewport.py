"""What part of the song and of the frequency axis is shown, as a value; zooming and scrolling make another."""

from __future__ import annotations

from dataclasses import dataclass, replace

SHORTEST_S = 0.005
"""Least time across the view."""
LEAST_HEIGHT = 1 / 200
"""Least part of the frequency axis."""


@dataclass(frozen=True)
class Viewport:
    """Time from start_s to end_s, heights of the frequency scale (0 to 1) from low to high, of a song of a duration."""

    duration_s: float
    start_s: float
    end_s: float
    low: float = 0.0
    high: float = 1.0

    @classmethod
    def whole(cls, duration_s: float) -> Viewport:
        """All of a song."""
        duration_s = max(duration_s, SHORTEST_S)
        return cls(duration_s, 0.0, duration_s)

    @property
    def span_s(self) -> float:
        """Seconds across the view."""
        return self.end_s - self.start_s

    @property
    def is_whole(self) -> bool:
        """Whether all is shown."""
        return self == Viewport.whole(self.duration_s)

    def with_times(self, start_s: float, end_s: float) -> Viewport:
        """Another stretch of time, moved or shortened to lie within the song."""
        span = min(max(end_s - start_s, SHORTEST_S), self.duration_s)
        centre = (start_s + end_s) / 2
        start = min(max(centre - span / 2, 0.0), self.duration_s - span)
        return replace(self, start_s=start, end_s=start + span)

    def with_heights(self, low: float, high: float) -> Viewport:
        """Another part of the frequency axis."""
        span = min(max(high - low, LEAST_HEIGHT), 1.0)
        bottom = min(max((low + high) / 2 - span / 2, 0.0), 1.0 - span)
        return replace(self, low=bottom, high=bottom + span)

    def zoomed(self, factor: float, at_s: float) -> Viewport:
        """Time closer by `factor`, with the moment `at_s` staying where it is."""
        span = min(max(self.span_s / factor, SHORTEST_S), self.duration_s)
        start = at_s - (at_s - self.start_s) * span / self.span_s
        return self.with_times(start, start + span)

    def zoomed_heights(self, factor: float, at: float) -> Viewport:
        """Frequency closer by `factor`, with the height `at` staying where it is."""
        span = min(max((self.high - self.low) / factor, LEAST_HEIGHT), 1.0)
        low = at - (at - self.low) * span / (self.high - self.low)
        return self.with_heights(low, low + span)

    def scrolled(self, seconds: float) -> Viewport:
        """Later by so many seconds, as far as the song goes."""
        return self.with_times(self.start_s + seconds, self.end_s + seconds)

    def scrolled_heights(self, heights: float) -> Viewport:
        """Higher by a part of the axis."""
        return self.with_heights(self.low + heights, self.high + heights)

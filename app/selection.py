"""What is selected: a stretch of time, a band of frequency, or both; one for all parts of the window."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Selection:
    """A rectangle of time and frequency; None is without limit on that side."""

    start_s: float | None = None
    end_s: float | None = None
    low_hz: float | None = None
    high_hz: float | None = None

    @property
    def is_time(self) -> bool:
        """Whether it is limited in time."""
        return self.start_s is not None or self.end_s is not None

    @property
    def is_band(self) -> bool:
        """Whether it is limited in frequency."""
        return self.low_hz is not None or self.high_hz is not None

    def times(self, duration_s: float) -> tuple[float, float]:
        """Start and end in seconds within a song of that length."""
        start = 0.0 if self.start_s is None else min(max(self.start_s, 0.0), duration_s)
        end = duration_s if self.end_s is None else min(max(self.end_s, start), duration_s)
        return start, end

    def band(self, highest_hz: float) -> tuple[float, float]:
        """Lowest and highest frequency in Hz."""
        low = 0.0 if self.low_hz is None else min(max(self.low_hz, 0.0), highest_hz)
        high = highest_hz if self.high_hz is None else min(max(self.high_hz, low), highest_hz)
        return low, high

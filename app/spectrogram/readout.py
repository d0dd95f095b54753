"""What lies at a point of the picture, as numbers and as a text that can be shown and spoken."""

from __future__ import annotations

from dataclasses import dataclass

from unbraid.app.spectrogram.ticks import frequency_text
from unbraid.app.times import clock
from unbraid.app.translation import tr
from unbraid.core.notes import note_text


@dataclass(frozen=True)
class ReadOut:
    """A moment, a frequency, the level there in dBFS of a full-scale sine (None: below all that is kept), and whose."""

    time_s: float
    freq_hz: float
    level_db: float | None
    title: str = ""

    @property
    def note(self) -> str:
        """The nearest note and the cents above it: "C5 +3 c"; empty below what can be heard."""
        return note_text(self.freq_hz) if self.freq_hz >= 8 else ""

    @property
    def level(self) -> str:
        """The level with its unit."""
        return "< −120 dB" if self.level_db is None else f"{self.level_db:.0f} dB".replace("-", "−")

    @property
    def text(self) -> str:
        """Time, frequency, note, level on one line."""
        return "  ".join(filter(None, (clock(self.time_s), frequency_text(self.freq_hz), self.note, self.level)))

    @property
    def spoken(self) -> str:
        """The same in words for screen readers."""
        name, _, cents = self.note.partition(" ")
        note = name.replace("♯", tr(" sharp ")) + (f" {cents.replace('c', tr('cents'))}" if cents else "")
        return ", ".join(filter(None, (clock(self.time_s), frequency_text(self.freq_hz), note, self.level)))

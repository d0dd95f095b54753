"""The point that is chosen on the curve: by its rate, by its quality, or by the stems whose solo is to be exact."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

from unbraid.app.session import rate_quality
from unbraid.core.informed.dial import EXACT_DBFS, LEAST_DB, LEAST_KBPS, MOST_DB, MOST_KBPS, CurvePoint, Dial

if TYPE_CHECKING:
    from unbraid.app.session.encoding import Encoding

Mode = Literal["rate", "quality", "exact"]

USUAL_KBPS, USUAL_DB = 20.0, 15.0


class Dialling(QObject):
    """What the dial stands at. Stems are exact where their priority says so (`Encoding.prefer`)."""

    changed = Signal()
    """Another point is chosen, or what is expected of it is another."""

    def __init__(self, encoding: Encoding) -> None:
        super().__init__(encoding)
        self._encoding = encoding
        self._by_quality = False
        self.rate_kbps, self.quality_db = USUAL_KBPS, USUAL_DB
        encoding.changed.connect(self.changed.emit)
        encoding.point_added.connect(self.changed.emit)

    def reset(self) -> None:
        """As for a song that is new."""
        self._by_quality, self.rate_kbps, self.quality_db = False, USUAL_KBPS, USUAL_DB

    @property
    def mode(self) -> Mode:
        """In which terms the point is chosen."""
        return "exact" if self.exact else "quality" if self._by_quality else "rate"

    @property
    def exact(self) -> tuple[str, ...]:
        """Stems whose solo is to be exact, by the names that the curve has for them."""
        basis = self._encoding.basis
        if basis is None:
            return tuple(choice.name for choice in self._encoding.wanted if choice.priority == "exact")
        ids = {choice.id for choice in self._encoding.choices if choice.priority == "exact"}
        return tuple(name for id, name, _ in basis.stems if id in ids)

    @property
    def wanted(self) -> Dial:
        """What is asked for."""
        encoding, mode = self._encoding, self.mode
        chosen = encoding if encoding.basis is None else encoding.basis
        return Dial(
            self.rate_kbps if mode == "rate" else None, self.quality_db if mode == "quality" else None, self.exact,
            perceptual=chosen.is_perceptual, model=chosen.model,
        )  # fmt: skip

    # -- what it gives -----------------------------------------------------------------------------------------------

    def expected(self) -> CurvePoint | None:
        """What the dial gives: as measured where a stream was made, else by the curve; None where there is none."""
        made = self._encoding.streams.made()
        if made is not None:
            return made.reached
        points = self._encoding.points
        return rate_quality.at_rate(points, self.kbps()) if points else None

    def kbps(self) -> float:
        """The rate that the dial leads to, by the curve."""
        encoding, mode = self._encoding, self.mode
        if mode == "rate" or not encoding.points:
            return self.rate_kbps
        if mode == "quality":
            return rate_quality.rate_for(encoding.points, self.quality_db)
        levels = zip(encoding.names, encoding.levels_db, strict=False)
        wanted = {
            place: level - EXACT_DBFS
            for place, (name, level) in enumerate(levels)
            if name in self.exact and math.isfinite(level)
        }
        return rate_quality.rate_for_all(encoding.points, wanted)

    # -- turning it --------------------------------------------------------------------------------------------------

    def set_rate(self, kbps: float) -> None:
        """Spend so much on all stems together."""
        self._by_quality, self.rate_kbps = False, float(f"{min(max(kbps, LEAST_KBPS), MOST_KBPS):.3g}")
        self._release()

    def set_quality(self, db: float) -> None:
        """Reach so much on average."""
        self._by_quality, self.quality_db = True, round(min(max(db, LEAST_DB), MOST_DB), 1)
        self._release()

    def set_exact(self, names: Sequence[str]) -> None:
        """Solos of these stems, and of no others, are exact."""
        basis = self._encoding.basis
        ids = {name: id for id, name, _ in basis.stems} if basis is not None else {}
        wanted = [ids[name] for name in names if name in ids]
        self._let_go(keep=wanted)
        self._encoding.prefer(wanted, "exact")

    def turn_to(self, kbps: float) -> None:
        """Go to a rate on the curve, in the terms that the dial has: a quality stays a quality."""
        points = self._encoding.points
        if self.mode == "quality" and points:
            self.set_quality(rate_quality.at_rate(points, kbps).mean_db)
        else:
            self.set_rate(kbps)

    def choose_mode(self, mode: Mode) -> None:
        """Other terms for about the same point; exact is the first stem that sounds, where none was chosen."""
        if mode == self.mode:
            return
        if mode == "exact":
            loud = [name for name, db in zip(self._encoding.names, self._encoding.levels_db, strict=False) if db > -120]
            self.set_exact(loud[:1])
            return
        point = self.expected()
        if mode == "quality":
            self.set_quality(self.quality_db if point is None or math.isnan(point.mean_db) else point.mean_db)
        else:
            self.set_rate(self.rate_kbps if point is None else point.rate_kbps)

    def _release(self) -> None:
        self._let_go()
        self.changed.emit()

    def _let_go(self, keep: Sequence[str] = ()) -> None:
        """Stems that were exact matter as much as others again."""
        exact = [choice.id for choice in self._encoding.choices if choice.priority == "exact" and choice.id not in keep]
        if exact:
            self._encoding.prefer(exact, "normal")

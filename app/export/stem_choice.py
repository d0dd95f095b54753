"""Which stems: those that are written, those that karaoke goes without, or the group of each in a stem file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QWidget

from unbraid.app.theme import stem_colour, stem_title
from unbraid.app.translation import tr
from unbraid.core.export import What
from unbraid.core.stem_file import ORDER, STEMS, suggested_groups

COLUMNS = 4
SWATCH = 10


class StemChoice(QWidget):
    """Boxes to tick, or groups to choose, as what is exported asks for."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(COLUMNS, 1)
        self._unticked: dict[What, set[str]] = {}
        self._first: dict[What, tuple[str, ...]] = {}
        self._groups: dict[str, str] = {}
        self._what: What = "stems"
        self.boxes: dict[str, QCheckBox] = {}
        self.combos: dict[str, QComboBox] = {}

    def show_stems(self, what: What, stems: Sequence[str], colours: dict[str, str]) -> None:
        """Offer `stems`; what was chosen before for this `what` stays."""
        self._clear()
        self._what = what
        if what not in self._unticked:
            self._unticked[what] = set(stems) - self._ticked_first(what, stems)
        if what == "stem_file":
            self._show_groups(stems, colours)
        elif what != "remix":
            self._show_boxes(what, stems, colours)

    def start(self, what: What, ticked: tuple[str, ...]) -> None:
        """Stems that have a tick when `what` is shown first; the usual ones where none are given."""
        if ticked:
            self._first[what] = ticked

    def _ticked_first(self, what: What, stems: Sequence[str]) -> set[str]:
        """All; karaoke goes without the voice, or the first stem."""
        voices = [name for name in stems if "vocals" in name] or stems[:1]
        given = {name for name in self._first.get(what, ()) if name in stems}
        return given or set(voices if what == "karaoke" else stems)

    @property
    def ticked(self) -> tuple[str, ...]:
        """Stems with a tick."""
        return tuple(name for name, box in self.boxes.items() if box.isChecked())

    @property
    def all_ticked(self) -> bool:
        """Whether no stem is left out."""
        return len(self.ticked) == len(self.boxes)

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Stems of each stream of a stem file, in the order that players know; empty when each has its own."""
        groups: dict[str, tuple[str, ...]] = {}
        for stem, combo in self.combos.items():
            name = combo.currentData()
            groups[name] = (*groups.get(name, ()), stem)
        return {name: groups[name] for name in sorted(groups, key=_place)}

    def _show_boxes(self, what: What, stems: Iterable[str], colours: dict[str, str]) -> None:
        for k, name in enumerate(stems):
            box = QCheckBox(stem_title(name), self)
            box.setIcon(swatch(colours.get(name) or stem_colour(name)))
            box.setChecked(name not in self._unticked.get(what, ()))
            title = stem_title(name)
            box.setAccessibleName(tr("Leave out {stem}", stem=title) if what == "karaoke" else title)
            box.toggled.connect(lambda on, name=name: self._ticked(name, on))
            self.boxes[name] = box
            self._grid.addWidget(box, k // COLUMNS, k % COLUMNS)

    def _show_groups(self, stems: Sequence[str], colours: dict[str, str]) -> None:
        if len(stems) <= STEMS:
            return
        suggested = suggested_groups(stems)
        names = list(suggested)
        names += [name for name in ORDER if name not in names][: STEMS - len(names)]
        of = {stem: group for group, members in suggested.items() for stem in members} | self._groups
        for k, name in enumerate(stems):
            combo = QComboBox(self)
            for group in names:
                combo.addItem(stem_title(group), group)
            combo.setCurrentIndex(max(0, combo.findData(of.get(name))))
            combo.setAccessibleName(tr("Stream of {stem}", stem=stem_title(name)))
            combo.currentIndexChanged.connect(lambda _, name=name, combo=combo: self._grouped(name, combo))
            label = QLabel(stem_title(name), self)
            label.setBuddy(combo)
            self.combos[name] = combo
            place = k % 2 * 2
            self._grid.addWidget(label, k // 2, place)
            self._grid.addWidget(combo, k // 2, place + 1)

    def _ticked(self, name: str, on: bool) -> None:
        unticked = self._unticked.setdefault(self._what, set())
        (unticked.discard if on else unticked.add)(name)
        self.changed.emit()

    def _grouped(self, name: str, combo: QComboBox) -> None:
        self._groups[name] = combo.currentData()
        self.changed.emit()

    def _clear(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.boxes, self.combos = {}, {}


def _place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def swatch(colour: str) -> QIcon:
    """A little square of a stem's colour."""
    pixmap = QPixmap(SWATCH, SWATCH)
    pixmap.fill(QColor(colour))
    return QIcon(pixmap)

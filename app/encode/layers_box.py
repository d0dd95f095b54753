"""The sounds the model has found in a stem: heard one by one, named, muted, merged before they are published."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from unbraid.app import theme
from unbraid.app.controls.fold import Fold
from unbraid.app.session import layering
from unbraid.app.session.encoding import Encoding
from unbraid.app.session.layering import Group
from unbraid.app.spectrogram.ticks import frequency_text
from unbraid.app.translation import number, tr

MOST = 64
"""Layers that are listed of a stem; the others hold next to nothing."""


class LayersBox(QWidget):
    """A stem is chosen, its layers are listed under a fold."""

    def __init__(self, encoding: Encoding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._encoding, self._streams = encoding, encoding.streams
        self._shown: tuple[Group, ...] = ()
        self.rows: list[LayerRow] = []
        self.open = Fold(tr("Layers"))
        self.open.setToolTip(tr("The sounds that the model has found in each stem"))
        self._inside = QWidget()
        self.words = QLabel("")
        self.words.setWordWrap(True)
        self.words.setProperty("kind", "muted")
        self.stem = QComboBox()
        self.stem.setAccessibleName(tr("Stem whose layers are listed"))
        self.stem.activated.connect(lambda _: self._show())
        self.merge = QPushButton(tr("Merge"))
        self.merge.setToolTip(tr("Make one layer of those that are ticked"))
        self.merge.clicked.connect(self._merge)
        self.split = QPushButton(tr("Split"))
        self.split.setToolTip(tr("Take ticked layers that were merged apart again"))
        self.split.clicked.connect(self._split)
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.stem, 1)
        bar.addWidget(self.merge)
        bar.addWidget(self.split)
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        inside = QVBoxLayout(self._inside)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(8)
        inside.addWidget(self.words)
        inside.addLayout(bar)
        inside.addLayout(self._list)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.open)
        column.addWidget(self._inside)
        self._inside.hide()
        self.open.toggled.connect(self._unfold)
        self._streams.changed.connect(self._show)
        encoding.changed.connect(self._show)
        self._show()

    def _unfold(self, on: bool) -> None:
        self._inside.setVisible(on)
        self._show()

    def _show(self) -> None:
        names = tuple(dict.fromkeys(layer.stem for layer in self._streams.layers))
        if names != tuple(self.stem.itemData(place) for place in range(self.stem.count())):
            self.stem.clear()
            for name in names:
                self.stem.addItem(theme.stem_title(name), name)
        for widget in (self.stem, self.merge, self.split):
            widget.setVisible(bool(names))
        self.words.setText(self._words(bool(names)))
        if not self.open.isChecked():
            return
        shown = layering.groups(self._streams.layers, str(self.stem.currentData() or ""))[:MOST]
        if [group.numbers for group in shown] != [group.numbers for group in self._shown]:
            self._build(shown)
        self._shown = shown
        for row, group in zip(self.rows, shown, strict=True):
            row.show_group(group, is_playing=self._streams.playing == group, enabled=self._encoding.is_usable)
        self._count()

    def _words(self, has_layers: bool) -> str:
        if not has_layers:
            if self._encoding.is_usable:
                return tr("This model has no layers; choose “Layers” above, under “How it is encoded”.")
            return tr("The layers are listed here when the curve is there.")
        if self._streams.is_edited:
            return tr("Edited: what you listen to or save next is made with these changes.")
        return tr("What is muted goes to the remainder instead of the stem; names are kept in the file.")

    def _build(self, shown: tuple[Group, ...]) -> None:
        for row in self.rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [LayerRow(place) for place in range(len(shown))]
        for row in self.rows:
            self._list.addWidget(row)
            row.show()
            row.name.editingFinished.connect(partial(self._rename, row))
            row.mute.clicked.connect(lambda on, row=row: self._mute(row, on))
            row.listen.clicked.connect(lambda on, row=row: self._hear(row, on))
            row.tick.clicked.connect(lambda _: self._count())

    def _ticked(self) -> list[Group]:
        return [group for row, group in zip(self.rows, self._shown, strict=True) if row.tick.isChecked()]

    def _count(self) -> None:
        ticked = self._ticked()
        self.merge.setEnabled(len(ticked) > 1)
        self.split.setEnabled(any(len(group.numbers) > 1 for group in ticked))

    def _group(self, row: LayerRow) -> Group:
        return self._shown[row.place]

    def _rename(self, row: LayerRow) -> None:
        group, name = self._group(row), row.name.text().strip()
        if name != group.name:
            self._streams.edit_layers(layering.rename(self._streams.layers, group.numbers, name))

    def _mute(self, row: LayerRow, on: bool) -> None:
        self._streams.edit_layers(layering.mute(self._streams.layers, self._group(row).numbers, on))

    def _hear(self, row: LayerRow, on: bool) -> None:
        self._streams.listen_to_layer(self._group(row)) if on else self._streams.stop()

    def _merge(self) -> None:
        self._streams.edit_layers(layering.merge(self._streams.layers, self._ticked()))

    def _split(self) -> None:
        layers = self._streams.layers
        for group in self._ticked():
            if len(group.numbers) > 1:
                layers = layering.split(layers, group)
        self._streams.edit_layers(layers)


class LayerRow(QFrame):
    """One layer: tick, name, listen, mute; below how much of the stem it is, and where it lies."""

    def __init__(self, place: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.place = place
        self.setProperty("surface", "card")
        self.tick = QCheckBox()
        self.name = QLineEdit()
        self.listen, self.mute = _button("play"), QToolButton()
        self.mute.setText("M")
        self.mute.setCheckable(True)
        self.mute.setProperty("mark", "mute")
        self.mute.setProperty("role", "raised")
        self.energy = EnergyBar()
        self.range = QLabel("")
        self.range.setProperty("kind", "readout")
        grid = QGridLayout(self)
        grid.setContentsMargins(8, 4, 8, 4)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(2)
        for column, widget in enumerate((self.tick, self.name, self.listen, self.mute)):
            grid.addWidget(widget, 0, column)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self.energy, 1)
        below.addWidget(self.range)
        grid.addLayout(below, 1, 1, 1, 3)
        grid.setColumnStretch(1, 1)

    def show_group(self, group: Group, *, is_playing: bool, enabled: bool) -> None:
        """Its values."""
        title = group.title
        self.tick.setAccessibleName(tr("Choose {layer}", layer=title))
        self.name.setAccessibleName(tr("Name of {layer}", layer=title))
        self.name.setPlaceholderText(title)
        if not self.name.hasFocus() or not self.name.isModified():
            self.name.setText(group.name)
        for button, words in (
            (self.listen, tr("Hear {layer} alone", layer=title)),
            (self.mute, tr("Mute {layer}: it goes to the remainder", layer=title)),
        ):
            button.setToolTip(words)
            button.setAccessibleName(words)
        self.listen.setChecked(is_playing)
        self.listen.setEnabled(enabled)
        self.mute.setChecked(group.is_muted)
        share = tr("{share} %", share=number(100 * group.energy, 0 if group.energy >= 0.0995 else 1))
        band = tr("{low} to {high}", low=frequency_text(group.low_hz), high=frequency_text(group.high_hz))
        merged = len(group.numbers)
        words = f"{share}, {band}"
        self.range.setText(tr("{words} ({n} merged)", words=words, n=merged) if merged > 1 else words)
        self.energy.show_share(group.energy, is_muted=group.is_muted)


class EnergyBar(QWidget):
    """A bar for a share of 0 to 1; hollow for what is left out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share, self._is_muted = 0.0, False
        self.setMinimumSize(QSize(24, 8))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_share(self, share: float, *, is_muted: bool) -> None:
        """How long it is."""
        self._share, self._is_muted = min(max(share, 0.0), 1.0), is_muted
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Its length on a square root, so that weak ones are seen."""
        painter, look = QPainter(self), theme.theme()
        painter.fillRect(self.rect(), QColor(look.track))
        bar = QRectF(0, 0, max(2.0, self.width() * self._share**0.5), self.height())
        if self._is_muted:
            painter.setPen(QColor(look.edge))
            painter.drawRect(bar.adjusted(0.5, 0.5, -0.5, -0.5))
        else:
            painter.fillRect(bar, QColor(look.edge))
        painter.end()


def _button(icon: str) -> QToolButton:
    button = QToolButton()
    button.setCheckable(True)
    theme.set_icon(button, icon)
    return button

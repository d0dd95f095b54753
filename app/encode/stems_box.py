"""Which stems are encoded, and how much each of them matters."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from unbraid.app import theme
from unbraid.app.controls.fold import Fold
from unbraid.app.mixer.strip import Badge
from unbraid.app.session.encoding import Encoding
from unbraid.app.session.encoding_choices import Priority, StemChoice
from unbraid.app.translation import mark, tr, tr_known
from unbraid.core.informed.dial import Model

PRIORITIES: tuple[tuple[Priority, str, str], ...] = (
    ("normal", mark("normal"), mark("Counts as much as the others")),
    ("more", mark("more"), mark("Its errors count double: it gets more of the rate")),
    ("exact", mark("exact solo"), mark("Heard alone it is the true stem, to the last bit of 16; that costs the most")),
)
MODELS: tuple[tuple[Model, str, str], ...] = (
    (
        "auto",
        mark("Layers"),
        mark("Sounds that come again, as notes and strokes do, are described once and can be edited."),
    ),
    (
        "image",
        mark("Like a picture"),
        mark("Spectrograms are coded like pictures: good where little is repeated. It has no layers."),
    ),
)


class StemsBox(QWidget):
    """A row for each stem, and what concerns all under a fold."""

    def __init__(self, encoding: Encoding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._encoding = encoding
        self._shown: tuple[tuple[str, str], ...] = ()
        self.ticks: dict[str, QCheckBox] = {}
        self.priorities: dict[str, QComboBox] = {}
        self._badges: dict[str, Badge] = {}
        self._rows = QWidget()
        self._grid = QGridLayout(self._rows)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._rows)
        self.more = Fold(tr("How it is encoded"))
        column.addWidget(self.more)
        self._inside = self._options()
        self._inside.hide()
        column.addWidget(self._inside)
        self.more.toggled.connect(self._inside.setVisible)
        encoding.changed.connect(self._show)
        self._show()

    def _options(self) -> QWidget:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.model = QComboBox()
        self.model.setAccessibleName(tr("Model"))
        for model, title, about in MODELS:
            self.model.addItem(tr_known(title), model)
            self.model.setItemData(self.model.count() - 1, tr_known(about), 3)  # ToolTipRole
        self.model.activated.connect(lambda _: self._encoding.choose_model(self.model.currentData()))
        self._about = _muted("")
        self.by_ear = QCheckBox(tr("Weigh by ear"))
        self.by_ear.clicked.connect(self._encoding.weigh_by_ear)
        label = QLabel(tr("Model"))
        label.setBuddy(self.model)
        for widget in (
            label, self.model, self._about, self.by_ear,
            _muted(tr("Errors count as much as they are heard: it sounds better at low rates, and its SDR is lower.")),
        ):  # fmt: skip
            column.addWidget(widget)
        return inside

    def _show(self) -> None:
        choices = self._encoding.choices
        names = tuple((choice.id, choice.name) for choice in choices)
        if names != self._shown:
            self._shown = names
            self._build(choices)
        for choice in choices:
            tick, combo = self.ticks[choice.id], self.priorities[choice.id]
            tick.setChecked(choice.is_wanted)
            combo.setCurrentIndex(combo.findData(choice.priority))
            combo.setEnabled(choice.is_wanted)
            combo.setToolTip(next(tr_known(about) for key, _, about in PRIORITIES if key == choice.priority))
            self._badges[choice.id].set_look(choice.colour, theme.stem_letter(choice.name))
            self._badges[choice.id].set_heard(choice.is_wanted)
        place = self.model.findData(self._encoding.model)
        self.model.setCurrentIndex(place)
        self._about.setText(tr_known(MODELS[place][2]))
        self.by_ear.setChecked(self._encoding.is_perceptual)

    def _build(self, choices: tuple[StemChoice, ...]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.ticks, self.priorities, self._badges = {}, {}, {}
        for row, choice in enumerate(choices):
            title = theme.stem_title(choice.name)
            tick = QCheckBox(title)
            tick.setAccessibleName(tr("Encode {stem}", stem=title))
            tick.clicked.connect(lambda on, id=choice.id: self._encoding.want(id, on))
            combo = QComboBox()
            combo.setAccessibleName(tr("How much {stem} matters", stem=title))
            for priority, words, about in PRIORITIES:
                combo.addItem(tr_known(words), priority)
                combo.setItemData(combo.count() - 1, tr_known(about), 3)  # ToolTipRole
            combo.activated.connect(
                lambda _, id=choice.id, combo=combo: self._encoding.prefer([id], combo.currentData())
            )
            badge = Badge(choice.colour, theme.stem_letter(choice.name))
            self.ticks[choice.id], self.priorities[choice.id], self._badges[choice.id] = tick, combo, badge
            for place, widget in enumerate((badge, tick, combo)):
                self._grid.addWidget(widget, row, place)


def _muted(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setProperty("kind", "readout")
    return label

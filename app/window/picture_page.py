"""How the picture looks, as a page of the inspector: everything at once, with the same names as in the menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLabel, QVBoxLayout, QWidget

from unbraid.app import theme
from unbraid.app.controls.column import Column
from unbraid.app.controls.taper import Even
from unbraid.app.controls.value_slider import ValueSlider
from unbraid.app.spectrogram.display import RANGES_DB, TOPS_DB, WINDOWS
from unbraid.app.translation import tr, tr_known
from unbraid.app.window.picture_commands import MAPS, SCALES
from unbraid.app.window.shown_box import ShownBox
from unbraid.core.document.state import Project

if TYPE_CHECKING:
    from unbraid.app.window.main_window import MainWindow


class PicturePage(Column):
    """Shows the display options and changes them through `PictureCommands`."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(8, 8, 8, 8)
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        form.setVerticalSpacing(8)
        column.addLayout(form)
        self.shown = ShownBox(window)
        self.minus = self._box(tr("Minus"))
        self.scale = self._box(tr("Frequency axis"))
        for name, title in SCALES:
            self.scale.addItem(tr_known(title), name)
        self.length = self._box(tr("Window length"))
        self.hop = self._box(tr("Hop"))
        self.range = ValueSlider(tr("Dynamic range"), Even(*RANGES_DB, 1.0), unit="dB", reset=80.0, decimals=0)
        self.top = ValueSlider(tr("Brightest level"), Even(*TOPS_DB, 1.0), unit="dBFS", reset=-10.0, decimals=0)
        self.colours = self._box(tr("Colours"))
        for name, title in MAPS:
            self.colours.addItem(tr_known(title), name)
        self.waveform = QCheckBox(tr("Waveform over the picture"))
        self.follow = QCheckBox(tr("Follow the playhead"))
        rows = (
            (tr("Show"), self.shown), (tr("Minus"), self.minus), (tr("Frequency axis"), self.scale),
            (tr("Window length"), self.length), (tr("Hop"), self.hop), (tr("Dynamic range"), self.range),
            (tr("Brightest level"), self.top), (tr("Colours"), self.colours),
        )  # fmt: skip
        for title, field in rows:
            label = QLabel(title)
            label.setProperty("kind", "readout")
            label.setBuddy(field)
            form.addRow(label, field)
        column.addWidget(self.waveform)
        column.addWidget(self.follow)
        column.addStretch(1)
        self.setWidget(inside)
        self._connect()
        self.refresh()

    @staticmethod
    def _box(name: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        return box

    def _connect(self) -> None:
        picture = self._window.picture
        self.minus.activated.connect(lambda _: picture.subtract(self.minus.currentData()))
        self.scale.activated.connect(lambda _: picture.change(scale=self.scale.currentData()))
        self.length.activated.connect(lambda _: picture.change(window=self.length.currentData(), hop=None))
        self.hop.activated.connect(lambda _: picture.change(hop=self.hop.currentData()))
        self.range.changed.connect(lambda db: picture.change(range_db=db))
        self.top.changed.connect(lambda db: picture.change(top_db=db))
        self.colours.activated.connect(lambda _: picture.change(colormap=self.colours.currentData()))
        self.waveform.clicked.connect(picture.toggle_waveform)
        self.follow.clicked.connect(picture.toggle_follow)
        picture.observers.connect(self.refresh)
        self._window.session.changed.connect(self._follow)

    def _follow(self, old: Project, new: Project) -> None:
        if old.stems is not new.stems or old.song is not new.song:
            self.refresh()

    def refresh(self) -> None:
        """Show what is chosen."""
        picture = self._window.picture
        options = picture.options
        self._fill_minus()
        _choose(self.scale, options.scale)
        song = self._window.session.state.song
        rate = 44100 if song is None else song.rate
        self.length.clear()
        for n in WINDOWS:
            self.length.addItem(tr("{count} samples, {ms} ms", count=n, ms=round(1000 * n / rate)), n)
        _choose(self.length, options.window)
        self.hop.clear()
        self.hop.addItem(tr("by itself"), None)
        for part in (2, 4, 8, 16):
            hop = max(32, options.window // part)
            self.hop.addItem(tr("{count} samples, {ms} ms", count=hop, ms=f"{1000 * hop / rate:.1f}"), hop)
        _choose(self.hop, options.hop)
        self.range.set_value(options.range_db)
        self.top.set_value(options.top_db)
        _choose(self.colours, options.colormap)
        self.waveform.setChecked(options.waveform)
        self.follow.setChecked(picture.follows)

    def _fill_minus(self) -> None:
        """What is taken away in the difference view."""
        options = self._window.picture.options
        self.minus.clear()
        self.minus.addItem(tr("all stems"), "")
        for stem in self._window.session.state.stems:
            self.minus.addItem(theme.stem_title(stem.name), stem.id)
        _choose(self.minus, options.other)
        self.minus.setEnabled(options.what == "difference")


def _choose(box: QComboBox, value: object) -> None:
    box.setCurrentIndex(max(0, box.findData(value)))

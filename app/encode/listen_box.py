"""Hear what the dial gives: one stem, or all but one, beside the true ones; points that were made switch at once."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from unbraid.app import theme
from unbraid.app.encode.words import quality_words
from unbraid.app.session.encoding import Encoding
from unbraid.app.session.encoding_passages import Heard
from unbraid.app.session.encoding_streams import Point, rate_text
from unbraid.app.times import left
from unbraid.app.translation import tr


class ListenBox(QWidget):
    """Observes the streams."""

    def __init__(self, encoding: Encoding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._encoding, self._streams = encoding, encoding.streams
        self._names: tuple[str, ...] = ()
        self._shown: tuple[Point, ...] = ()
        self.rows: dict[int, QPushButton] = {}
        self.listen = QPushButton(tr("Listen here"))
        self.listen.setToolTip(tr("Makes the stream at the dial and plays ten seconds of it, from where you are"))
        self.listen.setCheckable(True)
        theme.set_icon(self.listen, "play")
        self.listen.clicked.connect(self._listen)
        self.part = QComboBox()
        self.part.setAccessibleName(tr("What to hear"))
        self.part.activated.connect(lambda _: self._choose())
        self.is_true = QCheckBox(tr("True stems"))
        self.is_true.setToolTip(tr("Hear the stems as you gave them, to compare; at the same moment"))
        self.is_true.clicked.connect(lambda _: self._choose())
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.listen)
        row.addWidget(self.part, 1)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress of {task}", task=tr("Listen here")))
        self.status = QLabel("")
        self.status.setWordWrap(True)
        self.status.setProperty("kind", "readout")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.is_true)
        column.addWidget(self.bar)
        column.addWidget(self.status)
        column.addLayout(self._rows)
        self._streams.changed.connect(self._show)
        encoding.changed.connect(self._show)
        encoding.dial.changed.connect(self._mark)
        encoding.progressed.connect(self._progress)
        self._show()

    def toggle(self) -> None:
        """Hear what the dial gives, or stop."""
        playing = self._streams.playing
        if self._streams.is_waiting or (playing is not None and playing is self._streams.made()):
            self._streams.stop()
        else:
            self._streams.listen()

    def _listen(self) -> None:
        self.toggle()
        self._mark()

    def _choose(self) -> None:
        stem, is_without = self.part.currentData() or ("", False)
        self._streams.hear(Heard(stem, is_without, self.is_true.isChecked()))

    def _show(self) -> None:
        if self._names != self._encoding.names:
            self._names = self._encoding.names
            self._fill()
        heard = self._streams.heard
        # Qt compares tuples from Python by identity, so the entry is looked for here
        entries = [self.part.itemData(place) for place in range(self.part.count())]
        wanted = (heard.stem, heard.is_without)
        self.part.setCurrentIndex(next((k for k, entry in enumerate(entries) if tuple(entry) == wanted), 0))
        self.is_true.setChecked(heard.is_true)
        if self._shown != self._streams.points:
            self._shown = self._streams.points
            self._build()
        self._mark()

    def _fill(self) -> None:
        self.part.clear()
        for name in self._names:
            self.part.addItem(tr("{stem} alone", stem=theme.stem_title(name)), (name, False))
        for name in self._names:
            self.part.addItem(tr("without {stem}", stem=theme.stem_title(name)), (name, True))
        self.part.addItem(tr("all together"), ("", False))
        if self._names and self._streams.heard.stem not in self._names:
            self._choose()

    def _build(self) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.rows = {}
        for point in self._shown:
            quality = quality_words(point.reached.mean_db)
            words = f"{tr('{rate} kbit/s', rate=rate_text(point.reached.rate_kbps))}, {quality}"
            if point.edition:
                words = tr("{point}, layers edited", point=words)
            button = QPushButton(words)
            button.setCheckable(True)
            button.setToolTip(tr("Hear it, from the moment the last one had reached; press again to stop"))
            theme.set_icon(button, "play")
            button.clicked.connect(lambda on, point=point: self._hear(point, on))
            self.rows[point.number] = button
            self._rows.addWidget(button)

    def _hear(self, point: Point, on: bool) -> None:
        self._streams.listen_to(point) if on else self._streams.stop()
        self._mark()

    def _progress(self) -> None:
        """How far the work on what is to be heard is."""
        job = self._streams.awaited
        self.bar.setVisible(job is not None)
        self.status.setVisible(job is not None)
        if job is not None:
            time = left(job.seconds_left)
            self.bar.setValue(round(1000 * job.fraction))
            words = tr("It is being made; it plays when it is there.")
            self.status.setText(words.rstrip(".") + (tr(", {time} left", time=time) if time else "."))

    def _mark(self) -> None:
        """Which of them is heard."""
        streams = self._streams
        made, playing = streams.made(), streams.playing
        self.listen.setEnabled(self._encoding.is_usable)
        self.listen.setChecked(streams.is_waiting or (playing is not None and playing is made))
        self.part.setEnabled(bool(self._names))
        self._progress()
        for point in self._shown:
            button = self.rows[point.number]
            button.setChecked(playing is point)
            button.setEnabled(self._encoding.is_usable)

"""The bar on top: open, undo, transport, time, original or remix, zoom, search."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolBar, QWidget

from unbraid.app import theme
from unbraid.app.actions.action_set import ActionSet
from unbraid.app.session.session import Session
from unbraid.app.translation import tr
from unbraid.app.window.times import clock
from unbraid.core.document.state import Project

HEIGHT = 44
LEFT = ("open", "save_as", "", "undo", "redo", "")
TRANSPORT = ("start", "play", "play_selection", "loop")
RIGHT = ("zoom_out", "zoom_in", "zoom_fit", "zoom_selection", "follow", "", "export", "palette")


class TransportBar(QToolBar):
    """Buttons of the table of actions, with the time and the switch between original and remix."""

    def __init__(self, session: Session, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(tr("Transport"), parent)
        self._session = session
        self.setObjectName("transport")
        self.setMovable(False)
        self.setFixedHeight(HEIGHT)
        actions.fill_tool_bar(self, LEFT)
        actions.fill_tool_bar(self, TRANSPORT)
        self.addWidget(self._time())
        self.addWidget(self._switch())
        spacer = QWidget()
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(spacer)
        actions.fill_tool_bar(self, RIGHT)
        session.playing.moved.connect(self._moved)
        session.playing.state_changed.connect(self._show_switch)
        session.changed.connect(self._follow)
        self._follow(session.state, session.state)

    def _time(self) -> QWidget:
        box = QWidget()
        line = QHBoxLayout(box)
        line.setContentsMargins(12, 0, 12, 0)
        line.setSpacing(8)
        self.now = QLabel(clock(0.0))
        self.now.setFont(theme.font(20))
        self.now.setProperty("kind", "time")
        self.now.setAccessibleName(tr("Position"))
        self.now.setMinimumWidth(self.now.fontMetrics().horizontalAdvance("00:00.000") + 8)
        self.now.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.length = QLabel("")
        self.length.setProperty("kind", "muted")
        line.addWidget(self.now)
        line.addWidget(self.length)
        return box

    def _switch(self) -> QWidget:
        box = QWidget()
        line = QHBoxLayout(box)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        self.original = QPushButton(tr("Original"))
        self.remix = QPushButton(tr("Remix"))
        group = QButtonGroup(self)
        for button, words in (
            (self.original, tr("Hear the song as it was, at the loudness of the remix (O)")),
            (self.remix, tr("Hear the stems as the mixer has them (O)")),
        ):
            button.setCheckable(True)
            button.setProperty("role", "switch")
            button.setToolTip(words)
            button.setAccessibleDescription(words)
            group.addButton(button)
            line.addWidget(button)
        self.remix.setChecked(True)
        self.original.clicked.connect(lambda: self._session.playing.set_original(True))
        self.remix.clicked.connect(lambda: self._session.playing.set_original(False))
        return box

    def _moved(self, time_s: float) -> None:
        self.now.setText(clock(time_s))

    def _show_switch(self) -> None:
        (self.original if self._session.playing.is_original else self.remix).setChecked(True)

    def _follow(self, old: Project, new: Project) -> None:
        song = new.song
        self.length.setText("" if song is None else f"/ {clock(song.duration_s, 0)}")
        for button in (self.original, self.remix):
            button.setEnabled(song is not None)
        if song is None:
            self.now.setText(clock(0.0))

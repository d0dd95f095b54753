"""The bar on top: open, undo, transport, time, original or remix, zoom, search."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolBar,
    QToolButton,
    QWidget,
)

from unbraid.app import theme
from unbraid.app.actions.action_set import ActionSet
from unbraid.app.session.session import Session
from unbraid.app.times import clock
from unbraid.app.translation import tr
from unbraid.core.document.state import Project

HEIGHT = 44
LEFT = ("open", "save_as", "", "undo", "redo", "")
TRANSPORT = ("start", "play", "play_selection", "loop")
RIGHT = ("zoom_out", "zoom_in", "zoom_fit", "zoom_selection", "follow", "", "separate", "export", "palette")
ROOMY = 1120
"""Below this width the box that says what is shown gives way; the menu and the picture's page have it too."""


class TransportBar(QToolBar):
    """Buttons of the table of actions, with the time and the switch between original and remix."""

    def __init__(self, session: Session, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(tr("Transport"), parent)
        self._session = session
        self._play = actions["play"]
        self._sign = ""
        self.setObjectName("transport")
        self.setMovable(False)
        self.setFixedHeight(HEIGHT)
        actions.fill_tool_bar(self, LEFT)
        actions.fill_tool_bar(self, TRANSPORT)
        self.addWidget(self._time())
        self.addWidget(self._switch())
        spacer = QWidget()
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._spacer = self.addWidget(spacer)
        self._shown: QAction | None = None
        actions.fill_tool_bar(self, RIGHT)
        session.playing.moved.connect(self._moved)
        session.playing.state_changed.connect(self._show_switch)
        session.changed.connect(self._follow)
        self._follow(session.state, session.state)

    def add_shown(self, box: QWidget) -> None:
        """What the picture shows: in the middle, where there is room."""
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(16, 0, 0, 0)
        line.setSpacing(8)
        label = QLabel(tr("Show"))
        label.setProperty("kind", "readout")
        label.setBuddy(box)
        box.setMinimumWidth(176)
        line.addWidget(label)
        line.addWidget(box)
        self._shown = self.insertWidget(self._spacer, holder)
        QWidget.setTabOrder(self.remix, box)
        self._shown.setVisible(self.width() >= ROOMY)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Nothing is pushed off the bar."""
        if self._shown is not None:
            self._shown.setVisible(event.size().width() >= ROOMY)
        super().resizeEvent(event)

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
        self._show_sign("pause" if self._session.playing.is_playing else "play")

    def _show_sign(self, sign: str) -> None:
        """What a press does now, on the button and in the menu."""
        if sign != self._sign:
            self._sign = sign
            for target in (self._play, *(b for b in self.findChildren(QToolButton) if b.defaultAction() is self._play)):
                theme.set_icon(target, sign)

    def _follow(self, old: Project, new: Project) -> None:
        song = new.song
        self.length.setText("" if song is None else f"/ {clock(song.duration_s, 0)}")
        for button in (self.original, self.remix):
            button.setEnabled(song is not None)
        if song is None:
            self.now.setText(clock(0.0))

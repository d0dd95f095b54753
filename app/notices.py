"""What the application has to say without being asked: small cards above the window's lower right corner, never modal.

`notices.error("…")` and its sisters may be called from the main thread at any time. What only informs goes away by
itself; warnings and errors stay until they are closed. Equal notices are shown once with a count.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QEnterEvent,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from unbraid.app.theme import set_icon, set_property
from unbraid.app.translation import tr

logger = logging.getLogger(__name__)

Level = Literal["info", "warning", "error"]

WIDTH = 420
MARGIN = 16
GAP = 8
MOST = 4
"""How many cards are seen at once; older ones wait behind."""
MOST_LINES, MOST_SIGNS = 6, 400
"""What of a text is shown on a card."""
SHOWN_MS = 6000
_LOG = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


@dataclass(frozen=True)
class Button:
    """Something that can be done about a notice. closes: the card goes away when it is pressed."""

    title: str
    run: Callable[[], object]
    closes: bool = True


class Notices(QObject):
    """The cards of one window. `bottom` is how far above the window's edge they end (a status bar's height)."""

    changed = Signal()

    def __init__(self, window: QWidget, bottom: int = 0) -> None:
        super().__init__(window)
        self.window = window
        self.bottom = bottom
        self.cards: list[NoticeCard] = []
        window.installEventFilter(self)

    def info(self, text: str, *buttons: Button, key: str = "") -> NoticeCard:
        """Say something that need not be answered; it goes away by itself."""
        return self.show("info", text, buttons, key=key)

    def warning(self, text: str, *buttons: Button, key: str = "") -> NoticeCard:
        """Say that something is not as it should be."""
        return self.show("warning", text, buttons, key=key)

    def error(self, text: str, *buttons: Button, key: str = "") -> NoticeCard:
        """Say that something could not be done, why, and what to do."""
        return self.show("error", text, buttons, key=key)

    def show(self, level: Level, text: str, buttons: Sequence[Button] = (), *, key: str = "") -> NoticeCard:
        """Put up a card. key: a later notice of the same key takes the place of the earlier one."""
        logger.log(_LOG[level], "notice: %s", text)
        for card in self.cards:
            if (key and card.key == key) or (card.level, card.text) == (level, text):
                card.say(level, text, buttons, again=card.text == text)
                self._announce(card)
                self._place()
                return card
        card = NoticeCard(self.window, key)
        card.say(level, text, buttons)
        card.closed.connect(self._forget)
        self.cards.append(card)
        self._place()
        self._announce(card)
        self.changed.emit()
        return card

    def close(self, key: str) -> None:
        """Take down the notice of that key, if there is one."""
        for card in list(self.cards):
            if card.key == key:
                card.dismiss()

    def clear(self) -> None:
        """Take down all of them."""
        for card in list(self.cards):
            card.dismiss()

    def focus_newest(self) -> bool:
        """Give the newest card the keyboard; False when there is none. Esc closes it and gives the focus back."""
        if not self.cards:
            return False
        self.cards[-1].take_focus()
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 -- Qt's name
        """Keep the cards in their corner."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.LayoutRequest):
            self._place()
        return False

    def _forget(self, card: NoticeCard) -> None:
        if card in self.cards:
            self.cards.remove(card)
            self._place()
            self.changed.emit()

    def _place(self) -> None:
        """Newest at the bottom, the others above it."""
        area = self.window.rect()
        width = min(WIDTH, area.width() - 2 * MARGIN)
        y = area.height() - self.bottom - MARGIN
        for i, card in enumerate(reversed(self.cards)):
            height = card.height_for(width)
            y -= height
            visible = i < MOST and (y >= 0 or i == 0)
            card.setGeometry(area.width() - MARGIN - width, y, width, height)
            card.setVisible(visible)
            card.raise_()
            y -= GAP

    def _announce(self, card: NoticeCard) -> None:
        """Have a screen reader say it."""
        if QAccessible.isActive():
            event = QAccessibleAnnouncementEvent(self.window, card.spoken())
            QAccessible.updateAccessibility(event)


def shortened(text: str) -> str:
    """As much of a text as a card has room for; the whole is in its tool tip and in what is copied."""
    lines = text.strip().splitlines()
    brief = "\n".join(lines[:MOST_LINES])
    return text.strip() if len(lines) <= MOST_LINES and len(brief) <= MOST_SIGNS else brief[:MOST_SIGNS].rstrip() + " …"


class NoticeCard(QFrame):
    """One notice: a sign, the text (which can be selected), what can be done, copy and close."""

    closed = Signal(object)

    def __init__(self, parent: QWidget, key: str = "") -> None:
        super().__init__(parent)
        self.key = key
        self.level: Level = "info"
        self.text = ""
        self.count = 1
        self._before: QWidget | None = None
        self._buttons: list[QPushButton] = []
        self._row = QWidget()
        self._timer = QTimer(self, singleShot=True, interval=SHOWN_MS)
        self._timer.timeout.connect(self.dismiss)
        self._build()

    def say(self, level: Level, text: str, buttons: Sequence[Button] = (), *, again: bool = False) -> None:
        """Show this now; again: the same as before, which is counted."""
        self.count = self.count + 1 if again else 1
        self.level, self.text = level, text
        set_property(self, notice=level)
        set_icon(self._sign, level, level)
        brief = shortened(text)
        self._label.setText(brief if self.count == 1 else tr("{text} (×{count})", text=brief, count=self.count))
        self._label.setToolTip("" if brief == text else text)
        self.setAccessibleName(self.spoken())
        self._copy.setVisible(level != "info")
        for old in self._buttons:
            old.deleteLater()
        self._buttons = [self._button(button) for button in buttons]
        self._row.setVisible(bool(buttons))
        self._timer.stop()
        if level == "info" and not buttons:
            self._timer.start()

    def spoken(self) -> str:
        """The notice as a screen reader says it."""
        kinds = {"info": tr("Notice"), "warning": tr("Warning"), "error": tr("Error")}
        return tr("{kind}: {text}", kind=kinds[self.level], text=self.text)

    def take_focus(self) -> None:
        """Have the keyboard, until closed."""
        self._before = self.window().focusWidget()
        (self._buttons[0] if self._buttons else self._close).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def dismiss(self) -> None:
        """Go away; the focus returns to where it was."""
        self._timer.stop()
        if self.isAncestorOf(self.window().focusWidget() or self) and self._before is not None:
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self.hide()
        self.closed.emit(self)
        self.deleteLater()

    def copy(self) -> None:
        """Put the text on the clipboard."""
        QGuiApplication.clipboard().setText(self.text)

    def height_for(self, width: int) -> int:
        """How high it must be to show all of its text."""
        layout = self.layout()
        assert layout is not None
        layout.activate()
        return layout.totalHeightForWidth(width)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 -- Qt's name
        """Esc closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802 -- Qt's name
        """Whoever points at it reads it: it stays."""
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 -- Qt's name
        """Read, then: it may go."""
        if self.level == "info" and not self._buttons:
            self._timer.start()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 -- Qt's name
        """Clicks end here, and not on what lies below."""
        event.accept()

    def _build(self) -> None:
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._sign = QToolButton()
        self._sign.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._sign.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._label = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._copy = self._tool("copy", tr("Copy the text"), self.copy)
        self._close = self._tool("close", tr("Close (Esc)"), self.dismiss)
        buttons = QHBoxLayout(self._row)
        buttons.setContentsMargins(0, 4, 0, 0)
        buttons.addStretch(1)
        middle = QVBoxLayout()
        middle.setContentsMargins(0, 6, 0, 4)
        middle.setSpacing(0)
        middle.addWidget(self._label)
        middle.addWidget(self._row)
        middle.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 4, 4)
        layout.setSpacing(4)
        top = Qt.AlignmentFlag.AlignTop
        layout.addWidget(self._sign, 0, top)
        layout.addLayout(middle, 1)
        layout.addWidget(self._copy, 0, top)
        layout.addWidget(self._close, 0, top)

    def _tool(self, icon: str, tip: str, run: Callable[[], object]) -> QToolButton:
        button = QToolButton()
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        set_icon(button, icon)
        button.clicked.connect(lambda: run())
        return button

    def _button(self, about: Button) -> QPushButton:
        button = QPushButton(about.title)
        button.setAutoDefault(False)

        def press() -> None:
            if about.closes:
                self.dismiss()
            about.run()

        button.clicked.connect(press)
        layout = self._row.layout()
        assert layout is not None
        layout.addWidget(button)
        return button

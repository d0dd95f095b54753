"""The command palette: type a few letters, see the key, press Return. What was used last stands first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOption,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from unbraid.app.actions.action_set import ActionSet
from unbraid.app.actions.search import score
from unbraid.app.theme import font, set_property, theme
from unbraid.app.theme.tokens import SMALL
from unbraid.app.translation import tr

WIDTH, HEIGHT = 560, 420
REMEMBERED = 20
_LINE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class Line:
    """Something the palette offers."""

    id: str
    title: str
    path: str
    keys: str
    enabled: bool
    run: Callable[[], object]


class Palette(QFrame):
    """Opens over the middle of a window with `open()`; closes by Esc, by choosing, or by a click elsewhere.

    recent: ids, last used first; `recent_changed` carries them after each use, as one text joined by spaces.
    """

    recent_changed = Signal(str)

    def __init__(self, actions: ActionSet, parent: QWidget, recent: str = "") -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.action_set = actions
        self.recent = recent.split()
        self._owner = parent
        self._lines: list[Line] = []
        set_property(self, surface="popup")
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAccessibleName(tr("Command palette"))
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("What would you like to do?"))
        self.field.setAccessibleName(tr("Search for a command"))
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.ensurePolished()
        self.list.setAccessibleName(tr("Commands found"))
        self.list.setItemDelegate(_Painter(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._choose)
        self.nothing = QLabel(tr("No command has these letters."))
        set_property(self.nothing, kind="muted")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        for widget in (self.field, self.list, self.nothing):
            layout.addWidget(widget)

    def open(self) -> None:
        """Show it with all commands, the last used first."""
        self._lines = self._offer()
        self.field.clear()
        self._search("")
        window = self._owner.window()
        width, height = min(WIDTH, window.width() - 32), min(HEIGHT, window.height() - 96)
        place = window.mapToGlobal(QRect(0, 0, window.width(), 1).center())
        self.setGeometry(place.x() - width // 2, place.y() + 64, width, height)
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 -- Qt's name
        """Draw the ground: Qt leaves it out where corners may be seen through."""
        option = QStyleOption()
        option.initFrom(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, QPainter(self), self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 -- Qt's name
        """Arrows and Return in the field work on the list."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: 8,
            Qt.Key.Key_PageUp: -8,
            Qt.Key.Key_Tab: 1,
            Qt.Key.Key_Backtab: -1,
        }
        key = Qt.Key(event.key())
        if key in steps:
            self._step(steps[key])
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.list.currentItem())
            return True
        return False

    def shown_ids(self) -> list[str]:
        """The ids of what is listed now, best first."""
        return [self.list.item(i).data(_LINE).id for i in range(self.list.count())]

    def _offer(self) -> list[Line]:
        lines = []
        for row in self.action_set.table:
            if not row.in_palette:
                continue
            enabled = bool(row.enabled(self.action_set.context))
            if row.choices is None:
                lines.append(self._line(row.id, enabled))
            elif enabled:
                lines += self._choices(row.id)
        order = {id: i for i, id in enumerate(self.recent)}
        return sorted(lines, key=lambda line: (not line.enabled, order.get(line.id, REMEMBERED)))

    def _line(self, id: str, enabled: bool) -> Line:
        keys = ", ".join(self.action_set.keys(id))
        title, path = self.action_set.title(id).rstrip(" …"), self.action_set.path(id)
        return Line(id, title, path, keys, enabled, lambda: self.action_set.run(id))

    def _choices(self, id: str) -> list[Line]:
        row, parent = self.action_set.rows[id], self.action_set.title(id).rstrip(" …")
        assert row.choices is not None
        return [
            Line(f"{id}:{choice.title}".replace(" ", "_"), choice.title, parent, "", choice.enabled, choice.run)
            for choice in row.choices(self.action_set.context)
        ]

    def _search(self, wanted: str) -> None:
        found = [(self._score(wanted, line), line) for line in self._lines]
        best = [line for points, line in sorted(found, key=lambda pair: -pair[0]) if points > 0]
        self.list.clear()
        for line in best:
            item = QListWidgetItem(line.title)
            item.setData(_LINE, line)
            spoken = ", ".join(filter(None, (line.title, line.path, line.keys)))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
            if not line.enabled:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
            self.list.addItem(item)
        self.list.setVisible(bool(best))
        self.nothing.setVisible(not best)
        self._select(0)

    def _score(self, wanted: str, line: Line) -> float:
        points = max(score(wanted, line.title), 0.6 * score(wanted, f"{line.path} {line.title}"))
        if not wanted.strip():
            return points
        return points * (1.0 if line.enabled else 0.5) + (0.5 if points and line.id in self.recent else 0.0)

    def _step(self, by: int) -> None:
        self._select(max(0, min(self.list.count() - 1, self.list.currentRow() + by)))

    def _select(self, row: int) -> None:
        if self.list.count():
            self.list.setCurrentRow(row)
            self.list.scrollToItem(self.list.item(row))

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        line: Line = item.data(_LINE)
        if not line.enabled:
            return
        self.recent = [line.id, *(id for id in self.recent if id != line.id)][:REMEMBERED]
        self.hide()
        self.recent_changed.emit(" ".join(self.recent))
        line.run()


class _Painter(QStyledItemDelegate):
    """Title on the left, where it is found beside it, its keys on the right."""

    def sizeHint(  # noqa: N802 -- Qt's name
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """One line."""
        return QSize(100, 30)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw a line."""
        line: Line = index.data(_LINE)
        now = theme()
        painter.save()
        area = option.rect.adjusted(0, 1, 0, -1)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(now.tint))
            painter.drawRoundedRect(area, 4, 4)
        area = area.adjusted(8, 0, -8, 0)
        centre = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font())
        painter.setPen(QColor(now.text if line.enabled else now.disabled))
        keys = painter.fontMetrics().horizontalAdvance(line.keys) if line.keys else 0
        title = painter.boundingRect(area, centre | Qt.AlignmentFlag.AlignLeft, line.title)
        painter.drawText(area, centre | Qt.AlignmentFlag.AlignLeft, line.title)
        painter.setPen(QColor(now.muted if line.enabled else now.disabled))
        painter.setFont(font(SMALL))
        painter.drawText(area, centre | Qt.AlignmentFlag.AlignRight, line.keys)
        rest = area.adjusted(title.width() + 12, 0, -keys - 12, 0)
        path = painter.fontMetrics().elidedText(line.path, Qt.TextElideMode.ElideRight, max(0, rest.width()))
        painter.drawText(rest, centre | Qt.AlignmentFlag.AlignLeft, path)
        painter.restore()

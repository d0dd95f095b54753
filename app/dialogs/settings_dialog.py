"""All settings in one window, made from their fields: found by typing, in force at once, each with a way back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from unbraid.app.actions.search import score
from unbraid.app.dialogs.buttons import close_row, push
from unbraid.app.dialogs.setting_controls import control
from unbraid.app.settings import Field, SettingsStore, fields
from unbraid.app.theme import set_icon, set_property
from unbraid.app.translation import tr, tr_known
from unbraid.core.errors import ParameterError


class SettingRow:
    """One setting on the page: title and help on the left, its control and the way back on the right."""

    def __init__(self, field: Field, store: SettingsStore, devices: Sequence[str]) -> None:
        self.field = field
        self.store = store
        self.is_shown = True
        self.title = QLabel(tr_known(field.title))
        self.help = QLabel(_help(field))
        set_property(self.help, kind="readout")
        self.help.setWordWrap(True)
        self.help.setVisible(bool(self.help.text()))
        self.control = control(field, self._take, devices)
        self.title.setBuddy(self.control.widget)
        self.reset = QToolButton()
        self.reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.reset.setToolTip(tr("Back to the default"))
        self.reset.setAccessibleName(tr("{title}: back to the default", title=tr_known(field.title)))
        set_icon(self.reset, "reset")
        policy = self.reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(policy)
        self.reset.clicked.connect(lambda: store.reset(field.name))
        self.show_value()

    def show_value(self) -> None:
        """Show what is chosen now."""
        self.control.show(getattr(self.store.current, self.field.name))
        self._offer_reset()

    def put(self, grid: QGridLayout, line: int) -> None:
        """Take a line of the page."""
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.title)
        words.addWidget(self.help)
        top = Qt.AlignmentFlag.AlignTop
        grid.addLayout(words, line, 0)
        grid.addWidget(self.control.widget, line, 1, top)
        grid.addWidget(self.reset, line, 2, top)

    def show_row(self, on: bool) -> None:
        """Let it be seen or not."""
        self.is_shown = on
        self.title.setVisible(on)
        self.help.setVisible(on and bool(self.help.text()))
        self.control.widget.setVisible(on)
        self._offer_reset()

    def answers(self, wanted: str) -> bool:
        """Whether it is what was searched."""
        choices = " ".join(map(tr_known, self.field.choices.values()))
        words = (tr_known(self.field.title), self.help.text(), tr_known(self.field.section), choices, self.field.title)
        return any(score(wanted, text) > 2 for text in words)

    def _offer_reset(self) -> None:
        changed = getattr(self.store.current, self.field.name) != self.field.default
        self.reset.setVisible(self.is_shown and changed)

    def _take(self, value: object) -> None:
        try:
            self.store.set(**{self.field.name: value})
        except ParameterError as problem:
            self.help.setText(str(problem))
            self.help.setVisible(True)
            set_property(self.help, kind="error")
            self.show_value()
        else:
            self.help.setText(_help(self.field))
            set_property(self.help, kind="readout")


class SettingsDialog(QDialog):
    """Sections on the left, their settings on the right. devices: names of sound outputs that can be chosen."""

    def __init__(self, store: SettingsStore, parent: QWidget | None = None, devices: Sequence[str] = ()) -> None:
        super().__init__(parent)
        self.store = store
        self.setWindowTitle(tr("Settings"))
        self.resize(760, 600)
        self.rows = [SettingRow(field, store, devices) for field in fields() if field.section]
        self.sections = list(dict.fromkeys(row.field.section for row in self.rows))
        self._heads: dict[str, QLabel] = {}
        self._build()
        self._disconnect = store.changed.connect(lambda old, new: self._follow())

    def search(self, wanted: str) -> None:
        """Show only what answers to `wanted`."""
        for row in self.rows:
            row.show_row(not wanted.strip() or row.answers(wanted))
        for section, head in self._heads.items():
            head.setVisible(any(row.is_shown for row in self.rows if row.field.section == section))
        found = any(row.is_shown for row in self.rows)
        self.nothing.setVisible(not found)

    def go_to(self, section: str) -> None:
        """Scroll to a section (its English title)."""
        self.field.clear()
        self.page.layout().activate()  # type: ignore[union-attr]
        self.area.verticalScrollBar().setValue(max(0, self._heads[section].y() - 8))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 -- Qt's name
        """Stop listening."""
        self._disconnect()
        super().closeEvent(event)

    def done(self, result: int) -> None:
        """Closed by a button or by Esc."""
        self._disconnect()
        super().done(result)

    def _follow(self) -> None:
        for row in self.rows:
            row.show_value()

    def _build(self) -> None:
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("Search"))
        self.field.setAccessibleName(tr("Search the settings"))
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self.search)
        self.list = QListWidget()
        self.list.ensurePolished()
        self.list.setAccessibleName(tr("Sections"))
        self.list.addItems([tr_known(section) for section in self.sections])
        self.list.setFixedWidth(160)
        self.list.setCurrentRow(0)
        self.list.currentRowChanged.connect(lambda row: self.go_to(self.sections[row]))
        everything = push(tr("Reset all"), self.store.reset)
        buttons = close_row(self, everything, role=QDialogButtonBox.ButtonRole.ResetRole)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addWidget(self.list)
        middle.addWidget(self._page(), 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(self.field)
        layout.addLayout(middle, 1)
        layout.addWidget(buttons)
        self.field.setFocus()

    def _page(self) -> QScrollArea:
        self.page = QWidget()
        grid = QGridLayout(self.page)
        grid.setContentsMargins(8, 0, 8, 16)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(12)
        grid.setColumnStretch(0, 1)
        line = 0
        for section in self.sections:
            head = QLabel(tr_known(section))
            set_property(head, kind="title")
            head.setContentsMargins(0, 16 if line else 0, 0, 0)
            self._heads[section] = head
            grid.addWidget(head, line, 0, 1, 3)
            line += 1
            for row in (row for row in self.rows if row.field.section == section):
                row.put(grid, line)
                line += 1
        self.nothing = QLabel(tr("No setting has these words."))
        set_property(self.nothing, kind="muted")
        self.nothing.hide()
        grid.addWidget(self.nothing, line, 0, 1, 3)
        grid.setRowStretch(line + 1, 1)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(self.page)
        return self.area


def _help(field: Field) -> str:
    """The help, and when it takes effect."""
    restart = tr("Takes effect after the next start.") if field.needs_restart else ""
    return " ".join(filter(None, (tr_known(field.help) if field.help else "", restart)))

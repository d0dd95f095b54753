"""Other keys for actions: search, press the new keys, see at once whom they belong to now, go back to the defaults."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from unbraid.app.actions.action_set import ActionSet
from unbraid.app.actions.keymap import PORTABLE, Keymap, shown
from unbraid.app.actions.search import score
from unbraid.app.dialogs.buttons import close_row, push
from unbraid.app.settings import SettingsStore
from unbraid.app.theme import font, set_property
from unbraid.app.theme.tokens import TEXT
from unbraid.app.translation import tr

_ID = Qt.ItemDataRole.UserRole


class ShortcutEditor(QDialog):
    """Changes hold at once and are kept in the settings."""

    def __init__(self, actions: ActionSet, store: SettingsStore | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.action_set = actions
        self.store = store
        self.setWindowTitle(tr("Keys"))
        self.resize(640, 600)
        self._build()
        self._fill()
        self._chosen()

    @property
    def chosen(self) -> str:
        """Id of the action that is edited; empty when none is."""
        item = self.tree.currentItem()
        return "" if item is None else str(item.data(0, _ID) or "")

    def choose(self, id: str) -> None:
        """Edit the keys of that action."""
        for item in self._items():
            if item.data(0, _ID) == id:
                self.tree.setCurrentItem(item)

    def pressed(self) -> str:
        """The keys in the capture field."""
        return self.capture.keySequence().toString(PORTABLE)

    def add(self) -> None:
        """Give the action the pressed keys, and take them from whoever has them."""
        if self.chosen and self.pressed():
            self._use(self.action_set.keymap.take(self.chosen, self.pressed()))
            self.capture.clear()

    def clear_keys(self) -> None:
        """Take all keys from the action."""
        if self.chosen:
            self._use(self.action_set.keymap.change(self.chosen, ()))

    def reset(self) -> None:
        """Give the action its default keys, taking them back from others."""
        if not self.chosen:
            return
        keymap = self.action_set.keymap.reset(self.chosen)
        for keys in keymap.keys(self.chosen):
            for other in keymap.users_of(keys, besides=self.chosen):
                keymap = keymap.change(other, [k for k in keymap.keys(other) if k != keys])
        self._use(keymap)

    def reset_all(self) -> None:
        """All keys as they were at first."""
        self._use(Keymap.of(self.action_set.table))

    def _build(self) -> None:
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("Search"))
        self.field.setAccessibleName(tr("Search for a command or a key"))
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._filter)
        self.tree = QTreeWidget()
        self.tree.ensurePolished()
        self.tree.setAccessibleName(tr("Commands and their keys"))
        self.tree.setHeaderLabels([tr("Command"), tr("Keys")])
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setStretchLastSection(False)
        self.tree.currentItemChanged.connect(lambda *_: self._chosen())
        self.name = QLabel()
        set_property(self.name, kind="title")
        self.capture = QKeySequenceEdit()
        self.capture.setAccessibleName(tr("Press the new keys"))
        self.capture.setClearButtonEnabled(True)
        self.capture.keySequenceChanged.connect(lambda *_: self._judge())
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.message.setMinimumHeight(34)
        self.message.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._add = push(tr("Add"), self.add)
        self._clear = push(tr("Remove keys"), self.clear_keys)
        self._reset = push(tr("Default"), self.reset)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.capture, 1)
        for button in (self._add, self._clear, self._reset):
            row.addWidget(button)
        reset = push(tr("Reset all"), self.reset_all)
        buttons = close_row(self, reset, role=QDialogButtonBox.ButtonRole.ResetRole)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        for part in (self.field, self.tree, self.name):
            layout.addWidget(part)
        layout.addLayout(row)
        layout.addWidget(self.message)
        layout.addWidget(buttons)

    def _items(self) -> list[QTreeWidgetItem]:
        items = (self.tree.topLevelItem(i) for i in range(self.tree.topLevelItemCount()))
        return [item for item in items if item is not None]

    def _fill(self) -> None:
        for row in self.action_set.table:
            if row.choices is None:
                item = QTreeWidgetItem(self.tree)
                item.setData(0, _ID, row.id)
        self._name_all()
        self.tree.setCurrentItem(self._items()[0])

    def _name_all(self) -> None:
        """Titles, keys, and what was changed in a heavier type."""
        for item in self._items():
            id = item.data(0, _ID)
            path = self.action_set.path(id)
            title = self.action_set.title(id).rstrip(" …")
            item.setText(0, f"{path} › {title}" if path else title)
            item.setText(1, ", ".join(self.action_set.keys(id)))
            changed = self.action_set.keymap.is_changed(id)
            item.setFont(1, font(TEXT, QFont.Weight.DemiBold if changed else QFont.Weight.Normal))
            item.setToolTip(1, tr("Changed; the default is {keys}", keys=self._default(id)) if changed else "")

    def _default(self, id: str) -> str:
        return ", ".join(map(shown, self.action_set.keymap.defaults[id])) or tr("none")

    def _filter(self, wanted: str) -> None:
        for item in self._items():
            item.setHidden(score(wanted, f"{item.text(0)} {item.text(1)}") == 0)
        current = self.tree.currentItem()
        if current is None or current.isHidden():
            seen = [item for item in self._items() if not item.isHidden()]
            if seen:
                self.tree.setCurrentItem(seen[0])
            else:
                self.tree.clearSelection()

    def _chosen(self) -> None:
        self.capture.clear()
        item = self.tree.currentItem()
        self.name.setText("" if item is None else self.action_set.title(self.chosen).rstrip(" …"))
        self._judge()

    def _judge(self) -> None:
        """Say what the pressed keys would mean."""
        keys, keymap = self.pressed(), self.action_set.keymap
        others = keymap.users_of(keys, besides=self.chosen) if keys else ()
        names = ", ".join(tr("“{name}”", name=self.action_set.title(id).rstrip(" …")) for id in others)
        if not keys:
            text = tr("Click into the field and press the new keys.")
        elif others:
            text = tr("{keys} belongs to {names}. Adding it takes it away there.", keys=shown(keys), names=names)
        elif keys in keymap.keys(self.chosen):
            text = tr("{keys} does this already.", keys=shown(keys))
        else:
            text = tr("{keys} is free.", keys=shown(keys))
        self.message.setText(text)
        set_property(self.message, kind="warning" if others else "muted")
        self._add.setEnabled(bool(self.chosen and keys) and keys not in keymap.keys(self.chosen))
        self._clear.setEnabled(bool(self.chosen and keymap.keys(self.chosen)))
        self._reset.setEnabled(bool(self.chosen and keymap.is_changed(self.chosen)))

    def _use(self, keymap: Keymap) -> None:
        self.action_set.set_keymap(keymap)
        if self.store is not None:
            self.store.set(keys=keymap.changes)
        self._name_all()
        self._judge()

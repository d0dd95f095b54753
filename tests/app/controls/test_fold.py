"""What unfolds says so, and a column is as wide as what it holds."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QVBoxLayout, QWidget

from unbraid.app.controls.column import Column
from unbraid.app.controls.fold import Fold
from unbraid.app.controls.tile import Tile


def test_a_fold_is_pressed_and_told(qtbot) -> None:
    fold = Fold("More")
    qtbot.addWidget(fold)
    fold.show()
    heard: list[bool] = []
    fold.toggled.connect(heard.append)
    QTest.mouseClick(fold, Qt.MouseButton.LeftButton)
    fold.setChecked(False)
    assert heard == [True, False] and fold.text() == "More"
    assert fold.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_a_column_is_never_narrower_than_its_content(qtbot) -> None:
    inside = QWidget()
    layout = QVBoxLayout(inside)
    layout.addWidget(QLabel("short"))
    column = Column()
    qtbot.addWidget(column)
    column.setWidget(inside)
    column.show()
    before = column.minimumSizeHint().width()
    layout.addWidget(QCheckBox("a text that needs much more room than what was there before it came"))
    qtbot.waitUntil(lambda: column.minimumSizeHint().width() > before + 200)
    assert column.minimumSizeHint().width() >= inside.minimumSizeHint().width()
    assert column.focusPolicy() == Qt.FocusPolicy.NoFocus


def test_a_tile_never_becomes_the_button_that_return_presses(qtbot) -> None:
    tile = Tile("Karaoke", "The song without its voice")
    qtbot.addWidget(tile)
    assert not tile.autoDefault() and tile.accessibleDescription() == "The song without its voice"
    tile.tell("")
    assert tile.about.isHidden()

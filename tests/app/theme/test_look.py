from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QFont, QFontInfo, QFontMetrics, QIcon, QPixmap
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from unbraid.app import theme
from unbraid.app.theme import icons, look, motion, tokens

pytestmark = pytest.mark.gui


@pytest.fixture(autouse=True)
def plain(qapp: QApplication) -> Iterator[None]:
    yield
    theme.apply(qapp, "dark")


def test_the_shipped_font_is_the_one_in_use(qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    assert theme.load_fonts() == tokens.FAMILY == qapp.font().family()
    assert QFontInfo(theme.font()).family() == tokens.FAMILY
    assert qapp.font().pixelSize() == tokens.TEXT


def test_figures_are_of_equal_width(qapp: QApplication) -> None:
    metrics = QFontMetrics(theme.font(tokens.DISPLAY))
    assert len({metrics.horizontalAdvance(figure * 10) for figure in "0123456789"}) == 1


@pytest.mark.parametrize("signs", ["äöüßéèçœÀ", "−∞≥…·›“”„«»", "αμΩΔ", "→↑⇧⌘"])
def test_the_font_has_the_signs_of_our_languages(qapp: QApplication, signs: str) -> None:
    metrics = QFontMetrics(theme.font())
    assert all(metrics.inFontUcs4(ord(sign)) for sign in signs)


def test_weights_are_told_apart(qapp: QApplication) -> None:
    widths = [
        QFontMetrics(theme.font(40, weight)).horizontalAdvance("Spectrogram")
        for weight in (QFont.Weight.Normal, QFont.Weight.Medium, QFont.Weight.DemiBold)
    ]
    assert widths == sorted(set(widths))


def test_dark_and_light(qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, "dark")
    with qtbot.waitSignal(theme.changed) as seen:
        assert theme.apply(qapp, "light") is tokens.LIGHT
    assert seen.args == [tokens.LIGHT]
    assert theme.theme() is tokens.LIGHT
    assert qapp.palette().window().color().name() == tokens.LIGHT.window


def test_the_desktop_decides(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    scheme = [Qt.ColorScheme.Light]
    monkeypatch.setattr(type(qapp.styleHints()), "colorScheme", lambda self: scheme[0])
    assert theme.apply(qapp, "system") is tokens.LIGHT
    scheme[0] = Qt.ColorScheme.Dark
    look._follow()
    assert theme.theme() is tokens.DARK
    assert theme.apply(qapp, "nonsense") is tokens.DARK


def test_controls_are_28_high(qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, "dark")
    box = QWidget()
    qtbot.addWidget(box)
    layout = QVBoxLayout(box)
    controls = [kind() for kind in (QPushButton, QLineEdit, QComboBox, QSpinBox, QToolButton)]
    theme.set_icon(controls[-1], "play")
    for control in controls:
        layout.addWidget(control)
    box.show()
    for control in controls:
        control.setFocus()
        assert control.height() == tokens.CONTROL, control


def test_a_property_changes_the_look(qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, "dark")
    label = QLabel("x")
    qtbot.addWidget(label)
    theme.set_property(label, kind="time")
    assert label.fontInfo().pixelSize() == tokens.DISPLAY


def test_icons_follow_the_theme(qapp: QApplication, qtbot: QtBot) -> None:
    action, button = QAction(), QPushButton()
    qtbot.addWidget(button)
    theme.apply(qapp, "light")
    theme.set_icon(action, "play")
    theme.set_icon(button, "stop", "error")
    assert button.iconSize() == icons.SIZE
    assert _inks(action.icon().pixmap(icons.SIZE)) == {tokens.LIGHT.text}
    assert _inks(action.icon().pixmap(icons.SIZE, QIcon.Mode.Disabled)) == {tokens.LIGHT.disabled}
    theme.apply(qapp, "dark")
    assert _inks(action.icon().pixmap(icons.SIZE)) == {tokens.DARK.text}
    assert _inks(button.icon().pixmap(icons.SIZE)) == {tokens.DARK.error}


def _inks(pixmap: QPixmap) -> set[str]:
    """Colours of the pixels that are covered wholly."""
    image = pixmap.toImage()
    colours = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return {colour.name() for colour in colours if colour.alpha() == 255}


def _alphas(pixmap: QPixmap) -> int:
    """Pixels that are not empty."""
    image = pixmap.toImage()
    return sum(image.pixelColor(x, y).alpha() > 0 for x in range(image.width()) for y in range(image.height()))


def test_icons_are_drawn_at_any_size_and_in_the_middle(qapp: QApplication) -> None:
    for side in (16, 18, 37, 64):
        image = theme.icon("add").pixmap(side, side).toImage()
        inked = [(x, y) for x in range(side) for y in range(side) if image.pixelColor(x, y).alpha() > 100]
        for axis in zip(*inked, strict=True):
            assert abs(min(axis) - (side - 1 - max(axis))) <= 1
            assert max(axis) - min(axis) > side / 2


def test_every_icon_is_in_the_font(qapp: QApplication) -> None:
    for name in icons.ICONS:
        assert _alphas(theme.icon(name).pixmap(icons.SIZE)) > 5, f"{name}: run resources/icons/make_icons.py again"
    with pytest.raises(KeyError, match="no icon"):
        theme.set_icon(QAction(), "nonsense")


def test_motion(monkeypatch: pytest.MonkeyPatch) -> None:
    theme.set_motion("full")
    assert theme.motion_ms() == 120
    theme.set_motion("reduced")
    assert theme.motion_ms() == 0
    monkeypatch.setattr(motion._Motion, "system", True)
    theme.set_motion("system")
    assert theme.motion_ms() == 0
    theme.set_motion("full")


def test_what_the_desktop_says_about_motion(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    from PySide6.QtCore import QStandardPaths

    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda place: str(tmp_path))
    monkeypatch.setattr(motion.sys, "platform", "linux")
    assert not motion.system_reduces_motion()
    (tmp_path / "gtk-3.0").mkdir()
    (tmp_path / "gtk-3.0" / "settings.ini").write_text("[Settings]\ngtk-enable-animations=false\n")
    assert motion.system_reduces_motion()
    (tmp_path / "gtk-3.0" / "settings.ini").write_bytes(b"\xff nonsense")
    assert not motion.system_reduces_motion()

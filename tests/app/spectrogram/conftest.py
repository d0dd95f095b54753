"""A view of a small song, and real events for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets")

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from unbraid.app.spectrogram.display import DisplayOptions, Layer
from unbraid.app.spectrogram.view import SpectrogramView
from unbraid.core.audio import Audio

RATE = 8000
NONE = Qt.KeyboardModifier.NoModifier


def layer(name: str, samples: np.ndarray, colour: str = "#56B4E9") -> Layer:
    return Layer(name, name.capitalize(), colour, name[0].upper(), Audio.of(samples.astype(np.float32), RATE))


def song(seconds: float = 4.0) -> list[Layer]:
    """A mix of a tone of 1 kHz and one of 250 Hz, and both as stems."""
    time = np.arange(int(seconds * RATE)) / RATE
    high, low = 0.5 * np.sin(2 * np.pi * 1000 * time), 0.25 * np.sin(2 * np.pi * 250 * time)
    return [layer("mix", high + low), layer("high", high), layer("low", low, "#D55E00")]


class Hands:
    """What a user does, as the events that the window system sends."""

    def __init__(self, widget: QWidget):
        self.widget = widget

    def _mouse(self, kind: QEvent.Type, x: float, y: float, button, buttons, modifiers) -> None:
        at = QPointF(x, y)
        place = QPointF(self.widget.mapToGlobal(QPoint(round(x), round(y))))
        QApplication.sendEvent(self.widget, QMouseEvent(kind, at, place, button, buttons, modifiers))

    def press(self, x, y, *, button=Qt.MouseButton.LeftButton, modifiers=NONE) -> None:
        self._mouse(QEvent.Type.MouseButtonPress, x, y, button, button, modifiers)

    def move(self, x, y, *, button=Qt.MouseButton.NoButton, modifiers=NONE) -> None:
        self._mouse(QEvent.Type.MouseMove, x, y, Qt.MouseButton.NoButton, button, modifiers)

    def release(self, x, y, *, button=Qt.MouseButton.LeftButton, modifiers=NONE) -> None:
        self._mouse(QEvent.Type.MouseButtonRelease, x, y, button, Qt.MouseButton.NoButton, modifiers)

    def click(self, x, y, *, modifiers=NONE) -> None:
        self.press(x, y, modifiers=modifiers)
        self.release(x, y, modifiers=modifiers)

    def double_click(self, x, y) -> None:
        left = Qt.MouseButton.LeftButton
        self._mouse(QEvent.Type.MouseButtonDblClick, x, y, left, left, NONE)

    def drag(self, begin, end, *, button=Qt.MouseButton.LeftButton, modifiers=NONE, release=True) -> None:
        self.press(*begin, button=button, modifiers=modifiers)
        for part in np.linspace(0, 1, 8)[1:]:
            x, y = (a + (b - a) * part for a, b in zip(begin, end, strict=True))
            self.move(x, y, button=button, modifiers=modifiers)
        if release:
            self.release(*end, button=button, modifiers=modifiers)

    def wheel(self, x, y, notches=(0, 1), *, pixels=(0, 0), modifiers=NONE) -> None:
        at, place = QPointF(x, y), QPointF(self.widget.mapToGlobal(QPoint(round(x), round(y))))
        angle = QPoint(*(120 * n for n in notches))
        event = QWheelEvent(
            at, place, QPoint(*pixels), angle, Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False
        )
        QApplication.sendEvent(self.widget, event)


@pytest.fixture
def make_view(qtbot) -> Iterator[Callable[..., SpectrogramView]]:
    """Makes a view of sounds that are analysed."""
    made: list[SpectrogramView] = []

    def make(layers: list[Layer], size=(600, 300), **options) -> SpectrogramView:
        view = SpectrogramView()
        qtbot.addWidget(view)
        made.append(view)
        view.resize(*size)
        view.set_display(DisplayOptions(**{"window": 512, "scale": "linear", "grid": False, **options}))
        view.set_sources(layers)
        view.show()
        timers = view.canvas._timer, view.overview._timer
        qtbot.waitUntil(lambda: not any(timer.isActive() for timer in timers), timeout=30000)
        QApplication.processEvents()
        return view

    yield make
    for view in made:
        view.close_analysis()


@pytest.fixture
def view(make_view) -> SpectrogramView:
    return make_view(song())


@pytest.fixture
def hands() -> type[Hands]:
    return Hands


@pytest.fixture
def a_song() -> Callable[..., list[Layer]]:
    return song


@pytest.fixture
def a_layer() -> Callable[..., Layer]:
    return layer

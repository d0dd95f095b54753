"""Beside the overview: which letter stands for which colour, for eyes that do not tell all colours apart."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from unbraid.app.spectrogram.display import Layer
from unbraid.app.spectrogram.scene import Scene
from unbraid.app.translation import tr

BADGE = 14
GAP = 2
INK = "#101113"
"""Of letters on the colours of stems, which are light in every theme."""


class Legend(QWidget):
    """A badge for each stem, as many as have room; the tooltip names them all."""

    def __init__(self, scene: Scene, parent: QWidget | None = None):
        super().__init__(parent)
        self.scene = scene
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(tr("Colours of the stems"))
        scene.sources_changed.connect(self._follow)
        scene.colours_changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As large as its corner."""
        return QSize(0, 0)

    def _follow(self) -> None:
        names = [f"{layer.letter}  {layer.title}" for layer in self.scene.layers[1:]]
        self.setToolTip("\n".join(names))
        self.setAccessibleDescription(", ".join(names))
        self.update()

    def places(self) -> list[tuple[Layer, QRectF]]:
        """The stems that have room and where, line by line; nothing where one stands alone."""
        stems = self.scene.layers[1:]
        step = BADGE + GAP
        across, down = max(1, (self.width() - GAP) // step), max(1, (self.height() - GAP) // step)
        lines = -(-min(len(stems), across * down) // across)
        top = (self.height() - lines * step + GAP) / 2
        return [
            (layer, QRectF(GAP + k % across * step, round(top) + k // across * step, BADGE, BADGE))
            for k, layer in enumerate(stems[: across * down])
        ]

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Letters on their colours."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self.scene.colours.panel))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        face = QFont(self.font())
        face.setPixelSize(10)
        face.setWeight(QFont.Weight.DemiBold)
        painter.setFont(face)
        for layer, place in self.places():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(layer.colour))
            painter.drawRoundedRect(place, 3, 3)
            painter.setPen(QColor(INK))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, layer.letter)
        painter.end()

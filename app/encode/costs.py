"""What each stem costs at the dial, and what it gets for that."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QSizePolicy, QTableWidget, QTableWidgetItem, QWidget

from unbraid.app import theme
from unbraid.app.encode.dial_box import db_text
from unbraid.app.export.stem_choice import swatch
from unbraid.app.session.encoding import Encoding
from unbraid.app.session.encoding_streams import rate_text
from unbraid.app.translation import mark, number, tr, tr_known

HEADS = (mark("Stem"), mark("kbit/s"), mark("Share"), mark("SDR in dB"))


class CostsTable(QTableWidget):
    """A row for each stem, and one for what all share; as high as its rows."""

    def __init__(self, encoding: Encoding, parent: QWidget | None = None) -> None:
        super().__init__(0, len(HEADS), parent)
        self._encoding = encoding
        self.setAccessibleName(tr("What each stem costs"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(26)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        for column, head in enumerate(HEADS):
            self.setHorizontalHeaderItem(column, _item(tr_known(head), column))
        encoding.dial.changed.connect(self._show)
        self._show()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Room for all rows."""
        height = self.horizontalHeader().sizeHint().height() + sum(map(self.rowHeight, range(self.rowCount())))
        return QSize(super().sizeHint().width(), height + 6)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Never lower than that."""
        return QSize(0, self.sizeHint().height())

    def _show(self) -> None:
        point, encoding = self._encoding.dial.expected(), self._encoding
        if point is None:
            self.setRowCount(0)
            return
        rows = self.rowCount()
        self.setRowCount(len(encoding.names) + 1)
        total = max(point.rate_kbps, 1e-9)
        costs = zip(encoding.names, encoding.colours, point.kbps, point.sdr_db, strict=True)
        for row, (name, colour, kbps, db) in enumerate(costs):
            share = tr("{share} %", share=number(100 * kbps / total, 0))
            self._put(row, (theme.stem_title(name), rate_text(kbps), share, db_text(db)), swatch(colour))
        rest = max(0.0, point.rate_kbps - sum(point.kbps))
        share = tr("{share} %", share=number(100 * rest / total, 0))
        self._put(len(encoding.names), (tr("shared"), rate_text(rest), share, ""))
        if self.rowCount() != rows:
            self.updateGeometry()

    def _put(self, row: int, texts: tuple[str, ...], sign: QIcon | None = None) -> None:
        for column, text in enumerate(texts):
            item = self.item(row, column)
            if item is None:
                item = _item(text, column)
                self.setItem(row, column, item)
            if item.text() != text:
                item.setText(text)
            if not column:
                item.setIcon(sign or QIcon())


def _item(text: str, column: int) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    return item

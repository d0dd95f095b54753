"""The audition: choose methods, hear ten seconds of each side by side, also blind, then take one for the song."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from unbraid.app import theme
from unbraid.app.controls.fold import Fold
from unbraid.app.session.auditioning import Auditioning, Candidate
from unbraid.app.session.session import Session
from unbraid.app.translation import number, tr, tr_known
from unbraid.core.separation.goals import GOALS, Way
from unbraid.core.separation.registry import Card

FIRST = ("voice", "repet_sim", "hpss_voice")
"""What is ticked at first: a goal or methods."""


class AuditionBox(QWidget):
    """Observes the audition of a session."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._ticks: dict[QCheckBox, Candidate] = {}
        self._audition: Auditioning = session.auditioning
        self.open = Fold(tr("Compare methods by ear"))
        self.open.setToolTip(tr("Ten seconds by several methods, side by side"))
        self._inside = QWidget()
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        words = QLabel(tr("Ten seconds from the selection, or from where you are, by each method you tick."))
        words.setWordWrap(True)
        words.setProperty("kind", "muted")
        column.addWidget(words)
        self._choices = QVBoxLayout()
        self._choices.setSpacing(0)
        column.addLayout(self._choices)
        buttons = QHBoxLayout()
        self.begin = QPushButton(tr("Make them"))
        self.begin.clicked.connect(self._begin)
        self.blind = QCheckBox(tr("Blind"))
        self.blind.setToolTip(tr("Shuffle and hide the names; untick to see which was which"))
        self.blind.toggled.connect(self._audition.set_blind)
        self.target = QComboBox()
        self.target.setAccessibleName(tr("Stem to compare"))
        self.target.activated.connect(lambda _: self._audition.choose_target(self.target.currentData()))
        for widget in (self.begin, self.blind, self.target):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        column.addLayout(buttons)
        self._grid = QGridLayout()
        column.addLayout(self._grid)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.open)
        outer.addWidget(self._inside)
        self._inside.hide()
        self.open.toggled.connect(self._unfold)
        self._audition.changed.connect(self._show)
        session.changed.connect(lambda *_: self.begin.setEnabled(session.has_song))
        self._show()

    def _unfold(self, on: bool) -> None:
        self._inside.setVisible(on)
        if on and not self._ticks:
            page = self.parent()
            while page is not None and not hasattr(page, "cards_wanted"):
                page = page.parent()
            if page is not None:
                page.cards_wanted.emit()

    def show_cards(self, cards: list[Card]) -> None:
        """What can be ticked: the goals' ways first, then every method that needs no more than a song."""
        while (item := self._choices.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._ticks = {}
        ways = [(goal.id, Candidate(tr_known(goal.title), Way(goal.way.method, goal.way.values))) for goal in GOALS[:2]]
        taken = {"kam"}
        for card in cards:
            if (
                card.info is not None
                and card.targets
                and card.name not in taken
                and "references" not in card.info.guide
            ):
                ways.append((card.name, Candidate(tr_known(card.info.title), Way(card.name))))
        for id, candidate in ways:
            tick = QCheckBox(candidate.title)
            tick.setChecked(id in FIRST)
            self._ticks[tick] = candidate
            self._choices.addWidget(tick)

    def _begin(self) -> None:
        self._audition.begin([candidate for tick, candidate in self._ticks.items() if tick.isChecked()])

    def _show(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        audition = self._audition
        self.begin.setEnabled(self._session.has_song)
        self.blind.blockSignals(True)
        self.blind.setChecked(audition.is_blind)
        self.blind.blockSignals(False)
        self.blind.setEnabled(audition.is_complete and len(audition.results) > 1)
        self.target.clear()
        for name in audition.targets():
            self.target.addItem(theme.stem_title(name), name)
        self.target.setCurrentIndex(max(0, self.target.findData(audition.target)))
        self.target.setVisible(bool(audition.results))
        for place in range(len(audition.results)):
            self._row(place)

    def _row(self, place: int) -> None:
        audition = self._audition
        heard = audition.results[audition.order[place]]
        title = audition.title(place)
        play = QPushButton(title)
        play.setCheckable(True)
        play.setChecked(audition.playing == place)
        play.setToolTip(tr("Hear it, from the moment the last one had reached; press again to stop"))
        play.setEnabled(audition.target in heard.stems)
        play.clicked.connect(lambda on: audition.listen(place) if on else audition.stop())
        words = heard.error or ("" if audition.is_blind else tr("{time} s", time=number(heard.seconds)))
        note = QLabel(words)
        note.setProperty("kind", "readout")
        note.setWordWrap(bool(heard.error))
        use = QPushButton(tr("Use"))
        use.setProperty("role", "flat")
        use.setToolTip(tr("Separate the whole song this way"))
        use.setAccessibleName(tr("Use {name} for the whole song", name=title))
        use.setEnabled(not heard.error)
        use.clicked.connect(lambda: audition.use(place))
        for column, widget in enumerate((play, note, use)):
            self._grid.addWidget(widget, place, column)
        self._grid.setColumnStretch(0, 1)

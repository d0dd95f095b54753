"""What to get from the song: tasks first, then methods with their forms, on the song, a stem or the selection."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from unbraid.app import theme
from unbraid.app.controls.column import Column
from unbraid.app.controls.fold import Fold
from unbraid.app.controls.tile import Tile
from unbraid.app.selection import Selection
from unbraid.app.separate.audition import AuditionBox
from unbraid.app.separate.card import card_words
from unbraid.app.separate.form import ParameterForm
from unbraid.app.separate.jobs_list import JobsList
from unbraid.app.session.separating import Scope, seconds_for
from unbraid.app.session.session import Session
from unbraid.app.times import clock
from unbraid.app.translation import tr, tr_known
from unbraid.core import speeds
from unbraid.core.document.state import Project
from unbraid.core.separation.goals import GOALS, Goal, goal
from unbraid.core.separation.registry import Card


class SeparatePage(QWidget):
    """Tasks, methods, audition and the queue, one under the other."""

    cards_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._cards: dict[str, Card] = {}
        self._form: ParameterForm | None = None
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(8, 8, 8, 8)
        self._column.setSpacing(8)
        area = Column(self)
        area.setWidget(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        self._add_scope()
        self._add_goals()
        self._add_methods()
        self.audition = AuditionBox(session, self)
        self._column.addWidget(self.audition)
        self._heading(tr("Work"))
        self.jobs = JobsList(session, self)
        self._column.addWidget(self.jobs)
        self._column.addStretch(1)
        session.changed.connect(self._follow)
        session.selection_changed.connect(self._show_selection)
        session.finished.connect(lambda _: self._tell_times())
        self._follow(session.state, session.state)

    # -- building ----------------------------------------------------------------------------------------------------

    def _heading(self, text: str) -> None:
        label = QLabel(text)
        label.setProperty("kind", "heading")
        self._column.addWidget(label)

    def _add_scope(self) -> None:
        row = QHBoxLayout()
        label = QLabel(tr("Take apart"))
        self.source = QComboBox()
        self.source.setAccessibleName(tr("What to take apart"))
        self.source.setToolTip(tr("The whole mix, or one of its stems once more"))
        label.setBuddy(self.source)
        row.addWidget(label)
        row.addWidget(self.source, 1)
        self._column.addLayout(row)
        self.within = QLabel("")
        self.within.setWordWrap(True)
        self.within.setProperty("kind", "muted")
        self._column.addWidget(self.within)

    def _add_goals(self) -> None:
        self.goal_buttons: dict[str, Tile] = {}
        grid = QGridLayout()
        grid.setSpacing(8)
        for number, wish in enumerate(GOALS):
            button = Tile(tr_known(wish.title))
            button.setToolTip(tr_known(wish.summary))
            button.setAccessibleDescription(tr_known(wish.summary))
            button.clicked.connect(lambda _=False, wish=wish: self.reach(wish))
            self.goal_buttons[wish.id] = button
            grid.addWidget(button, number // 2, number % 2)
        self._column.addLayout(grid)

    def _add_methods(self) -> None:
        self.more = Fold(tr("Choose a method yourself"))
        self._column.addWidget(self.more)
        self._methods = QWidget()
        column = QVBoxLayout(self._methods)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.method = QComboBox()
        self.method.setAccessibleName(tr("Method"))
        self.card = QLabel("")
        self.card.setWordWrap(True)
        self.card.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.card.setProperty("kind", "readout")
        self._form_place = QVBoxLayout()
        buttons = QHBoxLayout()
        self.run = QPushButton(tr("Separate"))
        self.run.setProperty("role", "primary")
        self.reset = QPushButton(tr("Defaults"))
        self.reset.setProperty("role", "flat")
        buttons.addWidget(self.run)
        buttons.addWidget(self.reset)
        buttons.addStretch(1)
        column.addWidget(self.method)
        column.addWidget(self.card)
        column.addLayout(self._form_place)
        column.addLayout(buttons)
        self._column.addWidget(self._methods)
        self._methods.hide()
        self.more.toggled.connect(self._methods.setVisible)
        self.more.toggled.connect(self._want_cards)
        self.method.currentIndexChanged.connect(self._show_method)
        self.run.clicked.connect(self.use_method)
        self.reset.clicked.connect(self._to_defaults)

    def _want_cards(self, on: bool) -> None:
        if on and not self._cards:
            self.cards_wanted.emit()

    def _to_defaults(self) -> None:
        if self._form is not None:
            self._form.set_values({})

    # -- what it shows -----------------------------------------------------------------------------------------------

    def show_cards(self, cards: list[Card]) -> None:
        """The methods there are; oracles are left out, as they need the true stems."""
        self._cards = {card.name: card for card in cards if card.info is None or not card.info.is_oracle}
        self.method.blockSignals(True)
        self.method.clear()
        for card in self._cards.values():
            title = tr_known(card.info.title) if card.info else tr("{name} (cannot be loaded)", name=card.name)
            self.method.addItem(title, card.name)
        self.method.blockSignals(False)
        self._show_method()
        self.audition.show_cards(list(self._cards.values()))

    def _show_method(self) -> None:
        card = self._cards.get(self.method.currentData())
        if self._form is not None:
            self._form_place.removeWidget(self._form)
            self._form.hide()
            self._form.deleteLater()
            self._form = None
        self.run.setEnabled(card is not None and card.info is not None and self._session.has_song)
        self.card.setText("" if card is None else card_words(card, speeds.known()))
        if card is not None and card.info is not None:
            self._form = ParameterForm(card.parameters, self)
            self._form_place.addWidget(self._form)

    def _follow(self, old: Project, new: Project) -> None:
        stems = [(stem.id, stem.name) for stem in new.stems]
        if stems != [(stem.id, stem.name) for stem in old.stems] or self.source.count() == 0:
            chosen = self.source.currentData()
            self.source.clear()
            self.source.addItem(tr("the whole mix"), "")
            for stem in new.stems:
                self.source.addItem(theme.stem_title(stem.name), stem.id)
            self.source.setCurrentIndex(max(0, self.source.findData(chosen)))
        if old.song != new.song or old is new:
            self._tell_times()
        self.run.setEnabled(self._form is not None and new.song is not None)
        self._show_selection(self._session.selection)

    def _tell_times(self) -> None:
        """What tasks there are for the song, and how long each takes on this machine, known anew after each run."""
        project = self._session.state
        for wish in GOALS:
            self.goal_buttons[wish.id].setEnabled(project.song is not None)
            self.goal_buttons[wish.id].tell(_time_words(wish, project))

    def _show_selection(self, selection: Selection | None) -> None:
        self.within.setText(selection_words(selection, self._session.state))

    # -- what is done ------------------------------------------------------------------------------------------------

    def scope(self) -> Scope:
        """What a method would run on now."""
        return Scope(str(self.source.currentData() or ""), self._session.selection)

    def reach(self, goal: Goal) -> None:
        """Do a task."""
        self._session.separating.reach(goal, self.scope())

    def reach_by_id(self, id: str) -> None:
        """Do the task of that name."""
        self.reach(goal(id))

    def use_method(self) -> None:
        """Run the method that is shown with the values of its form."""
        card = self._cards.get(self.method.currentData())
        if card is None or card.info is None or self._form is None:
            return
        self._session.separating.use(card.name, tr_known(card.info.title), self._form.changes(), self.scope())

    def split(self, stem: str) -> None:
        """Choose a stem to be taken apart."""
        self.source.setCurrentIndex(max(0, self.source.findData(stem)))


def _time_words(wish: Goal, project: Project) -> str:
    """How long a task will take here, when it was done here before."""
    seconds = None if project.song is None else seconds_for(wish.way, project.song.duration_s)
    return "" if seconds is None else tr("about {time}", time=clock(max(1.0, seconds), 0))


def selection_words(selection: Selection | None, project: Project) -> str:
    """What a method will run on, in words."""
    if project.song is None:
        return ""
    if selection is None:
        return tr("From beginning to end. Select a passage to work on that alone.")
    start_s, end_s = selection.times(project.song.duration_s)
    words = tr("Only from {start} to {end}", start=clock(start_s, 1), end=clock(end_s, 1))
    if selection.is_band:
        low, high = selection.band(project.song.rate / 2)
        words += tr(", {low} to {high} Hz", low=round(low), high=round(high))
    return words + tr("; the rest stays as it is (Esc clears the selection).")

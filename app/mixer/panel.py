"""The mixer: a strip for each stem, one for what they leave, one for what comes out."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from unbraid.app import theme
from unbraid.app.controls.column import Column
from unbraid.app.controls.taper import Fader
from unbraid.app.controls.tile import Tile
from unbraid.app.controls.value_slider import ValueSlider
from unbraid.app.mixer.levels import LevelRow
from unbraid.app.mixer.strip import StripView
from unbraid.app.session.session import Session
from unbraid.app.translation import number, tr, tr_known
from unbraid.core.document import edits
from unbraid.core.document.state import RESIDUAL, Project, Stem, Strip
from unbraid.core.mixing.part import MASTER, is_heard
from unbraid.core.separation.goals import GOALS

METER_MS = 40
NOTHING: tuple[tuple[float, ...], float, None] = ((), float("-inf"), None)
"""The levels of what is not heard."""

_TITLES = {
    "gain_db": lambda name: tr("Level of {name}", name=name),
    "pan": lambda name: tr("Pan of {name}", name=name),
    "mute": lambda name: tr("Mute {name}", name=name),
    "solo": lambda name: tr("Solo {name}", name=name),
    "invert": lambda name: tr("Polarity of {name}", name=name),
}


class MixerPanel(QWidget):
    """Observes the document and the player; every movement of a hand is an edit."""

    stem_chosen = Signal(str)
    menu_wanted = Signal(str, QPoint)
    goal_wanted = Signal(str)
    """A task, when there are no stems yet."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._strips: dict[str, StripView] = {}
        self._open: set[str] = set()
        self.chosen = ""
        self.setMinimumWidth(248)
        self.solo_lamp = QPushButton(tr("solo active"), self)
        self.solo_lamp.setProperty("role", "primary")
        self.solo_lamp.setToolTip(tr("Some stems are soloed: click to clear all solos"))
        self.solo_lamp.clicked.connect(lambda: session.edit(tr("Clear solo"), edits.clear_solo))
        self.solo_lamp.hide()
        self.empty = _Empty(self)
        self.empty.hide()
        self.empty.goal_wanted.connect(self.goal_wanted.emit)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 4, 0)
        self._list.setSpacing(4)
        inside = QWidget()
        outer = QVBoxLayout(inside)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addLayout(self._list)
        outer.addStretch(1)
        self._area = Column(self)
        self._area.setWidget(inside)
        self.master = MasterView(session, self)
        self.master.meter.cleared.connect(self._clear_clips)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.solo_lamp)
        column.addWidget(self.empty)
        column.addWidget(self._area, 1)
        column.addWidget(self.master)
        self._meters = QTimer(self, interval=METER_MS)
        self._meters.timeout.connect(self._show_levels)
        session.changed.connect(self._follow)
        session.playing.state_changed.connect(self._wake)
        theme.changed.connect(self._relook)

    def strip(self, id: str) -> StripView:
        """The strip of a stem, or of the residual."""
        return self._strips[id]

    def strips(self) -> tuple[StripView, ...]:
        """All strips, from top to bottom."""
        return tuple(self._strips.values())

    def choose(self, id: str) -> None:
        """Make a stem the one that keys and views are about."""
        if id != self.chosen:
            self.chosen = id
            for other, strip in self._strips.items():
                strip.set_chosen(other == id)
            self.stem_chosen.emit(id)

    # -- following the document --------------------------------------------------------------------------------------

    def _follow(self, old: Project, new: Project) -> None:
        channels = 0 if new.song is None else new.song.channels
        shape = [(stem.id, stem.name, stem.colour) for stem in new.stems]
        if old.song != new.song or shape != [(stem.id, stem.name, stem.colour) for stem in old.stems]:
            self._rebuild(new, channels)
        soloed = new.has_solo
        for stem in new.stems:
            self._strips[stem.id].show_strip(stem.strip, heard=is_heard(stem.strip, soloed=soloed))
        if RESIDUAL in self._strips:
            self._strips[RESIDUAL].show_strip(new.residual, heard=is_heard(new.residual, soloed=soloed))
        self.solo_lamp.setVisible(soloed)
        self.master.show_gain(new.master_db)

    def _rebuild(self, project: Project, channels: int) -> None:
        for strip in self._strips.values():
            self._list.removeWidget(strip)
            strip.deleteLater()
        self._strips = {}
        for stem in project.stems:
            colour = stem.colour or theme.stem_colour(stem.name)
            self._add(StripView(stem.id, _title(stem), colour, theme.stem_letter(stem.name), channels=channels))
        if project.stems:
            look = theme.stem_colour(RESIDUAL), theme.stem_letter(RESIDUAL)
            self._add(StripView(RESIDUAL, theme.stem_title(RESIDUAL), *look, channels=channels))
            self._strips[RESIDUAL].setToolTip(tr("What the stems leave of the song: with it they add up to it exactly"))
        self.empty.setVisible(not project.stems and project.song is not None)
        self.choose(self.chosen if self.chosen in self._strips else "")

    def _add(self, strip: StripView) -> None:
        self._strips[strip.id] = strip
        self._list.addWidget(strip)
        strip.show()
        strip.unfold(strip.id in self._open)
        strip.set_chosen(strip.id == self.chosen)
        strip.strip_changed.connect(self._changed)
        strip.solo_only.connect(self._solo_only)
        strip.released.connect(self._session.end_merge)
        strip.chosen.connect(self.choose)
        strip.menu_wanted.connect(self.menu_wanted.emit)
        strip.clips_cleared.connect(self._clear_clips)
        strip.unfolded.connect(self._unfolded)

    def _relook(self) -> None:
        for strip in self._strips.values():
            strip.update()

    # -- what hands do -----------------------------------------------------------------------------------------------

    def _changed(self, id: str, strip: Strip, field: str) -> None:
        if id not in self._strips:  # its box loses the focus while it goes away
            return
        name = self._name(id)
        title = _TITLES.get(field, lambda name: tr("Equaliser of {name}", name=name))(name)
        merge = "" if field in ("mute", "solo", "invert") else f"{field}:{id}"
        self._session.edit(title, lambda project: edits.set_strip(project, id, strip), merge=merge)

    def _solo_only(self, id: str) -> None:
        title = tr("Solo {name}", name=self._name(id))
        self._session.edit(title, lambda project: edits.set_solo(project, id, True, exclusive=True))

    def _unfolded(self, id: str, on: bool) -> None:
        (self._open.add if on else self._open.discard)(id)

    def _name(self, id: str) -> str:
        if id == RESIDUAL:
            return theme.stem_title(RESIDUAL)
        return _title(self._session.state.stem(id))

    # -- meters ------------------------------------------------------------------------------------------------------

    def _wake(self) -> None:
        if self._session.playing.is_playing:
            self._meters.start()

    def _show_levels(self) -> None:
        playing = self._session.playing
        levels = playing.levels()
        hold_s = self._session.settings.current.peak_hold_s
        for meter in (self.master.meter, *(strip.meter for strip in self._strips.values())):
            meter.hold_s = hold_s
        for id, strip in self._strips.items():
            reading = None if playing.is_original else levels.get(id)
            strip.show_levels(*(reading or NOTHING))
        self.master.show_levels(*(levels.get(MASTER) or NOTHING))
        still = all(strip.meter.is_still for strip in self._strips.values()) and self.master.meter.is_still
        if not playing.is_playing and still:
            self._meters.stop()

    def _clear_clips(self, *_: object) -> None:
        """All lamps go out: they belong to one mix."""
        self._session.playing.clear_clips()
        for strip in self._strips.values():
            strip.meter.forget_clips()
        self.master.meter.forget_clips()


class _Empty(QWidget):
    """No stems yet: what to do about it."""

    goal_wanted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        words = QLabel(tr("No stems yet. What would you like?"))
        words.setWordWrap(True)
        words.setProperty("kind", "muted")
        column.addWidget(words)
        for goal in GOALS[:4]:
            tile = Tile(tr_known(goal.title), tr_known(goal.summary))
            tile.clicked.connect(lambda _=False, id=goal.id: self.goal_wanted.emit(id))
            column.addWidget(tile)


class MasterView(QWidget):
    """What comes out: its level, its loudness beside the song's, and the null test of the stems."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setProperty("surface", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        title = QLabel(tr("Output"))
        self.fader = ValueSlider(tr("Output level"), Fader(), unit="dB")
        self.levels = LevelRow(tr("the output"))
        self.meter, self.now = self.levels.meter, self.levels.loudness
        self.loudness = QLabel("")
        self.loudness.setProperty("kind", "readout")
        self.loudness.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(title)
        head.addWidget(self.fader, 1)
        column.addLayout(head)
        column.addWidget(self.levels)
        column.addWidget(self.loudness)
        self.fader.changed.connect(
            lambda value: session.edit(tr("Output level"), lambda p: edits.set_master(p, value), merge="master")
        )
        self.fader.released.connect(session.end_merge)
        session.playing.measured.connect(self._show_measures)

    def show_gain(self, gain_db: float) -> None:
        """The fader."""
        self.fader.set_value(gain_db)

    def show_levels(self, peaks_db: tuple[float, ...], lufs: float, clips: int | None) -> None:
        """The meters."""
        self.levels.show_levels(peaks_db, lufs, clips)

    def _show_measures(self) -> None:
        playing = self._session.playing
        if playing.remix_lufs is None or playing.song_lufs is None:
            self.loudness.setText("")
            return
        self.loudness.setText(
            tr(
                "remix {remix} LUFS, song {song} LUFS",
                remix=number(playing.remix_lufs),
                song=number(playing.song_lufs),
            )
        )


def _title(stem: Stem) -> str:
    return theme.stem_title(stem.name)

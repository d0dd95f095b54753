"""What the table of actions can do to stems: those of the strip that is chosen in the mixer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog, QInputDialog, QLineEdit

from unbraid.app import theme
from unbraid.app.translation import tr
from unbraid.core.document import edits
from unbraid.core.document.state import Stem, Strip

if TYPE_CHECKING:
    from unbraid.app.window.main_window import MainWindow

Switch = Literal["mute", "solo", "invert"]


class StemCommands:
    """Everything about the chosen strip, and the mixer as a whole."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._session = window.session

    @property
    def _id(self) -> str:
        return self._window.mixer.chosen

    def _stem(self) -> Stem | None:
        return next((stem for stem in self._session.state.stems if stem.id == self._id), None)

    def _name(self) -> str:
        stem = self._stem()
        return theme.stem_title(stem.name if stem is not None else self._id)

    def toggle_strip(self, what: Switch) -> None:
        """Mute, solo or polarity of the chosen strip."""
        if not self._id:
            return
        id, strip = self._id, edits.strip_of(self._session.state, self._id)
        titles = {
            "mute": tr("Mute {name}", name=self._name()),
            "solo": tr("Solo {name}", name=self._name()),
            "invert": tr("Polarity of {name}", name=self._name()),
        }
        changed = _toggled(strip, what)
        self._session.edit(titles[what], lambda project: edits.set_strip(project, id, changed))

    def strip_is(self, what: Switch) -> bool:
        """Whether the chosen strip is muted, soloed or inverted."""
        return bool(self._id) and bool(getattr(edits.strip_of(self._session.state, self._id), what))

    def choose_stem(self, step: int) -> None:
        """The next strip, or the one before."""
        ids = [strip.id for strip in self._window.mixer.strips()]
        if ids:
            place = ids.index(self._id) + step if self._id in ids else (0 if step > 0 else -1)
            self._window.mixer.choose(ids[place % len(ids)])

    def has_solo(self) -> bool:
        """Whether anything is soloed."""
        return self._session.state.has_solo

    def clear_solo(self) -> None:
        """No solo any more."""
        self._session.edit(tr("Clear solo"), edits.clear_solo)

    def reset_mixer(self) -> None:
        """Every strip as it was made."""
        self._session.edit(tr("Reset the mixer"), edits.reset_mixer)

    def ask_rename(self) -> None:
        """Another name for the chosen stem."""
        stem = self._stem()
        if stem is None:
            return
        name, sure = QInputDialog.getText(
            self._window, tr("Rename the stem"), tr("Name"), QLineEdit.EchoMode.Normal, stem.name
        )
        if sure and name.strip() and name.strip() != stem.name:
            title = tr("Rename {old} to {new}", old=self._name(), new=name.strip())
            self._session.edit(title, lambda project: edits.rename_stem(project, stem.id, name.strip()))

    def ask_colour(self) -> None:
        """Another colour for the chosen stem."""
        stem = self._stem()
        if stem is None:
            return
        now = QColor(stem.colour or theme.stem_colour(stem.name))
        colour = QColorDialog.getColor(now, self._window, tr("Colour of {name}", name=self._name()))
        if colour.isValid():
            text = colour.name()
            self._session.edit(
                tr("Colour of {name}", name=self._name()), lambda project: edits.set_colour(project, stem.id, text)
            )

    def split_chosen(self) -> None:
        """Show the tasks for the chosen stem."""
        self._window.panels.show_page("separate")
        self._window.separate.split(self._id)

    def move_chosen(self, step: int) -> None:
        """Up or down in the list."""
        stem = self._stem()
        stems = self._session.state.stems
        if stem is not None:
            place = min(max(stems.index(stem) + step, 0), len(stems) - 1)
            self._session.edit(
                tr("Move {name}", name=self._name()), lambda project: edits.move_stem(project, stem.id, place)
            )

    def remove_chosen(self) -> None:
        """Away with it; its sound goes to the residual."""
        stem = self._stem()
        if stem is not None:
            self._session.edit(
                tr("Remove {name}", name=self._name()), lambda project: edits.remove_stem(project, stem.id)
            )


def _toggled(strip: Strip, what: Switch) -> Strip:
    if what == "mute":
        return replace(strip, mute=not strip.mute)
    return replace(strip, solo=not strip.solo) if what == "solo" else replace(strip, invert=not strip.invert)

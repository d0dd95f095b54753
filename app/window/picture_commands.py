"""What the table of actions can do to the picture: what is shown, its axis, its window, its colours, the tool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal, cast

from unbraid.app import theme
from unbraid.app.actions.action import Choice
from unbraid.app.actions.commands import chosen
from unbraid.app.spectrogram.display import RANGES_DB, WINDOWS, DisplayOptions
from unbraid.app.spectrogram.scales import ScaleName
from unbraid.app.translation import mark, tr, tr_known
from unbraid.core.observing import Observers

if TYPE_CHECKING:
    from unbraid.app.window.main_window import MainWindow

Tool = Literal["select", "hand"]

SCALES = (("linear", mark("Linear")), ("log", mark("Logarithmic")), ("mel", mark("Mel")), ("note", mark("Notes")))
RANGES = (40.0, 60.0, 80.0, 100.0, 120.0)
MAPS = (
    ("magma", mark("Magma")), ("inferno", mark("Inferno")), ("viridis", mark("Viridis")), ("cividis", mark("Cividis")),
    ("grey", mark("Grey")), ("inverse grey", mark("Inverse grey")),
)  # fmt: skip


class PictureCommands:
    """The one place that changes display options; the view, the panel and the menus observe them."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._view = window.song_view
        self._settings = window.session.settings
        self.tool: Tool = "select"
        self.observers: Observers[()] = Observers()
        """Told when anything about the picture is chosen otherwise."""
        now = self._settings.current
        self.options = DisplayOptions(
            scale=cast(ScaleName, now.spectrogram_scale),
            window=now.spectrogram_window, range_db=now.spectrogram_range_db,
            top_db=now.spectrogram_top_db, colormap=now.colour_map,
        )  # fmt: skip
        self._view.set_options(self.options)
        self._view.set_follow(now.follow_playhead)

    def change(self, **values: object) -> None:
        """Show it another way; scale, window, range and colours are kept for the next time."""
        self.options = replace(self.options, **values)  # type: ignore[arg-type]
        self._view.set_options(self.options)
        kept = {
            "scale": "spectrogram_scale", "window": "spectrogram_window", "range_db": "spectrogram_range_db",
            "top_db": "spectrogram_top_db", "colormap": "colour_map",
        }  # fmt: skip
        changes = {kept[name]: value for name, value in values.items() if name in kept}
        if changes:
            self._settings.set(**changes)
        self._told()

    def _told(self) -> None:
        self.observers.emit()
        self._window.refresh_actions()

    @property
    def follows(self) -> bool:
        """Whether the picture moves along."""
        return bool(self._settings.current.follow_playhead)

    def toggle_follow(self) -> None:
        """Move along, or stay."""
        self._settings.set(follow_playhead=not self.follows)
        self._view.set_follow(self.follows)
        self._told()

    @property
    def shows_waveform(self) -> bool:
        """Whether the waveform lies over the spectrogram."""
        return self.options.waveform

    def toggle_waveform(self) -> None:
        """Waveform on or off."""
        self.change(waveform=not self.options.waveform)

    def choose_tool(self, tool: Tool) -> None:
        """What dragging does."""
        self.tool = tool
        self._view.set_tool(tool)
        self._window.refresh_actions()

    # -- what is shown -----------------------------------------------------------------------------------------------

    def shown(self) -> tuple[tuple[str, DisplayOptions], ...]:
        """Everything that can be shown now, with its title."""
        options = self.options
        stems = self._window.session.state.stems
        views = [(tr("The mix"), replace(options, what="mix", stem="", other=""))]
        views += [
            (theme.stem_title(stem.name), replace(options, what="stem", stem=stem.id, other="")) for stem in stems
        ]
        if stems:
            views += [
                (tr("Stems in their colours"), replace(options, what="overlaid", stem="", other="")),
                (tr("Stems one below the other"), replace(options, what="stacked", stem="", other="")),
                (tr("Difference: what the stems leave"), replace(options, what="difference", stem="", other="")),
            ]
        return tuple(views)

    def is_shown(self, options: DisplayOptions) -> bool:
        """Whether this is what is shown now."""
        if options.what == self.options.what == "difference":
            return True
        return (options.what, options.stem, options.other) == (self.options.what, self.options.stem, self.options.other)

    def show_choices(self) -> Sequence[Choice]:
        """For the menu."""
        return [
            Choice(title, partial(self.show, options), checked=self.is_shown(options))
            for title, options in self.shown()
        ]

    def show(self, options: DisplayOptions) -> None:
        """Show this."""
        self.change(what=options.what, stem=options.stem, other=options.other)

    def subtract(self, other: str) -> None:
        """What the difference view takes from the mix: a stem, or all of them."""
        self.change(what="difference", stem="", other=other)

    def show_next(self, step: int) -> None:
        """The next view, or the one before."""
        views = [options for _, options in self.shown()]
        now = next((place for place, options in enumerate(views) if self.is_shown(options)), 0)
        self.show(views[(now + step) % len(views)])

    def show_mix_when_gone(self) -> None:
        """Back to the mix when the stem that is shown is there no more."""
        ids = {stem.id for stem in self._window.session.state.stems}
        gone = (self.options.stem and self.options.stem not in ids) or (not ids and self.options.what != "mix")
        if gone:
            self.change(what="mix", stem="", other="")

    # -- how it is shown ---------------------------------------------------------------------------------------------

    def scale_choices(self) -> Sequence[Choice]:
        """Frequency axes."""
        return chosen([(t, s) for s, t in SCALES], self.options.scale, lambda scale: self.change(scale=scale))

    def next_scale(self) -> None:
        """The next frequency axis."""
        names = [name for name, _ in SCALES]
        self.change(scale=names[(names.index(self.options.scale) + 1) % len(names)])

    def window_choices(self) -> Sequence[Choice]:
        """Window lengths, with what they last."""
        song = self._window.session.state.song
        rate = 44100 if song is None else song.rate
        lines = [(tr("{count} samples, {ms} ms", count=n, ms=round(1000 * n / rate)), n) for n in WINDOWS]
        return chosen(lines, self.options.window, lambda length: self.change(window=length, hop=None))

    def range_choices(self) -> Sequence[Choice]:
        """Dynamic ranges."""
        lines = [(tr("{db} dB", db=round(db)), db) for db in RANGES]
        return chosen(lines, self.options.range_db, lambda db: self.change(range_db=db))

    def change_range(self, step_db: float) -> None:
        """More or less of what is quiet."""
        low, high = RANGES_DB
        self.change(range_db=min(max(self.options.range_db + step_db, low), high))

    def colour_choices(self) -> Sequence[Choice]:
        """Colour maps."""
        return chosen([(t, m) for m, t in MAPS], self.options.colormap, lambda name: self.change(colormap=name))


def titles() -> dict[str, str]:
    """Names of axes and colour maps in the language in use."""
    return {name: tr_known(title) for name, title in (*SCALES, *MAPS)}

"""What the table of actions can do in time: seek, loop, markers, selection, original or remix, sound outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from unbraid.app.actions.action import Choice
from unbraid.app.selection import Selection
from unbraid.app.translation import tr
from unbraid.core.document import edits
from unbraid.core.document.state import Marker, Span

if TYPE_CHECKING:
    from unbraid.app.window.main_window import MainWindow

HERE_S = 0.25
"""How near a marker is here."""


class TimeCommands:
    """Transport, loop, markers and selection."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._session = window.session
        self._playing = window.session.playing
        self._band: tuple[float, float] | None = None

    def _duration_s(self) -> float:
        song = self._session.state.song
        return 0.0 if song is None else song.duration_s

    # -- transport ---------------------------------------------------------------------------------------------------

    def go_to_end(self) -> None:
        """The end of the song."""
        self._playing.seek(self._duration_s())

    def skip(self, seconds: float) -> None:
        """Forward, or back."""
        self._playing.seek(self._playing.position_s + seconds)

    def toggle_original(self) -> None:
        """The song as it was, or the remix."""
        self._playing.set_original(not self._playing.is_original)

    def toggle_loop(self) -> None:
        """Loop the selection or the song; loop no more."""
        if self._session.state.loop is not None:
            self._session.set_loop(None)
            return
        selection = self._session.selection
        if selection is not None and selection.is_time:
            self.loop_selection()
        else:
            self._session.set_loop(Span(0.0, self._duration_s()))

    def loop_selection(self) -> None:
        """Loop what is selected."""
        selection = self._session.selection
        if selection is not None:
            self._session.set_loop(Span(*selection.times(self._duration_s())))

    # -- sound outputs -----------------------------------------------------------------------------------------------

    def output_choices(self) -> Sequence[Choice]:
        """The system's own output and every other."""
        now = self._session.settings.current.audio_device
        names = [device.name for device in self._playing.player.devices()]
        first = Choice(tr("The desktop's own"), lambda: self.choose_output(""), checked=not now)
        return (first, *(Choice(n, partial(self.choose_output, n), checked=n == now) for n in names))

    def choose_output(self, name: str) -> None:
        """Play through another output, from now on."""
        self._session.settings.set(audio_device=name)
        self._playing.choose_device(name or None)

    def refresh_outputs(self) -> None:
        """Look for outputs that were plugged in."""
        self._playing.player.refresh()
        self._playing.state_changed.emit()

    # -- selection ---------------------------------------------------------------------------------------------------

    def select_all(self) -> None:
        """The whole song."""
        self._session.select(Selection(0.0, self._duration_s()))

    def toggle_band(self) -> None:
        """Drop the selection's frequencies, or put them back."""
        selection = self._session.selection
        if selection is None:
            return
        if selection.is_band:
            self._band = selection.band(1e6)
            time_only = replace(selection, low_hz=None, high_hz=None)
            self._session.select(time_only if time_only.is_time else None)
        else:
            low, high = self._band or (100.0, 1000.0)
            self._session.select(replace(selection, low_hz=low, high_hz=high))

    # -- markers -----------------------------------------------------------------------------------------------------

    def add_marker(self) -> None:
        """One where we are."""
        time_s, number = self._playing.position_s, len(self._session.state.markers) + 1
        name = tr("Marker {number}", number=number)
        self._session.edit(tr("Add a marker"), lambda project: edits.add_marker(project, time_s, name))

    def go_to_marker(self, step: int) -> None:
        """The next, or the one before."""
        now = self._playing.position_s
        times = sorted(marker.time_s for marker in self._session.state.markers)
        ahead = [time for time in times if time > now + 0.01]
        behind = [time for time in times if time < now - 0.5]
        found = ahead[:1] if step > 0 else behind[-1:]
        if found:
            self._playing.seek(found[0])

    def marker_here(self) -> Marker | None:
        """The marker where we are, if there is one."""
        now = self._playing.position_s
        near = [marker for marker in self._session.state.markers if abs(marker.time_s - now) < HERE_S]
        return min(near, key=lambda marker: abs(marker.time_s - now), default=None)

    def remove_marker(self) -> None:
        """Away with the marker here."""
        marker = self.marker_here()
        if marker is not None:
            self._session.edit(tr("Remove a marker"), lambda project: edits.remove_marker(project, marker))

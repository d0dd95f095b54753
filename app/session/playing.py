"""What is heard: the player follows the document, the selection and the original/remix switch."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from unbraid.app.translation import tr
from unbraid.core.document.sounding import mixdown_of
from unbraid.core.document.state import Project, Span
from unbraid.core.errors import UnbraidError

if TYPE_CHECKING:
    from unbraid.app.session.measuring import Measures
    from unbraid.app.session.session import Session
    from unbraid.core.mixing.mixdown import Mixdown
    from unbraid.core.playback.player import Player

logger = logging.getLogger(__name__)

FRAME_MS = 33
SETTLED_FRAMES = 8
"""Frames without movement, after playing has stopped, until the playhead rests: the player obeys soon, not at once."""
SETTLE_MS = 500
"""After the last change of the mixer, before its loudness is measured."""


class Playing(QObject):
    """Transport and monitoring of a session."""

    moved = Signal(float)
    """The time that is heard now, in seconds: while playing some thirty times a second, and after every seek."""
    state_changed = Signal()
    """Playing or not, looping or not, original or remix, another device."""
    measured = Signal()
    """The loudness of song and remix is known anew."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._player: Player | None = None
        self._mixdown: Mixdown | None = None
        self.is_original = False
        self.match_db = 0.0
        """Gain of the original that makes it as loud as the remix."""
        self.remix_lufs: float | None = None
        self.song_lufs: float | None = None
        self.null_db: float | None = None
        self.residual_db: float | None = None
        self._span: Span | None = None
        self._auditioned, self._home_s = False, 0.0
        self._place_s, self._still = 0.0, 0
        self._told = self._refused = ""
        self._measuring: threading.Event | None = None
        self._frames = QTimer(self, interval=FRAME_MS)
        self._frames.timeout.connect(self._frame)
        self._settle = QTimer(self, interval=SETTLE_MS, singleShot=True)
        self._settle.timeout.connect(self._measure)
        session.changed.connect(self._follow)
        session.selection_changed.connect(lambda _: self._reselect())

    # -- state -------------------------------------------------------------------------------------------------------

    @property
    def player(self) -> Player:
        """The player; sound output is opened with the first use."""
        if self._player is None:
            from unbraid.core.playback.player import Player
            from unbraid.core.playback.portaudio import PortAudioBackend

            settings = self._session.settings.current
            backend = self._session.backend or PortAudioBackend(latency_s=settings.latency_ms / 1000)
            self._player = Player(backend)
            if settings.audio_device:
                self._player.choose(settings.audio_device)
            self._player.finished.connect(partial(self._session.bridge.soon, self._finished))
            self._player.changed.connect(partial(self._session.bridge.soon, self._player_changed))
        return self._player

    @property
    def is_ready(self) -> bool:
        """Whether there is something to play."""
        return self._mixdown is not None

    @property
    def is_playing(self) -> bool:
        """Whether sound is coming out."""
        return self._player is not None and self._player.is_playing

    @property
    def is_auditioning(self) -> bool:
        """Whether another sound is heard instead of the song."""
        return self._auditioned

    @property
    def position_s(self) -> float:
        """The time that is heard now."""
        return 0.0 if self._player is None else self._player.position_s

    @property
    def mixdown(self) -> Mixdown | None:
        """What the mixer makes of the song now."""
        return self._mixdown

    # -- transport ---------------------------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Play from here, or pause."""
        if not self.is_playing:
            self.play()
        elif self._session.settings.current.return_on_stop:
            self.stop()
        else:
            self.pause()

    def play(self) -> None:
        """Play from where we are to the end, or round the loop; from the beginning when we are at the end."""
        song = self._session.state.song
        if self._mixdown is None or song is None:
            return
        self.end_audition()
        self._span = None
        self.player.set_band(None, None)
        if self.position_s >= song.duration_s - 0.05:
            self.player.seek(0.0)
        self.player.play(loop=self._session.state.loop)
        self._started()

    def play_selection(self) -> None:
        """Play what is selected, in time and in frequency, once; round and round when looping is on."""
        selection = self._session.selection
        song = self._session.state.song
        if self._mixdown is None or song is None:
            return
        if selection is None:
            self.play()
            return
        self.end_audition()
        start_s, stop_s = selection.times(song.duration_s)
        if selection.start_s is None:
            start_s = min(self.position_s, stop_s)
        self.player.set_band(selection.low_hz, selection.high_hz)
        self._span = Span(start_s, stop_s)
        loop = self._span if self._session.state.loop is not None else None
        self.player.play(start_s, stop_s, loop)
        self._started()

    def pause(self) -> None:
        """Stop and stay here."""
        if self._player is not None:
            self.end_audition()
            self._player.pause()
            self._stopped()

    def stop(self) -> None:
        """Stop and go back to where playing began."""
        if self._player is not None:
            self.end_audition()
            self._player.stop()
            self._stopped()

    def seek(self, time_s: float) -> None:
        """Go to a time, playing or not."""
        song = self._session.state.song
        if song is not None and self._mixdown is not None:
            self.end_audition()
            self.player.seek(min(max(time_s, 0.0), song.duration_s))
            self.moved.emit(self.position_s)

    def scrub(self, time_s: float) -> None:
        """Hear a short grain of the sound at a time while dragging."""
        if self._mixdown is not None:
            self.end_audition()
            self.player.scrub(time_s)
            self.moved.emit(time_s)

    def end_scrub(self) -> None:
        """The hand has let go."""
        self.moved.emit(self.position_s)

    def set_original(self, original: bool) -> None:
        """Hear the song as it was, as loud as the remix, or the remix."""
        self.is_original = original
        if self._player is not None or original:
            self._hear_original()
        self.state_changed.emit()

    def audition(self, passage: Mixdown) -> None:
        """Hear another sound instead of the song, round and round, from the moment the last one had reached."""
        at_s = self.position_s if self._auditioned else 0.0
        if not self._auditioned:
            self._home_s = self.position_s
        self._auditioned = True
        self.player.set_band(None, None)
        self.player.set_original(False, 0.0)
        self.player.load(passage)
        self.player.play(at_s % max(passage.song.duration_s, 0.1), loop=Span(0.0, passage.song.duration_s))
        self.state_changed.emit()

    def end_audition(self) -> None:
        """Back to the song, where we were."""
        if not self._auditioned:
            return
        self._auditioned = False
        self.player.stop()
        if self._mixdown is not None:
            self.player.load(self._mixdown)
            self._hear_original()
            self.player.seek(self._home_s)
        self._stopped()

    def _hear_original(self) -> None:
        matched = self._session.settings.current.level_match
        self.player.set_original(self.is_original, self.match_db if matched else 0.0)

    def choose_device(self, name: str | None) -> None:
        """Another sound output, None for the system's."""
        self.player.choose(name)
        self.state_changed.emit()

    def levels(self) -> Mapping[str, tuple[tuple[float, ...], float, int]]:
        """Peaks in dBFS by channel, momentary loudness in LUFS, clip count: of what is heard now, by id."""
        if self._player is None or not self.is_playing:
            return {}
        read = self._player.levels()
        return {id: (level.peak_db, level.lufs, level.clips) for id, level in read.items()}

    def clear_clips(self) -> None:
        """Put the clip lamps out."""
        if self._player is not None:
            self._player.forget_clips()

    def output(self) -> tuple[str, int, str]:
        """The sound device, drop-outs since it was opened, and what is wrong with it (empty: nothing)."""
        if self._player is None:
            return tr("not opened yet"), 0, ""
        return self._player.device_name or tr("ready"), self._player.drop_outs, self._player.problem

    def clear(self) -> None:
        """Nothing to play any more."""
        self._abandon_measuring()
        self._mixdown = None
        self.remix_lufs = self.song_lufs = self.null_db = self.residual_db = None
        self.is_original, self.match_db, self._span = False, 0.0, None
        self._auditioned, self._refused = False, ""
        if self._player is not None:
            self._player.stop()
        self._stopped()

    def close(self) -> None:
        """End the player's thread and give the device back."""
        self.clear()
        self._frames.stop()
        if self._player is not None:
            self._player.close()

    # -- following ---------------------------------------------------------------------------------------------------

    def _follow(self, old: Project, new: Project) -> None:
        document = self._session.document
        if document is None or new.song is None:
            return
        another = old.song != new.song or self._mixdown is None
        if not another and old is not new and _sounds_same(old, new):
            if old.loop != new.loop:
                self._loop_changed(new)
            return
        try:
            self._mixdown = mixdown_of(new, document.media, self._mixdown)
        except UnbraidError as error:
            if str(error) != self._refused:  # each step tries again
                self._refused = str(error)
                self._session.noticed.emit("error", self._refused)
            self._mixdown = None
            return
        self._refused = ""
        if self._auditioned:
            return
        if another:
            self.player.load(self._mixdown)
            self.moved.emit(0.0)
        else:
            self.player.update(self._mixdown)
        self._settle.start()
        if another or old.loop != new.loop:  # not with every movement of a fader
            self._loop_changed(new)

    def _loop_changed(self, new: Project) -> None:
        if self._span is None and self._player is not None and not self._auditioned:
            self._player.set_loop(new.loop)
        self.state_changed.emit()

    def _reselect(self) -> None:
        """While a selection plays, a new one takes over in frequency at once."""
        selection = self._session.selection
        if self._span is not None and self.is_playing:
            self.player.set_band(None, None) if selection is None else self.player.set_band(
                selection.low_hz, selection.high_hz
            )

    def _started(self) -> None:
        self._frames.start()
        self.state_changed.emit()

    def _stopped(self) -> None:
        self._still = 0
        self._frame()
        self.state_changed.emit()

    def _finished(self) -> None:
        if not self.is_playing:
            self._stopped()

    def _player_changed(self) -> None:
        """It stopped by itself, or its device went or came."""
        player = self._player
        if player is not None and player.problem and player.problem != self._told:
            self._session.noticed.emit("warning", player.problem)
        self._told = "" if player is None else player.problem
        self._finished()
        self.state_changed.emit()

    def _frame(self) -> None:
        """Where we are, while it plays and until it has come to rest."""
        before, self._place_s = self._place_s, self.position_s
        self.moved.emit(self._place_s)
        self._still = self._still + 1 if self._place_s == before and not self.is_playing else 0
        if self._still < SETTLED_FRAMES:
            self._frames.start()
        else:
            self._frames.stop()

    # -- loudness ----------------------------------------------------------------------------------------------------

    def _measure(self) -> None:
        """On a thread of its own; a newer change makes an older measurement stop."""
        mixdown = self._mixdown
        if mixdown is None:
            return
        self._abandon_measuring()
        stop = self._measuring = threading.Event()
        threading.Thread(target=self._measured_by, args=(mixdown, stop), name="unbraid-loudness", daemon=True).start()

    def _measured_by(self, mixdown: Mixdown, stop: threading.Event) -> None:
        from unbraid.app.session.measuring import OutOfDateError, measure

        try:
            found = measure(mixdown, stop)
        except OutOfDateError:
            return
        except Exception:
            logger.exception("loudness could not be measured")
            return
        self._session.bridge.soon(self._take_measures, mixdown, found)

    def _take_measures(self, mixdown: Mixdown, found: Measures) -> None:
        if mixdown is not self._mixdown:
            return
        self.song_lufs, self.remix_lufs = found.song_lufs, found.remix_lufs
        self.null_db, self.residual_db = found.null_db, found.residual_db
        finite = all(map(math.isfinite, (self.song_lufs, self.remix_lufs)))
        self.match_db = self.remix_lufs - self.song_lufs if finite else 0.0
        if self.is_original:
            self._hear_original()
        self.measured.emit()

    def _abandon_measuring(self) -> None:
        self._settle.stop()
        if self._measuring is not None:
            self._measuring.set()
            self._measuring = None


def _sounds_same(old: Project, new: Project) -> bool:
    return (old.stems, old.residual, old.master_db) == (new.stems, new.residual, new.master_db)

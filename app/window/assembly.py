"""Puts the window together once it has been painted: what observes what is written here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from unbraid.app import theme
from unbraid.app.actions.action_set import ActionSet
from unbraid.app.actions.commands import TABLE
from unbraid.app.actions.keymap import Keymap
from unbraid.app.actions.keys import TransportKeys
from unbraid.app.encode.page import EncodePage
from unbraid.app.history.page import HistoryPage
from unbraid.app.mixer.panel import MixerPanel
from unbraid.app.separate.page import SeparatePage
from unbraid.app.session.session import Session
from unbraid.app.translation import tr
from unbraid.app.window import exporting
from unbraid.app.window.file_commands import FileCommands
from unbraid.app.window.help_commands import HelpCommands
from unbraid.app.window.panels import Panels
from unbraid.app.window.picture_commands import PictureCommands
from unbraid.app.window.picture_page import PicturePage
from unbraid.app.window.shown_box import ShownBox
from unbraid.app.window.song_view import SongView
from unbraid.app.window.status_line import StatusLine
from unbraid.app.window.stem_commands import StemCommands
from unbraid.app.window.time_commands import TimeCommands
from unbraid.app.window.transport_bar import TransportBar
from unbraid.core import jobs
from unbraid.core.job_queue import Desk

if TYPE_CHECKING:
    from unbraid.app.settings import Settings, SettingsStore
    from unbraid.app.window.main_window import MainWindow
    from unbraid.core.playback.backend import AudioBackend

DRAFTS_AFTER_MS = 2500
"""After a song came, until the worker warms up for drafts: the song is to be seen first."""
STRIP_MENU = (
    "mute", "solo", "invert", "", "rename_stem", "colour_stem", "split_stem", "stem_up", "stem_down", "remove_stem", "",
    "clear_solo", "reset_mixer",
)  # fmt: skip


def assemble(window: MainWindow, settings: SettingsStore, backend: AudioBackend | None) -> None:
    """Everything but the first screen."""
    session = window.session = Session(settings, window, backend=backend)
    window.mixer = MixerPanel(session, window)
    window.separate = SeparatePage(session, window)
    window.encode = EncodePage(session, window)
    window.history = HistoryPage(session, window)
    window.song_view = SongView(session, window)
    window.stack.addWidget(window.song_view)
    window.files, window.stems = FileCommands(window), StemCommands(window)
    window.times, window.picture, window.help = TimeCommands(window), PictureCommands(window), HelpCommands(window)
    keymap = Keymap.of(TABLE, settings.current.keys)
    window.action_set = ActionSet(TABLE, window, keymap, window)
    window.action_set.attach(window)
    window.action_set.fill_menu_bar(window.menuBar())
    transport = TransportBar(session, window.action_set, window)
    transport.add_shown(ShownBox(window))
    window.addToolBar(transport)
    window.panels = Panels(window, transport)
    window.panels.add_page("separate", tr("Separate"), window.separate)
    window.panels.add_page("encode", tr("Encode"), window.encode)
    window.panels.add_page("picture", tr("Picture"), PicturePage(window))
    window.panels.add_page("history", tr("History"), window.history)
    status = StatusLine(session, window)
    window.setStatusBar(status)
    _connect(window, status)
    window.action_set.refresh()
    window.panels.restore()
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    TransportKeys(application, window)


def _connect(window: MainWindow, status: StatusLine) -> None:
    session = window.session
    start = window.start
    start.open_wanted.connect(window.files.ask_open)
    start.folder_wanted.connect(window.files.ask_folder)
    start.demo_wanted.connect(window.files.open_demo)
    start.chosen.connect(window.files.open_project)
    start.discarded.connect(window.files.discard)
    session.noticed.connect(window.notice)
    session.finished.connect(lambda title: window.notice("info", tr("{task}: done", task=title)))
    session.replaced.connect(window.show_document)
    session.replaced.connect(lambda: QTimer.singleShot(DRAFTS_AFTER_MS, window, session.separating.prepare))
    session.changed.connect(window.picture.show_mix_when_gone)
    session.changed.connect(lambda *_: exporting.follow(window))
    for signal in (
        session.changed, session.history_changed, session.selection_changed, session.jobs_changed,
        session.playing.state_changed, window.mixer.stem_chosen, session.encoding.changed,
        session.encoding.point_added, session.encoding.streams.changed,
    ):  # fmt: skip
        signal.connect(window.refresh_actions)
    session.jobs_changed.connect(lambda: start.show_status(_opening_words(session)))
    window.action_set.refreshed.connect(window.show_title)
    window.action_set.failed.connect(lambda problem: window.notice("error", str(problem)))
    window.mixer.menu_wanted.connect(lambda id, place: _strip_menu(window, id, place))
    window.mixer.goal_wanted.connect(window.separate.reach_by_id)
    window.encode.wanted.connect(lambda: window.panels.show_page("encode"))
    window.separate.cards_wanted.connect(lambda: _fetch_cards(window))
    window.song_view.readout_changed.connect(status.show_readout)
    status.jobs_wanted.connect(lambda: window.panels.show_page("separate"))
    status.output_wanted.connect(window.help.show_diagnostics)
    session.settings.changed.connect(lambda old, new: _apply_settings(window, old, new))


def _strip_menu(window: MainWindow, id: str, place: object) -> None:
    window.mixer.choose(id)
    window.action_set.refresh()
    window.action_set.context_menu(STRIP_MENU, window).popup(place)  # type: ignore[arg-type]


def _opening_words(session: Session) -> str:
    """What is being opened, or why that failed."""
    jobs_of = [job for job in session.opening_queue.jobs() if not job.is_quiet]
    if not jobs_of:
        return ""
    last = jobs_of[-1]
    if last.error:
        return last.error
    return f"{last.title}  {round(100 * last.fraction)} %" if session.opening_queue.is_busy else ""


def _fetch_cards(window: MainWindow) -> None:
    """Methods are loaded in the worker: a plugin that crashes on import takes nothing with it."""

    def work(desk: Desk) -> None:
        cards = desk.run(jobs.describe, ())
        window.session.bridge.soon(window.separate.show_cards, cards)

    window.session.submit(tr("Looking for methods"), work, opening=True, quiet=True)


def _apply_settings(window: MainWindow, old: Settings, new: Settings) -> None:
    application = QApplication.instance()
    if old.theme != new.theme and isinstance(application, QApplication):
        theme.apply(application, new.theme)
    if old.audio_device != new.audio_device:
        window.session.playing.choose_device(new.audio_device or None)
    if old.motion != new.motion:
        theme.set_motion(new.motion)
    if old.keys != new.keys:
        window.action_set.set_keymap(Keymap.of(TABLE, new.keys))
    if old.follow_playhead != new.follow_playhead:
        window.song_view.set_follow(new.follow_playhead)

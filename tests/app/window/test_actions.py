"""Every action of the table, run as the user runs it, does what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_studio import FakeStudio
from PySide6.QtGui import QColor, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QColorDialog, QFileDialog, QInputDialog, QWidget

from unbraid.app.actions.commands import TABLE
from unbraid.app.notices import NoticeCard
from unbraid.app.selection import Selection
from unbraid.app.window.main_window import MainWindow
from unbraid.core.job_queue import State

pytestmark = pytest.mark.gui


class Scene:
    """What a test of an action needs."""

    def __init__(self, driver, window: MainWindow, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.driver, self.window, self.folder, self.monkeypatch = driver, window, folder, monkeypatch
        self.session, self.playing = window.session, window.session.playing
        self.stem = self.session.state.stems[0].id
        window.mixer.choose(self.stem)

    def do(self, id: str) -> None:
        """Trigger the action as its menu does."""
        self.window.action_set.refresh()
        action = self.window.action_set[id]
        assert action.isEnabled(), f"{id} is not enabled"
        action.trigger()

    def key(self, keys: str) -> None:
        """Press keys with the focus on the canvas."""
        self.window.action_set.refresh()
        sequence = QKeySequence.fromString(keys, QKeySequence.SequenceFormat.PortableText)[0]
        canvas: QWidget = self.window.song_view.view.canvas
        canvas.setFocus()
        QTest.keyClick(canvas, sequence.key(), sequence.keyboardModifiers())

    def until(self, claim: Callable[[], object], timeout_s: float = 20.0) -> None:
        self.driver.until(claim, timeout_s)

    def strip(self):
        return self.session.state.stem(self.stem).strip


@pytest.fixture
def scene(driver, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(driver, window, tmp_path, monkeypatch)


def chosen_files(s: Scene, *paths: Path) -> None:
    s.monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *a, **k: ([str(p) for p in paths], ""))
    s.monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *a, **k: str(paths[0]))
    s.monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(paths[0]), ""))


def opens_a_file(s: Scene) -> None:
    song = s.session.state.song
    chosen_files(s, Path(song.source).parent / "bass.wav")
    s.do("open")
    s.until(lambda: s.session.has_song and s.session.state.song.name == "bass")


def opens_a_folder(s: Scene) -> None:
    chosen_files(s, Path(s.session.state.song.source).parent)
    before = s.session.document
    s.do("open_folder")
    s.until(lambda: s.session.document not in (None, before))


def offers_recent(s: Scene) -> None:
    s.session.save_as(s.folder / "Kept")
    choices = s.window.files.recent_choices()
    assert [choice.title for choice in choices] == ["Kept"]
    s.do("close")
    choices[0].run()
    s.until(lambda: s.session.has_song)


def opens_the_demo(s: Scene) -> None:
    s.do("open_demo")
    s.until(lambda: s.session.has_song and s.session.state.song.duration_s > 20)
    assert not s.session.state.stems


def opens_the_demo_with_stems(s: Scene) -> None:
    s.do("open_demo_stems")
    s.until(lambda: len(s.session.state.stems) == 4)


def saves(s: Scene) -> None:
    chosen_files(s, s.folder / "Mine")
    s.do("save")
    assert (s.folder / "Mine" / "Mine.unbraid").exists()
    s.window.action_set.run("mute")
    s.do("save")
    assert s.session.document.is_written


def saves_as(s: Scene) -> None:
    chosen_files(s, s.folder / "Other")
    s.do("save_as")
    assert s.session.document.folder == s.folder / "Other"


def archives(s: Scene) -> None:
    chosen_files(s, s.folder / "sent.zip")
    s.do("archive")
    s.until(lambda: (s.folder / "sent.zip").exists())
    assert (s.folder / "sent.zip").stat().st_size > 1000
    s.window.open([s.folder / "sent.zip"])
    s.until(lambda: s.session.has_song and s.session.document.name.startswith(("sent", "Short")))


def relinks(s: Scene) -> None:
    s.session.save_as(s.folder / "Kept")
    pool, stem = s.session.document.media, s.session.state.stems[0]
    aside = s.folder / "aside"
    aside.mkdir()
    s.do("close")
    lost = s.folder / "Kept" / "media" / stem.media
    lost.rename(aside / "found.wav")
    s.window.open([s.folder / "Kept"])
    s.until(lambda: s.session.has_song)
    assert s.session.document.missing() == (stem.media,)
    chosen_files(s, aside)
    s.do("relink")
    assert s.session.document.missing() == () and pool is not s.session.document.media
    assert {part.id for part in s.playing.mixdown.parts} == {one.id for one in s.session.state.stems}


def shows_export(s: Scene) -> None:
    s.do("export")
    assert s.window.export_dialog.isVisible()


def closes_the_song(s: Scene) -> None:
    s.do("close")
    assert s.session.document is None and s.window.stack.currentWidget() is s.window.start


def quits(s: Scene) -> None:
    s.do("quit")
    assert not s.window.isVisible()


def undoes(s: Scene) -> None:
    s.do("mute")
    s.do("undo")
    assert not s.strip().mute
    s.do("redo")
    assert s.strip().mute
    s.key("Ctrl+Z")
    assert not s.strip().mute
    s.key("Ctrl+Y")
    assert s.strip().mute


def selects_all(s: Scene) -> None:
    s.key("Ctrl+A")
    assert s.session.selection == Selection(0.0, s.session.state.song.duration_s)
    assert s.window.song_view.view.selection is not None
    s.key("Escape")
    assert s.session.selection is None


def switches_band(s: Scene) -> None:
    s.session.select(Selection(0.5, 1.0, 200.0, 900.0))
    s.key("Q")
    assert s.session.selection == Selection(0.5, 1.0)
    s.key("Q")
    assert s.session.selection == Selection(0.5, 1.0, 200.0, 900.0)


def marks(s: Scene) -> None:
    s.playing.seek(1.0)
    s.do("add_marker")
    s.playing.seek(2.0)
    s.do("add_marker")
    assert [round(marker.time_s, 3) for marker in s.session.state.markers] == [1.0, 2.0]
    s.playing.seek(0.2)
    s.do("next_marker")
    assert s.playing.position_s == pytest.approx(1.0)
    s.do("next_marker")
    assert s.playing.position_s == pytest.approx(2.0)
    s.do("previous_marker")
    assert s.playing.position_s == pytest.approx(1.0)
    s.do("remove_marker")
    assert [round(marker.time_s, 3) for marker in s.session.state.markers] == [2.0]


def plays(s: Scene) -> None:
    s.key("Space")
    s.until(lambda: s.playing.is_playing and s.playing.position_s > 0.1)
    s.key("P")
    s.until(lambda: not s.playing.is_playing)
    here = s.playing.position_s
    assert here > 0.1
    s.do("play")
    s.until(lambda: s.playing.position_s > here + 0.3)
    s.do("stop")
    s.until(lambda: abs(s.playing.position_s - here) < 0.1)


def plays_the_selection(s: Scene) -> None:
    s.session.select(Selection(1.0, 1.3, 300.0, 2000.0))
    s.key("Shift+Space")
    s.until(lambda: s.playing.is_playing)
    s.until(lambda: not s.playing.is_playing)
    assert 1.0 <= s.playing.position_s <= 1.4


def goes_places(s: Scene) -> None:
    s.key("End")
    s.window.action_set.run("end")
    assert s.playing.position_s == pytest.approx(3.0, abs=0.01)
    s.do("start")
    assert s.playing.position_s == 0.0
    s.window.times.skip(1.0)
    s.do("forward")
    assert s.playing.position_s == pytest.approx(3.0, abs=0.01)
    s.do("back")
    assert s.playing.position_s == 0.0


def loops(s: Scene) -> None:
    s.key("L")
    assert s.session.state.loop is not None
    s.key("L")
    assert s.session.state.loop is None
    s.session.select(Selection(0.5, 1.0))
    s.key("Shift+L")
    assert (s.session.state.loop.start_s, s.session.state.loop.end_s) == (0.5, 1.0)
    s.do("play")
    s.until(lambda: s.playing.is_playing)
    s.driver.qtbot.wait(900)
    assert s.playing.is_playing and 0.4 < s.playing.position_s < 1.1


def compares(s: Scene) -> None:
    s.key("O")
    assert s.playing.is_original
    s.do("original")
    assert not s.playing.is_original


def chooses_output(s: Scene) -> None:
    choices = s.window.times.output_choices()
    assert [choice.title for choice in choices][1:] == ["silence"]
    choices[1].run()
    assert s.session.settings.current.audio_device == "silence"
    s.do("refresh_outputs")


def mutes(s: Scene) -> None:
    s.key("M")
    assert s.strip().mute and s.window.mixer.strip(s.stem).mute.isChecked()
    s.key("Shift+U")
    assert not s.strip().mute


def solos(s: Scene) -> None:
    s.key("S")
    assert s.strip().solo and s.window.mixer.solo_lamp.isVisible()
    s.do("clear_solo")
    assert not s.strip().solo and not s.window.mixer.solo_lamp.isVisible()


def inverts(s: Scene) -> None:
    s.do("invert")
    assert s.strip().invert


def chooses_stems(s: Scene) -> None:
    first = s.window.mixer.chosen
    s.key("Alt+Down")
    assert s.window.mixer.chosen != first
    s.key("Alt+Up")
    assert s.window.mixer.chosen == first


def resets(s: Scene) -> None:
    s.do("mute")
    s.do("invert")
    s.do("reset_mixer")
    assert not s.strip().mute and not s.strip().invert
    assert s.playing.mixdown.is_neutral


def adds_a_stem(s: Scene) -> None:
    folder = Path(s.session.state.song.source).parent
    chosen_files(s, folder / "vocals.wav")
    s.do("add_stem")
    s.until(lambda: len(s.session.state.stems) == 4)
    assert s.session.state.stems[-1].name == "vocals 2"
    s.do("undo")
    assert len(s.session.state.stems) == 3


def renames(s: Scene) -> None:
    s.monkeypatch.setattr(QInputDialog, "getText", lambda *a, **k: ("double bass", True))
    s.do("rename_stem")
    assert s.session.state.stem(s.stem).name == "double bass"
    assert s.window.mixer.strip(s.stem).title.text() == "double bass"


def colours(s: Scene) -> None:
    s.monkeypatch.setattr(QColorDialog, "getColor", lambda *a, **k: QColor("#112233"))
    s.do("colour_stem")
    assert s.session.state.stem(s.stem).colour == "#112233"


def splits(s: Scene) -> None:
    s.do("split_stem")
    assert s.window.panels.page == "separate" and s.window.separate.source.currentData() == s.stem
    s.window.separate.reach_by_id("harmonic_percussive")
    s.until(lambda: len(s.session.state.stems) > 3, 60)
    parts = [stem for stem in s.session.state.stems if stem.origin]
    assert {stem.name for stem in parts} >= {"harmonic", "percussive"}
    assert all(stem.origin == ("bass",) for stem in parts)


def moves_stems(s: Scene) -> None:
    names = [stem.name for stem in s.session.state.stems]
    s.do("stem_down")
    assert [stem.name for stem in s.session.state.stems] == [names[1], names[0], names[2]]
    s.do("stem_up")
    assert [stem.name for stem in s.session.state.stems] == names


def removes(s: Scene) -> None:
    s.key("Delete")
    assert s.stem not in {stem.id for stem in s.session.state.stems}
    s.do("undo")
    assert s.stem in {stem.id for stem in s.session.state.stems}


def shows_separate(s: Scene) -> None:
    s.do("page_history")
    assert s.window.panels.page == "history"
    s.key("Ctrl+T")
    assert s.window.panels.page == "separate"
    s.do("page_view")
    assert s.window.panels.page == "picture"
    s.do("page_separate")
    assert s.window.panels.page == "separate"


def reaches(id: str, names: set[str]) -> Callable[[Scene], None]:
    def check(s: Scene) -> None:
        s.do(f"goal_{id}")
        s.until(lambda: not s.session.queue.is_busy, 120)
        s.until(lambda: {stem.name for stem in s.session.state.stems} == names, 10)
        jobs = s.session.queue.jobs()
        assert jobs[-1].state is State.DONE, jobs[-1].error

    return check


def cancels(s: Scene) -> None:
    s.do("goal_voice")
    s.do("cancel_all")
    s.until(lambda: not s.session.queue.is_busy)
    assert s.session.queue.jobs()[-1].state is State.CANCELLED


def encodes(s: Scene) -> None:
    studio, encoding = FakeStudio(), s.session.encoding
    encoding.studio, encoding.run = lambda: studio, studio.run
    for id in ("encode", "page_encode"):
        s.do("page_history")
        s.do(id)
        assert s.window.panels.page == "encode"
    s.do("page_history")
    s.key("F8")
    assert s.window.panels.page == "encode"
    s.do("encode_curve")
    s.until(lambda: encoding.is_usable)
    s.do("encode_listen")
    s.until(lambda: encoding.streams.playing is not None)
    s.do("encode_listen")
    assert encoding.streams.playing is None
    s.do("page_history")
    s.do("encode_save")
    assert s.window.panels.page == "encode"
    s.until(lambda: not s.session.queue.is_busy)


def zooms(s: Scene) -> None:
    view = s.window.song_view.view
    whole = view.viewport
    s.key("Ctrl+=")
    assert view.viewport.span_s < whole.span_s
    s.do("zoom_in_frequency")
    assert view.viewport.high - view.viewport.low < 1.0
    s.do("zoom_out_frequency")
    s.do("zoom_out")
    s.key("Ctrl+F")
    assert view.viewport == whole
    s.session.select(Selection(1.0, 2.0, 200.0, 2000.0))
    s.key("Ctrl+E")
    assert view.viewport.start_s == pytest.approx(1.0, abs=0.05)


def follows(s: Scene) -> None:
    before = s.window.picture.follows
    s.key("F")
    assert s.window.picture.follows != before


def shows(s: Scene) -> None:
    titles = [choice.title for choice in s.window.picture.show_choices()]
    assert len(titles) == 7
    seen = set()
    for _ in titles:
        s.key("Ctrl+Down")
        options = s.window.song_view.view.display
        seen.add((options.what, options.stem))
    assert len(seen) == 7
    s.do("previous_shown")


def changes_picture(s: Scene) -> None:
    view = s.window.song_view.view
    first = view.display
    s.key("Ctrl+R")
    assert view.display.scale != first.scale
    for choices in ("scale_choices", "window_choices", "range_choices", "colour_choices"):
        before = view.display
        other = next(choice for choice in getattr(s.window.picture, choices)() if not choice.checked)
        other.run()
        assert view.display != before, choices
    before = view.display.range_db
    s.do("more_contrast")
    assert view.display.range_db < before or before <= 20.0
    s.do("less_contrast")
    s.key("Shift+W")
    assert view.display.waveform
    kept = s.session.settings.current
    assert kept.spectrogram_scale == view.display.scale and kept.colour_map == view.display.colormap


def toggles_panels(s: Scene) -> None:
    for id, name in (("toggle_mixer", "mixer"), ("toggle_inspector", "inspector")):
        shown = s.window.panels.dock_is_shown(name)
        s.do(id)
        assert s.window.panels.dock_is_shown(name) != shown
    s.do("reset_layout")
    assert s.window.panels.dock_is_shown("mixer") and s.window.panels.dock_is_shown("inspector")


def fills_the_screen(s: Scene) -> None:
    s.do("full_screen")
    assert s.window.isFullScreen()
    s.do("full_screen")
    assert not s.window.isFullScreen()


def changes_theme(s: Scene) -> None:
    from unbraid.app import theme

    dark, light = (choice for choice in s.window.help.theme_choices() if choice.title in ("Dark", "Light"))
    light.run()
    assert theme.theme().name == "light"
    dark.run()
    assert theme.theme().name == "dark"


def chooses_tools(s: Scene) -> None:
    s.key("2")
    assert s.window.picture.tool == "hand" and s.window.song_view.view.canvas.is_hand
    s.key("1")
    assert s.window.picture.tool == "select" and not s.window.song_view.view.canvas.is_hand


def reads_a_notice(s: Scene) -> None:
    s.window.notice("warning", "something to know")
    s.driver.qtbot.wait(20)
    s.key("Ctrl+Alt+N")
    focused = s.window.focusWidget()
    while focused is not None and not isinstance(focused, NoticeCard):
        focused = focused.parentWidget()
    assert focused is not None


def dialog(id: str, name: str, keys: str = "") -> Callable[[Scene], None]:
    def check(s: Scene) -> None:
        s.key(keys) if keys else s.do(id)
        shown = s.window.help.dialog(name)
        assert shown is not None and shown.isVisible()
        s.driver.qtbot.wait(20)
        shown.close()

    return check


CHECKS: dict[str, Callable[[Scene], None]] = {
    "open": opens_a_file, "open_folder": opens_a_folder, "open_recent": offers_recent, "open_demo": opens_the_demo,
    "open_demo_stems": opens_the_demo_with_stems, "save": saves, "save_as": saves_as, "archive": archives,
    "relink": relinks, "export": shows_export, "close": closes_the_song, "quit": quits, "undo": undoes, "redo": undoes,
    "select_all": selects_all, "select_none": selects_all, "select_band": switches_band, "add_marker": marks,
    "previous_marker": marks, "next_marker": marks, "remove_marker": marks,
    "settings": dialog("settings", "settings", "Ctrl+,"), "play": plays, "play_selection": plays_the_selection,
    "pause": plays, "stop": plays, "start": goes_places, "end": goes_places, "back": goes_places,
    "forward": goes_places, "loop": loops, "loop_selection": loops, "original": compares, "output": chooses_output,
    "refresh_outputs": chooses_output, "mute": mutes, "solo": solos, "invert": inverts,
    "previous_stem": chooses_stems, "next_stem": chooses_stems, "clear_solo": solos, "reset_mixer": resets,
    "add_stem": adds_a_stem,
    "rename_stem": renames, "colour_stem": colours, "split_stem": splits, "stem_up": moves_stems,
    "stem_down": moves_stems, "remove_stem": removes, "separate": shows_separate,
    "goal_karaoke": reaches("karaoke", {"vocals", "accompaniment"}),
    "goal_voice": reaches("voice", {"vocals", "accompaniment"}),
    "goal_drums_out": reaches("drums_out", {"vocals", "harmonic", "drums"}),
    "goal_four_stems": reaches("four_stems", {"vocals", "drums", "bass", "other"}),
    "goal_harmonic_percussive": reaches("harmonic_percussive", {"harmonic", "percussive"}),
    "goal_center": reaches("center", {"center", "sides"}), "cancel_all": cancels, "encode": encodes,
    "page_encode": encodes, "encode_curve": encodes, "encode_listen": encodes, "encode_save": encodes, "zoom_in": zooms,
    "zoom_out": zooms,
    "zoom_fit": zooms, "zoom_selection": zooms, "zoom_in_frequency": zooms, "zoom_out_frequency": zooms,
    "follow": follows, "show": shows, "next_shown": shows, "previous_shown": shows, "scale": changes_picture,
    "next_scale": changes_picture, "window_length": changes_picture, "dynamic_range": changes_picture,
    "more_contrast": changes_picture, "less_contrast": changes_picture, "colours": changes_picture,
    "waveform": changes_picture, "page_separate": shows_separate, "page_history": shows_separate,
    "page_view": shows_separate, "toggle_mixer": toggles_panels, "toggle_inspector": toggles_panels,
    "reset_layout": toggles_panels, "full_screen": fills_the_screen, "theme": changes_theme,
    "tool_select": chooses_tools, "tool_hand": chooses_tools, "palette": dialog("palette", "palette", "Ctrl+Shift+P"),
    "shortcut_sheet": dialog("shortcut_sheet", "sheet"), "edit_shortcuts": dialog("edit_shortcuts", "keys"),
    "focus_notice": reads_a_notice,
    "diagnostics": dialog("diagnostics", "diagnostics"), "log": dialog("log", "log"), "about": dialog("about", "about"),
}  # fmt: skip


def test_every_action_of_the_table_has_its_test() -> None:
    assert set(CHECKS) == {row.id for row in TABLE}


@pytest.mark.parametrize("check", sorted(set(CHECKS.values()), key=lambda c: [*CHECKS.values()].index(c)),
                         ids=lambda c: next(id for id, known in CHECKS.items() if known is c))  # fmt: skip
def test_it_does_what_it_says(scene: Scene, check: Callable[[Scene], None]) -> None:
    check(scene)


def test_no_two_actions_share_a_key() -> None:
    keys = [QKeySequence(key).toString() for row in TABLE for key in row.shortcuts]
    assert sorted(keys) == sorted(set(keys))


def test_without_a_song_nothing_that_needs_one_can_be_run(driver) -> None:
    window = driver.open()
    window.action_set.refresh()
    able = {row.id for row in TABLE if window.action_set[row.id].isEnabled()}
    needless = {"undo", "redo", "play", "export", "save", "mute", "zoom_in", "separate", "goal_karaoke", "loop", "end"}
    assert not able & needless
    for id in sorted(needless):
        window.action_set[id].trigger()

"""The table: everything the window can do, once. Menus, bars, keys, the palette and the sheet are made from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from unbraid.app.actions.action import Action, Choice
from unbraid.app.translation import mark, tr, tr_known

if TYPE_CHECKING:
    from unbraid.app.window.main_window import MainWindow


def _reach(w: MainWindow, *, id: str) -> None:
    w.separate.reach_by_id(id)


def _song(w: MainWindow) -> bool:
    return w.session.has_song


def _document(w: MainWindow) -> bool:
    return w.session.document is not None


def _playable(w: MainWindow) -> bool:
    return w.session.playing.is_ready


def _stems(w: MainWindow) -> bool:
    return bool(w.session.state.stems)


def _chosen(w: MainWindow) -> bool:
    return bool(w.mixer.chosen)


def _chosen_stem(w: MainWindow) -> bool:
    return any(stem.id == w.mixer.chosen for stem in w.session.state.stems)


def _selected(w: MainWindow) -> bool:
    return w.session.selection is not None


def _missing(w: MainWindow) -> bool:
    return w.session.document is not None and bool(w.session.document.missing())


def _curve(w: MainWindow) -> bool:
    return w.session.encoding.is_usable


FILE = (
    Action("open", mark("Open …"), lambda w: w.files.ask_open(), mark("File"), ("Ctrl+O", "Ctrl+Shift+I"), "open",
           tip=mark("A song, a video, or a project"), group="open"),
    Action("open_folder", mark("Open folder …"), lambda w: w.files.ask_folder(), mark("File"), icon="folder",
           tip=mark("A song with its stems, or a project"), group="open"),
    Action("open_recent", mark("Open recent"), menu=mark("File"), choices=lambda w: w.files.recent_choices(),
           group="open",
           in_palette=False),
    Action("open_demo", mark("Open the demo song"), lambda w: w.files.open_demo(False), mark("File"), icon="song",
           group="open"),
    Action("open_demo_stems", mark("Open the demo song with its stems"), lambda w: w.files.open_demo(True),
           mark("File"),
           icon="stems", group="open"),
    Action("save", mark("Save"), lambda w: w.files.save(), mark("File"), ("Ctrl+S",), "save", _document,
           tip=mark("Every step is kept anyway; a draft is asked where it should live"), group="save"),
    Action("save_as", mark("Save as …"), lambda w: w.files.ask_save_as(), mark("File"), ("Ctrl+Shift+S",), "save_as",
           _document,
           tip=mark("Keep this project in a folder of your choice"), group="save"),
    Action("archive", mark("Save an archive to send …"), lambda w: w.files.ask_archive(), mark("File"),
           enabled=_document,
           tip=mark("The whole project in one file"), group="save"),
    Action("relink", mark("Relink missing media …"), lambda w: w.files.ask_relink(), mark("File"), enabled=_missing,
           icon="link", tip=mark("Show where sound that is missing is now; it is recognised by its content"),
           group="save"),
    Action("export", mark("Export …"), lambda w: w.files.show_export(), mark("File"), ("Ctrl+Shift+E",), "export",
           _song,
           tip=mark("Stems, the remix, karaoke, a stem file, a folder for a workstation"), group="export"),
    Action("close", mark("Close the song"), lambda w: w.files.close_song(), mark("File"), ("Ctrl+W",),
           enabled=_document,
           group="quit"),
    Action("quit", mark("Quit"), lambda w: w.close(), mark("File"), ("Ctrl+Q",), "quit", group="quit"),
)  # fmt: skip

EDIT = (
    Action("undo", mark("Undo"), lambda w: w.session.undo(), mark("Edit"), ("Ctrl+Z",), "undo",
           lambda w: w.session.document is not None and w.session.document.can_undo,
           text=lambda w: _undo_text(w), repeats=True, group="undo"),
    Action("redo", mark("Redo"), lambda w: w.session.redo(), mark("Edit"), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo",
           lambda w: w.session.document is not None and w.session.document.can_redo,
           text=lambda w: _redo_text(w), repeats=True, group="undo"),
    Action("select_all", mark("Select everything"), lambda w: w.times.select_all(), mark("Edit"), ("Ctrl+A",),
           "select_all",
           _song, group="select"),
    Action("select_none", mark("Select nothing"), lambda w: w.session.select(None), mark("Edit"),
           ("Ctrl+Shift+A", "Esc"), "select_none", _selected, group="select"),
    Action("select_band", mark("Frequency limits of the selection"), lambda w: w.times.toggle_band(), mark("Edit"),
           ("Q",),
           enabled=_selected, checked=lambda w: w.session.selection is not None and w.session.selection.is_band,
           tip=mark("Switch between a stretch of time alone and one with a band of frequencies"), group="select"),
    Action("add_marker", mark("Add a marker here"), lambda w: w.times.add_marker(), mark("Edit"), ("Ctrl+M",),
           "marker", _song,
           group="markers"),
    Action("previous_marker", mark("Go to the previous marker"), lambda w: w.times.go_to_marker(-1), mark("Edit"),
           ("Ctrl+Left",), enabled=lambda w: bool(w.session.state.markers), group="markers"),
    Action("next_marker", mark("Go to the next marker"), lambda w: w.times.go_to_marker(1), mark("Edit"),
           ("Ctrl+Right",),
           enabled=lambda w: bool(w.session.state.markers), group="markers"),
    Action("remove_marker", mark("Remove the marker here"), lambda w: w.times.remove_marker(), mark("Edit"),
           enabled=lambda w: w.times.marker_here() is not None, group="markers"),
    Action("settings", mark("Settings …"), lambda w: w.help.show_settings(), mark("Edit"), ("Ctrl+,",), "settings",
           group="settings"),
)  # fmt: skip

PLAY = (
    Action("play", mark("Play or pause"), lambda w: w.session.playing.toggle(), mark("Play"), ("Space",), "play",
           _playable, lambda w: w.session.playing.is_playing, group="play"),
    Action("play_selection", mark("Play the selection"), lambda w: w.session.playing.play_selection(), mark("Play"),
           ("Shift+Space",), "play_selection", lambda w: _playable(w) and _selected(w),
           tip=mark("Only what is selected, in time and in frequency"), group="play"),
    Action("pause", mark("Pause here"), lambda w: w.session.playing.pause(), mark("Play"), ("P",), "pause",
           lambda w: w.session.playing.is_playing, group="play"),
    Action("stop", mark("Stop and go back"), lambda w: w.session.playing.stop(), mark("Play"), icon="stop",
           enabled=lambda w: w.session.playing.is_playing, group="play"),
    Action("start", mark("Go to the start"), lambda w: w.session.playing.seek(0.0), mark("Play"), ("Home",), "start",
           _playable, group="go"),
    Action("end", mark("Go to the end"), lambda w: w.times.go_to_end(), mark("Play"), ("End",), "end", _playable,
           group="go"),
    Action("back", mark("Back five seconds"), lambda w: w.times.skip(-5.0), mark("Play"), (",",), "back", _playable,
           repeats=True, group="go"),
    Action("forward", mark("Forward five seconds"), lambda w: w.times.skip(5.0), mark("Play"), (".",), "forward",
           _playable,
           repeats=True, group="go"),
    Action("loop", mark("Loop"), lambda w: w.times.toggle_loop(), mark("Play"), ("L",), "loop", _song,
           lambda w: w.session.state.loop is not None,
           tip=mark("Round and round the selection, or the whole song"), group="loop"),
    Action("loop_selection", mark("Loop the selection"), lambda w: w.times.loop_selection(), mark("Play"), ("Shift+L",),
           enabled=lambda w: _song(w) and w.session.selection is not None and w.session.selection.is_time,
           group="loop"),
    Action("original", mark("Original or remix"), lambda w: w.times.toggle_original(), mark("Play"), ("O",), "compare",
           _playable, lambda w: w.session.playing.is_original,
           tip=mark("Hear the song as it was, as loud as the remix"), group="loop"),
    Action("output", mark("Sound output"), menu=mark("Play"), choices=lambda w: w.times.output_choices(),
           group="output",
           icon="speaker", in_palette=False),
    Action("refresh_outputs", mark("Look for sound outputs again"), lambda w: w.times.refresh_outputs(), mark("Play"),
           icon="refresh", group="output"),
)  # fmt: skip

STEMS = (
    Action("mute", mark("Mute"), lambda w: w.stems.toggle_strip("mute"), mark("Stems"), ("M", "Shift+U"), "mute",
           _chosen,
           lambda w: w.stems.strip_is("mute"), group="strip", tip=mark("Of the stem that is chosen in the mixer")),
    Action("solo", mark("Solo"), lambda w: w.stems.toggle_strip("solo"), mark("Stems"), ("S", "Shift+S"), "headphones",
           _chosen,
           lambda w: w.stems.strip_is("solo"), group="strip", tip=mark("Of the stem that is chosen in the mixer")),
    Action("invert", mark("Invert polarity"), lambda w: w.stems.toggle_strip("invert"), mark("Stems"), enabled=_chosen,
           checked=lambda w: w.stems.strip_is("invert"), icon="invert", group="strip"),
    Action("previous_stem", mark("Choose the stem above"), lambda w: w.stems.choose_stem(-1), mark("Stems"),
           ("Alt+Up",),
           enabled=_stems, group="choose"),
    Action("next_stem", mark("Choose the stem below"), lambda w: w.stems.choose_stem(1), mark("Stems"), ("Alt+Down",),
           enabled=_stems, group="choose"),
    Action("clear_solo", mark("Clear all solos"), lambda w: w.stems.clear_solo(), mark("Stems"), ("Ctrl+Shift+U",),
           enabled=lambda w: w.stems.has_solo(), group="mixer"),
    Action("reset_mixer", mark("Reset the mixer"), lambda w: w.stems.reset_mixer(), mark("Stems"), icon="reset",
           enabled=_song,
           tip=mark("All faders to 0 dB, nothing muted, soloed, panned or coloured: the song as it was"),
           group="mixer"),
    Action("add_stem", mark("Add stems from files …"), lambda w: w.files.ask_stem(), mark("Stems"), icon="add",
           enabled=_song, tip=mark("Sounds as long as the song; what they leave of it stays in the residual"),
           group="stem"),
    Action("rename_stem", mark("Rename the stem …"), lambda w: w.stems.ask_rename(), mark("Stems"), ("F2",), "rename",
           _chosen_stem, group="stem"),
    Action("colour_stem", mark("Colour of the stem …"), lambda w: w.stems.ask_colour(), mark("Stems"), icon="colour",
           enabled=_chosen_stem, group="stem"),
    Action("split_stem", mark("Take the stem apart …"), lambda w: w.stems.split_chosen(), mark("Stems"), icon="split",
           enabled=_chosen_stem, group="stem"),
    Action("stem_up", mark("Move the stem up"), lambda w: w.stems.move_chosen(-1), mark("Stems"), ("Ctrl+Alt+Up",),
           "up",
           _chosen_stem, group="stem"),
    Action("stem_down", mark("Move the stem down"), lambda w: w.stems.move_chosen(1), mark("Stems"),
           ("Ctrl+Alt+Down",), "down",
           _chosen_stem, group="stem"),
    Action("remove_stem", mark("Remove the stem"), lambda w: w.stems.remove_chosen(), mark("Stems"), ("Delete",),
           "delete",
           _chosen_stem, tip=mark("Its sound goes to the residual; undo brings it back"), group="stem"),
)  # fmt: skip

SEPARATE = (
    Action("separate", mark("Take apart …"), lambda w: w.panels.show_page("separate"), mark("Separate"), ("Ctrl+T",),
           "separate",
           _song, group="page"),
    *(
        Action(f"goal_{id}", title, partial(_reach, id=id), mark("Separate"), enabled=_song, group="goals")
        for id, title in (
            ("karaoke", mark("Karaoke")), ("voice", mark("Voice and music")), ("drums_out", mark("Drums out")),
            ("four_stems", mark("Four stems")), ("harmonic_percussive", mark("Tones and strokes")),
            ("center", mark("Middle and sides")),
        )
    ),
    Action("cancel_all", mark("Cancel all work"), lambda w: w.session.queue.cancel_all(), mark("Separate"),
           icon="cancel",
           enabled=lambda w: w.session.queue.is_busy, group="work"),
)  # fmt: skip

ENCODE = (
    Action("encode", mark("Publish with stems …"), lambda w: w.panels.show_page("encode"), mark("Encode"),
           icon="encode", enabled=_stems, group="page",
           tip=mark("A curve of quality over rate for each stem, and a file that brings its faders along")),
    Action("encode_curve", mark("Compute the curve of quality"), lambda w: w.encode.compute(), mark("Encode"),
           icon="evaluate", enabled=lambda w: _stems(w) and not w.session.encoding.is_running, group="curve"),
    Action("encode_listen", mark("Listen at the dial"), lambda w: w.encode.listen.toggle(), mark("Encode"),
           icon="headphones", enabled=_curve, group="curve",
           tip=mark("Ten seconds of the stems as they would be published")),
    Action("encode_save", mark("Save side-information …"), lambda w: w.encode.show_publish(), mark("Encode"),
           icon="encode", enabled=_curve, group="file"),
)  # fmt: skip

VIEW = (
    Action("zoom_in", mark("Zoom in"), lambda w: w.song_view.zoom_in(), mark("View"), ("Ctrl+=", "Ctrl++"), "zoom_in",
           _song, repeats=True, group="zoom"),
    Action("zoom_out", mark("Zoom out"), lambda w: w.song_view.zoom_out(), mark("View"), ("Ctrl+-",), "zoom_out", _song,
           repeats=True, group="zoom"),
    Action("zoom_fit", mark("Show the whole song"), lambda w: w.song_view.fit(), mark("View"), ("Ctrl+F",), "zoom_fit",
           _song, group="zoom"),
    Action("zoom_selection", mark("Zoom to the selection"), lambda w: w.song_view.zoom_to_selection(), mark("View"),
           ("Ctrl+E",), "zoom_selection", lambda w: _song(w) and _selected(w), group="zoom"),
    Action("zoom_in_frequency", mark("Zoom in on frequencies"), lambda w: w.song_view.zoom_frequency(True),
           mark("View"),
           ("Ctrl+Alt+=",), enabled=_song, repeats=True, group="zoom"),
    Action("zoom_out_frequency", mark("Zoom out of frequencies"), lambda w: w.song_view.zoom_frequency(False),
           mark("View"), ("Ctrl+Alt+-",), enabled=_song, repeats=True, group="zoom"),
    Action("follow", mark("Follow the playhead"), lambda w: w.picture.toggle_follow(), mark("View"), ("F",), "follow",
           _song,
           lambda w: w.picture.follows, group="zoom"),
    Action("show", mark("Show"), menu=mark("View"), choices=lambda w: w.picture.show_choices(), icon="spectrogram",
           group="picture", in_palette=False),
    Action("next_shown", mark("Show the next stem"), lambda w: w.picture.show_next(1), mark("View"), ("Ctrl+Down",),
           enabled=_stems, group="picture"),
    Action("previous_shown", mark("Show the previous stem"), lambda w: w.picture.show_next(-1), mark("View"),
           ("Ctrl+Up",),
           enabled=_stems, group="picture"),
    Action("scale", mark("Frequency axis"), menu=mark("View"), choices=lambda w: w.picture.scale_choices(),
           group="picture",
           in_palette=False),
    Action("next_scale", mark("Next frequency axis"), lambda w: w.picture.next_scale(), mark("View"), ("Ctrl+R",),
           enabled=_song,
           group="picture"),
    Action("window_length", mark("Window length"), menu=mark("View"), choices=lambda w: w.picture.window_choices(),
           group="picture", in_palette=False),
    Action("dynamic_range", mark("Dynamic range"), menu=mark("View"), choices=lambda w: w.picture.range_choices(),
           group="picture", in_palette=False),
    Action("more_contrast", mark("Smaller dynamic range"), lambda w: w.picture.change_range(-10.0), mark("View"),
           ("Ctrl+Shift+Down",), enabled=_song, group="picture", repeats=True),
    Action("less_contrast", mark("Larger dynamic range"), lambda w: w.picture.change_range(10.0), mark("View"),
           ("Ctrl+Shift+Up",), enabled=_song, group="picture", repeats=True),
    Action("colours", mark("Colours"), menu=mark("View"), choices=lambda w: w.picture.colour_choices(), icon="colour",
           group="picture", in_palette=False),
    Action("waveform", mark("Waveform over the spectrogram"), lambda w: w.picture.toggle_waveform(), mark("View"),
           ("Shift+W",), "waveform", _song, lambda w: w.picture.shows_waveform, group="picture"),
    Action("page_separate", mark("Separate panel"), lambda w: w.panels.show_page("separate"), mark("View"), ("F5",),
           group="panels"),
    Action("page_history", mark("History panel"), lambda w: w.panels.show_page("history"), mark("View"), ("F6",),
           "history",
           group="panels"),
    Action("page_view", mark("Picture panel"), lambda w: w.panels.show_page("picture"), mark("View"), ("F7",),
           "spectrogram",
           group="panels"),
    Action("page_encode", mark("Encode panel"), lambda w: w.panels.show_page("encode"), mark("View"), ("F8",),
           "encode", group="panels"),
    Action("toggle_mixer", mark("Mixer"), lambda w: w.panels.toggle_dock("mixer"), mark("View"), ("F3",), "mixer",
           checked=lambda w: w.panels.dock_is_shown("mixer"), group="panels"),
    Action("toggle_inspector", mark("Inspector"), lambda w: w.panels.toggle_dock("inspector"), mark("View"), ("F4",),
           "dock",
           checked=lambda w: w.panels.dock_is_shown("inspector"), group="panels"),
    Action("reset_layout", mark("Reset the layout"), lambda w: w.panels.reset_layout(), mark("View"), group="panels"),
    Action("full_screen", mark("Full screen"), lambda w: w.panels.toggle_full_screen(), mark("View"), ("F11",),
           "full_screen",
           checked=lambda w: w.isFullScreen(), group="panels"),
    Action("theme", mark("Dark or light"), menu=mark("View"), choices=lambda w: w.help.theme_choices(), icon="theme",
           group="panels", in_palette=False),
)  # fmt: skip

TOOLS = (
    Action("tool_select", mark("Select"), lambda w: w.picture.choose_tool("select"), mark("Tools"), ("1",), "select",
           _song,
           lambda w: w.picture.tool == "select", tip=mark("Drag over the picture to select time and frequency"),
           group="tools"),
    Action("tool_hand", mark("Move the picture"), lambda w: w.picture.choose_tool("hand"), mark("Tools"), ("2", "H"),
           "hand",
           _song, lambda w: w.picture.tool == "hand",
           tip=mark("Drag the picture; the middle button does so at any time"),
           group="tools"),
)  # fmt: skip

HELP = (
    Action("palette", mark("Find a command …"), lambda w: w.help.show_palette(), mark("Help"), ("Ctrl+Shift+P",),
           "search",
           group="find", in_palette=False),
    Action("shortcut_sheet", mark("Keys and mouse"), lambda w: w.help.show_sheet(), mark("Help"), ("Ctrl+Alt+/", "F1"),
           "keyboard", group="find"),
    Action("edit_shortcuts", mark("Change keys …"), lambda w: w.help.edit_shortcuts(), mark("Help"), group="find"),
    Action("focus_notice", mark("Go to the last notice"), lambda w: w.notices.focus_newest(), mark("Help"),
           ("Ctrl+Alt+N",), tip=mark("To read it, press its buttons or copy it by keyboard"), group="find"),
    Action("diagnostics", mark("Diagnostics"), lambda w: w.help.show_diagnostics(), mark("Help"), icon="diagnostics",
           tip=mark("Sound output, drop-outs, memory, versions"), group="look"),
    Action("log", mark("Log"), lambda w: w.help.show_log(), mark("Help"), icon="log", group="look"),
    Action("about", mark("About Unbraid"), lambda w: w.help.show_about(), mark("Help"), icon="about", group="about"),
)  # fmt: skip

TABLE: tuple[Action, ...] = (*FILE, *EDIT, *PLAY, *STEMS, *SEPARATE, *ENCODE, *VIEW, *TOOLS, *HELP)


def _undo_text(w: MainWindow) -> str:
    document = w.session.document
    title = "" if document is None else document.undo_title
    return tr("Undo: {step}", step=title) if title else tr("Undo")


def _redo_text(w: MainWindow) -> str:
    document = w.session.document
    title = "" if document is None else document.redo_title
    return tr("Redo: {step}", step=title) if title else tr("Redo")


def chosen(values: Sequence[tuple[str, object]], now: object, run: Callable[[object], object]) -> tuple[Choice, ...]:
    """Lines of a submenu of which one is in use."""
    return tuple(Choice(tr_known(title), partial(run, value), checked=value == now) for title, value in values)

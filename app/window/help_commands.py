"""What the table of actions can do for the window itself: palette, keys, settings, diagnostics, log, about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication, QWidget

from unbraid.app.actions.action import Choice
from unbraid.app.actions.commands import chosen
from unbraid.app.translation import mark, tr

if TYPE_CHECKING:
    from unbraid.app.window.main_window import MainWindow

THEMES = (("system", mark("As the desktop")), ("dark", mark("Dark")), ("light", mark("Light")))


class HelpCommands:
    """Dialogs that explain and set; each is made when it is first asked for and none of them blocks."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._session = window.session
        self._open: dict[str, QWidget] = {}

    def _show(self, name: str, dialog: QWidget) -> None:
        old = self._open.pop(name, None)
        if old is not None:
            old.close()
            old.deleteLater()
        self._open[name] = dialog
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def dialog(self, name: str) -> QWidget | None:
        """The dialog of that name when it was opened."""
        return self._open.get(name)

    def show_palette(self) -> None:
        """Find a command by its name."""
        from unbraid.app.actions.palette import Palette

        settings = self._session.settings
        palette = Palette(self._window.action_set, self._window, settings.current.palette_recent)
        palette.recent_changed.connect(lambda recent: settings.set(palette_recent=recent))
        self._open["palette"] = palette
        palette.open()

    def show_sheet(self) -> None:
        """All keys and gestures."""
        from unbraid.app.actions.shortcut_sheet import ShortcutSheet

        self._show("sheet", ShortcutSheet(self._window.action_set, self._window))

    def edit_shortcuts(self) -> None:
        """Change keys."""
        from unbraid.app.actions.shortcut_editor import ShortcutEditor

        self._show("keys", ShortcutEditor(self._window.action_set, self._session.settings, self._window))

    def show_settings(self) -> None:
        """All settings."""
        from unbraid.app.dialogs.settings_dialog import SettingsDialog

        names = tuple(device.name for device in self._session.playing.player.devices())
        self._show("settings", SettingsDialog(self._session.settings, self._window, devices=names))

    def theme_choices(self) -> Sequence[Choice]:
        """Dark, light, or as the desktop."""
        now = self._session.settings.current.theme
        return chosen([(t, n) for n, t in THEMES], now, lambda name: self._session.settings.set(theme=name))

    def show_diagnostics(self) -> None:
        """How sound, memory and the worker are doing."""
        from unbraid.app.dialogs.diagnostics import Diagnostics

        self._show("diagnostics", Diagnostics(self._sources(), self._window))

    def show_log(self) -> None:
        """What the application wrote down."""
        from unbraid.app.log_window import LogWindow

        self._show("log", LogWindow(self._window))

    def show_about(self) -> None:
        """Version and licences."""
        from unbraid.app.dialogs.about import About

        self._show("about", About(self._window))

    def _sources(self) -> Mapping[str, Callable[[], Mapping[str, object]]]:
        return {
            tr("Sound"): self._session.playing.player.diagnostics,
            tr("Window"): self._window_facts,
            tr("Project"): self._project_facts,
        }

    def _window_facts(self) -> dict[str, str]:
        application = QApplication.instance()
        platform = application.platformName() if isinstance(application, QApplication) else ""
        screen = self._window.screen()
        return {
            tr("Platform"): platform,
            tr("Pixels per point"): f"{screen.devicePixelRatio():g}",
            tr("Size"): f"{self._window.width()} × {self._window.height()}",
            tr("Frames of the picture"): self._window.song_view.diagnostics(),
        }

    def _project_facts(self) -> dict[str, str]:
        document = self._session.document
        if document is None:
            return {tr("Project"): tr("none")}
        return {
            tr("Stems"): str(len(document.state.stems)),
            tr("Steps"): str(len(document.steps())),
            tr("On disk"): document.problem or tr("all steps"),
        }

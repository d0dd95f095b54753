"""The docks: mixer on the left, inspector on the right; remembered, restored, and out of the way in a narrow window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QTabWidget, QToolBar, QWidget

from unbraid.app.translation import tr
from unbraid.app.window.dock_title import DockTitle
from unbraid.app.window.main_window import new_dock, remembered, restore

if TYPE_CHECKING:
    from unbraid.app.window.main_window import MainWindow

NARROW = 1360
"""Below this many pixels the inspector is a drawer: it comes when it is asked for."""


class Panels:
    """Shows and hides the docks of a window."""

    def __init__(self, window: MainWindow, transport: QToolBar) -> None:
        self._window = window
        self.transport = transport
        self.pages = QTabWidget(window)
        self.pages.setDocumentMode(True)
        self.pages.tabBar().setDrawBase(False)
        self.pages.tabBar().setAccessibleName(tr("Inspector"))
        self._names: list[str] = []
        self.docks: dict[str, QDockWidget] = {
            "mixer": new_dock(window, "mixer", tr("Mixer"), window.mixer, Qt.DockWidgetArea.LeftDockWidgetArea),
            "inspector": new_dock(
                window, "inspector", tr("Inspector"), self.pages, Qt.DockWidgetArea.RightDockWidgetArea
            ),
        }
        for dock in self.docks.values():
            dock.setTitleBarWidget(DockTitle(dock))
        self._wanted = {"mixer": True, "inspector": True}
        self._drawer_open = False

    def add_page(self, name: str, title: str, page: QWidget) -> None:
        """A page of the inspector."""
        self._names.append(name)
        self.pages.addTab(page, title)

    def show_page(self, name: str) -> None:
        """Show a page, and the inspector if it is hidden."""
        self.pages.setCurrentIndex(self._names.index(name))
        if self._window.session.has_song:
            self._drawer_open = True
            self.docks["inspector"].show()
            self._window.refresh_actions()

    @property
    def page(self) -> str:
        """The page that is shown."""
        return self._names[self.pages.currentIndex()]

    def toggle_dock(self, name: str) -> None:
        """Show or hide a panel."""
        dock = self.docks[name]
        show = not dock.isVisible()
        self._wanted[name] = show
        self._drawer_open = show if name == "inspector" else self._drawer_open
        dock.setVisible(show)
        self._window.refresh_actions()

    def dock_is_shown(self, name: str) -> bool:
        """Whether a panel is there."""
        return not self.docks[name].isHidden()

    def show_for(self, has_song: bool) -> None:
        """The first screen has no panels."""
        self.transport.setVisible(has_song)
        for name, dock in self.docks.items():
            dock.setVisible(has_song and self._wanted[name])
        if has_song:
            self.fit(self._window.width())

    def fit(self, width: int) -> None:
        """In a narrow window the inspector shows only when it was asked for."""
        if self._window.session.has_song and not self.docks["inspector"].isFloating():
            self.docks["inspector"].setVisible(self._wanted["inspector"] and (width >= NARROW or self._drawer_open))

    def reset_layout(self) -> None:
        """Everything where it was at first."""
        areas = {"mixer": Qt.DockWidgetArea.LeftDockWidgetArea, "inspector": Qt.DockWidgetArea.RightDockWidgetArea}
        for name, dock in self.docks.items():
            dock.setFloating(False)
            self._window.addDockWidget(areas[name], dock)
            self._wanted[name] = True
        self._drawer_open = True
        self.show_for(self._window.session.has_song)
        self._window.resizeDocks(list(self.docks.values()), [272, 340], Qt.Orientation.Horizontal)
        self._window.refresh_actions()

    def toggle_full_screen(self) -> None:
        """Fill the screen, or come back."""
        self._window.showNormal() if self._window.isFullScreen() else self._window.showFullScreen()

    def restore(self) -> None:
        """As it was when the window was closed last."""
        now = self._window.session.settings.current
        if not restore(self._window, now.window_geometry, now.window_state):
            self._window.resizeDocks(list(self.docks.values()), [272, 340], Qt.Orientation.Horizontal)
        self.show_for(self._window.session.has_song)

    def remember(self) -> None:
        """Keep it for the next time."""
        self._window.session.guarded(lambda: self._window.session.settings.set(**remembered(self._window)))

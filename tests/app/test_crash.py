from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer, qWarning
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from unbraid.app import logging_setup
from unbraid.app.crash import CrashHandler
from unbraid.core.errors import Cancelled, ParameterError

pytestmark = pytest.mark.gui


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def handler(window: QWidget) -> Iterator[CrashHandler]:
    logging_setup.uninstall()
    logging_setup.install()
    made = CrashHandler(window, names=lambda: ["Blue Monday"], details=lambda: {"device": "none"})
    made.install()
    yield made
    made.uninstall()
    if made.dialog is not None:
        made.dialog.close()
    logging_setup.uninstall()


def fail() -> None:
    raise RuntimeError("Blue Monday broke")


def test_a_fault_in_a_slot_shows_one_dialog(handler: CrashHandler, qtbot: QtBot) -> None:
    for _ in range(3):
        QTimer.singleShot(0, fail)
    with qtbot.waitSignal(handler.crashed) as seen:
        pass
    qtbot.waitUntil(lambda: sum(handler.count.values()) == 3)
    report = seen.args[0]
    assert "RuntimeError: <name> broke" in report
    assert "device: none" in report
    assert "Blue" not in report
    dialog = handler.dialog
    assert dialog is not None
    assert dialog.isVisible()
    dialog.copy()  # type: ignore[attr-defined]
    assert "RuntimeError" in QGuiApplication.clipboard().text()
    dialog.accept()  # type: ignore[attr-defined]
    assert handler.dialog is None
    assert any("uncaught" in line.text for line in logging_setup.ring().lines())


def test_a_fault_in_a_thread_too(handler: CrashHandler, qtbot: QtBot) -> None:
    with qtbot.waitSignal(handler.crashed):
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    assert handler.dialog is not None


def test_a_users_mistake_is_a_notice(handler: CrashHandler, qtbot: QtBot) -> None:
    with qtbot.waitSignal(handler.problem) as seen:
        sys.excepthook(ParameterError, ParameterError("hop is too long"), None)
    assert seen.args == ["hop is too long"]
    assert handler.dialog is None


def test_stopped_work_is_no_fault(handler: CrashHandler) -> None:
    sys.excepthook(Cancelled, Cancelled(), None)
    assert handler.dialog is None
    assert not handler.count


def test_qts_messages_are_logged(handler: CrashHandler) -> None:
    qWarning("something about a font")
    assert "something about a font" in logging_setup.ring().lines()[-1].text


def test_a_report_comes_whatever_is_broken(window: QWidget) -> None:
    def broken() -> dict[str, str]:
        raise OSError("gone")

    report = CrashHandler(window, names=broken, details=broken).report("Traceback: x")
    assert "not available (OSError)" in report


def test_the_report_is_saved(handler: CrashHandler, tmp_path: Path) -> None:
    from unbraid.app.dialogs.crash_dialog import CrashDialog

    dialog = CrashDialog("report", handler.window)
    dialog.save(tmp_path / "report.txt")
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") == "report"
    dialog.save(tmp_path / "no folder" / "report.txt")
    assert "does not exist" in dialog.said.text()
    dialog.close()

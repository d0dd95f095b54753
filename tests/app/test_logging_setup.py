from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from unbraid.app import logging_setup
from unbraid.app.log_window import LogWindow
from unbraid.app.logging_setup import Ring


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    logging_setup.uninstall()
    yield
    logging_setup.uninstall()
    logging.getLogger("unbraid").setLevel(logging.NOTSET)


def test_the_ring_keeps_the_last_lines() -> None:
    ring = Ring(3)
    for i in range(5):
        ring.handle(logging.makeLogRecord({"msg": f"line {i}", "levelno": logging.INFO}))
    assert [line.number for line in ring.lines()] == [2, 3, 4]
    assert [line.text[-6:] for line in ring.lines(since=4)] == ["line 4"]


def test_from_many_threads() -> None:
    ring = logging_setup.install()
    log = logging.getLogger("unbraid.test")
    threads = [threading.Thread(target=lambda: [log.info("x") for _ in range(200)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [line.number for line in ring.lines()] == list(range(800))


def test_the_file_begins_with_what_came_before(tmp_path: Path) -> None:
    assert logging_setup.install() is logging_setup.ring()
    logging.getLogger("unbraid.test").info("early")
    path = logging_setup.log_to_file(tmp_path / "log")
    logging.getLogger("unbraid.test").info("late")
    text = path.read_text(encoding="utf-8")
    assert text.index("early") < text.index("late")
    assert text.count("early") == text.count("late") == 1


def test_the_file_does_not_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging_setup, "FILE_BYTES", 2000)
    logging_setup.install()
    logging_setup.log_to_file(tmp_path)
    for i in range(500):
        logging.getLogger("unbraid.test").info("line %d", i)
    files = list(tmp_path.iterdir())
    assert len(files) == logging_setup.FILES
    assert sum(file.stat().st_size for file in files) <= logging_setup.FILES * 2100


def test_no_folder_no_file_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file")
    logging_setup.install()
    logging_setup.log_to_file(tmp_path / "log")
    assert "no log file" in logging_setup.ring().lines()[-1].text


def test_a_hard_fault_is_written_down_for_the_next_start(tmp_path: Path) -> None:
    assert logging_setup.watch_faults(tmp_path) == ""
    logging_setup.uninstall()
    script = f"""
import faulthandler, pathlib
from unbraid.app import logging_setup
logging_setup.watch_faults(pathlib.Path({str(tmp_path)!r}))
faulthandler._sigsegv()
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode != 0
    assert "Segmentation fault" in logging_setup.watch_faults(tmp_path)
    logging_setup.uninstall()
    assert logging_setup.watch_faults(tmp_path) == ""


@pytest.mark.gui
def test_the_window_shows_filters_and_copies(qtbot: QtBot) -> None:
    ring = logging_setup.install()
    log = logging.getLogger("unbraid.test")
    log.info("all is well")
    log.error("all is not well")
    window = LogWindow(source=ring)
    qtbot.addWidget(window)
    window.show()
    assert window.text.toPlainText().count("\n") == 1
    log.warning("careful")
    window.read()
    assert window.text.toPlainText().endswith("careful")
    window.level.setCurrentIndex(3)
    assert window.text.toPlainText().endswith("all is not well")
    assert "careful" not in window.text.toPlainText()
    window.level.setCurrentIndex(0)
    window.field.setText("WELL")
    assert window.text.toPlainText().count("\n") == 1
    log.debug("details are logged now: well")
    window.read()
    assert "details" in window.text.toPlainText()
    window.copy()
    window.close()
    assert not window._timer.isActive()

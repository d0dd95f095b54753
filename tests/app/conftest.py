"""Windows and sessions on a song of three seconds, played to nobody; what they leave behind fails the test."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from leaks import nothing_left

if TYPE_CHECKING:  # the command line's tests need no Qt
    from windows import Bench, Driver

    from unbraid.app.window.main_window import MainWindow


@pytest.fixture(scope="session")
def song_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a song and its stems."""
    from windows import write_song

    return write_song(tmp_path_factory.mktemp("songs") / "Short song")


@pytest.fixture
def clean(qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Folders of its own for a test, which must leave no thread and no process behind."""
    for name in ("UNBRAID_DATA", "UNBRAID_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    with nothing_left():
        yield


@pytest.fixture
def no_log_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What goes wrong in an observer is logged and nothing more: here it fails the test."""
    yield
    records = [*caplog.get_records("setup"), *caplog.get_records("call"), *caplog.get_records("teardown")]
    assert not [record.getMessage() for record in records if record.levelno >= logging.ERROR]


@pytest.fixture
def driver(clean: None, qtbot) -> Iterator[Driver]:
    """Opens windows in folders of their own, and looks that they leave nothing behind."""
    from windows import Driver

    driver = Driver(qtbot)
    yield driver
    for window in list(driver.windows):
        driver.close(window)


@pytest.fixture
def window(driver: Driver, song_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """A window with a song and three stems, there without any decoding; its worker starts when it is needed."""
    import windows

    from unbraid.app.session.opening import Opening
    from unbraid.core.document import drafts

    monkeypatch.setattr(Opening, "prepare", lambda self: None)
    window = driver.open()
    mix, stems = windows.short_song()
    draft = drafts.new_draft("Short song")
    source = str(song_folder / "mix.wav")
    window.session.take(windows.document_of(draft, mix, stems, tmp_path / "work", source=source))
    return window


@pytest.fixture
def bench(clean: None, no_log_errors: None, qtbot, tmp_path: Path) -> Iterator[Bench]:
    """A session without a window."""
    from windows import Bench

    bench = Bench(qtbot, tmp_path)
    yield bench
    bench.close()

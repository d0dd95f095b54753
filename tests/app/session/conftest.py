"""One session for the tests of a module, with its worker processes warm; each test gets it without a document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from leaks import nothing_left
from windows import Bench

from unbraid.core.document import drafts


@pytest.fixture(scope="module")
def lasting(qapp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The session; no thread and no process is left of it at the end."""
    folder = tmp_path_factory.mktemp("bench")
    with nothing_left(), pytest.MonkeyPatch.context() as patch:
        for name in ("UNBRAID_DATA", "UNBRAID_CONFIG"):
            patch.setenv(name, str(folder / name.lower()))
        bench = Bench(None, folder)
        yield bench
        bench.session.close()
        bench.session.deleteLater()


@pytest.fixture
def bench(lasting: Bench, no_log_errors: None, qtbot, tmp_path: Path) -> Iterator[Bench]:
    """The session without a document; what the test has left of drafts is removed."""
    lasting.qtbot, lasting.folder = qtbot, tmp_path
    lasting.notices.clear()
    yield lasting
    lasting.session.close_document()
    lasting.until(lambda: not lasting.session.queue.is_busy and not lasting.session.opening_queue.is_busy)
    lasting.session.bridge.flush()
    for draft in drafts.drafts():
        drafts.discard(draft.folder)

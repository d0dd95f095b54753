from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from windows import Bench

from unbraid.app.history.page import HistoryPage
from unbraid.core.document import edits

pytestmark = pytest.mark.gui


@pytest.fixture
def page(bench: Bench, qtbot) -> HistoryPage:
    page = HistoryPage(bench.session)
    qtbot.addWidget(page)
    page.resize(300, 400)
    page.show()
    return page


def titles(page: HistoryPage) -> list[str]:
    return [page.list.item(row).text() for row in range(page.list.count())]


def click(page: HistoryPage, row: int) -> None:
    place = page.list.visualItemRect(page.list.item(row)).center()
    QTest.mouseClick(page.list.viewport(), Qt.MouseButton.LeftButton, pos=place)


def edit(bench: Bench, *notes: str) -> None:
    for text in notes:
        bench.session.edit(f"Note {text}", lambda project, text=text: edits.set_notes(project, text))


def test_without_a_document_it_is_empty(page: HistoryPage, bench: Bench) -> None:
    assert titles(page) == []
    bench.open()
    assert len(titles(page)) == 2
    bench.session.close_document()
    assert titles(page) == []


def test_a_click_goes_back_and_forth_and_the_list_stays(page: HistoryPage, bench: Bench) -> None:
    bench.open()
    edit(bench, "a", "b", "c")
    assert titles(page)[-3:] == ["Note a", "Note b", "Note c"] and page.list.currentRow() == 4
    before = [page.list.item(row) for row in range(page.list.count())]
    for row, notes in ((2, "a"), (4, "c"), (1, ""), (3, "b")):
        click(page, row)
        assert bench.session.state.notes == notes and page.list.currentRow() == row
    assert [page.list.item(row) for row in range(page.list.count())] == before, "no item goes while it is clicked"


def test_a_key_goes_there_as_well(page: HistoryPage, bench: Bench) -> None:
    bench.open()
    edit(bench, "a", "b")
    page.list.setFocus()
    QTest.keyClick(page.list, Qt.Key.Key_Up)
    QTest.keyClick(page.list, Qt.Key.Key_Return)
    assert bench.session.state.notes == "a"


def test_it_follows_undo_and_a_new_branch(page: HistoryPage, bench: Bench) -> None:
    bench.open()
    edit(bench, "a", "b", "c")
    bench.session.undo()
    bench.session.undo()
    assert page.list.currentRow() == 2 and len(titles(page)) == 5
    edit(bench, "d")
    assert titles(page)[-2:] == ["Note a", "Note d"] and page.list.currentRow() == 3
    assert titles(page)[1:] == bench.steps()[1:]


def test_another_document_brings_its_own_steps(page: HistoryPage, bench: Bench) -> None:
    bench.open()
    edit(bench, "a", "b")
    bench.open(name="Another")
    edit(bench, "z")
    assert titles(page)[-1] == "Note z" and len(titles(page)) == 3

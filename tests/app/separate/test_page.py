"""The page of tasks and methods on a real session, and the list of what runs."""

from __future__ import annotations

from pathlib import Path

import pytest
import separators
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from windows import Bench

from unbraid.app.selection import Selection
from unbraid.app.separate.page import SeparatePage, selection_words
from unbraid.app.session.separating import Scope
from unbraid.core.document import edits
from unbraid.core.job_queue import State
from unbraid.core.separation.goals import GOALS
from unbraid.core.separation.registry import Card

pytestmark = pytest.mark.gui
LEFT = Qt.MouseButton.LeftButton
POLITE = f"{Path(separators.__file__)}:Polite"


@pytest.fixture
def page(bench: Bench, cards: list[Card], qtbot) -> SeparatePage:
    page = SeparatePage(bench.session)
    qtbot.addWidget(page)
    page.resize(340, 1200)
    page.cards_wanted.connect(lambda: page.show_cards(cards))
    page.show()
    return page


def choose(page: SeparatePage, method: str) -> None:
    page.more.setChecked(True)
    page.method.setCurrentIndex(page.method.findData(method))


def test_without_a_song_nothing_can_be_wished_for(page: SeparatePage, bench: Bench) -> None:
    page.more.setChecked(True)
    assert not page.run.isEnabled() and not any(tile.isEnabled() for tile in page.goal_buttons.values())
    bench.open()
    assert page.run.isEnabled() and all(page.goal_buttons[goal.id].isEnabled() for goal in GOALS)
    bench.session.close_document()
    assert not page.run.isEnabled()


def test_what_is_taken_apart_can_be_chosen_and_follows_the_stems(page: SeparatePage, bench: Bench) -> None:
    bench.open()
    assert [page.source.itemData(row) for row in range(page.source.count())] == ["", "s1", "s2", "s3"]
    page.split("s2")
    assert page.scope() == Scope("s2", None)
    bench.session.edit("Rename", lambda project: edits.rename_stem(project, "s1", "low"))
    assert page.source.itemText(1) == "low" and page.scope().stem == "s2", "the choice stays"
    bench.session.edit("Mute", lambda project: edits.set_mute(project, "s1", True))
    assert page.scope().stem == "s2"
    bench.session.edit("Remove", lambda project: edits.remove_stem(project, "s2"))
    assert page.scope().stem == ""


def test_the_selection_is_said_in_words(page: SeparatePage, bench: Bench) -> None:
    assert selection_words(None, bench.session.state) == ""
    bench.open()
    assert "beginning to end" in page.within.text()
    bench.session.select(Selection(0.5, 1.3))
    assert "0:00.5 to 0:01.3" in page.within.text() and "Hz" not in page.within.text()
    bench.session.select(Selection(0.5, 99.0, 200.0, None))
    assert "to 0:03.0" in page.within.text() and "200 to 11025 Hz" in page.within.text()
    assert page.scope().selection == Selection(0.5, 99.0, 200.0, None)
    bench.session.select(None)
    assert "beginning to end" in page.within.text()


def test_a_method_runs_with_what_its_form_says(page: SeparatePage, bench: Bench) -> None:
    bench.open()
    choose(page, "hpss")
    assert "Stems:" in page.card.text() and page._form is not None
    parameter = next(p for p in page._cards["hpss"].parameters if p.kind == "float")
    field = page._form.field(parameter.name)
    field.stepUp()  # type: ignore[attr-defined]
    changed = page._form.values()[parameter.name]
    assert page._form.changes() == {parameter.name: changed} and changed != parameter.default
    QTest.mouseClick(page.run, LEFT)
    bench.until(lambda: "harmonic" in bench.names(), 60)
    recipe = bench.session.state.stems[0].recipe
    assert recipe is not None and recipe.method == "hpss" and dict(recipe.values)[parameter.name] == changed
    QTest.mouseClick(page.reset, LEFT)
    assert page._form.changes() == {}
    rows = list(page.jobs._rows.values())
    bench.until(lambda: "done in" in rows[0].state.text())
    assert len(rows) == 1 and not rows[0].cancel.isVisible()


def test_a_task_is_done_by_its_tile(page: SeparatePage, bench: Bench) -> None:
    bench.open(bench_mix(), {})
    QTest.mouseClick(page.goal_buttons["center"], LEFT)
    bench.until(lambda: bench.session.state.stems, 60)
    assert len(bench.steps()) == 3 and bench.session.state.stems[0].recipe.method == "center"


def bench_mix():
    import signals

    return signals.mix(signals.music(seconds=1.0, rate=22050))


def test_work_is_listed_with_its_state_and_can_be_stopped(page: SeparatePage, bench: Bench) -> None:
    bench.open()
    assert page.jobs._empty.isVisible()
    first = bench.session.separating.use(POLITE, "First", {})
    second = bench.session.separating.use(POLITE, "Second", {})
    assert first is not None and second is not None
    bench.until(lambda: first.state is State.RUNNING and second in page.jobs._rows)
    rows = page.jobs._rows
    bench.until(lambda: "waiting" in rows[first].state.text() and rows[first].bar.isVisible(), 40)
    assert rows[second].state.text() == "waiting" and not rows[second].bar.isVisible()
    assert not page.jobs._empty.isVisible()
    QTest.mouseClick(rows[second].cancel, LEFT)
    bench.until(lambda: rows[second].state.text() == "cancelled")
    QTest.mouseClick(rows[first].cancel, LEFT)
    bench.until(lambda: rows[first].state.text() == "cancelled")
    assert first.state is State.CANCELLED and not rows[first].cancel.isVisible() and not bench.notices
    assert "Cancel First" in {button.accessibleName() for button in page.jobs.findChildren(QPushButton)}


def test_a_method_that_fails_says_why_in_its_row(page: SeparatePage, bench: Bench) -> None:
    bench.open()
    job = bench.session.separating.use("nobody", "Nothing", {})
    bench.until(lambda: job is not None and job.state is State.FAILED, 40)
    bench.until(lambda: "nobody" in page.jobs._rows[job].state.text())
    assert [kind for kind, _ in bench.notices] == ["error"] and "Nothing" in bench.notices[0][1]

"""Methods compared by ear, with the buttons that a user has for it."""

from __future__ import annotations

import random

import pytest
import signals
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from windows import Bench, files_at_work

from unbraid.app.separate.audition import AuditionBox
from unbraid.core.separation.registry import Card

pytestmark = pytest.mark.gui
LEFT = Qt.MouseButton.LeftButton
METHODS = ("center", "hpss")


@pytest.fixture
def box(bench: Bench, cards: list[Card], qtbot) -> AuditionBox:
    box = AuditionBox(bench.session)
    qtbot.addWidget(box)
    box.show_cards(cards)
    box.resize(340, 700)
    box.open.setChecked(True)
    box.show()
    bench.open(signals.mix(signals.music(seconds=2.0, rate=22050)), {})
    for tick, candidate in box._ticks.items():
        tick.setChecked(candidate.way.method in METHODS)
    return box


def buttons(box: AuditionBox, column: int) -> list[QPushButton]:
    found = [box._grid.itemAtPosition(row, column) for row in range(box._grid.rowCount())]
    return [item.widget() for item in found if item is not None]


def test_what_can_be_ticked_needs_no_more_than_a_song(box: AuditionBox) -> None:
    methods = {candidate.way.method for candidate in box._ticks.values()}
    assert set(METHODS) < methods and "oracle" not in methods
    assert all(tick.text() for tick in box._ticks)


def test_the_whole_of_it(box: AuditionBox, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    audition, playing = bench.session.auditioning, bench.session.playing
    playing.seek(0.4)
    QTest.mouseClick(box.begin, LEFT)
    bench.until(lambda: audition.results, 60)
    assert not box.blind.isEnabled() or audition.is_complete
    bench.until(lambda: audition.is_complete)
    assert [button.text() for button in buttons(box, 0)] == [h.candidate.title for h in audition.results]
    assert not any(heard.error for heard in audition.results) and len(audition.results) == 2
    targets = audition.targets()
    assert box.target.count() == len(targets) >= 3

    # one is heard, then the other from the same moment
    first, second = (next(name for name in heard.stems) for heard in audition.results)
    audition.choose_target(first)
    QTest.mouseClick(buttons(box, 0)[0], LEFT)
    assert audition.playing == 0 and playing.is_auditioning and buttons(box, 0)[0].isChecked()
    bench.until(lambda: playing.position_s > 0.2)
    box.target.setCurrentIndex(box.target.findData(second))
    box.target.activated.emit(box.target.currentIndex())
    assert audition.target == second
    here = playing.position_s
    QTest.mouseClick(buttons(box, 0)[1], LEFT)
    assert audition.playing == 1 and [button.isChecked() for button in buttons(box, 0)] == [False, True]
    assert here - 0.02 <= playing.position_s < here + 0.3
    solo = [part.id for part in playing._player._engine.mixdown.parts if part.strip.solo]
    bench.until(lambda: [p.id for p in playing._player._engine.mixdown.parts if p.strip.solo] == [second])
    assert solo is not None

    # blind: other names, any order
    monkeypatch.setattr(random, "shuffle", lambda order: order.reverse())
    QTest.mouseClick(box.blind, LEFT)
    assert [button.text() for button in buttons(box, 0)] == ["A", "B"] and not playing.is_auditioning
    assert playing.position_s == pytest.approx(0.4, abs=0.01), "the song is where it was"
    said = [button.accessibleName() + button.toolTip() for button in [*buttons(box, 0), *buttons(box, 2)]]
    assert not [text for text in said for heard in audition.results if heard.candidate.title in text]
    QTest.mouseClick(box.blind, LEFT)
    assert [button.text() for button in buttons(box, 0)] == [h.candidate.title for h in audition.results[::-1]]

    # one is used for the whole song
    work = files_at_work()
    assert len(work) == 1
    wanted = audition.results[audition.order[0]].candidate
    QTest.mouseClick(buttons(box, 2)[0], LEFT)
    bench.until(lambda: bench.session.state.stems, 60)
    assert bench.session.state.stems[0].recipe.method == wanted.way.method
    assert bench.audio("").frames == bench.session.state.song.frames

    # and nothing stays
    audition.clear()
    assert buttons(box, 0) == [] and audition.targets() == () and not set(work) & set(files_at_work())

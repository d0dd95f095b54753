from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from unbraid.app.mixer import meter as meters
from unbraid.app.mixer.meter import FLOOR_DB, Meter

pytestmark = pytest.mark.gui


class Clock:
    """A clock that is turned by hand."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(meters, "time", clock)
    return clock


@pytest.fixture
def meter(clock: Clock, qtbot) -> Meter:
    meter = Meter("bass")
    qtbot.addWidget(meter)
    meter.resize(120, 10)
    meter.show()
    return meter


def test_bars_rise_at_once_and_fall_slowly(meter: Meter, clock: Clock) -> None:
    meter.show_levels((-6.0, -12.0))
    assert meter._shown == [-6.0, -12.0]
    clock.now += 0.5
    meter.show_levels((FLOOR_DB, -12.0))
    assert meter._shown == [pytest.approx(-18.0), -12.0]


def test_everything_comes_to_rest_the_held_peaks_too(meter: Meter, clock: Clock) -> None:
    meter.show_levels((-3.0, -3.0))
    seen = []
    for _ in range(400):
        clock.now += 0.04
        meter.show_levels(())
        seen.append(max(kept for kept, _ in meter._held))
        if meter.is_still:
            break
    assert meter.is_still and meter._shown == [FLOOR_DB] * 2 and seen[-1] == FLOOR_DB
    held_s = 0.04 * sum(kept == -3.0 for kept in seen)
    assert held_s == pytest.approx(meter.hold_s, abs=0.1)
    assert seen == sorted(seen, reverse=True)


def test_the_number_of_channels_may_change(meter: Meter, clock: Clock) -> None:
    for count in (1, 6, 2):
        meter.show_levels((-10.0,) * count)
        assert len(meter._shown) == count
        meter.grab()


def test_the_clip_lamp_stays_until_it_is_clicked(meter: Meter, clock: Clock) -> None:
    cleared: list[bool] = []
    meter.cleared.connect(lambda: cleared.append(True))
    QTest.mouseClick(meter, Qt.MouseButton.LeftButton)
    assert not cleared
    meter.show_levels((0.0, 0.0), clips=3)
    clock.now += 60.0
    meter.show_levels(())
    assert meter.clips == 3 and "3" in meter.toolTip()
    QTest.mouseClick(meter, Qt.MouseButton.LeftButton)
    assert cleared == [True]
    meter.forget_clips()
    assert meter.clips == 0 and "full scale" not in meter.toolTip()


def test_silence_is_said_as_silence(meter: Meter, clock: Clock) -> None:
    meter.show_levels((float("-inf"),))
    assert meter._shown == [FLOOR_DB] and "−∞" in meter.toolTip()

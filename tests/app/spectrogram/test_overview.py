import numpy as np
import pytest
from PySide6.QtGui import QImage

pytestmark = pytest.mark.gui


def test_the_frame_scrolls_and_zooms(view, hands) -> None:
    overview = view.overview
    view.set_viewport(view.viewport.with_times(1, 2))
    w = overview.width()
    hands(overview).drag((w * 0.375, 20), (w * 0.625, 20))
    assert (view.viewport.start_s, view.viewport.end_s) == pytest.approx((2, 3), abs=0.05)
    hands(overview).drag((w * 0.75, 20), (w * 0.95, 20))
    assert (view.viewport.start_s, view.viewport.end_s) == pytest.approx((2, 3.8), abs=0.05)
    hands(overview).click(w * 0.25, 20)
    assert view.viewport.start_s == pytest.approx(0.1, abs=0.05)
    hands(overview).wheel(w * 0.25, 20, (0, 1))
    assert view.viewport.span_s == pytest.approx(1.8 / 1.25, abs=0.05)


def test_a_double_click_seeks(view, hands, qtbot) -> None:
    with qtbot.waitSignal(view.seek_requested) as seek:
        hands(view.overview).double_click(view.overview.width() / 2, 20)
    assert seek.args[0] == pytest.approx(2, abs=0.02)


def test_stems_have_their_colours_and_their_share(view, qtbot) -> None:
    qtbot.waitUntil(lambda: not view.overview._timer.isActive())
    image = view.overview.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    column = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)[:, image.width() // 2, :3]
    blue = (column == (0xE9, 0xB4, 0x56)).all(axis=1).sum()
    red = (column == (0x00, 0x5E, 0xD5)).all(axis=1).sum()
    assert blue > 3 * red > 3  # four times the power, inside

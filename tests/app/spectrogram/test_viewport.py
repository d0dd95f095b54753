import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbraid.app.spectrogram.viewport import SHORTEST_S, Viewport

steps = st.lists(
    st.tuples(st.sampled_from(["zoom", "scroll", "heights", "up"]), st.floats(-50, 50), st.floats(0.1, 10)), max_size=20
)


@given(st.floats(0, 5000), steps)
def test_a_viewport_never_leaves_the_song(duration: float, moves) -> None:
    view = Viewport.whole(duration)
    for kind, where, factor in moves:
        view = {
            "zoom": lambda v, w, f: v.zoomed(f, w),
            "scroll": lambda v, w, f: v.scrolled(w),
            "heights": lambda v, w, f: v.zoomed_heights(f, (w + 50) / 100),
            "up": lambda v, w, f: v.scrolled_heights(w / 50),
        }[kind](view, where, factor)
        assert -1e-9 <= view.start_s < view.end_s <= view.duration_s + 1e-9
        assert view.span_s >= SHORTEST_S * 0.999
        assert -1e-9 <= view.low < view.high <= 1 + 1e-9


def test_zooming_keeps_the_moment_under_the_pointer() -> None:
    view = Viewport(100, 20, 40)
    for factor in (1.25, 4, 0.7):
        closer = view.zoomed(factor, 25)
        assert (25 - closer.start_s) / closer.span_s == pytest.approx(0.25)
        assert closer.span_s == pytest.approx(20 / factor)
    assert Viewport.whole(100).zoomed(0.5, 3).is_whole

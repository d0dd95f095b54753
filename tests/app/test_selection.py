from unbraid.app.selection import Selection


def test_a_side_without_limit_reaches_the_end() -> None:
    assert Selection(2, None).times(10) == (2, 10) and Selection(2, None).is_time and not Selection(2, None).is_band
    assert Selection(low_hz=100).band(22050) == (100, 22050) and Selection(low_hz=100).is_band
    assert Selection().times(3) == (0, 3) and not Selection().is_time


def test_a_selection_stays_within_the_song() -> None:
    assert Selection(-1, 20, -5, 1e6).times(10) == (0, 10)
    assert Selection(-1, 20, -5, 1e6).band(100) == (0, 100)
    assert Selection(20, 30).times(10) == (10, 10)

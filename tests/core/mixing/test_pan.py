from __future__ import annotations

import pytest

from unbraid.core.mixing.pan import balance


def test_the_middle_changes_nothing_and_ends_are_silent_on_the_other_side() -> None:
    assert balance(0.0, 2).tolist() == [1.0, 1.0]
    assert balance(1.0, 2).tolist() == [0.0, 1.0]
    assert balance(-1.0, 2).tolist() == [1.0, 0.0]
    assert balance(0.5, 2) == pytest.approx([0.5**0.5, 1.0])


@pytest.mark.parametrize("channels", [1, 3, 6])
def test_only_stereo_has_a_balance(channels: int) -> None:
    assert balance(-0.7, channels).tolist() == [1.0] * channels

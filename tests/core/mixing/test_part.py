from __future__ import annotations

import math

from unbraid.core.document.state import NEUTRAL, Strip
from unbraid.core.mixing.part import is_heard


def test_solo_wins_and_mutes_count_without_it() -> None:
    assert is_heard(NEUTRAL, soloed=False) and not is_heard(NEUTRAL, soloed=True)
    assert not is_heard(Strip(mute=True), soloed=False)
    assert is_heard(Strip(mute=True, solo=True), soloed=True)
    assert not is_heard(Strip(-math.inf, solo=True), soloed=True)

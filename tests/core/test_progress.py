from __future__ import annotations

from unbraid.core.progress import part_of


def test_a_stage_fills_its_part_and_no_more() -> None:
    told: list[tuple[float, str]] = []
    stage = part_of(lambda fraction, message: told.append((fraction, message)), 0.25, 0.75)
    for fraction in (-1.0, 0.0, 0.5, 1.0, 2.0):
        stage(fraction, "x")
    assert told == [(0.25, "x"), (0.25, "x"), (0.5, "x"), (0.75, "x"), (0.75, "x")]

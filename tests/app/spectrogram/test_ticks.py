import itertools

import numpy as np
import pytest

from unbraid.app.spectrogram.scales import SCALES, scale_for
from unbraid.app.spectrogram.ticks import (
    frequency_text,
    frequency_ticks,
    level_ticks,
    octaves,
    time_ticks,
)
from unbraid.app.times import clock


@pytest.mark.parametrize("span", [0.01, 0.3, 4, 61, 600, 5000, 30000])
def test_times_have_room_and_are_exact(span: float) -> None:
    ticks = time_ticks(12.34, 12.34 + span, 1000, 90)
    labelled = [tick for tick in ticks if tick.label]
    assert 2 <= len(labelled) <= 12
    gaps = np.diff([tick.value for tick in labelled]) * 1000 / span
    assert gaps.min() >= 89.99 and np.ptp(gaps) < 1e-3
    assert len({tick.label for tick in labelled}) == len(labelled)
    assert np.diff([tick.value for tick in ticks]).min() * 1000 / span >= 4.99


def test_times_are_written_as_people_write_them() -> None:
    assert [clock(s, d) for s, d in ((0, 0), (62, 0), (3725.5, 1), (42.1374, 3), (-1, 0), (59.9999, 3))] == [
        "0:00", "1:02", "1:02:05.5", "0:42.137", "0:00", "1:00.000",
    ]  # fmt: skip


def test_frequencies_are_written_with_their_unit() -> None:
    assert [frequency_text(hz) for hz in (8.2, 82.41, 523.25, 999.7, 1250, 12345)] == [
        "8.2 Hz", "82.4 Hz", "523 Hz", "1.00 kHz", "1.25 kHz", "12.3 kHz",
    ]  # fmt: skip


@pytest.mark.parametrize("name", SCALES)
@pytest.mark.parametrize("part", [(0, 1), (0.4, 0.5), (0.7, 0.72)])
@pytest.mark.parametrize("pixels", [90, 800])
def test_labels_of_a_frequency_axis_never_touch(name, part: tuple[float, float], pixels: int) -> None:
    scale = scale_for(name, 44100)
    low, high = scale.to_hz(part)
    ticks = frequency_ticks(scale, low, high, pixels, 20)
    labelled = [tick for tick in ticks if tick.label]
    assert len(labelled) >= 2
    places = pixels * (scale.to_height([tick.value for tick in labelled]) - part[0]) / (part[1] - part[0])
    assert np.diff(places).min() >= 19.99
    assert all(low - 1e-6 <= tick.value <= high + 1e-6 for tick in ticks)
    assert all(a.value < b.value for a, b in itertools.pairwise(ticks))


def test_note_axes_name_octaves_first() -> None:
    scale = scale_for("note", 44100)
    labels = {tick.label for tick in frequency_ticks(scale, scale.low_hz, scale.high_hz, 300, 24)} - {""}
    assert labels == {f"C{k}" for k in range(1, 11)}
    assert len(octaves(30, 9000)) == 9


def test_levels_are_round() -> None:
    assert [tick.label for tick in level_ticks(-90, -10, 800, 40)] == [f"−{k}" for k in range(90, 0, -5)][:17]

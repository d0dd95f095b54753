"""Layout and headers: the same at both ends, right headers are told from others."""

import numpy as np
import pytest

from unbraid.core.errors import ParameterError
from unbraid.core.informed.watermark import cells
from unbraid.core.informed.watermark.layout import layout, payload_widths, read_headers, widths, write_headers


@pytest.mark.parametrize(
    ("rate", "bins", "bands"),
    [(8000, 256, 18), (22050, 512, 23), (44100, 1024, 24), (48000, 1024, 24), (96000, 2048, 24), (192000, 4096, 24)],
)
def test_blocks_last_about_as_long_at_every_rate(rate, bins, bands):
    plan = layout(rate)
    assert (plan.bins, plan.bands) == (bins, bands)
    assert (np.diff(plan.starts) > 0).all() and plan.starts[-1] <= bins and plan.header.stop < bins


@pytest.mark.parametrize("rate", [7999, 400000])
def test_other_rates_are_refused(rate):
    with pytest.raises(ParameterError, match="resample"):
        layout(rate)


def test_headers_come_back_and_a_wrong_bit_is_seen():
    levels = np.random.default_rng(0).integers(0, 32, (50, 24)).astype(np.uint8)
    bits = write_headers(levels)
    found, right = read_headers(bits)
    assert right.all()
    np.testing.assert_array_equal(found, levels)
    for k in range(bits.shape[1]):
        wrong = bits.copy()
        wrong[:, k] ^= 1
        assert not read_headers(wrong)[1].any()


def test_neither_silence_nor_chance_is_a_header():
    bits = np.random.default_rng(0).integers(0, 2, (20000, 144), np.uint8)
    bits[0], bits[1] = 0, 1
    assert not read_headers(bits)[1].any()


def test_half_levels_take_a_bit_more_of_odd_bins():
    plan = layout(44100)
    taken = widths(np.full((1, plan.bands), 5, np.uint8), plan)[0, : plan.starts[-1]]
    assert set(taken[::2]) == {2} and set(taken[1::2]) == {3}


def test_bits_are_counted_as_they_are_written():
    plan = layout(44100)
    levels = np.random.default_rng(0).integers(0, 32, (5, 2, plan.bands)).astype(np.uint8)
    counted = cells.bits_of(levels, plan)
    for t in range(5):
        assert counted[t].tolist() == payload_widths(widths(levels[t], plan), plan).sum(axis=1).tolist()


def test_cells_give_back_bits_and_the_host_does_not_know_them():
    rng = np.random.default_rng(0)
    plan = layout(44100)
    coefficients = rng.integers(-30000, 30000, (2, 6, plan.bins)).astype(np.int32)
    levels = rng.integers(0, 20, (6, 2, plan.bands)).astype(np.uint8)
    used = rng.random((6, 2)) < 0.7
    levels[~used] = 0
    host = cells.host_of(coefficients, levels, used, plan)
    bits = rng.integers(0, 2, int(cells.bits_of(levels, plan)[used].sum()), np.uint8)
    marked = cells.write(host, levels, used, bits, plan)
    found_levels, found_used = cells.read_levels(marked, plan)
    np.testing.assert_array_equal(found_used, used)
    np.testing.assert_array_equal(found_levels[used], levels[used])
    np.testing.assert_array_equal(cells.read(marked, levels, used, plan, 1 << 30)[0], bits)
    np.testing.assert_array_equal(cells.host_of(marked, levels, used, plan), host)
    np.testing.assert_array_equal(marked[~used.T], coefficients[~used.T])

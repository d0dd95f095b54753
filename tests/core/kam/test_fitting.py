import numpy as np
import pytest
from slow_kernels import lower_median

from unbraid.core.kam.fitting import Way, filled, fit, whole_weights
from unbraid.core.kam.neighbours import ABSENT, Neighbourhood, Neighbours


def lists(frames: int, k: int, bins: int, *, plain: bool, seed: int) -> Neighbourhood:
    """Any neighbours: frames, some of them absent, and unless plain with any weights and bins for which they count."""
    rng = np.random.default_rng(seed)
    places = rng.integers(0, frames, (frames, k)).astype(np.int32)
    places[rng.random(places.shape) < 0.2] = ABSENT
    if plain:
        found = Neighbours(places)
    else:
        weights = (rng.integers(1, 9, places.shape) / 8).astype(np.float32)
        lows, highs = np.sort(rng.integers(0, bins + 1, (2, *places.shape)), axis=0).astype(np.int32)
        shifts = (rng.integers(0, bins, places.shape) - lows).astype(np.int32)
        highs = np.minimum(highs, bins - shifts)
        found = Neighbours(places, shifts, weights, None, lows, highs)

    def of(start: int, stop: int) -> Neighbours:
        arrays = (found.frames, found.shifts, found.weights, found.maps, found.lows, found.highs)
        return Neighbours(*(None if a is None else a[start:stop] for a in arrays))  # type: ignore[arg-type]

    return Neighbourhood(of, None, is_plain=plain)


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("k", [1, 2, 3, 4, 7, 8, 33, 60])
@pytest.mark.parametrize("bins", [1, 5, 130, 300])
def test_medians_of_any_lists(bins: int, k: int, plain: bool) -> None:
    frames = 6
    rng = np.random.default_rng(k)
    rows = (rng.integers(0, 12, (frames, bins)) ** 3).astype(np.float32) * np.float32(1e-3)
    near = lists(frames, k, bins, plain=plain, seed=bins)
    got = {engine: fit(rows, 0, near, 0, frames, way=Way("median", engine, False)) for engine in (True, False)}
    np.testing.assert_array_equal(got[True], got[False])
    means = {engine: fit(rows, 0, near, 0, frames, way=Way("mean", engine, False)) for engine in (True, False)}
    np.testing.assert_allclose(means[True], means[False], rtol=1e-6)
    found, shifts, weights, _, lows, highs = near.of(0, frames).complete()
    whole = whole_weights(weights)
    for t in range(frames):
        for b in range(0, bins, max(1, bins // 9)):
            counts = [(i, int(found[t, i])) for i in range(k) if found[t, i] >= 0 and lows[t, i] <= b < highs[t, i]]
            values = [float(rows[frame, b + shifts[t, i]]) for i, frame in counts]
            assert got[True][t, b] == np.float32(lower_median(values, [float(whole[t, i]) for i, _ in counts]))
            if values:
                mean = np.average(values, weights=[float(weights[t, i]) for i, _ in counts])
                assert means[True][t, b] == pytest.approx(mean, rel=1e-6)


def test_extreme_values_are_found() -> None:
    rows = np.array([[1e-45, 3e38, 1.0], [1e-40, 3.4e38, 1.0000001], [0.0, 1e38, 0.9999999]], np.float32)
    places = np.broadcast_to(np.arange(3, dtype=np.int32), (3, 3))
    near = Neighbourhood(lambda start, stop: Neighbours(places[start:stop]), None)
    for engine in (True, False):
        got = fit(rows, 0, near, 0, 3, way=Way("median", engine, False))
        np.testing.assert_array_equal(got, np.broadcast_to(np.sort(rows, axis=0)[1], (3, 3)))


@pytest.mark.parametrize("k", [1, 2, 5, 16, 17, 40])
def test_filling_a_list_leaves_its_lower_median(k: int) -> None:
    rng = np.random.default_rng(k)
    starts = rng.integers(0, 1000, (20, k))
    starts[rng.random(starts.shape) < 0.4] = -1
    full = filled(starts)
    values = np.where(full == -1, 10**6, np.where(full == -2, -1, full))
    for row, chosen in zip(starts, values, strict=True):
        known = np.sort(row[row >= 0])
        if len(known):
            assert np.sort(chosen)[(len(chosen) - 1) // 2] == known[(len(known) - 1) // 2]


def test_weights_become_whole_numbers_whose_sum_fits() -> None:
    weights = np.array([[1.0, 0.5, 1e-9, 0.0]], np.float32)
    assert whole_weights(weights).tolist() == [[1024, 512, 1, 0]]
    assert whole_weights(np.ones((1, 16383), np.float32)).sum() == 16383
    assert whole_weights(np.ones((1, 5000), np.float32)).sum(dtype=int) <= 16383

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unbraid.core.dsp.stft import StftParams
from unbraid.core.errors import ParameterError
from unbraid.core.separation.masks import (
    apply_filter,
    apply_masks,
    binary_masks,
    box_sum,
    high_pass,
    least_share,
    ratio_masks,
    remaining,
)

LOUDNESS = [1e-6, 1.0, 1e3]
PARAMS = StftParams(256, 64)


def models(seed, count=3, shape=(9, 7), loudness=1.0):
    rng = np.random.default_rng(seed)
    drawn = {f"m{j}": (loudness * rng.gamma(0.3, size=shape)).astype(np.float32) for j in range(count)}
    drawn["m0"][2:4] = 0
    for model in drawn.values():
        model[:, 3] = 0  # silent in all
    return drawn


@given(st.integers(0, 1000), st.sampled_from(LOUDNESS), st.floats(0.5, 8), st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_ratio_masks_add_up_to_one_at_any_loudness(seed, loudness, exponent, count):
    masks = ratio_masks(models(seed, count, loudness=loudness), exponent=exponent)
    total = np.sum([m.astype(np.float64) for m in masks.values()], axis=0)
    assert np.abs(total - 1).max() < 2e-7
    assert all(m.dtype == np.float32 and m.min() >= 0 and m.max() <= 1 for m in masks.values())


@pytest.mark.parametrize("loudness", LOUDNESS)
def test_ratio_masks_do_not_depend_on_loudness(loudness):
    quiet, loud = ratio_masks(models(1)), ratio_masks(models(1, loudness=loudness))
    assert all(np.allclose(quiet[name], loud[name], atol=1e-5) for name in quiet)


def test_ratio_masks_are_the_formula():
    m = models(2, 2)
    alive = (m["m0"] + m["m1"]) > 0
    expected = m["m0"].astype(np.float64) ** 2 / np.maximum(m["m0"].astype(np.float64) ** 2 + m["m1"] ** 2.0, 1e-300)
    assert np.allclose(ratio_masks(m)["m0"][alive], expected[alive], atol=1e-6)


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("loudness", LOUDNESS)
def test_weights_make_the_parameterised_wiener_filter(exponent, loudness):
    m = models(2, 2, loudness=loudness)
    V, N = (m[name].astype(np.float64) ** exponent for name in m)
    alive = (V + N) > 0
    masks = ratio_masks(m, exponent=exponent, weights={"m1": 4.0})
    assert np.allclose(masks["m0"][alive], (V / np.where(alive, V + 4 * N, 1))[alive], atol=1e-5)
    assert np.allclose(masks["m0"] + masks["m1"], 1)
    with pytest.raises(ParameterError, match="weight"):
        ratio_masks(m, weights={"m0": 0.0})


def test_silent_bins_are_shared_evenly_or_given_to_one():
    m = models(3)
    assert np.allclose(ratio_masks(m)["m1"][:, 3], 1 / 3)
    named = ratio_masks(m, silent="m2")
    assert np.all(named["m2"][:, 3] == 1)
    assert np.all(named["m0"][:, 3] == 0)
    assert np.all(binary_masks(m, silent="m2")["m2"][:, 3] == 1)


def test_models_are_not_written_to():
    m = models(4)
    before = {name: model.copy() for name, model in m.items()}
    ratio_masks(m)
    binary_masks(m)
    least_share(m["m0"], m["m1"], exponent=2)
    assert all(np.array_equal(m[name], before[name]) for name in m)


def test_unknown_name_for_silence_is_refused():
    with pytest.raises(ParameterError, match="m0, m1"):
        ratio_masks(models(5, 2), silent="drums")


def test_high_exponents_come_near_to_binary_masks():
    m = models(6)
    hard, soft = binary_masks(m), ratio_masks(m, exponent=200)
    clear = np.sort(np.stack(list(m.values())), axis=0)
    clear = clear[-1] > 1.2 * clear[-2]
    assert np.allclose(hard["m1"][clear], soft["m1"][clear], atol=1e-3)
    assert np.all(sum(hard.values()) == 1)


@pytest.mark.parametrize("loudness", LOUDNESS)
def test_least_share_never_exceeds_the_mix(loudness):
    m = models(7, 2, loudness=loudness)
    share = least_share(m["m0"], m["m1"])
    assert np.all((share >= 0) & (share <= 1))
    assert np.all(share[m["m1"] == 0] == 1)
    alive = m["m1"] > 0
    assert np.allclose((share * m["m1"])[alive], np.minimum(m["m0"], m["m1"])[alive], rtol=1e-5)


def test_neighbours_are_summed_before_the_division():
    m = models(8, 2, shape=(11, 13))
    inside = (slice(1, -1), slice(2, -2))
    box = np.lib.stride_tricks.sliding_window_view
    whole = box(m["m1"], (3, 5)).sum(axis=(2, 3))
    least = box(np.minimum(m["m0"], m["m1"]), (3, 5)).sum(axis=(2, 3))
    share = least_share(m["m0"], m["m1"], bins=3, frames=5)
    assert np.allclose(share[inside][whole > 0], (least / np.where(whole > 0, whole, 1))[whole > 0], atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (7, 4)])
def test_box_sums_take_what_lies_inside(shape):
    values = np.ones(shape, np.float32)
    sums = box_sum(values, 5, 9)
    assert sums[0, 0] == min(3, shape[0]) * min(5, shape[1])
    assert sums.max() <= min(5, shape[0]) * min(9, shape[1])
    assert np.all(values == 1)


def test_high_pass_is_half_at_the_cutoff_and_off_when_zero():
    freqs = np.array([0.0, 50, 100, 200, 400])
    assert np.allclose(high_pass(freqs, 100.0, slope_octaves=1), [0, 0, 0.5, 1, 1])
    assert np.all(high_pass(freqs, 100.0) == [0, 0, 0, 1, 1])
    assert np.all(high_pass(freqs, 0.0) == 1)


@pytest.mark.parametrize("length", [1, 100, 5000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_stems_add_up_to_the_mix_whatever_the_masks(length, channels):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((length, channels)).astype(np.float32)

    def masks_of(first, spectrum):
        share = np.random.default_rng(first).random(spectrum.shape[:2]).astype(np.float32)
        return {"a": share, "b": 0.5 * (1 - share)}

    stems = apply_masks(x, PARAMS, masks_of, ("a", "b"), rest="c", frames_per_block=16)
    assert list(stems) == ["a", "b", "c"]
    assert np.abs(sum(s.astype(np.float64) for s in stems.values()) - x).max() < 1e-6


def test_a_mask_of_ones_gives_the_mix_back():
    x = np.random.default_rng(1).standard_normal((3000, 2)).astype(np.float32)
    stems = apply_masks(x, PARAMS, lambda _, s: {"all": np.ones(s.shape, np.float32)}, ("all",))
    assert np.abs(stems["all"] - x).max() < 1e-6


def test_blocks_with_context_give_what_one_block_gives():
    x = np.random.default_rng(2).standard_normal((20000, 1)).astype(np.float32)

    def masks_of(first, spectrum):  # depends on five frames to either side
        power = np.abs(spectrum[:, :, 0])
        wide = np.apply_along_axis(lambda row: np.convolve(row, np.ones(11), "same"), 1, power)
        return {"a": (power / wide).astype(np.float32)}

    whole = apply_masks(x, PARAMS, masks_of, ("a",), frames_per_block=10**6)
    blocks = apply_masks(x, PARAMS, masks_of, ("a",), frames_per_block=20, context_frames=5)
    assert np.abs(whole["a"] - blocks["a"]).max() < 1e-5


def test_any_filter_can_make_the_stems():
    """One that mixes the channels; it is told which of its frames count."""
    x = np.random.default_rng(3).standard_normal((9000, 2)).astype(np.float32)
    sizes = []

    def stems_of(first, spectrum, inside):
        sizes.append((first, spectrum.shape[1], inside))
        return {"swapped": spectrum[:, inside, ::-1], "left": spectrum[:, inside] * [1, 0]}.__getitem__

    stems = apply_filter(x, PARAMS, stems_of, ("swapped", "left"), context_frames=3, frames_per_block=20, rest="right")
    assert np.abs(stems["swapped"] - x[:, ::-1]).max() < 1e-5
    assert np.abs(stems["left"] - x * [1, 0]).max() < 1e-5
    assert list(stems) == ["swapped", "left", "right"]
    assert sizes[0] == (0, 23, slice(0, 20))
    assert sizes[1] == (17, 26, slice(3, 23))


def test_progress_rises_and_can_stop_the_work():
    x = np.zeros((50000, 1), np.float32)
    seen = []

    def progress(fraction, message):
        seen.append(fraction)
        if len(seen) > 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_masks(
            x, PARAMS, lambda _, s: {"a": np.ones(s.shape[:2], np.float32)}, ("a",), frames_per_block=20,
            progress=progress,
        )  # fmt: skip
    assert seen == sorted(seen)


def test_remaining_is_the_mix_minus_the_stems():
    x = np.ones((4, 1), np.float32)
    assert np.all(remaining(x, [x * 0.25, x * 0.5]) == 0.25)

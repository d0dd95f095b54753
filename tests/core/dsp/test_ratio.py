import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbraid.core.dsp.ratio import share, soft_masks
from unbraid.core.errors import ParameterError

powers = st.sampled_from([0.5, 1.0, 2.0, 4.0])
scales = st.sampled_from([1e-30, 1e-6, 1.0, 1e3, 1e30])


def estimates(count: int, scale: float, order: str = "C") -> list[np.ndarray]:
    rng = np.random.default_rng(count)
    made = [(scale * rng.exponential(size=(13, 70)) * rng.integers(0, 2, (13, 70))) for _ in range(count)]
    return [np.asarray(m, np.float32, order=order) for m in made]


@given(st.integers(2, 5), powers, scales, st.sampled_from("CF"), st.integers(1, 4))
def test_masks_add_up_to_one_at_any_loudness(count: int, power: float, scale: float, order: str, threads: int) -> None:
    given_ = estimates(count, scale, order)
    for estimate in given_:
        estimate.flags.writeable = False
    masks = soft_masks(given_, power=power, threads=threads)
    np.testing.assert_allclose(np.sum(masks, axis=0), 1, atol=1e-6)
    for mask, estimate in zip(masks, given_, strict=True):
        assert mask.dtype == np.float32 and mask.min() >= 0 and mask.max() <= 1
        assert mask.flags.f_contiguous == estimate.flags.f_contiguous


@given(st.integers(2, 5), powers)
def test_a_share_is_the_ratio_of_powers(count: int, power: float) -> None:
    given_ = estimates(count, 1.0)
    raised = [e.astype(np.float64) ** power for e in given_]
    total = np.sum(raised, axis=0)
    expected = np.where(total > 0, raised[0] / np.where(total > 0, total, 1), 1 / count)
    np.testing.assert_allclose(share(given_[0], *given_[1:], power=power), expected, atol=1e-6)


def test_silence_is_shared_alike() -> None:
    zero = np.zeros((3, 4), np.float32)
    assert (share(zero, zero, zero) == np.float32(1 / 3)).all()


def test_out_may_be_an_estimate() -> None:
    a, b = estimates(2, 1.0)
    expected = share(a, b)
    own = a.copy()
    assert share(own, b, out=own) is own
    np.testing.assert_array_equal(own, expected)


def test_what_cannot_be_shared_is_refused() -> None:
    a = np.ones((2, 3), np.float32)
    for call in (lambda: share(a), lambda: share(a, a.T), lambda: share(a, a, power=0)):
        with pytest.raises(ParameterError):
            call()

"""Bytes of a block: equal plain and compiled, frozen, and never a danger."""

import base64
import contextlib
import hashlib

import numpy as np
import pytest

from unbraid.core.errors import BitstreamError
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.residual import tiles
from unbraid.core.informed.residual.layout import Layout
from unbraid.core.informed.residual.payload import Prefix, read_block, write_block
from unbraid.core.informed.residual.settings import Settings

LAYOUT = Layout(Grid(8000, 512, 256, 12, 700, 3), 256, 700, 2, 3)
SPATIAL = np.tile(
    np.array([[[1.5, 0.5], [0.5, 0.5]], [[1.0, 0.0], [0.0, 1.0]], [[0.25, -0.5], [-0.5, 1.75]]]), (12, 1, 1, 1)
)


def numbers(count: int) -> np.ndarray:
    """Whole numbers of -1000 to 1000 that every machine makes alike."""
    state, found = 12345, []
    for _ in range(count):
        state = (1103515245 * state + 12345) % (1 << 31)
        found.append((state >> 8) % 2001 - 1000)
    return np.array(found)


def block(frames: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (T, M, J I) that add up to zero, and variances (T, B, J) that know roughly how large they are."""
    decay = 2.0 ** -(np.arange(256) // 16)
    d = numbers(frames * 256 * 6).reshape(frames, 256, 3, 2) / 256 * decay[:, None, None]
    d[:, ::3] /= 32
    d[:, :, 2] = -d[:, :, 0] - d[:, :, 1]
    middles = (LAYOUT.edges[:-1] + LAYOUT.edges[1:]) // 2
    variances = np.tile((2.0 * decay[np.minimum(middles, 255)] ** 2)[:, None] * [1.0, 2.0, 4.0], (frames, 1, 1))
    return d.reshape(frames, 256, 6).astype(np.float32), variances


def coded(step: float, **options: object) -> bytes:
    d, variances = block()
    return write_block(d, variances, SPATIAL, LAYOUT, Prefix.of(Settings(step, bins=256, **options), 3)).payload


@pytest.mark.parametrize("step", [2.0, 0.25, 2.0**-8])
@pytest.mark.parametrize("options", [{}, {"weights": (1.0, 4.0, 0.5)}, {"perceptual": True}])
def test_errors_are_those_of_the_step_and_add_up_to_nothing(step, options):
    d, variances = block()
    fine = step / 16 if options.get("perceptual") else step
    result = write_block(d, variances, SPATIAL, LAYOUT, Prefix.of(Settings(fine, bins=256, **options), 3))
    found = read_block(result.payload, variances, SPATIAL, LAYOUT)
    assert np.abs(found.reshape(3, 256, 3, 2).sum(axis=2)).max() < 1e-5
    if not options.get("perceptual"):
        weights = np.repeat(options.get("weights", (1.0,) * 3), 2)
        assert np.mean(((d - found) * weights) ** 2) < step**2 / 4
    met = ((d - found).astype(np.float64).reshape(-1, 3, 2) ** 2).sum(axis=(0, 2))
    np.testing.assert_allclose(met, result.errors, rtol=0.1)
    assert abs(result.costs.sum() / (8 * len(result.payload)) - 1) < (0.2 if len(result.payload) > 200 else 0.5)


def test_plain_and_compiled_write_and_read_the_same(monkeypatch):
    d, variances = block(1)
    prefix = Prefix.of(Settings(0.5, bins=256), 3)
    fast = write_block(d, variances, SPATIAL, LAYOUT, prefix)
    sound = read_block(fast.payload, variances, SPATIAL, LAYOUT)
    monkeypatch.setattr(tiles, "code_block", tiles.code_block.plain)
    slow = write_block(d, variances, SPATIAL, LAYOUT, prefix)
    assert slow.payload == fast.payload
    np.testing.assert_array_equal(slow.errors, fast.errors)
    np.testing.assert_array_equal(read_block(fast.payload, variances, SPATIAL, LAYOUT), sound)


def test_payloads_of_today_are_read_for_ever():
    _, variances = block()
    found = read_block(base64.b85decode(GOLDEN), variances, SPATIAL, LAYOUT)
    assert hashlib.sha256(found.tobytes()).hexdigest() == GOLDEN_DIGEST


def test_nothing_to_code_takes_no_bytes():
    d, variances = block()
    assert write_block(0 * d, variances, SPATIAL, LAYOUT, Prefix.of(Settings(1.0, bins=256), 3)).payload == b""
    assert not read_block(b"", variances, SPATIAL, LAYOUT).any()


@pytest.mark.parametrize("count", [2000, pytest.param(200_000, marks=pytest.mark.slow)])
def test_damaged_bytes_are_refused_or_read_in_bounded_time(count):
    _, variances = block()
    rng = np.random.default_rng(0)
    whole = [coded(2.0), coded(2.0**-8, perceptual=True), coded(2.0**-10)]
    refused = 0
    for n in range(count):
        data = bytearray(whole[n % 3])
        for place in rng.integers(0, len(data) if n % 2 else min(len(data), 12), rng.integers(1, 4)):
            data[place] = rng.integers(256)
        try:
            found = read_block(
                bytes(data[: rng.integers(len(data) + 1)] if n % 4 == 3 else data), variances, SPATIAL, LAYOUT
            )
            assert np.isfinite(found).all()
        except BitstreamError:
            refused += 1
    assert refused > count // 50


def test_noise_as_bytes_does_not_run_away():
    _, variances = block()
    rng = np.random.default_rng(1)
    head = coded(0.25)[:9]
    for size in range(0, 3000, 50):
        louder = variances * 2.0 ** rng.integers(-60, 60)
        with contextlib.suppress(BitstreamError):
            assert np.isfinite(read_block(head + rng.bytes(size), louder, SPATIAL, LAYOUT)).all()


GOLDEN = (
    "2%rEcC@28}{_*@0_4;8;)yXpJGdc>2SUI|Vx#Aj~($fv>G=-I*uwsszh*+^oA$FYKb~Bv#Q}GrYSV1hKw>vE=5L+)*+%vr2aeMxT"
    "hPfJuz$6p8d)$swM9V^pKOLt"
)
GOLDEN_DIGEST = "4af4bf0dd8c3f6689c1dd6b77910dc95d0177944efebf0c7cf6502623b9e3f8d"

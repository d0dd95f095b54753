"""The NTF codec's encoder: slopes against differences, rates met, silence, little data, cancelling."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from unbraid.core.dsp.stft import stft
from unbraid.core.errors import Cancelled, ParameterError
from unbraid.core.informed.parametric import ntf
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.parametric.ntf_encode import NtfSettings, components_for, fit_ntf
from unbraid.core.informed.parametric.ntf_error import FilterError, Sums

RATE = 8000
GRID = Grid.of(RATE, bands=40, block_s=1)
QUICK = NtfSettings(kbps=None, components=2, slope=1.0, factorising=10, descending=20, passes=2)


def tones(freqs_hz: list[float], seconds: float, seed: int) -> npt.NDArray[np.float32]:
    """Notes of some harmonics that come and go, (N, 1)."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(RATE * seconds)) / RATE
    sound = np.zeros(len(time))
    for freq in freqs_hz:
        gate = np.repeat(rng.random(int(seconds * 4) + 1) < 0.5, RATE // 4)[: len(time)]
        sound += gate * sum(np.sin(2 * np.pi * freq * h * time) / h for h in range(1, 5))
    return (0.1 * sound[:, None]).astype(np.float32)


def song(channels: int, seconds: float = 3.0) -> list[npt.NDArray[np.float32]]:
    """Three sources, panned when there are two channels."""
    mono = [tones([220, 330], seconds, 0), tones([150, 500], seconds, 1), tones([700, 900], seconds, 2)]
    if channels == 1:
        return mono
    return [np.concatenate([a * y, b * y], axis=1) for y, (a, b) in zip(mono, PANS, strict=True)]


PANS = ((1.0, 0.3), (0.7, 0.7), (0.2, 0.9))


def sums_of(images: list[npt.NDArray[np.float32]], grid: Grid = GRID) -> Sums:
    """Sums of true spectra; places are a little diffuse."""
    channels = images[0].shape[1]
    pans = [np.array([1.0]) if channels == 1 else np.array(pan) for pan in PANS[: len(images)]]
    R = np.array([0.95 * channels * np.outer(p, p) / (p @ p) + 0.05 * np.eye(channels) for p in pans])
    X = stft(sum(images[1:], images[0]), grid.stft)
    sums = Sums.empty(grid, X.shape[1], np.tile(R, (grid.bands, 1, 1, 1)))
    half = X.shape[1] // 2
    for part in (slice(0, half), slice(half, None)):
        sums.put(grid, part.start, X[:, part], [stft(y, grid.stft)[:, part] for y in images])
    return sums


@pytest.mark.parametrize("channels", [1, 2])
def test_slopes_are_those_of_the_error(channels: int) -> None:
    sums = sums_of(song(channels))
    V = np.maximum(sums.magnitudes**2, 1e-6) * np.random.default_rng(0).uniform(0.5, 2, sums.magnitudes.shape)
    V = V.astype(np.float32)
    error = FilterError(sums, np.ones(3))
    error.slopes(V)
    before, weights = error.errors.copy(), error.weights.copy()
    slopes = error.slopes(V)
    rng = np.random.default_rng(1)
    direction = rng.standard_normal(V.shape) * V * 1e-3
    error.slopes((V + direction).astype(np.float32))
    up = error.errors.copy()
    error.slopes((V - direction).astype(np.float32))
    measured = float(weights @ (up - error.errors)) / 2
    assert before.min() > 0
    assert float((slopes.astype(np.float64) * direction).sum()) == pytest.approx(measured, rel=0.03)


@pytest.mark.parametrize("channels", [1, 2])
def test_the_error_is_that_of_the_filter(channels: int) -> None:
    images = song(channels)
    sums = sums_of(images)
    V = (sums.magnitudes**2 + 1e-6).astype(np.float32)
    error = FilterError(sums, np.ones(3))
    error.slopes(V)
    R = np.zeros((GRID.bands, 3, channels, channels))
    upper = sums.places
    if channels == 1:
        R[..., 0, 0] = upper[..., 0]
    else:
        R[..., 0, 0], R[..., 0, 1], R[..., 1, 0], R[..., 1, 1] = (upper[..., q] for q in (0, 1, 1, 2))
    bands = GRID.band_of_bin
    X = stft(sum(images[1:], images[0]), GRID.stft)
    parts = np.einsum("jft,fjab->jftab", V[:, bands], R[bands])
    gain = parts @ np.linalg.inv(parts.sum(axis=0))
    for j, y in enumerate(images):
        wrong = np.einsum("ftab,ftb->fta", gain[j], X) - stft(y, GRID.stft)
        assert error.errors[j] == pytest.approx(float((np.abs(wrong) ** 2).sum()), rel=0.01)


@pytest.mark.parametrize("channels", [1, 2])
def test_fitting_separates_and_the_promise_is_kept(channels: int) -> None:
    sums = sums_of(song(channels))
    result = fit_ntf(GRID, sums, QUICK)
    dictionary, blocks = result.parameters
    assert result.bits == 8 * (len(dictionary.write()) + sum(len(ntf.write_block(dictionary, b)) for b in blocks))
    assert min(result.decibels) > 8
    V = np.concatenate([ntf.powers(dictionary, b) for b in blocks], axis=1).transpose(2, 0, 1).astype(np.float32)
    error = FilterError(sums, np.ones(3))
    error.slopes(V + np.float32(1e-14))
    assert error.decibels() == pytest.approx(result.decibels, abs=0.1)


def test_the_scale_is_that_of_the_powers() -> None:
    sums = sums_of(song(1))
    dictionary, blocks = fit_ntf(GRID, sums, QUICK).parameters
    v = np.concatenate([ntf.powers(dictionary, b) for b in blocks], axis=1)
    for j in range(3):
        loud = sums.magnitudes[j] > 0.1 * sums.magnitudes[j].max()
        ratio = np.sqrt(v[:, :, j][loud]) / sums.magnitudes[j][loud]
        assert 0.4 < np.median(ratio) < 2.5


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = (fit_ntf(GRID, sums_of(song(1, 1.0)), QUICK) for _ in range(2))
    assert first.dictionary.write() == second.dictionary.write()


def test_a_rate_is_met() -> None:
    images = song(1, 6.0)
    sums = sums_of(images)
    for kbps in (0.15, 0.4):
        result = fit_ntf(GRID, sums, NtfSettings(kbps=kbps, factorising=20, descending=30, passes=6))
        assert result.bits / 6 / 3 / 1000 < 1.35 * kbps


def test_silent_sources_cost_nothing() -> None:
    images = song(2)
    images[1][:] = 0
    result = fit_ntf(GRID, sums_of(images), QUICK)
    assert not (result.dictionary.source == 1).any()
    assert np.isnan(result.decibels[1])
    nothing = fit_ntf(GRID, sums_of([np.zeros_like(y) for y in images]), QUICK)
    assert nothing.dictionary.components == 0
    assert ntf.powers(nothing.dictionary, nothing.parameters[1][0]).shape[2] == 3


@pytest.mark.parametrize("grid", [Grid.of(RATE, bands=1), Grid.of(RATE, bands=3, block_s=0.01)])
def test_little_data(grid: Grid) -> None:
    images = [y[:10] for y in song(1, 1.0)]
    result = fit_ntf(grid, sums_of(images, grid), QUICK)
    counts = [len(b.activations) for b in result.parameters[1]]
    assert counts == [len(grid.frames_of_block(i, 10)) for i in range(grid.blocks(10))]


def test_one_source_with_one_component() -> None:
    settings = NtfSettings(kbps=None, components=1, factorising=5, descending=5, passes=1)
    result = fit_ntf(GRID, sums_of(song(1, 1.0)[:1]), settings)
    assert result.dictionary.components == 1


def test_cancelling_ends_it() -> None:
    def stop(fraction: float, message: str) -> None:
        if fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        fit_ntf(GRID, sums_of(song(1, 1.0)), QUICK, stop)


def test_progress_goes_forward_to_the_end() -> None:
    told: list[float] = []
    fit_ntf(GRID, sums_of(song(1, 1.0)), QUICK, lambda fraction, message: told.append(fraction))
    assert told == sorted(told)
    assert 0 <= told[0] <= told[-1] <= 1


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(ParameterError, match="rate"):
        NtfSettings(kbps=0)
    with pytest.raises(ParameterError, match="components"):
        NtfSettings(components=0)
    assert components_for(NtfSettings(kbps=0.5), 240, 384, 4) > components_for(NtfSettings(kbps=0.1), 240, 384, 4) >= 1

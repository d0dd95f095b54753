"""The residual layer as a whole: six decibels a bit, stems that add up, blocks that stand alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from unbraid.core.errors import ParameterError
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.residual.decoder import Residual
from unbraid.core.informed.residual.encoder import Encoder, encode
from unbraid.core.informed.residual.settings import Settings

RATE = 8000
PANS = ((1.0, 0.2), (0.3, 1.0), (0.7, 0.7), (1.0, 0.0))


@dataclass(frozen=True, eq=False)
class Piece:
    """True images (J, N, I), the deviations of estimates from them, and the model that both sides have."""

    images: npt.NDArray[np.float32]
    deviation: npt.NDArray[np.float32]
    power: npt.NDArray[np.float64]
    spatial: npt.NDArray[np.float64]
    grid: Grid

    @property
    def length(self) -> int:
        return self.images.shape[1]

    def powers(self, block: int) -> npt.NDArray[np.float64]:
        frames = self.grid.frames_of_block(block, self.length)
        return self.power[:, frames.start : frames.stop]

    def encoder(self, settings: Settings) -> Encoder:
        return Encoder(self.deviation, self.powers, self.spatial, self.grid, settings)

    def residual(self, payloads: list[bytes | None]) -> Residual:
        return Residual(lambda n: payloads[n], self.powers, self.spatial, self.grid, length=self.length)

    def sdr(self, found: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Of each source, dB, with `found` added to the estimates."""
        wrong = self.deviation.astype(np.float64) - found
        energy = (self.images.astype(np.float64) ** 2).sum(axis=(1, 2))
        with np.errstate(divide="ignore"):
            return np.asarray(10 * np.log10(energy / (wrong**2).sum(axis=(1, 2))))


def piece(*, sources: int = 3, channels: int = 2, seconds: float = 1.5, level: float = 0.1, seed: int = 1) -> Piece:
    """Noises that swell and fade, each in a band of its own; estimates are shares of the mix by the mean powers."""
    rng = np.random.default_rng(seed)
    length = round(seconds * RATE)
    grid = Grid(RATE, 512, 256, 20, 700, 16)
    t = np.arange(length) / RATE
    mono = []
    for j in range(sources):
        noise = rng.standard_normal(length)
        smooth = np.convolve(noise, np.ones(j * 3 + 1) / np.sqrt(j * 3 + 1), "same")
        mono.append(smooth * (1.1 + np.sin(2 * np.pi * (j + 1) * t)))
    pans = np.array([PANS[j % len(PANS)][:channels] for j in range(sources)])
    images = level * np.array(mono)[:, :, None] * pans[:, None, :]
    spatial = pans[:, :, None] * pans[:, None, :]
    spatial *= channels / np.trace(spatial, axis1=1, axis2=2)[:, None, None]
    energy = (images**2).mean(axis=(1, 2))
    shares = (energy / energy.sum())[:, None, None]
    deviation = (images - shares * images.sum(axis=0)).astype(np.float32)
    deviation[-1] = -deviation[:-1].sum(axis=0)
    return Piece(images.astype(np.float32), deviation, _power(images, grid), spatial[None], grid)


def _power(images: npt.NDArray[np.float64], grid: Grid) -> npt.NDArray[np.float64]:
    """Powers of the grid's tiles, in powers of two, (B, T, J)."""
    half = grid.window_samples // 2
    padded = np.pad(images, ((0, 0), (half, half + grid.hop_samples), (0, 0)))
    window = np.hanning(grid.window_samples + 1)[:-1, None]
    frames = []
    for frame in range(grid.frames(images.shape[1])):
        start = frame * grid.hop_samples
        spectrum = np.fft.rfft(padded[:, start : start + grid.window_samples] * window, axis=1)
        frames.append(grid.pool((np.abs(spectrum) ** 2).mean(axis=2).T))
    return np.asarray(2.0 ** np.round(np.log2(np.stack(frames, axis=1) + 1e-20)))


def payloads(song: Piece, settings: Settings) -> list[bytes | None]:
    return [coded.payload for coded in song.encoder(settings).blocks(threads=1)]


def whole(song: Piece, settings: Settings) -> np.ndarray:
    return song.residual(payloads(song, settings)).samples(0, song.length)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("sources", [2, 3, 4])
def test_quality_follows_the_step_to_transparency(sources, channels):
    song = piece(sources=sources, channels=channels)
    found = [song.sdr(whole(song, Settings(step, bins=256))) for step in (2.0**-4, 2.0**-8, 2.0**-14)]
    assert (found[1] > found[0]).all()
    assert np.mean(found[2] - found[1]) == pytest.approx(36, abs=3)
    assert found[2].min() > 60


@pytest.mark.parametrize("settings", [Settings(0.01, bins=512), Settings(0.01, (4.0, 1.0, 0.5), True, 1024)])
def test_deviations_add_up_to_nothing(settings):
    song = piece()
    assert np.abs(whole(song, settings).sum(axis=0)).max() < 1e-6


@pytest.mark.parametrize("level", [1e-5, 1e3])
def test_any_loudness(level):
    song = piece(level=level)
    assert song.sdr(whole(song, Settings(max(level * 2.0**-9, 2.0**-26), bins=256))).min() > 30


def test_six_decibels_a_bit_at_high_rates():
    song = piece(sources=3)
    curve = song.encoder(Settings(bins=256)).rate_curve([2.0**-12, 2.0**-14], threads=1)
    bits = 8 * (curve[2].bytes_used - curve[1].bytes_used)
    decibels = 10 * np.log10(curve[1].errors.sum() / curve[2].errors.sum())
    values = song.length * 2 * 2  # two sources in two channels: the third is what is left of the mix
    assert decibels / (bits / values) == pytest.approx(6.02, abs=0.4)


def test_the_curve_tells_what_coding_gives():
    song = piece()
    encoder = song.encoder(Settings(bins=256))
    none, point = encoder.rate_curve([0.0078125], threads=1)
    coded = encoder.blocks(Settings(0.0078125, bins=256), threads=1)
    assert none.step is None and none.bytes_used == 0
    assert point.bytes_used == sum(len(block.payload) for block in coded)
    found = song.residual([block.payload for block in coded]).samples(0, song.length)
    wrong = ((song.deviation.astype(np.float64) - found) ** 2).sum(axis=(1, 2))
    np.testing.assert_allclose(point.errors, wrong, rtol=0.05)
    energy = (song.deviation.astype(np.float64) ** 2).sum(axis=(1, 2))
    np.testing.assert_allclose(none.errors, energy, rtol=1e-3)


def test_the_stem_with_more_weight_is_better():
    song = piece()
    even = song.sdr(whole(song, Settings(0.02, bins=256)))
    uneven = song.sdr(whole(song, Settings(0.02, (8.0, 1.0, 1.0), bins=256)))
    assert uneven[0] > even[0] + 12
    assert abs(uneven[1] - even[1]) < 4


def test_threads_do_not_change_bytes():
    song = piece()
    encoder = song.encoder(Settings(0.01, bins=256))
    assert [c.payload for c in encoder.blocks(threads=1)] == [c.payload for c in encoder.blocks(threads=4)]
    assert encode(song.deviation, song.powers, song.spatial, song.grid, Settings(0.01, bins=256)) == [
        c.payload for c in encoder.blocks(threads=2)
    ]


def test_any_range_is_that_range_of_the_whole():
    song = piece()
    data = payloads(song, Settings(0.01, bins=512))
    full = song.residual(data).samples(0, song.length)
    stream = song.residual(data)
    for start, stop in ((0, 1), (0, 700), (4000, 4200), (4095, 8193), (11_000, song.length), (100, 100)):
        np.testing.assert_array_equal(stream.samples(start, stop), full[:, start:stop])


@pytest.mark.parametrize("bad", [None, b"", b"\xff" * 40, b"\x08"])
def test_a_lost_block_costs_that_block_only(bad):
    song = piece()
    data = payloads(song, Settings(0.005, bins=256))
    assert len(data) == 3
    full = song.residual(data).samples(0, song.length)
    broken = song.residual([data[0], bad, data[2]])
    found = broken.samples(0, song.length)
    size, bins = song.grid.block_samples, 256
    np.testing.assert_array_equal(found[:, : size - bins], full[:, : size - bins])
    np.testing.assert_array_equal(found[:, 2 * size :], full[:, 2 * size :])
    assert not found[:, size + bins : 2 * size - bins].any()
    assert bool(broken.damage) == bool(bad)


def test_nothing_coded_gives_silence():
    song = piece(seconds=0.2)
    assert not song.residual([None, b"", b""]).samples(0, song.length).any()


def test_silent_sources_stay_silent():
    song = piece(sources=4)
    quiet = np.zeros_like(song.images[:1])
    silent = Piece(
        np.concatenate([song.images, quiet]),
        np.concatenate([song.deviation, quiet]),
        np.concatenate([song.power, 1e-30 * song.power[..., :1]], axis=2),
        np.concatenate([song.spatial, song.spatial[:, :1]], axis=1),
        song.grid,
    )
    found = whole(silent, Settings(0.01, bins=256))
    assert np.abs(found[-1]).max() < 0.02
    assert silent.sdr(found)[:4].min() > 15


def test_settings_are_checked():
    with pytest.raises(ParameterError):
        Settings(0.0)
    with pytest.raises(ParameterError):
        Settings(bins=1000)
    with pytest.raises(ParameterError):
        Settings(weights=(0.0, 1.0))
    song = piece(seconds=0.2)
    with pytest.raises(ParameterError):
        song.encoder(Settings(weights=(1.0,))).block(0)
    with pytest.raises(ParameterError):
        encode(song.deviation[:1], song.powers, song.spatial, song.grid, Settings())

"""A mix is known again after what distribution does to it, and anything else is refused in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from unbraid.core import audio_files
from unbraid.core.audio import Audio
from unbraid.core.audio_files import WriteOptions
from unbraid.core.errors import BitstreamError
from unbraid.core.informed.matching.aligning import aligned, aligned_blocks, aligned_part
from unbraid.core.informed.matching.matching import match
from unbraid.core.informed.matching.mixprint import mix_print
from unbraid.core.resample import resample

RATE = 44100
Doubles = npt.NDArray[np.float64]


def song(seconds: float = 12.0, *, seed: int = 0, channels: int = 2) -> Audio:
    """Chords with overtones and drums, up to 13 kHz, spread over the stereo image; never the same twice."""
    rng = np.random.default_rng(seed)
    frames = round(seconds * RATE)
    out = np.zeros((frames, 2))
    length = RATE // 2
    t = np.arange(length) / RATE
    for start in range(0, frames - length, length // 2):
        for _ in range(4):
            pitch = 110.0 * 2 ** (rng.integers(0, 36) / 12)
            tone = sum(np.sin(2 * np.pi * k * pitch * t + rng.uniform(0, 6)) / k for k in range(1, 15))
            pan = rng.uniform(0, np.pi / 2)
            out[start : start + length] += (0.05 * tone * np.exp(-3 * t))[:, None] * [np.cos(pan), np.sin(pan)]
        hit = rng.standard_normal((length, 1)) * np.exp(-30 * t)[:, None] * 0.2
        out[start : start + length] += hit * [0.6, 0.8]
    spectrum = np.fft.rfft(out, axis=0)
    spectrum[np.fft.rfftfreq(frames, 1 / RATE) > 13_000] = 0
    return Audio.of(np.fft.irfft(spectrum, frames, axis=0)[:, :channels], RATE)


@pytest.fixture(scope="module")
def mix() -> Audio:
    return song()


@pytest.fixture(scope="module")
def data(mix: Audio) -> bytes:
    return mix_print(mix)


def left_db(mix: Audio, heard: Audio, *, edge: int = 3000) -> float:
    """What is left of an aligned recording after the mix is taken away, in dB."""
    x = mix.samples[edge:-edge].astype(np.float64)
    return float(10 * np.log10(np.square(heard.samples[edge:-edge] - x).sum() / np.square(x).sum() + 1e-15))


def test_the_very_mix_is_known_at_once(mix: Audio, data: bytes) -> None:
    found = match(data, mix)
    assert found.exact and found.is_in_place and found.confidence == 1.0
    assert aligned(mix, found) is mix


def test_a_lossless_copy_at_24_bits_is_exact(mix: Audio, tmp_path: Path) -> None:
    audio_files.write(tmp_path / "a.wav", mix, WriteOptions(bits="24", dither=False))
    source = audio_files.read(tmp_path / "a.wav")
    data = mix_print(source)
    for name, bits in (("b.flac", "24"), ("b.wav", "32f")):
        audio_files.write(tmp_path / name, source, WriteOptions(bits=bits, dither=False))
        assert match(data, audio_files.read(tmp_path / name)).exact


LONG = [pytest.param(late, marks=pytest.mark.slow) for late in (1, 2112, -50_000, 100_000)]


@pytest.mark.parametrize("late", [1105, 2257, -700, *LONG])
def test_whole_delays_are_found_exactly(mix: Audio, data: bytes, late: int) -> None:
    samples = np.pad(mix.samples, ((late, 0), (0, 0))) if late > 0 else mix.samples[-late:]
    found = match(data, Audio(np.ascontiguousarray(samples), RATE))
    assert found.delay_samples == late and not found.exact
    back = aligned(Audio(np.ascontiguousarray(samples), RATE), found)
    assert back.frames == mix.frames
    start = max(0, -late)
    assert np.array_equal(back.samples[start:], mix.samples[start:])


@pytest.mark.parametrize("gain_db", [-0.5, 3.0])
def test_gain_and_polarity(mix: Audio, data: bytes, gain_db: float) -> None:
    heard = Audio.of(-mix.samples * 10 ** (gain_db / 20), RATE)
    found = match(data, heard)
    assert found.inverted and 20 * np.log10(found.gain) == pytest.approx(gain_db, abs=0.02)
    assert left_db(mix, aligned(heard, found)) < -50
    assert any("inverted" in note for note in found.notes)


def test_a_fraction_of_a_sample(mix: Audio, data: bytes) -> None:
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(mix.frames) * 100.37)
    heard = Audio.of(np.fft.irfft(np.fft.rfft(mix.samples, axis=0) * turn[:, None], mix.frames, axis=0), RATE)
    found = match(data, heard)
    assert found.delay_samples == pytest.approx(100.37, abs=0.02)
    assert left_db(mix, aligned(heard, found)) < -35


@pytest.mark.parametrize("rate", [48000, 32000])
def test_other_rates(mix: Audio, data: bytes, rate: int) -> None:
    heard = resample(mix, rate)
    found = match(data, heard)
    assert found.rate_ratio == pytest.approx(rate / RATE) and found.delay_samples == 0.0
    back = aligned(heard, found)
    assert (back.rate, back.frames) == (RATE, mix.frames)
    assert left_db(mix, back) < (-30 if rate < RATE else -70)


def test_another_speed(mix: Audio, data: bytes) -> None:
    heard = Audio(resample(Audio(mix.samples, 10_000), 10_010).samples, RATE)
    found = match(data, heard)
    assert found.rate_ratio == pytest.approx(1.001, abs=1e-6)
    assert left_db(mix, aligned(heard, found)) < -35


def test_left_and_right_swapped(mix: Audio, data: bytes) -> None:
    heard = Audio(np.ascontiguousarray(mix.samples[:, ::-1]), RATE)
    found = match(data, heard)
    assert found.swapped
    assert np.array_equal(aligned(heard, found).samples, mix.samples)


@pytest.mark.parametrize("name", ["a.mp3", "a.ogg", "a.opus", "a.m4a"])
def test_lossy_copies(mix: Audio, data: bytes, tmp_path: Path, name: str) -> None:
    audio_files.write(tmp_path / name, mix, WriteOptions(bitrate_kbps=128))
    heard = audio_files.read(tmp_path / name)
    found = match(data, heard)
    assert abs(found.delay_samples) < 0.1 and not found.exact
    assert found.noise.shape == (2, 20)
    assert -45 < 10 * np.log10(np.median(found.noise[0])) < -8
    assert left_db(mix, aligned(heard, found)) < -8


@pytest.mark.slow
def test_noisier_copies_are_said_to_be_noisier(mix: Audio, data: bytes, tmp_path: Path) -> None:
    noise = []
    for kbps in (64, 128, 320):
        path = tmp_path / f"{kbps}.mp3"
        audio_files.write(path, mix, WriteOptions(bitrate_kbps=kbps))
        noise.append(float(np.median(match(data, audio_files.read(path)).noise[0])))
    assert noise[0] > noise[1] > noise[2]


def test_mono_on_two_channels(tmp_path: Path) -> None:
    mono = song(8.0, channels=1)
    heard = Audio(np.repeat(mono.samples, 2, axis=1), RATE)
    found = match(mix_print(mono), heard)
    back = aligned(heard, found)
    assert back.channels == 1 and np.allclose(back.samples, mono.samples, atol=1e-7)


def test_parts_of_an_alignment_are_the_whole(mix: Audio, data: bytes) -> None:
    heard = resample(mix, 48000)
    found = match(data, heard)
    whole = aligned(heard, found).samples
    assert np.array_equal(np.concatenate(list(aligned_blocks(heard, found))), whole)
    part = aligned_part(heard, found, 100_001, 140_002)
    assert np.abs(part - whole[100_001:140_002]).max() < 1e-5


def shelved(mix: Audio, gain_db: float) -> Audio:
    spectrum = np.fft.rfft(mix.samples, axis=0)
    freq_hz = np.fft.rfftfreq(mix.frames, 1 / RATE)
    gain = 10 ** (gain_db / 20 / (1 + (2000 / np.maximum(freq_hz, 1)) ** 2))
    return Audio.of(np.fft.irfft(spectrum * gain[:, None], mix.frames, axis=0), RATE)


def pumped(mix: Audio) -> Audio:
    time_s = np.arange(mix.frames) / RATE
    return Audio.of(mix.samples * 10 ** (1.5 * np.sin(time_s * 2.1) / 20)[:, None], RATE)


def cut(mix: Audio) -> Audio:
    third = mix.frames // 3
    return Audio.of(np.concatenate([mix.samples[:third], mix.samples[2 * third :]]), RATE)


def exchanged(mix: Audio) -> Audio:
    samples = mix.samples.copy()
    samples[: mix.frames // 2] = song(seed=5).samples[: mix.frames // 2]
    return Audio.of(samples, RATE)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda mix: song(seed=1), "is not the mix"),
        (lambda mix: Audio.of(np.random.default_rng(0).standard_normal(mix.samples.shape), RATE), "is not the mix"),
        (lambda mix: Audio.silence(mix.frames, 2, RATE), "is not the mix"),
        (lambda mix: Audio.silence(10, 2, RATE), "is not the mix"),
        (lambda mix: shelved(mix, 4.0), "another master.*equaliser"),
        (pumped, "another master.*compressor"),
        (cut, "made for"),
        (exchanged, "made for"),
        (lambda mix: Audio.of(mix.samples.mean(axis=1), RATE), "2 channels.*folded down"),
        (lambda mix: Audio.of(np.repeat(mix.samples.mean(axis=1, keepdims=True), 2, axis=1), RATE), "folded down"),
        (lambda mix: Audio.of(np.repeat(mix.samples, 2, axis=1), RATE), "widened"),
    ],
)
def test_anything_else_is_refused_in_words(mix: Audio, data: bytes, change: object, words: str) -> None:
    assert callable(change)
    with pytest.raises(BitstreamError, match=words) as problem:
        match(data, change(mix), title="Our Song")
    assert "Our Song" in str(problem.value) and "give the master" in str(problem.value)


def test_a_small_shelf_is_let_pass_and_counts_as_noise(mix: Audio, data: bytes) -> None:
    found = match(data, shelved(mix, 0.8))
    assert found.noise[0, :15].max() > 1e-5


def test_silence_is_known_only_by_its_samples() -> None:
    silent = Audio.silence(RATE, 2, RATE)
    data = mix_print(silent)
    assert match(data, silent).exact
    with pytest.raises(BitstreamError, match="nearly silent"):
        match(data, Audio.silence(RATE + 1, 2, RATE))


@pytest.mark.parametrize("scale", [1e-4, 4.0])
def test_loudness_of_the_mix_does_not_matter(mix: Audio, scale: float) -> None:
    loud = Audio.of(mix.samples * scale, RATE)
    late = Audio.of(np.pad(loud.samples, ((77, 0), (0, 0))), RATE)
    assert match(mix_print(loud), late).delay_samples == 77

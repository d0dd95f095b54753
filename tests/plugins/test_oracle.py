"""Oracles know the truth: what they make of it is the best of its kind, and they say so when they are not told it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import signals

from unbraid.core.audio import Audio
from unbraid.core.audio_files import read
from unbraid.core.dsp.stft import istft, stft
from unbraid.core.errors import ParameterError
from unbraid.core.kam.resolution import stft_at
from unbraid.core.separation import run
from unbraid.core.separation.contract import parameters, targets
from unbraid.core.separation.guide import Guide
from unbraid.plugins.oracle import (
    OracleBeads,
    OracleBinary,
    OracleMultichannel,
    OraclePhase,
    OracleRatio,
    OracleTruncated,
    OracleWiener,
)

ORACLES = [OracleBinary, OracleRatio, OracleWiener, OraclePhase, OracleTruncated, OracleMultichannel]
PARTITIONS = [OracleBinary, OracleRatio, OracleWiener, OracleMultichannel]
"""Those whose filters add up to one."""

DEMO = Path(__file__).parents[2] / "resources" / "demo"


def separate(oracle, stems, mix=None):
    return run.separate(oracle, mix or signals.mix(stems), Guide(references=stems))


def louder(stems, gain):
    return {name: Audio(stem.samples * np.float32(gain), stem.rate) for name, stem in stems.items()}


def channel(stems, number=0):
    return {name: Audio(stem.samples[:, number : number + 1].copy(), stem.rate) for name, stem in stems.items()}


def sdr(true, found):
    error = true.samples.astype(np.float64) - found.samples
    return 10 * np.log10(np.square(true.samples, dtype=np.float64).sum() / np.square(error).sum())


def median_sdr(oracle, stems):
    found = separate(oracle, stems)
    return float(np.median([sdr(stem, found[name]) for name, stem in stems.items()]))


@pytest.fixture(scope="module")
def demo():
    """Four seconds of the demo song's stems."""
    stems = {name: read(DEMO / f"{name}.flac") for name in ("vocals", "drums", "bass", "other")}
    return {name: stem.slice(4 * stem.rate, 8 * stem.rate) for name, stem in stems.items()}


def test_the_better_the_oracle_the_better_its_stems(demo):
    """In plain SDR; a binary mask is worse than powers, but not than magnitudes."""
    score = {oracle: median_sdr(oracle(), demo) for oracle in ORACLES}
    assert score[OraclePhase] > score[OracleTruncated] > score[OracleWiener]
    assert min(score[OracleWiener], score[OracleMultichannel]) > score[OracleRatio] + 0.3
    assert min(score[OracleWiener], score[OracleMultichannel]) > score[OracleBinary]
    assert score[OracleMultichannel] > 5
    assert median_sdr(OracleRatio(exponent=2.0), demo) == pytest.approx(score[OracleWiener], abs=1e-3)


def band(seed, rate=16000, seconds=3.0):
    """Bass, piano, strings and drums: overlapping notes of one scale, panned, a little late in one ear, in a room."""
    rng = np.random.default_rng(seed)
    stems, length, t = {}, round(seconds * rate), np.arange(2 * rate) / rate
    for name, lowest_hz, per_s, ring_s in (
        ("bass", 55, 2, 0.6), ("piano", 220, 3, 0.5), ("strings", 330, 1, 1.5), ("drums", 0, 4, 0.06)
    ):  # fmt: skip
        x = np.zeros(length + 2 * rate)
        for start in np.arange(0, length, rate // per_s):
            pitch_hz = lowest_hz * 2 ** (rng.choice([0, 2, 4, 5, 7, 9, 11]) / 12)
            phase = 2 * np.pi * np.cumsum(pitch_hz * (1 + 0.004 * np.sin(10 * np.pi * t))) / rate
            partials = sum(rng.random() / k * np.sin(k * phase + 6 * rng.random()) for k in range(1, 16))
            x[start : start + len(t)] += np.exp(-t / ring_s) * (partials if lowest_hz else rng.standard_normal(len(t)))
        x = x[:length] / x[:length].std() * 10 ** rng.uniform(-0.15, 0.15)
        pan, late = rng.uniform(0.3, 1.2), rng.integers(0, 6)
        room = 0.05 * rng.standard_normal((2, 800)) * np.exp(-np.arange(800) / 200)
        ears = np.cos(pan) * x, np.sin(pan) * np.roll(x, late)
        image = [ear + np.convolve(x, echo)[:length] for ear, echo in zip(ears, room, strict=True)]
        stems[name] = Audio.of(0.1 * np.stack(image, axis=1), rate)
    return stems


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_oracles_are_in_the_order_of_the_campaign(seed):
    """Matrix and powers above magnitudes above yes or no, in mean SDR, as in SiSEC 2018.

    The binary mask there is one for each stem by itself: bins that two stems share go to both or to none. Where each
    bin goes to its loudest stem, binary masks are better than that, and about as good as magnitudes.
    """
    stems = band(seed)
    found = {}
    for oracle in (OracleMultichannel(), OracleWiener(), OracleRatio(), OracleBinary(rule="half"), OracleBinary()):
        estimates = separate(oracle, stems)
        found[oracle] = float(np.mean([sdr(stem, estimates[name]) for name, stem in stems.items()]))
    matrix, powers, magnitudes, half, loudest = found.values()
    assert matrix > powers > magnitudes + 0.5
    assert magnitudes > half
    assert loudest > half
    assert abs(loudest - magnitudes) < 1


def test_every_oracle_has_its_exponent():
    stems = channel(signals.music(seconds=0.8))
    for exponent in (0.5, 1.0, 3.0):
        masks = separate(OracleRatio(exponent=exponent), stems)
        for oracle in (OracleWiener, OracleMultichannel):
            other = separate(oracle(exponent=exponent), stems)
            assert all(np.abs(masks[name].samples - other[name].samples).max() < 1e-3 for name in stems)
    assert median_sdr(OraclePhase(), stems) > median_sdr(OraclePhase(exponent=0.6), stems)
    for exponent in (0.6, 1.5):
        assert median_sdr(OracleTruncated(), stems) > median_sdr(OracleTruncated(exponent=exponent), stems)
    magnitudes, powers = (separate(OracleBinary(rule="half", exponent=e), stems) for e in (1.0, 2.0))
    assert all(np.any(magnitudes[name].samples != powers[name].samples) for name in stems)


@pytest.mark.parametrize("oracle", [OracleWiener, OraclePhase, OracleTruncated, OracleMultichannel])
@pytest.mark.parametrize("gain", [1e-6, 1e3])
def test_no_exponent_depends_on_the_loudness(oracle, gain):
    stems = signals.music(seconds=0.5)
    stems["nothing"] = Audio.silence(stems["bass"].frames, 2, 44100)
    peak = np.abs(signals.mix(stems).samples).max()
    exponent = next(p for p in parameters(oracle) if p.name == "exponent")
    for end in (exponent.low, exponent.high):
        plain, loud = separate(oracle(exponent=end), stems), separate(oracle(exponent=end), louder(stems, gain))
        for name in stems:
            assert np.abs(loud[name].samples / np.float32(gain) - plain[name].samples).max() < 5e-3 * peak


@pytest.mark.parametrize("oracle", ORACLES)
def test_targets_are_the_references(oracle):
    stems = signals.music(seconds=1.0)
    assert targets(oracle(), Guide(references=stems)) == tuple(stems)
    assert tuple(separate(oracle(), stems))[:3] == tuple(stems)


@pytest.mark.parametrize("oracle", PARTITIONS)
def test_references_that_make_up_the_mix_leave_no_residual(oracle):
    stems = signals.music(seconds=1.0)
    found = separate(oracle(), stems)
    assert tuple(found) == tuple(stems)
    assert np.abs(signals.mix(found).samples - signals.mix(stems).samples).max() < 1e-6


@pytest.mark.parametrize("oracle", ORACLES)
def test_what_the_references_leave_is_a_source_of_its_own(oracle):
    """With the drums alone as reference the drums are as good as with all, and the rest of the song is the residual."""
    stems = signals.music(seconds=1.5)
    alone = separate(oracle(), {"drums": stems["drums"]}, signals.mix(stems))
    assert tuple(alone) == ("drums", "residual")
    assert sdr(stems["drums"], alone["drums"]) > sdr(stems["drums"], separate(oracle(), stems)["drums"]) - 1
    named = separate(oracle(), {"drums": stems["drums"], "residual": stems["bass"]}, signals.mix(stems))
    assert np.abs(named["drums"].samples - alone["drums"].samples).max() < 1e-6


@pytest.mark.parametrize("oracle", ORACLES)
def test_without_references_it_asks_for_them(oracle):
    mix = signals.mix(signals.music(seconds=0.3))
    for guide in (Guide(), Guide(references={"residual": mix})):
        with pytest.raises(ParameterError, match="true stems"):
            run.separate(oracle(), mix, guide)


@pytest.mark.parametrize("oracle", ORACLES)
@pytest.mark.parametrize("gain", [1e-6, 1e3])
def test_loudness_changes_nothing_but_loudness(oracle, gain):
    stems = signals.music(seconds=0.8)
    plain, loud = separate(oracle(), stems), separate(oracle(), louder(stems, gain))
    peak = np.abs(signals.mix(stems).samples).max()
    for name in stems:
        assert np.abs(loud[name].samples / np.float32(gain) - plain[name].samples).max() < 3e-3 * peak


@pytest.mark.parametrize("oracle", ORACLES)
def test_silence_short_songs_and_silent_stems(oracle):
    silent = {name: Audio.silence(3000, 2, 22050) for name in "ab"}
    assert not any(stem.samples.any() for stem in separate(oracle(), silent).values())
    stems = signals.music(seconds=0.5)
    stems["nothing"] = Audio.silence(stems["bass"].frames, 2, 44100)
    assert np.abs(separate(oracle(), stems)["nothing"].samples).max() < 1e-4
    for frames in (1, 100):
        short = {name: stem.slice(2000, 2000 + frames) for name, stem in stems.items()}
        assert all(np.isfinite(stem.samples).all() for stem in separate(oracle(), short).values())


@pytest.mark.parametrize("oracle", ORACLES)
def test_mono_dual_mono_and_surround(oracle):
    stems = channel(signals.music(seconds=0.8))
    mono = separate(oracle(), stems)
    copies = {name: Audio(np.repeat(stem.samples, 2, axis=1), stem.rate) for name, stem in stems.items()}
    dual = separate(oracle(), copies)
    for name in stems:
        assert np.abs(dual[name].samples[:, 0] - dual[name].samples[:, 1]).max() < 1e-6
        assert np.abs(dual[name].samples[:, :1] - mono[name].samples).max() < 2e-3
    rng = np.random.default_rng(0)
    five = {name: Audio((s.samples * rng.random(5)).astype(np.float32), s.rate) for name, s in stems.items()}
    found = separate(oracle(), five)
    assert np.abs(signals.mix(found).samples - signals.mix(five).samples).max() < 1e-5


def test_one_channel_of_the_multichannel_oracle_is_the_wiener_filter():
    stems = channel(signals.music(seconds=0.8))
    single, multi = separate(OracleWiener(), stems), separate(OracleMultichannel(), stems)
    assert all(np.abs(single[name].samples - multi[name].samples).max() < 1e-4 for name in stems)


def test_the_multichannel_oracle_uses_places():
    """Two noises that no mask can tell apart come from two places: the matrix filter finds them."""
    left, right = (signals.noise(seconds=1.0, channels=1, seed=seed).samples for seed in (1, 2))
    stems = {
        "left": Audio((left * [1.0, 0.3]).astype(np.float32), 44100),
        "right": Audio((right * [0.2, 1.0]).astype(np.float32), 44100),
    }
    assert median_sdr(OracleMultichannel(), stems) > median_sdr(OracleWiener(), stems) + 10
    assert median_sdr(OracleMultichannel(iterations=2, update="energy"), stems) > 20


@pytest.mark.parametrize("channels", ["each", "joint"])
def test_masks_are_their_definitions(channels):
    """Bin by bin on one block, against float64."""
    stems = {name: signals.noise(seconds=0.3, seed=seed) for seed, name in enumerate("abc")}
    mix = signals.mix(stems)
    params = stft_at(1024, 256, mix.rate)
    S = np.stack([stft(stem.samples, params) for stem in stems.values()]).astype(np.complex128)
    x = stft(mix.samples, params).astype(np.complex128)

    def over_channels(values):
        return values.sum(axis=-1, keepdims=True) if channels == "joint" else values

    power = over_channels(np.square(np.abs(S)))
    ratio = over_channels((np.conj(x) * S).real) / over_channels(np.square(np.abs(x)))
    expected = {
        OracleBinary: power == power.max(axis=0),
        OracleRatio: np.sqrt(power) / np.sqrt(power).sum(axis=0),
        OracleWiener: power / power.sum(axis=0),
        OraclePhase: ratio,
        OracleTruncated: np.clip(ratio, 0, 1),
    }
    for oracle, mask in expected.items():
        found = oracle(1024, 256, channels).separate(mix, Guide(references=stems), lambda f, m: None)
        for number, name in enumerate(stems):
            whole = istft((mask[number] * x).astype(np.complex64), params, mix.frames)
            assert np.abs(found[name].samples - whole).max() < 2e-4, (oracle, name)


@pytest.mark.parametrize("oracle", [OracleBinary, OracleRatio, OracleWiener, OraclePhase, OracleTruncated])
def test_long_songs_in_blocks_give_the_same(oracle, monkeypatch):
    stems = signals.music(seconds=6.0, rate=22050)
    whole = separate(oracle(), stems)
    monkeypatch.setattr(run, "BLOCK_S", 1.0)
    blocks = separate(oracle(), stems)
    assert all(np.abs(whole[name].samples - blocks[name].samples).max() < 1e-4 for name in stems)


@pytest.mark.parametrize("oracle", ORACLES)
def test_progress_rises_and_inputs_are_not_touched(oracle):
    stems = signals.music(seconds=2.0)
    mix = signals.mix(stems)
    before = {name: stem.samples.copy() for name, stem in stems.items()}
    told = []
    oracle().separate(mix, Guide(references=stems), lambda fraction, message: told.append(fraction))
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert all(np.array_equal(stems[name].samples, before[name]) for name in stems)


def test_references_of_another_length_are_refused_by_the_oracle_itself():
    stems = signals.music(seconds=0.3)
    with pytest.raises(ParameterError, match="bass"):
        OracleRatio().separate(
            signals.mix(stems), Guide(references={"bass": stems["bass"].slice(0, 99)}), lambda f, m: None
        )


def test_rings_tell_more_than_powers(demo):
    """With true magnitudes, phases that explain the mix are better than shares of it; stems still add up to it."""
    mono = {name: Audio.of(stem.samples[: stem.rate, :1], stem.rate) for name, stem in demo.items()}
    oracle = OracleBeads(window=2048, hop=512, count=6)
    assert median_sdr(oracle, mono) > median_sdr(OracleWiener(window=2048, hop=512), mono) + 0.5
    found = separate(oracle, mono)
    assert np.abs(sum(found[name].samples for name in mono) - sum(s.samples for s in mono.values())).max() < 1e-5

"""The engine against direct implementations of what it generalises, and what holds for every model."""

import numpy as np
import pytest

from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import StftParams, istft, stft
from unbraid.core.errors import Cancelled, ParameterError
from unbraid.core.kam import backfitting, presets
from unbraid.core.kam.fitters import median_of_power
from unbraid.core.kam.kernels import Horizontal, Periodic, Similar, Vertical
from unbraid.core.kam.model import Model, Source, Stage
from unbraid.core.separation import run
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.nmf import factorise
from unbraid.core.separation.nmf_descent import NmfParams
from unbraid.core.separation.spatial import Spatial
from unbraid.core.separation.wiener import EXACT_EM, NORBERT, Passes, Refinement, refine, wiener
from unbraid.plugins.repet import Repet
from unbraid.plugins.repet_adaptive import RepetAdaptive
from unbraid.plugins.repet_sim import RepetSim

RATE = 22050
PARAMS = StftParams(2048, 512)
WINDOW_S = PARAMS.fft / RATE
HOP_S = PARAMS.hop_samples / RATE


def noise(seconds=1.0, channels=2, seed=0):
    return np.random.default_rng(seed).standard_normal((round(seconds * RATE), channels)).astype(np.float32)


def stage(*sources, **how):
    return Model((Stage(sources, "all", **{"window_s": WINDOW_S, "iterations": 1, **how}),))


def separated(x, model, guide=None):
    stems = backfitting.separate(Audio(x, RATE), model, guide or Guide())
    return {name: audio.samples for name, audio in stems.items()}


def looped(seconds=9.0, period_s=1.0, channels=1):
    """A loop of whole frames under a tone that comes and goes."""
    period = round(period_s / HOP_S) * PARAMS.hop_samples
    loop = noise(period / RATE, channels)
    x = np.tile(loop, (round(seconds * RATE) // period, 1))
    t = np.arange(len(x)) / RATE
    voice = np.sin(2 * np.pi * 440 * t) * (np.sin(2 * np.pi * 0.37 * t) > 0)
    return (x + voice[:, None]).astype(np.float32), period / RATE


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_one_iteration_of_two_lines_is_hpss(channels):
    x = noise(1.5, channels)
    model = stage(Source("harmonic", (Horizontal(16 * HOP_S),)), Source("percussive", (Vertical(16 * RATE / 2048),)))
    X = stft(x, PARAMS)
    P = np.square(np.abs(X)).sum(axis=2)
    T = P.shape[1]
    H = np.stack([np.median(P[:, max(0, t - 8) : t + 9], axis=1) for t in range(T)], axis=1)
    padded = np.pad(P, ((8, 8), (0, 0)), mode="reflect")
    V = np.stack([np.median(padded[f : f + 17], axis=0) for f in range(P.shape[0])])
    inside = slice(8 * 512 + 2048, len(x) - 8 * 512 - 2048)  # at the ends the engine takes the lower median
    expected = istft((X * (H / (H + V))[:, :, None]).astype(np.complex64), PARAMS, len(x))
    assert np.abs(separated(x, model)["harmonic"] - expected)[inside].max() < 2e-5


RULE = {"high_pass_hz": 0.0, "smooth_bins": 1, "smooth_frames": 1, "window": 4096, "hop": 1024}


def repeating(kernel):
    return stage(Source("accompaniment", (kernel,)), Source("vocals", fit="rest"), exponent=1.0)


def same_as(plugin, model, x):
    direct = run.separate(plugin, Audio(x, RATE))
    got = separated(x, model)
    for name, samples in got.items():
        assert np.abs(samples - direct[name].samples).max() < 1e-4, name


def test_a_periodic_kernel_and_a_rest_are_repet():
    x, period_s = looped()
    x = x[: 386 * PARAMS.hop_samples]  # nine whole repetitions of 43 frames: the middle of an even number is ambiguous
    same_as(Repet(period_s=period_s, **RULE), repeating(Periodic((period_s,), repetitions=50)), x)


def test_a_period_for_each_segment_is_adaptive_repet():
    x, _ = looped(channels=2)
    times = {"period_min_s": 0.8, "period_max_s": 1.5, "segment_s": 6.0, "step_s": 1.0}
    kernel = Periodic(segment_s=6.0, shortest_s=0.8, longest_s=1.5)
    same_as(RepetAdaptive(order=5, **times, **RULE), repeating(kernel), x)


def test_similar_moments_and_a_rest_are_repet_sim():
    x, _ = looped(channels=2)
    same_as(RepetSim(count=5, **RULE), repeating(Similar(5)), x)


def test_free_pictures_are_the_em_after_networks():
    x = noise(0.7)
    parts = {"a": x * np.float32([1.0, 0.2]), "b": noise(0.7, seed=1)}
    sources = tuple(Source(name, start={f"given.{name}": 1.0}) for name in parts)
    got = separated(
        x, stage(*sources, iterations=2, places="energy"),
        Guide(references={name: Audio(p, RATE) for name, p in parts.items()}),
    )  # fmt: skip
    X = stft(x, PARAMS)
    v = np.stack([np.square(np.abs(stft(p, PARAMS))).mean(axis=2) for p in parts.values()], axis=2)
    how = Refinement(2, update="energy", power="whitened")
    y = wiener(X, v, how)
    assert NORBERT.update == how.update
    for j, name in enumerate(parts):
        assert np.abs(got[name] - istft(np.ascontiguousarray(y[..., j]), PARAMS, len(x))).max() < 1e-4


def test_known_pictures_stay_and_only_places_are_learned():
    x = noise(0.7)
    parts = {"a": x * np.float32([1.0, 0.2]), "b": noise(0.7, seed=1)}
    sources = tuple(Source(name, start={f"given.{name}": 1.0}, fit="fixed") for name in parts)
    got = separated(
        x, stage(*sources, iterations=3, places="exact"),
        Guide(references={name: Audio(p, RATE) for name, p in parts.items()}),
    )  # fmt: skip
    X = stft(x, PARAMS)
    v = np.stack([np.square(np.abs(stft(p, PARAMS))).mean(axis=2) for p in parts.values()], axis=2)
    kept = Refinement(3, update=EXACT_EM.update, power="kept")
    y = wiener(X, v, kept)
    for j, name in enumerate(parts):
        assert np.abs(got[name] - istft(np.ascontiguousarray(y[..., j]), PARAMS, len(x))).max() < 1e-4


def test_factorised_pictures_are_multichannel_nmf():
    x = noise(0.8) * np.float32([1.0, 0.5])
    sources = tuple(Source(f"s{j}", fit="nmf", components=3, weight=1.0 + 0.5 * j) for j in range(2))
    got = separated(x, stage(*sources, iterations=2, places="exact"))
    X = stft(x, PARAMS)
    joint = np.square(np.abs(X)).mean(axis=2)
    weights = np.float32([1.0, 1.5])
    memory: dict[int, object] = {}

    def fit_of(j):
        def fit(z):
            before = memory.get(j)
            how = NmfParams(3, "is", iterations=10, seed=len(memory))
            start = (None, None) if before is None else (before.templates, before.activations)
            memory[j] = factorise(np.ascontiguousarray(z.T).T, how, templates=start[0], activations=start[1])
            return memory[j].model() * weights[j]

        return fit

    how = Refinement(2, update="exact", power="whitened")
    white = Spatial.white(PARAMS.bins, 2, 2)
    v = np.stack([joint * w for w in weights], axis=2)
    model, places = refine(
        Passes.of_spectrum(X),
        lambda first, b: v[:, first : first + b.shape[1]],
        white,
        how,
        fits=[fit_of(0), fit_of(1)],
    )
    y = wiener(X, model(0, X), Refinement(0), spatial=places)
    for j in range(2):
        assert np.abs(got[f"s{j}"] - istft(np.ascontiguousarray(y[..., j]), PARAMS, len(x))).max() < 1e-3


@pytest.mark.parametrize("name", presets.names())
@pytest.mark.parametrize("channels", [1, 2])
def test_the_stems_of_every_preset_add_up_to_the_mix(name, channels):
    x, _ = looped(4.0, channels=channels)
    model = presets.load(name)
    stems = separated(x, model)
    assert tuple(stems) == model.stems
    assert np.abs(sum(s.astype(np.float64) for s in stems.values()) - x).max() < 1e-5 * np.abs(x).max()


def tones(pitch_hz, partials):
    """Partials of a pitch in Hz at every sample, each half as strong as the one below."""
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE
    return sum(0.5**n * np.sin((n + 1) * phase) for n in range(partials))


def band(seconds=8.0):
    """A song of four generated parts: sung notes with vibrato, bursts of noise, low notes, a chord that stays."""
    t = np.arange(round(seconds * RATE)) / RATE
    sung = 220 * 2 ** (np.float64([0, 5, 3, 7, 2])[(t / 0.7).astype(int) % 5] / 12 + 0.05 * np.sin(2 * np.pi * 5.5 * t))
    low = 49 * 2 ** (np.float64([0, 7, 5, 10])[(t / 0.5).astype(int) % 4] / 12)
    bursts = np.random.default_rng(0).standard_normal(len(t)) * np.exp(-(t % 0.25) / 0.01)
    chord = sum(np.sin(2 * np.pi * f * t) for f in (311.1, 392.0, 466.2, 622.3, 784.0))
    parts = {"vocals": tones(sung, 8), "drums": bursts, "bass": tones(low, 4), "other": 0.3 * chord}
    return {name: np.float32(part[:, None] / part.std()) for name, part in parts.items()}


def test_four_finds_the_voice_the_drums_the_bass_and_the_rest():
    parts = band()
    mix = sum(parts.values())
    for name, stem in separated(mix, presets.load("four")).items():
        before, after = (np.square(of - parts[name]).sum() for of in (mix, stem))
        gain_db = 10 * np.log10(before / after)
        assert gain_db > 12, (name, gain_db)


@pytest.mark.parametrize("places", ["none", "trace", "energy", "weighted", "exact"])
@pytest.mark.parametrize("loudness", [1e-6, 1e3])
def test_loudness_changes_nothing_but_loudness(places, loudness):
    x = noise(0.6)
    x[3000:6000] = 0
    x[:, 1] = 0.5 * x[:, 0]  # one place: covariances of rank one
    model = stage(
        Source("steady", (Horizontal(0.3),)), Source("short", (Vertical(300.0),)), iterations=3, places=places
    )
    once, louder = separated(x, model), separated(np.float32(loudness) * x, model)
    for name, stem in once.items():
        assert np.isfinite(stem).all()
        assert np.abs(louder[name] / np.float32(loudness) - stem).max() < 1e-3
    assert np.abs(sum(once.values()) - x).max() < 1e-4


@pytest.mark.parametrize("name", ["voice", "four"])
def test_silence_stays_silent(name):
    for samples in separated(np.zeros((5000, 2), np.float32), presets.load(name)).values():
        assert not samples.any()


def test_medians_beside_other_fits_lose_their_bias():
    x = noise(3.0, 1)
    free, median = Source("free"), Source("steady", (Horizontal(0.6),))
    mean = Source("mean", (Horizontal(0.6),), cost="mean")
    assert median_of_power(1) == pytest.approx(np.log(2), abs=1e-6)
    shares = separated(x, stage(median, mean))  # of noise both are the same but for the bias
    assert np.linalg.norm(shares["steady"]) == pytest.approx(np.linalg.norm(shares["mean"]), rel=0.03)
    pair = separated(x, stage(median, free))
    assert np.linalg.norm(pair["steady"]) < np.linalg.norm(pair["free"])


def test_places_tell_alike_sounds_apart():
    left, right = noise(2.0, 1), noise(2.0, 1, seed=1)
    bursts = (np.arange(len(left)) // 4000 % 2 == 0)[:, None]
    left, right = left * bursts, right * ~bursts
    x = np.concatenate([left + 0.3 * right, 0.3 * left + right], axis=1).astype(np.float32)
    guide = Guide(
        references={"a": Audio(left * np.float32([1, 0.3]), RATE), "b": Audio(right * np.float32([0.3, 1]), RATE)}
    )
    blurred = [Source(n, start={f"given.{n}": 0.3}) for n in ("a", "b")]

    def sdr(stem):
        truth = guide.references["a"].samples
        return 10 * np.log10(np.square(truth).sum() / np.square(truth - stem).sum())

    without = sdr(separated(x, stage(*blurred), guide)["a"])
    assert sdr(separated(x, stage(*blurred, places="weighted", iterations=4), guide)["a"]) > without + 3


def test_each_period_makes_a_source():
    x, period_s = looped(6.0)
    double = Periodic((period_s, 2 * period_s))
    one = Source("loop", (double,))
    rest = Source("rest", (Horizontal(0.3),))
    together = separated(x, stage(one, rest))
    apart = separated(x, stage(Source("loop", (double,), each_period=True), rest))
    assert set(apart) == set(together)
    assert np.abs(apart["loop"] - together["loop"]).max() > 1e-3


def test_a_source_stays_within_its_range():
    x = noise(1.0, 1)
    limited = Source("high", (Vertical(300.0),), from_hz=2000.0, to_hz=6000.0)
    power = np.square(np.abs(stft(separated(x, stage(limited, Source("rest", (Horizontal(0.3),))))["high"], PARAMS)))
    freqs = PARAMS.freqs_hz(RATE)
    assert power[(freqs < 1300) | (freqs > 9000)].sum() < 1e-3 * power.sum()


@pytest.mark.slow
def test_compressed_pictures_separate_nearly_as_well():
    x, period_s = looped(5.0, channels=2)
    sources = (Source("loop", (Periodic((period_s,)),)), Source("tone", (Horizontal(0.5),)))
    whole = separated(x, stage(*sources, iterations=2, places="trace"))
    light = separated(x, stage(*sources, iterations=2, places="trace", rank=60))
    error = np.square(whole["loop"] - light["loop"]).sum() / np.square(whole["loop"]).sum()
    assert error < 0.1
    assert np.abs(sum(light.values()) - x).max() < 1e-4


def test_progress_rises_to_the_end_and_stops_the_work():
    x, _ = looped(4.0)
    told = []
    backfitting.separate(Audio(x, RATE), presets.load("voice"), Guide(), lambda f, m: told.append(f))
    assert told == sorted(told) and told[-1] == 1.0 and len(told) > 20

    def stop(fraction, message):
        if fraction > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        backfitting.separate(Audio(x, RATE), presets.load("paper2014"), Guide(), stop)


def test_what_a_model_begins_with_must_be_given():
    model = stage(Source("a", start={"given.a": 1.0}), Source("b"))
    with pytest.raises(ParameterError, match="begins with a stem 'a'"):
        separated(noise(0.2), model)


@pytest.mark.parametrize("frames", [1, 100, 3000])
def test_shorter_than_a_window(frames):
    x = noise(1.0)[:frames]
    for name in ("voice", "paper2014", "drums", "four"):
        assert np.abs(sum(separated(x, presets.load(name)).values()) - x).max() < 1e-5

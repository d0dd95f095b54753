"""Literals are what museval 0.4.1 gives for the same samples."""

import math
import tracemalloc

import numpy as np
import pytest

from unbraid.core.audio import Audio
from unbraid.core.errors import Cancelled, ParameterError
from unbraid.core.evaluation.bss import METRICS, bss_eval, silent_names
from unbraid.core.evaluation.sdr import sdr

NAN = math.nan
LOUDNESS = [1e-6, 1.0, 1e3]

STEREO = {
    "sdr": [[19.98174, 20.3534], [12.44275, 12.1782], [10.37647, 9.94558]],
    "isr": [[24.42802, 24.90838], [19.08785, 19.06024], [17.49967, 17.42869]],
    "sir": [[23.06648, 23.54612], [13.74307, 13.3484], [11.39564, 10.60973]],
    "sar": [[27.20742, 27.64739], [21.77853, 21.87862], [19.8605, 19.79019]],
}
MONO = {
    "sdr": [[19.98004, 20.54241], [12.56018, 12.15796], [10.17535, 9.93443]],
    "isr": [[24.97232, 25.34308], [19.89107, 19.56984], [17.68275, 17.64321]],
    "sir": [[22.90592, 23.64524], [13.88866, 13.14293], [11.12205, 10.55741]],
    "sar": [[27.00377, 27.43826], [21.7116, 21.42607], [19.51814, 19.35673]],
}
THREE_CHANNELS = {
    "sdr": [[20.77591], [13.05877]],
    "isr": [[24.18289], [18.28843]],
    "sir": [[25.23524], [14.95762]],
    "sar": [[27.82911], [22.51243]],
}
SILENT_ESTIMATE = {
    "sdr": [[19.98174, 19.98114, NAN, 20.30011], [12.44275, 2.78336, NAN, 2.39322], [10.37647, 10.30962, NAN, 9.94398]],
    "isr": [[24.42802, 24.59225, NAN, 24.87], [6.96157, 6.52998, NAN, 6.50836], [17.49967, 17.4484, NAN, 17.38516]],
    "sir": [[23.06648, 23.12087, NAN, 23.48091], [9.91529, 9.76292, NAN, 9.85538], [11.39564, 11.13785, NAN, 10.73184]],
    "sar": [[27.20742, 27.29567, NAN, 27.65269], [4.16512, 1.98122, NAN, 1.83356], [19.8605, 19.83689, NAN, 19.72983]],
}
SILENT_SOURCE = {
    "sdr": [
        [19.80259, 20.23322, NAN, 19.99371],
        [12.54974, 12.26108, NAN, 12.46078],
        [10.37898, -2.76262, NAN, 1.12373],
    ],
    "isr": [
        [24.29323, 24.83923, NAN, 24.66965],
        [19.08922, 19.07978, NAN, 19.13272],
        [16.38418, 16.24607, NAN, 16.16893],
    ],
    "sir": [[22.84266, 24.53487, NAN, 23.77984], [13.81737, 14.05102, NAN, 13.91319], [9.75389, 4.61912, NAN, 6.83948]],
    "sar": [
        [27.04483, 25.53156, NAN, 25.97578],
        [21.75071, 19.78607, NAN, 20.41623],
        [13.52601, -0.79545, NAN, 2.62409],
    ],
}
FRAMEWISE = {
    "sdr": [[19.98174, 20.3534], [12.44275, 12.1782], [10.37647, 9.94558]],
    "isr": [[24.01746, 24.281], [17.71378, 17.90371], [15.99567, 16.24935]],
    "sir": [[23.13062, 23.61463], [14.06306, 13.65693], [11.7149, 10.91152]],
    "sar": [[28.51047, 28.98207], [23.10733, 23.15217], [21.19548, 21.10773]],
}
WHOLE = {
    "sdr": [[20.13629], [12.34965], [10.1437]],
    "isr": [[24.69499], [19.11206], [17.43798]],
    "sir": [[23.28093], [13.5845], [10.99497]],
    "sar": [[27.49453], [21.87886], [19.83053]],
}
SHORT_FILTERS = {
    "sdr": [
        [19.98867, 19.83875, 20.17078, 20.60001, 19.98395],
        [12.38664, 12.4952, 12.29442, 11.99897, 12.39739],
        [10.32327, 10.59048, 10.2234, 9.7749, 10.02097],
    ],
    "isr": [
        [24.81641, 24.78143, 25.11994, 25.46664, 24.92391],
        [19.95802, 20.01502, 19.96295, 19.97498, 19.97321],
        [18.5219, 18.47706, 18.28572, 18.22554, 18.17701],
    ],
    "sir": [
        [23.05707, 22.97895, 23.3231, 23.76465, 23.11926],
        [13.55146, 13.67124, 13.33301, 12.97166, 13.55011],
        [11.16813, 11.35925, 10.88885, 10.33264, 10.74484],
    ],
    "sar": [
        [26.61438, 26.5235, 26.92039, 27.3843, 26.72247],
        [21.07552, 21.17137, 21.22955, 21.33061, 21.24322],
        [19.24076, 19.27423, 19.27092, 19.18832, 19.05723],
    ],
}
MONO_AS_STEREO = {
    "sdr": [[2.78437, 3.14403], [2.87334, 2.69245], [2.64242, 2.61526]],
    "isr": [[8.40754, 8.61375], [8.29393, 8.21397], [7.71488, 7.71358]],
    "sir": [[14.11504, 14.8962], [11.44559, 11.2518], [9.77808, 9.40967]],
    "sar": [[2.76259, 2.94765], [2.68569, 2.61351], [2.66657, 2.79108]],
}
TWO_ALIKE = {
    "sdr": [[19.98174, 20.3534], [12.44275, 12.1782], [-1.5359, -1.48991]],
    "isr": [[24.42802, 24.90838], [19.08785, 19.06024], [0.69319, 0.73648]],
    "sir": [[25.05854, 25.48788], [14.49031, 14.09343], [-1.5408, -1.71665]],
    "sar": [[24.2915, 24.72658], [18.75674, 18.86436], [-7.13948, -6.94965]],
}
LEFT_ONLY = {
    "sdr": [[19.98174, 20.3534], [-0.03008, -0.14569], [10.37647, 9.94558]],
    "isr": [[24.42802, 24.90838], [5.8213, 5.9029], [17.49967, 17.42869]],
    "sir": [[24.12632, 24.58652], [8.78078, 8.46695], [11.73681, 10.94434]],
    "sar": [[25.29861, 25.75192], [3.45101, 3.37615], [17.96998, 17.82326]],
}


def changed(audios, name, part, value=0.0):
    """The same signals, part of one of them replaced."""
    samples = audios[name].samples.copy()
    samples[part] = value
    return {**audios, name: Audio(samples, audios[name].rate)}


def figures(scores):
    return {key: getattr(scores, key) for key in ("sdr", "isr", "sir", "sar")}


def assert_alike(scores, expected, tolerance=1e-4):
    for key, values in figures(scores).items():
        np.testing.assert_allclose(values, expected[key], rtol=0, atol=tolerance, err_msg=key)


@pytest.mark.parametrize(
    ("size", "options", "expected"),
    [
        ({}, {}, STEREO),
        ({"channels": 1}, {}, MONO),
        pytest.param({"sources": 2, "channels": 3, "seconds": 1.5}, {}, THREE_CHANNELS, marks=pytest.mark.slow),
        pytest.param({}, {"framewise_filters": True}, FRAMEWISE, marks=pytest.mark.slow),
        ({}, {"window_s": math.inf, "hop_s": math.inf}, WHOLE),
        ({}, {"filter_samples": 64, "window_s": 0.6, "hop_s": 0.4}, SHORT_FILTERS),
    ],
    ids=["stereo", "mono", "three channels", "framewise filters", "whole song", "short filters"],
)
def test_figures_are_those_of_museval(separated, size, options, expected):
    assert_alike(bss_eval(*separated(**size), **options), expected)


def test_silent_frames_are_those_of_museval(separated):
    true, estimates = separated()
    pause = slice(8000, 16500)
    assert_alike(bss_eval(true, changed(estimates, "drums", pause), hop_s=0.5), SILENT_ESTIMATE)
    scores = bss_eval(changed(true, "bass", pause), estimates, window_s=0.75, hop_s=0.25)
    some = {key: values[:, [0, 3, 4, 7]] for key, values in SILENT_SOURCE.items() for values in [figures(scores)[key]]}
    for key, values in some.items():
        np.testing.assert_allclose(values, SILENT_SOURCE[key], rtol=0, atol=1e-4)


def test_dependent_channels_are_as_in_museval(separated):
    true, estimates = separated()
    doubled = {name: Audio(np.repeat(a.samples[:, :1], 2, axis=1), a.rate) for name, a in true.items()}
    assert_alike(bss_eval(doubled, estimates), MONO_AS_STEREO)
    assert_alike(bss_eval({**true, "bass": true["drums"]}, estimates), TWO_ALIKE)
    assert_alike(bss_eval(changed(true, "drums", np.s_[:, 1]), estimates), LEFT_ONLY)


def test_frames_have_times_and_lengths(separated):
    true, estimates = separated(2, 1)
    scores = bss_eval(true, estimates, window_s=0.6, hop_s=0.4, filter_samples=16)
    assert scores.names == ("vocals", "drums")
    assert scores.times_s.tolist() == [k * 0.4 for k in range(5)]
    assert scores.durations_s.tolist() == [0.6] * 5
    whole = bss_eval(true, estimates, window_s=9, filter_samples=16)
    assert (whole.times_s.tolist(), whole.durations_s.tolist()) == ([0.0], [2.5])
    assert [whole.metric(name).shape for name in METRICS] == [(2, 1)] * 4


@pytest.mark.parametrize("loudness", LOUDNESS)
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_loudness_does_not_matter(separated, loudness, channels):
    options = {"filter_samples": 24, "window_s": 0.5, "hop_s": 0.5}
    expected = bss_eval(*separated(2, channels, 1.2), **options)
    assert_alike(bss_eval(*separated(2, channels, 1.2, loudness=loudness), **options), figures(expected))


def test_blocks_and_threads_do_not_matter(separated, monkeypatch):
    true, estimates = separated(2, 2, 2.0)
    expected = bss_eval(true, estimates, filter_samples=40, threads=1)
    assert_alike(bss_eval(true, estimates, filter_samples=40, threads=3), figures(expected), 0.0)
    for module, name, value in (
        ("distortion", "BLOCKS_AT_ONCE", 1),
        ("distortion", "BLOCKS_PER_TASK", 2),
        ("distortion", "TILE_BINS", 100),
        ("distortion", "PANEL", 33),
        ("energies", "BLOCKS_AT_ONCE", 1),
        ("energies", "BLOCKS_PER_TASK", 1),
    ):
        monkeypatch.setattr(f"unbraid.core.evaluation.{module}.{name}", value)
    monkeypatch.setattr("unbraid.core.evaluation.distortion.MIN_FFT", 512)
    assert_alike(bss_eval(true, estimates, filter_samples=40, threads=2), figures(expected), 1e-9)


def test_memory_does_not_grow_with_length(separated):
    def peak(repeats):
        true, estimates = (
            {name: Audio(np.tile(a.samples, (repeats, 1)), a.rate) for name, a in audios.items()}
            for audios in separated(2, 2, 1.0)
        )
        tracemalloc.start()
        bss_eval(true, estimates, filter_samples=32, threads=1)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(1)  # what is imported once
    assert peak(120) < 1.1 * peak(60) < 40e6


def test_mapped_files_are_read_like_memory(separated, tmp_path):
    true, estimates = separated(2, 2, 0.6)
    np.save(tmp_path / "all.npy", np.stack([a.samples for a in (*true.values(), *estimates.values())]))
    mapped = [Audio(x, 8000) for x in np.load(tmp_path / "all.npy", mmap_mode="r")]
    found = bss_eval(
        dict(zip(true, mapped[:2], strict=True)), dict(zip(true, mapped[2:], strict=True)), filter_samples=16
    )
    assert_alike(found, figures(bss_eval(true, estimates, filter_samples=16)), 0.0)
    assert sdr(mapped[0], mapped[2]) == sdr(true["vocals"], estimates["vocals"])


def test_a_perfect_estimate_has_nothing_wrong(separated):
    true, _ = separated(2, 2, 1.2)
    scores = bss_eval(true, true, filter_samples=32)
    assert np.all(scores.sdr == np.inf)
    assert min(scores.isr.min(), scores.sir.min(), scores.sar.min()) > 200


def test_a_softer_estimate_is_spatial_distortion_alone(separated):
    true, _ = separated(2, 2, 1.2)
    half = {name: Audio(a.samples / 2, a.rate) for name, a in true.items()}
    scores = bss_eval(true, half, filter_samples=32)
    np.testing.assert_allclose([scores.sdr, scores.isr], 20 * np.log10(2), atol=1e-6)
    assert min(scores.sir.min(), scores.sar.min()) > 200


def test_exchanged_estimates_are_interference(separated):
    true, _ = separated(2, 2, 1.2)
    scores = bss_eval(true, {"vocals": true["drums"], "drums": true["vocals"]}, filter_samples=32)
    assert scores.sir.max() < 0
    assert scores.sar.min() > 200


def test_one_source_has_no_interference(separated):
    scores = bss_eval(*separated(1, 2, 1.2), filter_samples=32)
    assert np.all(scores.sir == np.inf)
    assert np.all(np.isfinite(scores.sar))


def test_opposite_channels_are_no_silence(separated):
    true, estimates = separated(2, 1, 1.2)
    sides = {name: Audio(a.samples * np.float32([1, -1]), a.rate) for name, a in true.items()}
    other = {name: Audio(a.samples * np.float32([1, -1]), a.rate) for name, a in estimates.items()}
    expected = bss_eval(true, estimates, filter_samples=32)
    assert_alike(bss_eval(sides, other, filter_samples=32), figures(expected), 1e-6)


@pytest.mark.parametrize("frames", [1, 7, 300])
def test_very_short_signals_have_figures(separated, frames):
    true, estimates = ({n: a.slice(50, 50 + frames) for n, a in audios.items()} for audios in separated(2, 2, 0.1))
    scores = bss_eval(true, estimates, filter_samples=16)
    assert scores.sdr.shape == (2, 1)
    assert np.all(np.isfinite(scores.sdr))


def test_estimates_are_fitted_only_when_asked(separated):
    true, estimates = separated(2, 2, 1.2)
    short = {**estimates, "drums": estimates["drums"].slice(0, 9000)}
    long = {name: Audio(np.pad(a.samples, ((0, 700), (0, 0)), mode="reflect"), a.rate) for name, a in estimates.items()}
    with pytest.raises(ParameterError, match="9000 samples and the true vocals 9600"):
        bss_eval(true, short)
    with pytest.raises(ParameterError, match="10300"):
        bss_eval(true, long)
    with pytest.raises(ParameterError, match="the true drums has 9000"):
        bss_eval({**true, "drums": true["drums"].slice(0, 9000)}, estimates, fit_lengths=True)
    options = {"filter_samples": 32, "window_s": 0.25, "hop_s": 0.25}
    padded = changed(estimates, "drums", np.s_[9000:])
    expected = bss_eval(true, padded, **options)
    assert_alike(bss_eval(true, short, fit_lengths=True, **options), figures(expected), 0.0)
    assert_alike(bss_eval(true, long, fit_lengths=True, **options), figures(bss_eval(true, estimates, **options)), 0.0)


def test_signals_that_cannot_be_compared_are_refused(separated):
    true, estimates = separated(2, 2, 0.2)
    mono, _ = separated(2, 1, 0.2)
    other_rate = {name: Audio(a.samples, 44100) for name, a in estimates.items()}
    silent = changed(true, "drums", np.s_[:])
    for first, second, words in (
        ({}, {}, "at least one"),
        (true, {"vocals": estimates["vocals"]}, "without an estimate: drums"),
        ({"vocals": true["vocals"]}, estimates, "without a true source: drums"),
        (true, other_rate, "44100 Hz and the true vocals 8000 Hz"),
        (true, mono, "1 channels and the true vocals 2"),
        (silent, estimates, "the true drums is silent"),
        (true, silent, "the estimated drums is silent"),
        (changed(true, "drums", 9, np.nan), estimates, "finite"),
        (true, changed(estimates, "drums", 9, np.inf), "finite"),
        (changed(true, "drums", np.s_[:]), changed(estimates, "drums", np.s_[:]), "leave it out"),
    ):
        with pytest.raises(ParameterError, match=words):
            bss_eval(first, second, filter_samples=8)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"window_s": 0}, "more than 0 s"),
        ({"window_s": NAN}, "more than 0 s"),
        ({"window_s": 0.1, "hop_s": math.inf}, "whole samples"),
        ({"window_s": 1e-6}, "whole samples"),
        ({"filter_samples": 0}, "at least one sample"),
        ({"filter_samples": 5000}, "with 4096 taps"),
    ],
)
def test_parameters_out_of_range_are_refused(separated, options, words):
    with pytest.raises(ParameterError, match=words):
        bss_eval(*separated(2, 2, 0.2), **options)


def test_unknown_metrics_are_refused(separated):
    with pytest.raises(ParameterError, match="SDR, SIR, ISR, SAR"):
        bss_eval(*separated(1, 1, 0.1), filter_samples=4).metric("PESQ")


def test_silence_is_found(separated):
    true, _ = separated(2, 2, 0.2)
    assert silent_names(changed(true, "drums", np.s_[:])) == ("drums",)
    assert silent_names({"end": Audio.of(np.r_[np.zeros(70000), 1e-30], 8000)}) == ()


def test_work_can_be_stopped_at_every_stage(separated):
    true, estimates = separated(2, 2, 2.0)
    told = []
    bss_eval(true, estimates, filter_samples=32, progress=lambda fraction, message: told.append((fraction, message)))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0

    for word in ("correlating", "solving", "frame"):

        def stop(fraction, message, word=word):
            if message.startswith(word):
                raise Cancelled

        with pytest.raises(Cancelled):
            bss_eval(true, estimates, filter_samples=300, progress=stop)

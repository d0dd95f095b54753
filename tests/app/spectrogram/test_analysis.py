import time

import numpy as np
import pytest

from unbraid.app.spectrogram.analysis import BLOCK, Analyst, Grid, Picture, magnitudes
from unbraid.app.spectrogram.display import DisplayOptions, Layer
from unbraid.app.spectrogram.signals import Signal, shown
from unbraid.core.audio import Audio
from unbraid.core.dsp.pyramid import code_db
from unbraid.core.dsp.stft import StftParams, stft

RATE = 8000
RNG = np.random.default_rng(0)


def sound(samples: np.ndarray) -> Audio:
    return Audio.of(samples.astype(np.float32), RATE)


def signal(*parts: tuple[np.ndarray, float]) -> Signal:
    return Signal(tuple((sound(x), sign) for x, sign in parts))


@pytest.mark.parametrize(("window", "hop"), [(512, 128), (256, 100)])
def test_magnitudes_are_those_of_the_stft_whatever_the_block(window: int, hop: int) -> None:
    x = RNG.standard_normal((3000, 2))
    reference = np.abs(stft(x.astype(np.float32), StftParams(window, hop))).max(axis=2)
    for first in (0, 3, reference.shape[1] - 5):
        part = magnitudes(signal((x, 1.0)), Grid(window, hop), first, 5)
        np.testing.assert_allclose(part, reference[:, first : first + 5], rtol=1e-4, atol=1e-4)


def test_a_full_scale_sine_is_at_0_db() -> None:
    x = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)
    picture = Picture(signal((x, 1.0)), Grid(1024, 256))
    for block in range(len(picture.ready)):
        picture.analyse(block)
    codes = picture.pyramid.level(0)
    assert abs(code_db(codes[128, 8:-8]) - 0).max() <= 0.25 and picture.done == 1


def test_a_difference_is_what_is_left() -> None:
    a, b = RNG.standard_normal((2, 500, 2))
    rest = signal((a + b, 1.0), (a, -1.0), (b[:300], -1.0)).read(-10, 510)
    np.testing.assert_allclose(rest[:310], 0, atol=1e-5)
    np.testing.assert_allclose(rest[310:510], b[300:], atol=1e-5)
    np.testing.assert_allclose(rest[510:], 0)


def test_mono_counts_for_all_channels() -> None:
    a = RNG.standard_normal((100, 2))
    np.testing.assert_allclose(
        signal((a, 1.0), (a[:, :1], -1.0)).read(0, 100), np.stack([0 * a[:, 0], a[:, 1] - a[:, 0]], 1), atol=1e-6
    )


def test_options_say_what_is_shown() -> None:
    mix, one, two = (Layer(n, n, "#123456", "X", sound(RNG.standard_normal(100))) for n in ("mix", "one", "two"))
    layers = [mix, one, two]

    def audios(**options: str) -> list[list[tuple[Audio, float]]]:
        return [list(s.signal.parts) for s in shown(layers, DisplayOptions(**options))]

    assert audios() == [[(mix.audio, 1.0)]]
    assert audios(what="stem", stem="two") == [[(two.audio, 1.0)]]
    assert audios(what="stem", stem="gone") == [[(mix.audio, 1.0)]]
    assert audios(what="difference") == [[(mix.audio, 1.0), (one.audio, -1.0), (two.audio, -1.0)]]
    assert audios(what="difference", stem="one", other="two") == [[(one.audio, 1.0), (two.audio, -1.0)]]
    assert audios(what="stacked") == audios(what="overlaid") == [[(one.audio, 1.0)], [(two.audio, 1.0)]]
    assert shown([], DisplayOptions()) == [] and len(shown([mix], DisplayOptions(what="stacked"))) == 1


def wait(analyst: Analyst) -> None:
    limit = time.monotonic() + 30
    while analyst.is_busy and time.monotonic() < limit:
        time.sleep(0.005)
    assert not analyst.is_busy


@pytest.fixture
def analyst():
    made = Analyst()
    yield made
    made.close()


def test_what_is_looked_at_comes_first(analyst: Analyst) -> None:
    picture = Picture(signal((RNG.standard_normal(RATE * 20), 1.0)), Grid(256, 64))
    order = []
    while (block := picture.next_block(10.0)) is not None:
        order.append(block)
        picture.ready[block] = True
    first = int(10.0 * RATE / 64) // BLOCK
    assert order == [*range(first, len(picture.ready)), *range(first)]


def test_the_newest_wins_and_what_was_made_is_kept(analyst: Analyst) -> None:
    x = signal((RNG.standard_normal(RATE * 30), 1.0))
    old = analyst.want_pictures([x], Grid(512, 32), 0.0)[0]
    new = analyst.want_pictures([x], Grid(256, 128), 0.0)[0]
    wait(analyst)
    assert new.done == 1 and old.done < 1
    assert analyst.want_pictures([x], Grid(256, 128), 0.0)[0] is new
    assert analyst.want_pictures([x], Grid(512, 32), 0.0)[0] is old
    wait(analyst)
    assert old.done == 1 and analyst.bytes > 0


def test_closing_ends_the_threads_at_once(analyst: Analyst) -> None:
    analyst.want_pictures([signal((RNG.standard_normal(RATE * 60), 1.0))], Grid(1024, 16), 0.0)
    start = time.monotonic()
    analyst.close()
    assert time.monotonic() - start < 1 and not analyst.is_busy


def test_waveforms_are_exact(analyst: Analyst) -> None:
    x = RNG.standard_normal((RATE * 3, 2))
    wave = analyst.waveform(signal((x, 1.0)))
    wait(analyst)
    assert wave.done == 1 and wave.peaks.levels[-1][0, 0, 1] == x[:, 0].astype(np.float32).max()
    assert analyst.waveform(wave.signal) is wave


@pytest.mark.parametrize("samples", [0, 1, 37])
def test_the_shortest_sounds_have_pictures(analyst: Analyst, samples: int) -> None:
    x = signal((np.ones(samples), 1.0))
    picture = analyst.want_pictures([x], Grid(512, 128), 0.0)[0]
    analyst.waveform(x)
    wait(analyst)
    assert picture.done == 1


def test_hops_grow_where_memory_would() -> None:
    assert Grid.of(4096, None, 44100 * 60) == Grid(4096, 1024)
    assert Grid.of(4096, None, 44100 * 3600) == Grid(4096, 2048)
    assert Grid.of(4096, 300, 44100 * 3600) == Grid(4096, 300)

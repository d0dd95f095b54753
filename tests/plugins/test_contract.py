"""What every installed separator must do, ours and others': the conformance suite (docs/separators.md)."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest
from stopping import assert_stops

from unbraid.core.audio import Audio
from unbraid.core.cpu import one_blas_thread
from unbraid.core.errors import ParameterError
from unbraid.core.separation import registry, run
from unbraid.core.separation.contract import Parameter, Separator, configure, parameters, silent_progress, targets
from unbraid.core.separation.guide import Guide, Region

RATE = 22050


def song(seconds: float = 2.0, channels: int = 2, rate: int = RATE, gain: float = 1.0) -> Audio:
    """Chords that repeat, clicks, a gliding tone in the middle and noise: something for every method."""
    rng = np.random.default_rng(5)
    t = np.arange(round(seconds * rate)) / rate
    chord = sum(np.sin(2 * np.pi * f * t) for f in (220.0, 277.2, 329.6)) * (0.6 + 0.4 * np.cos(2 * np.pi * 2 * t))
    glide = np.sin(2 * np.pi * (500 * t + 150 * np.sin(2 * np.pi * 0.7 * t)))
    clicks = np.zeros_like(t)
    clicks[:: max(1, rate // 4)] = 1.0
    x = np.stack([0.1 * (0.5 + 0.5 * np.cos(c)) * chord + 0.15 * glide + 0.3 * clicks for c in range(channels)], 1)
    x += 0.005 * rng.standard_normal(x.shape)
    return Audio((gain * x).astype(np.float32), rate)


SLOW = {"oracle_beads"}
"""Those that look at every tuple of phases of every bin."""

METHODS = [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in registry.names()]


@pytest.fixture(params=METHODS)
def separator(request: pytest.FixtureRequest) -> Separator:
    return configure(registry.load(request.param), {})


def guide_for(separator: Separator, mix: Audio) -> Guide:
    """What a separator cannot do without: a song's parts as references, or a marked region."""
    if "references" not in separator.info.guide:
        return Guide() if _needs_nothing(separator) else Guide(regions=(Region(0.2, 0.6, 200.0, 4000.0, "event"),))
    part = np.sin(np.arange(mix.frames, dtype=np.float32) / 3000)[:, None] * mix.samples
    return Guide(references={"one": Audio(part, mix.rate), "two": Audio(mix.samples - part, mix.rate)})


def _needs_nothing(separator: Separator) -> bool:
    try:
        return bool(targets(separator, Guide()))
    except ParameterError:
        return False


def separate(separator: Separator, mix: Audio, progress=silent_progress) -> dict[str, Audio]:
    with one_blas_thread():
        return separator.separate(mix, guide_for(separator, mix), progress)


def run_it(separator: Separator, mix: Audio) -> dict[str, Audio]:
    return run.separate(separator, mix, guide_for(separator, mix))


def assert_sound(separator: Separator, mix: Audio, stems: dict[str, Audio]) -> None:
    assert tuple(stems) == targets(separator, guide_for(separator, mix))
    for stem in stems.values():
        assert (stem.frames, stem.channels, stem.rate) == (mix.frames, mix.channels, mix.rate)
        assert np.isfinite(stem.samples).all()


def sum_error(mix: Audio, stems: dict[str, Audio]) -> float:
    total = sum(s.samples.astype(np.float64) for s in stems.values())
    return float(np.abs(total - mix.samples).max() / max(float(np.abs(mix.samples).max()), 1e-30))


def test_it_says_what_it_is(separator: Separator) -> None:
    info = separator.info
    assert info.title and info.summary and info.licence
    named = targets(separator, guide_for(separator, song()))
    assert named
    assert all(target == target.lower() and target.isidentifier() for target in named)
    assert set(info.guide) <= set(Guide.__dataclass_fields__)
    assert all(p.title and p.help for p in parameters(separator))
    assert all(p.low is not None and p.high is not None for p in parameters(separator) if p.kind in ("int", "float"))


def test_ours_come_with_a_readme(separator: Separator) -> None:
    module = type(separator).__module__
    if module.startswith("unbraid."):
        folder = module.removeprefix("unbraid.plugins.").partition(".")[0]
        assert "paper" in (files("unbraid.plugins") / folder / "README.md").read_text(encoding="utf-8").lower()


@pytest.mark.parametrize(("channels", "rate"), [(1, 44100), (2, 8000), (2, 48000), (6, 22050), (2, 192000)])
def test_length_channels_and_rate_stay(separator: Separator, channels: int, rate: int) -> None:
    if separator.info.layout == "stereo" and channels > 2:
        pytest.skip("the runner hands it pairs")
    mix = song(0.5 if rate > 48000 else 1.3, channels, rate)
    before = mix.samples.copy()
    assert_sound(separator, mix, separate(separator, mix))
    assert np.array_equal(mix.samples, before)


@pytest.mark.parametrize("frames", [1, 2, 17, 1000, 5001])
def test_short_songs(separator: Separator, frames: int) -> None:
    mix = song(1.0).slice(0, frames)
    stems = run_it(separator, mix)
    assert sum_error(mix, stems) < 1e-6


@pytest.mark.parametrize("level", [0.0, 0.25])
def test_silence_stays_silent_and_an_offset_is_survived(separator: Separator, level: float) -> None:
    mix = Audio(np.full((RATE, 2), level, np.float32), RATE)
    stems = separate(separator, mix)
    assert_sound(separator, mix, stems)
    if level == 0.0:
        assert not any(stem.samples.any() for stem in stems.values())


def test_one_silent_channel(separator: Separator) -> None:
    samples = song().samples.copy()
    samples[:, 1] = 0.0
    mix = Audio(samples, RATE)
    stems = separate(separator, mix)
    assert_sound(separator, mix, stems)
    assert max(float(np.abs(s.samples[:, 1]).max()) for s in stems.values()) < 1e-5


@pytest.mark.parametrize("gain", [1e-6, 1e3])
def test_loudness_changes_nothing_but_loudness(separator: Separator, gain: float) -> None:
    plain, scaled = separate(separator, song()), separate(separator, song(gain=gain))
    for name, stem in plain.items():
        difference = np.abs(scaled[name].samples / np.float32(gain) - stem.samples).max()
        assert difference < 2e-3 * float(np.abs(song().samples).max()), name


def test_same_song_same_stems(separator: Separator) -> None:
    first, second = separate(separator, song()), separate(separator, song())
    assert all(np.array_equal(first[name].samples, second[name].samples) for name in first)


def test_it_tells_its_progress_and_lets_itself_be_stopped(separator: Separator) -> None:
    told: list[float] = []
    separate(separator, song(4.0), lambda fraction, message: told.append(fraction))
    assert len(told) >= 2
    assert told == sorted(told)
    assert min(told) >= 0.0
    assert max(told) <= 1.0
    for stop_at in (1, len(told) // 2, len(told)):
        assert_stops(lambda progress: separate(separator, song(4.0), progress), stop_at)


def test_stems_add_up_when_it_says_so(separator: Separator) -> None:
    if not separator.info.sums_to_mix:
        pytest.skip("it does not say so")
    mix = song(3.0)
    assert sum_error(mix, separate(separator, mix)) < 1e-5


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_stems_add_up_after_the_runner(separator: Separator, channels: int) -> None:
    mix = song(3.0, channels)
    stems = run_it(separator, mix)
    assert sum_error(mix, stems) < 1e-6
    if separator.info.sums_to_mix:
        assert "residual" not in stems


def test_blocks_give_what_the_whole_song_gives(separator: Separator, monkeypatch: pytest.MonkeyPatch) -> None:
    if run.context_s(separator, RATE) is None:
        pytest.skip("it needs the whole song")
    mix = song(9.0)
    whole = separate(separator, mix)
    monkeypatch.setattr(run, "BLOCK_S", 2.0)
    in_blocks = run_it(separator, mix)
    for name, stem in whole.items():
        assert np.abs(in_blocks[name].samples - stem.samples).max() < 1e-4, name


def multiplies_the_work(p: Parameter, value: object) -> bool:
    """Ends that take seconds: many iterations, short hops, the sampler of the stable model."""
    return (p.name == "iterations" and value == p.high) or (p.name == "hop" and value == p.low) or value == "stable"


def extremes() -> list[object]:
    cases: list[object] = []
    for name in registry.names():
        for p in registry.card(name).parameters:
            values = p.choices or ([True, False] if p.kind == "bool" else [p.low, p.high])
            for value in values:
                if value != p.default:
                    marks = [pytest.mark.slow] if name in SLOW or multiplies_the_work(p, value) else []
                    cases.append(pytest.param(name, p, value, marks=marks))
    return cases


@pytest.mark.parametrize(("name", "parameter", "value"), extremes(), ids=lambda x: getattr(x, "name", str(x)))
def test_every_parameter_works_at_its_ends(name: str, parameter: Parameter, value: object) -> None:
    """Or says, naming it, that it does not go together with the defaults of the others."""
    mix = song(1.0)
    try:
        stems = run_it(configure(registry.load(name), {parameter.name: value}), mix)
    except ParameterError as error:
        assert parameter.name.split("_")[0] in str(error)
        return
    assert sum_error(mix, stems) < 1e-6
    assert all(np.isfinite(stem.samples).all() for stem in stems.values())

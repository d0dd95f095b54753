"""Bytes in samples: found again in every lossless copy and cut, nowhere else, and below what is heard."""

import numpy as np
import pytest
import signals

from unbraid.core import audio_files
from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.formats.table import WriteOptions
from unbraid.core.informed.watermark import pcm
from unbraid.core.informed.watermark.reveal import find, reveal
from unbraid.core.informed.watermark.samples import (
    capacity_bps,
    embed,
    hide,
    hide_self_consistent,
    prepare,
)

PAYLOAD = np.random.default_rng(7).bytes(6000)


def song(*, seconds=4.0, rate=44100, bits=16, gain=0.7):
    mix = signals.mix(signals.music(seconds=seconds, rate=rate))
    noise = signals.noise(seconds=seconds, rate=rate, level=0.02)
    return quantised(Audio(gain * (mix.samples + noise.samples), rate), bits)


def quantised(audio, bits=16):
    full = 2.0 ** (bits - 1)
    whole = np.clip(np.rint(audio.samples.astype(np.float64) * full), -full, full - 1)
    return Audio.of(whole / full, audio.rate)


@pytest.fixture(scope="module")
def mix():
    return song()


@pytest.fixture(scope="module")
def hidden(mix):
    return hide(mix, PAYLOAD, head_bytes=500)


def test_the_bytes_and_the_host_come_back_exactly(mix, hidden):
    found = find(hidden.audio)
    assert found.payload == PAYLOAD and found.start == 0 and found.bits == 16
    np.testing.assert_array_equal(found.host.samples, hidden.host.samples)
    assert hidden.audio.samples.shape == mix.samples.shape


def test_what_is_changed_is_below_the_masked_threshold(hidden):
    report = hidden.report
    assert report.nmr_mean_db < -10 and report.nmr_95_db < -6 and report.nmr_worst_db < 0
    assert report.snr_db > 30 and report.clipped == 0 and hidden.gain_db == 0


@pytest.mark.parametrize("suffix", ["flac", "wav", "aiff"])
@pytest.mark.parametrize("bits", ["16", "24"])
def test_lossless_copies_keep_them(hidden, tmp_path, suffix, bits):
    path = tmp_path / f"copy.{suffix}"
    audio_files.write(path, hidden.audio, WriteOptions(bits=bits))
    assert reveal(audio_files.read(path)) == PAYLOAD


@pytest.mark.parametrize("suffix", ["mp3", "ogg"])
def test_lossy_copies_lose_them_cleanly(hidden, tmp_path, suffix):
    path = tmp_path / f"copy.{suffix}"
    audio_files.write(path, hidden.audio)
    copy = audio_files.read(path)
    assert reveal(copy) is None
    assert reveal(quantised(copy)) is None


def test_nothing_is_found_where_nothing_is_hidden(mix):
    assert reveal(mix) is None
    assert find(mix, cuts=False) is None
    assert reveal(Audio.silence(100_000, 2, 44100)) is None
    assert reveal(Audio.silence(10, 1, 44100)) is None
    assert reveal(signals.noise(seconds=1)) is None
    assert reveal(Audio.silence(1000, 1, 4000)) is None


@pytest.mark.parametrize("change", ["gain", "swap", "dither", "mono"])
def test_a_changed_copy_gives_nothing_wrong(hidden, change):
    x = hidden.audio.samples
    changed = {
        "gain": 0.9 * x,
        "swap": -x,
        "dither": x + np.random.default_rng(0).integers(-1, 2, x.shape) / 32768,
        "mono": x.mean(axis=1, keepdims=True),
    }[change]
    assert reveal(quantised(Audio.of(changed, 44100))) is None


@pytest.mark.parametrize("cut", [1, 777, 1024, 2048, 30001])
def test_a_cut_start_is_found_and_told(mix, cut):
    marked = hide(mix, PAYLOAD, head_bytes=700, head_every_s=1.0)
    found = find(marked.audio.slice(cut, mix.frames - 50))
    assert found.start == cut and found.data[:700] == PAYLOAD[:700]
    assert sum(stop - start for start, stop in found.missing) < 2000 + 1500 * cut / 44100
    inside = slice(5 * 1024, -5 * 1024)
    np.testing.assert_array_equal(found.host.samples[inside], marked.host.samples[cut:-50][inside])


def test_silence_put_before_it_does_no_harm(hidden):
    longer = Audio(np.concatenate([np.zeros((1234, 2), np.float32), hidden.audio.samples]), 44100)
    found = find(longer)
    assert found.start == -1234 and found.payload == PAYLOAD


def test_a_damaged_stretch_costs_what_it_held(mix):
    data = np.random.default_rng(1).bytes(60000)
    samples = hide(mix, data).audio.samples.copy()
    samples[80000:82000] = 0
    found = find(Audio(samples, 44100))
    assert found.payload is None and found.missing
    lost = np.zeros(len(data), bool)
    for start, stop in found.missing:
        lost[start:stop] = True
    assert 0 < lost.mean() < 0.3
    kept = ~lost
    assert (np.frombuffer(found.data, np.uint8)[kept] == np.frombuffer(data, np.uint8)[kept]).all()


def test_the_host_does_not_depend_on_the_bytes(mix):
    prepared = prepare(mix, 5000)
    first, second = (embed(prepared, data) for data in (PAYLOAD[:5000], bytes(10)))
    assert not np.array_equal(first.audio.samples, second.audio.samples)
    for marked, data in ((first, PAYLOAD[:5000]), (second, bytes(10))):
        found = find(marked.audio)
        assert found.payload == data
        np.testing.assert_array_equal(found.host.samples, prepared.host.samples)


def test_what_is_coded_against_the_host_is_read_against_the_same_host(mix):
    def encode(host):
        return np.rint(host.samples[::100, 0] * 32768).astype("<i2").tobytes()

    marked = hide_self_consistent(mix, encode, 5000)
    found = find(marked.audio)
    assert found.payload == encode(found.host)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (22050, 2), (48000, 1), (96000, 2), (44100, 6)])
def test_rates_and_channels(rate, channels):
    sound = quantised(signals.noise(seconds=1.5, rate=rate, channels=channels, level=0.05))
    marked = hide(sound, PAYLOAD[:300])
    found = find(marked.audio)
    assert found.payload == PAYLOAD[:300]
    np.testing.assert_array_equal(found.host.samples, marked.host.samples)


def test_24_bits_hold_more_with_less_noise():
    mix = song(seconds=2, bits=24)
    marked = hide(mix, PAYLOAD, 24)
    assert pcm.depth_of(marked.audio) == 24
    assert reveal(marked.audio) == PAYLOAD == reveal(marked.audio, 24)
    assert marked.report.nmr_worst_db < -20 and marked.report.change_dbfs < -100


def test_a_mix_at_full_scale_is_turned_down_a_little_and_never_clips():
    loud = song(seconds=2, gain=3.0)
    assert np.abs(loud.samples).max() > 0.9999
    marked = hide(loud, PAYLOAD)
    assert -1 < marked.gain_db < 0 and marked.report.clipped == 0
    assert reveal(marked.audio) == PAYLOAD


def test_silence_stays_silent(mix):
    samples = mix.samples.copy()
    samples[60000:90000] = 0
    marked = hide(Audio(samples, 44100), PAYLOAD[:2000])
    assert not marked.audio.samples[63000:87000].any()
    assert reveal(marked.audio) == PAYLOAD[:2000]


def test_capacity_grows_with_what_may_be_heard(mix):
    low, high = capacity_bps(mix, nmr_db=-12), capacity_bps(mix, nmr_db=0)
    assert 10_000 < low < high
    assert capacity_bps(Audio.silence(100_000, 2, 44100)) == 0
    assert capacity_bps(Audio.silence(100, 2, 44100)) == 0


def test_mistakes_are_told_in_words(mix):
    with pytest.raises(ParameterError, match="do not fit"):
        hide(mix, bytes(2_000_000))
    with pytest.raises(ParameterError, match="16 or 24"):
        hide(mix, PAYLOAD, 20)
    with pytest.raises(ParameterError, match="samples of 16 bits"):
        hide(signals.noise(), PAYLOAD)
    with pytest.raises(ParameterError, match="prepare again"):
        embed(prepare(mix, 10), bytes(11))
    with pytest.raises(ParameterError, match="do not fit"):
        hide(Audio.silence(44100, 2, 44100), PAYLOAD)
    with pytest.raises(ParameterError, match="16 or 24"):
        find(mix, 20)


def test_the_input_is_untouched(mix):
    before = mix.samples.copy()
    hide(mix, PAYLOAD[:100])
    np.testing.assert_array_equal(mix.samples, before)


@pytest.mark.slow
def test_many_random_sounds_show_no_false_bytes():
    for seed in range(30):
        assert reveal(quantised(signals.noise(seconds=2, level=0.05, seed=seed))) is None

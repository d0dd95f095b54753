from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import signals

from unbraid.core.audio import Audio
from unbraid.core.document.state import NEUTRAL, Span, Strip
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.mixing.part import MASTER, Part
from unbraid.core.playback.backend import Device, DeviceError, NullBackend, Stream
from unbraid.core.playback.player import Player

RATE = 44100
SONG = signals.noise(seconds=1.2, rate=RATE)


def mixdown(strip: Strip = NEUTRAL, song: Audio = SONG) -> Mixdown:
    return Mixdown(song, (Part("all", song, strip),))


def wait_for(claim: Callable[[], object], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


class Fast:
    """A player whose device takes sound as fast as it is made, and what it got."""

    def __init__(self, **device: object) -> None:
        self.backend = NullBackend(real_time=False, record=True, **device)  # type: ignore[arg-type]
        self.player = Player(self.backend)
        self.done = threading.Event()
        self.player.finished.connect(self.done.set)

    def heard(self) -> np.ndarray:
        """Everything but silence before and after."""
        samples = self.backend.recorded
        sounding = np.flatnonzero(samples.any(axis=1))
        return samples[sounding[0] : sounding[-1] + 1]


@pytest.fixture
def fast() -> Iterator[Fast]:
    fast = Fast()
    yield fast
    fast.player.close()


@pytest.fixture
def player() -> Iterator[Player]:
    player = Player(NullBackend())
    yield player
    player.close()


def test_what_is_heard_is_what_is_exported(fast: Fast) -> None:
    mixed = mixdown(Strip(-3.0, pan=0.2))
    fast.player.load(mixed)
    fast.player.play()
    assert fast.player.is_playing and fast.done.wait(5)
    assert np.array_equal(fast.heard(), mixed.render().samples)
    assert not fast.player.is_playing and fast.player.drop_outs == 0
    assert fast.player.position_s == SONG.duration_s


def test_playing_again_at_the_end_begins_at_the_beginning(fast: Fast) -> None:
    fast.player.load(mixdown())
    for _ in range(2):
        fast.player.play()
        assert fast.done.wait(5)
        fast.done.clear()
    assert np.count_nonzero(np.all(fast.backend.recorded == SONG.samples[777], axis=1)) == 2


def test_a_passage_is_played_once(fast: Fast) -> None:
    fast.player.load(mixdown())
    fast.player.play(0.25, 0.5)
    assert fast.done.wait(5)
    a, b = round(0.25 * RATE), round(0.5 * RATE)
    assert np.array_equal(fast.heard()[300:-300], SONG.samples[a + 300 : b - 300])
    assert fast.player.position_s == pytest.approx(0.5)


def test_the_original_a_band_and_the_remix(fast: Fast) -> None:
    player = fast.player
    player.load(mixdown(Strip(mute=True)))
    player.set_original(True, -6.0)
    player.play()
    assert fast.done.wait(5)
    assert np.abs(fast.heard() - 10 ** (-6 / 20) * SONG.samples).max() < 1e-6
    fast.backend.blocks.clear()
    fast.done.clear()
    player.set_band(500.0, None)
    player.play()
    assert fast.done.wait(5)
    want = Mixdown(SONG, master_db=-6.0, band=(500.0, float("inf"))).render().samples
    assert np.array_equal(fast.heard(), want)
    fast.backend.blocks.clear()
    fast.done.clear()
    player.set_original(False)
    player.set_band(None, None)
    player.play()
    assert fast.done.wait(5)
    assert not fast.backend.recorded.any()


def test_the_position_is_what_is_heard_now() -> None:
    player = Player(NullBackend(latency_s=0.15))
    player.load(mixdown())
    player.play(0.3)
    assert player.position_s == 0.3
    begun = time.monotonic()
    wait_for(lambda: player.position_s > 0.5)
    late = time.monotonic() - begun - 0.2
    assert -0.05 < late < 0.4
    assert player._engine.deck is not None
    made = player._engine.deck.cursor / RATE
    assert made - player.position_s > 0.2  # the ring and the device have the rest
    player.close()


def test_seeking_and_pausing(player: Player) -> None:
    player.load(mixdown())
    player.seek(0.7)
    assert player.position_s == 0.7
    player.play()
    wait_for(lambda: player.position_s > 0.72)
    player.seek(0.1)
    wait_for(lambda: 0.1 <= player.position_s < 0.3)
    player.pause()
    assert not player.is_playing
    time.sleep(0.1)
    rest = player.position_s
    assert 0.1 < rest < 0.4
    time.sleep(0.05)
    assert player.position_s == rest
    player.play()
    wait_for(lambda: rest < player.position_s < rest + 0.3)
    player.stop()
    wait_for(lambda: player.position_s == rest)


def test_a_loop_goes_round_until_it_is_taken_away(fast: Fast) -> None:
    fast.player.load(mixdown())
    fast.player.play(0.2, loop=Span(0.2, 0.3))
    wait_for(lambda: len(fast.backend.blocks) > 60)
    assert fast.player.is_playing and 0.2 <= fast.player.position_s <= 0.3
    fast.player.set_loop(None)
    assert fast.done.wait(5)
    assert np.array_equal(fast.heard()[-2000:], SONG.samples[-2000:])


def test_playing_past_the_loop_begins_at_its_beginning(player: Player) -> None:
    player.load(mixdown())
    player.play(0.9, loop=Span(0.2, 0.4))
    wait_for(lambda: 0.2 < player.position_s < 0.4)
    player.play(loop=None)
    wait_for(lambda: player.position_s > 0.42)


def test_scrubbing_lets_a_moment_be_heard_and_stays_there(fast: Fast) -> None:
    fast.player.load(mixdown())
    fast.player.scrub(0.5)
    wait_for(lambda: fast.backend.recorded.any() and not fast.player._engine.moves)
    assert fast.player.position_s == 0.5 and not fast.player.is_playing and not fast.done.is_set()
    at = round(0.5 * RATE)
    assert np.array_equal(fast.heard()[500:2000], SONG.samples[at + 500 : at + 2000])
    fast.player.play()
    assert fast.done.wait(5)
    assert np.array_equal(fast.heard()[-1000:], SONG.samples[-1000:])


def test_a_change_is_heard_within_a_tenth_of_a_second() -> None:
    backend = NullBackend(record=True, block=256)
    player = Player(backend)
    player.load(mixdown())
    player.play()
    wait_for(lambda: player.position_s > 0.2)
    before = len(backend.blocks)
    player.update(mixdown(Strip(mute=True)))
    time.sleep(0.3)
    player.close()
    later = np.concatenate(backend.blocks[before:])
    sounding = np.flatnonzero(later.any(axis=1))
    assert sounding[-1] / RATE < 0.1 + 0.05  # what a busy machine adds
    assert player.drop_outs == 0


def test_levels_come_with_the_sound_and_go_with_it(player: Player) -> None:
    assert player.levels() == {}
    player.load(mixdown(Strip(-6.0)))
    wait_for(player._engine._meters_ready.is_set, 60)
    player.play()
    wait_for(lambda: player.levels().get(MASTER) and player.position_s > 0.3)
    levels = player.levels()
    assert -20 < levels["all"].peak_db[0] < -5 and -30 < levels[MASTER].lufs < -10
    player.forget_clips()
    player.pause()


def test_another_song_can_be_loaded_while_one_plays(player: Player) -> None:
    player.load(mixdown())
    player.play()
    wait_for(lambda: player.position_s > 0.1)
    player.load(mixdown(song=signals.sine(seconds=0.3, rate=22050)))
    assert player.position_s == 0.0 and not player.is_playing
    player.play()
    wait_for(lambda: player.position_s > 0.05)
    wait_for(lambda: not player.is_playing)
    assert player.position_s == 0.3


@pytest.mark.parametrize(("rate", "channels"), [(48000, 2), (RATE, 1), (96000, 6)])
def test_devices_of_other_kinds_are_served_and_it_is_said(rate: int, channels: int) -> None:
    fast = Fast(rate=rate, channels=channels)
    fast.player.load(mixdown())
    fast.player.play()
    assert fast.done.wait(10)
    assert len(fast.heard()) == pytest.approx(SONG.duration_s * rate, abs=0.01 * rate)
    assert len(fast.player.notes) == (rate != RATE) + (channels != 2)
    assert fast.player.position_s == pytest.approx(SONG.duration_s, abs=1e-3)
    assert str(rate) in fast.player.diagnostics()["stream"]
    fast.player.close()


def test_a_device_that_goes_away_is_noticed_and_another_try_works(player: Player) -> None:
    changed = threading.Event()
    player.changed.connect(changed.set)
    player.load(mixdown())
    player.play()
    wait_for(lambda: player.position_s > 0.1)
    player._engine.stream.lose()  # type: ignore[union-attr]
    assert changed.wait(1.0)
    assert not player.is_playing and "does not play any more" in player.problem
    rest = player.position_s
    assert 0.1 < rest < 0.5
    player.play()
    wait_for(lambda: player.position_s > rest + 0.05)
    assert player.problem == "" and player.is_playing


class NoSound(NullBackend):
    """A machine without a device."""

    def devices(self) -> tuple[Device, ...]:
        return ()

    def open(self, device: str | None, rate: int, channels: int) -> Stream:
        raise DeviceError("there is no sound device")


def test_without_a_device_the_song_passes_in_silence_and_it_is_said() -> None:
    player = Player(NoSound())
    player.load(mixdown())
    player.play()
    wait_for(lambda: player.position_s > 0.1)
    assert player.problem == "there is no sound device" and player.devices() == ()
    player.close()


def test_a_chosen_device_that_is_missing_is_replaced_and_it_is_said(player: Player) -> None:
    player.load(mixdown())
    player.play()
    player.choose("headphones")
    wait_for(lambda: "headphones" in player.problem)
    wait_for(lambda: player.position_s > 0.1)
    assert player.device_name == "silence" and player.is_playing
    player.choose("silence")
    wait_for(lambda: player.problem == "")
    player.refresh()
    wait_for(lambda: player.position_s > 0.3)


def test_sound_that_cannot_be_made_ends_playing_not_the_player(
    player: Player, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Mixdown):
        def block(self, start: int, frames: int) -> np.ndarray:
            raise OSError("the disk is gone")

    player.load(mixdown())
    player.play()
    wait_for(lambda: player.position_s > 0.05)
    player.update(Broken(SONG))
    wait_for(lambda: not player.is_playing)
    assert "playing failed" in player.problem and "the disk is gone" in caplog.text
    player.update(mixdown())
    player.play()
    wait_for(lambda: player.problem == "" and player.is_playing)


def test_closing_ends_all_threads() -> None:
    before = set(threading.enumerate())
    player = Player(NullBackend())
    player.load(mixdown())
    player.play()
    wait_for(lambda: player.position_s > 0.05)
    begun = time.monotonic()
    player.close()
    assert time.monotonic() - begun < 1.0
    left = {thread.name for thread in set(threading.enumerate()) - before}
    assert not left & {"player", "null device"}


def test_any_thread_may_do_anything_at_any_time(player: Player) -> None:
    """Four threads press everything for a while; then it still plays."""
    player.load(mixdown())
    doings: list[Callable[[], object]] = [
        player.play, player.pause, player.stop, lambda: player.seek(0.3), lambda: player.scrub(0.6),
        lambda: player.update(mixdown(Strip(-1.0))), lambda: player.set_loop(Span(0.1, 0.2)), player.levels,
        lambda: player.set_loop(None), lambda: player.set_band(200.0, 900.0), lambda: player.set_original(True, -2.0),
        lambda: player.position_s, player.diagnostics, lambda: player.play(0.4, 0.5),
    ]  # fmt: skip

    def press(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(60):
            doings[int(rng.integers(len(doings)))]()
            time.sleep(float(rng.uniform(0, 0.005)))

    threads = [threading.Thread(target=press, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert player.problem == ""
    player.load(mixdown())
    player.play()
    wait_for(lambda: player.position_s > 0.1)

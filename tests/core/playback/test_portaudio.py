from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from subprocess import PIPE
from types import SimpleNamespace

import numpy as np
import pytest
import signals
import sound_devices
from sound_devices import PulseServer

from unbraid.core import jobs, mapped_wav
from unbraid.core.document.state import Strip
from unbraid.core.errors import Cancelled
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.mixing.part import Part
from unbraid.core.playback import portaudio
from unbraid.core.playback.backend import DeviceError, NullBackend
from unbraid.core.playback.player import Player
from unbraid.core.playback.portaudio import PortAudioBackend
from unbraid.core.separation.guide import Guide
from unbraid.core.tasks import Worker

PLAY = """
np.save(folder / "want.npy", mixdown.render().samples)
done = threading.Event()
player = Player(PortAudioBackend({options}))
player.finished.connect(done.set)
player.load(mixdown)
player.play()
assert done.wait(50), player.diagnostics()
print(player.diagnostics())
assert player.problem == "" and player.drop_outs == 0 and player.notes == (), player.diagnostics()
assert player.position_s == mixdown.frames / mixdown.rate
time.sleep(0.3)
player.close()
"""


def found_in(got: np.ndarray, want: np.ndarray) -> np.ndarray:
    """As much of `got` as `want` has, from where both begin to sound."""
    first = np.flatnonzero(want.any(axis=1))[0]
    same = np.flatnonzero((got == want[first]).all(axis=1))
    assert len(same), "the beginning was not played"
    return got[same[0] - first :][: len(want)]


def test_eight_stems_through_the_player_arrive_bit_for_bit(tmp_path: Path) -> None:
    """PortAudio and ALSA as they are, into a file; in a child, as PortAudio reads ALSA's settings once."""
    sound_devices.need_portaudio()
    sound_devices.write_song(tmp_path, 48000 * 20)
    environment, out = sound_devices.alsa_file_device(tmp_path)
    process = sound_devices.child(PLAY.format(options="'testfile', waits=True"), tmp_path, environment)
    assert process.wait(60) == 0
    want, got = np.load(tmp_path / "want.npy"), np.fromfile(out, "<f4").reshape(-1, 2)
    assert np.array_equal(found_in(got, want), want)


@pytest.mark.slow
def test_what_a_sound_server_gets_is_bit_for_bit_what_is_exported(tmp_path: Path) -> None:
    """In real time, by the monitor of a PulseAudio server."""
    sound_devices.need_portaudio()
    server = PulseServer(tmp_path / "pulse")
    sound_devices.write_song(tmp_path, 48000 * 5, silence=24000)
    server.start()
    try:
        with server.recording(tmp_path / "monitor.raw"):
            process = sound_devices.child(PLAY.format(options="latency_s=0.5"), tmp_path, server.environment)
            assert process.wait(60) == 0
    finally:
        server.stop()
    want = np.load(tmp_path / "want.npy")
    got = np.fromfile(tmp_path / "monitor.raw", "<f4")
    got = got[: len(got) // 2 * 2].reshape(-1, 2)
    assert np.array_equal(found_in(got, want)[24000:-24000], want[24000:-24000])


LOSE = """
player = Player(PortAudioBackend())
player.load(mixdown)
player.play()
while player.position_s < 0.3: time.sleep(0.01)
assert player.problem == "", player.problem
print("playing", flush=True)
while player.is_playing: time.sleep(0.005)
print(time.monotonic(), flush=True)
assert player.problem and player.position_s > 0.25, (player.problem, player.position_s)  # the place is kept
sys.stdin.readline()
at = player.position_s
player.refresh()
player.play()
deadline = time.monotonic() + 10
while player.position_s < at + 0.3: assert time.monotonic() < deadline; time.sleep(0.01)
print(repr(player.problem), flush=True)
player.close()
"""


@pytest.mark.slow
def test_a_sound_server_that_dies_is_noticed_within_a_second_and_can_be_opened_again(tmp_path: Path) -> None:
    sound_devices.need_portaudio()
    server = PulseServer(tmp_path / "pulse")
    sound_devices.write_song(tmp_path, 48000 * 20)
    server.start()
    unheard = Path(os.devnull)  # without a recorder the sink lets seconds pass between two callbacks
    try:
        with sound_devices.child(LOSE, tmp_path, server.environment, stdin=PIPE, stdout=PIPE) as process:
            assert process.stdin and process.stdout
            with server.recording(unheard):
                assert process.stdout.readline() == "playing\n"
                lost = time.monotonic()
                server.stop()
                assert float(process.stdout.readline()) - lost < 1.0
            server.start()
            with server.recording(unheard):
                process.stdin.write("\n")
                process.stdin.flush()
                assert process.stdout.readline() == "''\n"
            assert process.wait(10) == 0
    finally:
        server.stop()


@pytest.mark.slow
def test_nothing_drops_out_in_a_minute_of_eight_stems_while_a_separation_runs(tmp_path: Path) -> None:
    sound_devices.write_song(tmp_path, 48000 * 62)
    song = mapped_wav.open_mapped(tmp_path / "mix.wav")
    stems = [mapped_wav.open_mapped(tmp_path / f"{k}.wav") for k in range(8)]
    parts = tuple(Part(str(k), stem, Strip(-1.0 * k)) for k, stem in enumerate(stems))
    player, stop, separations = Player(NullBackend(block=1024)), threading.Event(), []

    def separate() -> None:
        told = jobs.Told(Guide(), {})
        with Worker() as worker:
            while not stop.is_set():
                folder = tmp_path / f"made {len(separations)}"
                folder.mkdir()
                try:
                    worker.run(jobs.separate, "hpss", {}, tmp_path / "mix.wav", folder, told, stop=stop)
                except Cancelled:
                    return
                separations.append(folder)

    separating = threading.Thread(target=separate)
    separating.start()
    try:
        player.load(Mixdown(song, parts))
        player.play()
        time.sleep(60.0)
        assert player.is_playing and player.position_s > 59.0
        assert player.drop_outs == 0, player.diagnostics()
    finally:
        stop.set()
        player.close()
        separating.join(10)
    assert separations


def test_without_the_library_there_are_no_devices_and_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    backend = portaudio.best_backend()
    assert backend.devices() == ()
    backend.refresh()
    with pytest.raises(DeviceError, match="libportaudio2"):
        backend.open(None, 44100, 2)
    player = Player(backend)
    player.load(Mixdown(signals.noise(seconds=0.5)))
    player.play()
    deadline = time.monotonic() + 5
    while player.position_s < 0.1:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert "libportaudio2" in player.problem
    player.close()


class Library:
    """As much of sounddevice as finding and agreeing needs."""

    class PortAudioError(Exception):
        pass

    default = SimpleNamespace(device=(0, 1))

    def __init__(self, rates: tuple[int, ...], channels: tuple[int, ...]) -> None:
        self.rates, self.channels = rates, channels

    def query_devices(self, number: int | None = None) -> object:
        known = [
            {"name": "microphone", "max_output_channels": 0, "default_samplerate": 44100.0},
            {"name": "speakers", "max_output_channels": max(self.channels), "default_samplerate": 48000.0},
        ]
        return known if number is None else known[number]

    def check_output_settings(self, device: int, samplerate: int, channels: int, dtype: str) -> None:
        if samplerate not in self.rates or channels not in self.channels:
            raise self.PortAudioError("Invalid sample rate or number of channels")


@pytest.mark.parametrize(
    ("rates", "channels", "wanted", "agreed"),
    [
        ((44100, 48000), (1, 2, 6), (44100, 6), (44100, 6)),
        ((44100, 48000), (1, 2), (44100, 6), (44100, 2)),
        ((48000,), (2, 6), (44100, 6), (48000, 6)),
        ((48000,), (2,), (96000, 1), (48000, 2)),
        ((), (2,), (44100, 2), (48000, 2)),
    ],
)
def test_the_nearest_to_the_song_is_agreed_on(
    rates: tuple[int, ...], channels: tuple[int, ...], wanted: tuple[int, int], agreed: tuple[int, int]
) -> None:
    library = Library(rates, channels)
    index, info = portaudio._find(library, "speakers")
    assert index == 1 == portaudio._find(library, None)[0]
    assert portaudio._agreed(library, index, info, *wanted) == agreed


def test_devices_are_listed_with_the_default_one_first_and_missing_ones_named(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library((48000,), (2,))
    monkeypatch.setattr(portaudio, "_library", lambda: library)
    (device,) = PortAudioBackend().devices()
    assert (device.name, device.channels, device.rate, device.is_default) == ("speakers", 2, 48000, True)
    for name in ("microphone", "headphones"):
        with pytest.raises(DeviceError, match=f"no sound device '{name}'"):
            PortAudioBackend().open(name, 48000, 2)
    library.default = SimpleNamespace(device=(-1, -1))
    with pytest.raises(DeviceError, match="there is no sound device; plug one in"):
        PortAudioBackend().open(None, 48000, 2)

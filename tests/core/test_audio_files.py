"""The front door: what goes in comes out, in every format, and what cannot is said beforehand."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import signals
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from unbraid.core import audio_files as af
from unbraid.core import clipping
from unbraid.core.audio import Audio
from unbraid.core.errors import AudioFileError, Cancelled, ParameterError

LOSSLESS = [("wav", "16"), ("wav", "24"), ("wav", "32f"), ("aiff", "16"), ("aiff", "24"), ("aiff", "32f")]
PACKED = [("flac", "16"), ("flac", "24"), ("alac", "16"), ("alac", "24")]
LOSSY = ["mp3", "ogg", "opus", "m4a"]


def path_of(folder: Path, kind: str, name: str = "a") -> Path:
    return folder / (name + af.TYPES[kind].suffixes[0])


def on_grid(audio: Audio, bits: str) -> Audio:
    """The sound rounded to a depth, so that nothing has to be lost."""
    if bits == "32f":
        return audio
    scale = 2.0 ** (int(bits) - 1)
    return Audio.of(np.clip(np.rint(audio.samples.astype(np.float64) * scale), -scale, scale - 1) / scale, audio.rate)


@pytest.mark.parametrize(("kind", "bits"), LOSSLESS + PACKED)
@pytest.mark.parametrize(
    ("frames", "channels", "rate"), [(1, 1, 44100), (4097, 2, 44100), (20001, 3, 8000), (9000, 6, 192000)]
)
def test_lossless_files_give_back_every_bit(
    tmp_path: Path, kind: str, bits: af.Bits, frames: int, channels: int, rate: int
) -> None:
    sound = on_grid(signals.noise(seconds=1, rate=rate, channels=channels, level=0.2), bits)
    sound = sound.slice(0, frames) if frames <= sound.frames else sound
    path = path_of(tmp_path, kind)
    written = af.write(path, sound, af.WriteOptions(format=kind, bits=bits))
    assert (written.frames, written.rate, written.gain_db, written.notes) == (sound.frames, rate, 0.0, ())
    got, info = af.read(path), af.probe(path)
    assert np.array_equal(got.samples, sound.samples)
    assert got.rate == rate
    assert (info.frames, info.channels, info.rate, info.is_lossy) == (sound.frames, channels, rate, False)
    assert info.bits == int(bits.rstrip("f"))
    assert info.is_float == (bits == "32f")


def test_every_16_bit_sample_is_copied_exactly(tmp_path: Path) -> None:
    integers = np.arange(-32768, 32768, dtype=np.int16)
    soundfile.write(tmp_path / "a.wav", integers, 44100)
    af.write(tmp_path / "b.wav", af.read(tmp_path / "a.wav"), af.options_like(af.probe(tmp_path / "a.wav"), ".wav"))
    assert np.array_equal(soundfile.read(tmp_path / "b.wav", dtype="int16")[0], integers)


@settings(deadline=None, derandomize=True, max_examples=25)
@given(
    st.sampled_from(["wav", "flac", "aiff", "alac"]),
    st.sampled_from(["16", "24"]),
    st.integers(1, 3000),
    st.sampled_from([1, 2, 5]),
    st.integers(0, 99),
)
def test_any_integers_come_back(
    tmp_path_factory: pytest.TempPathFactory, kind: str, bits: af.Bits, frames: int, channels: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    scale = 2 ** (int(bits) - 1)
    sound = Audio.of(rng.integers(-scale, scale, (frames, channels)) / scale, 44100)
    path = path_of(tmp_path_factory.mktemp("x"), kind)
    af.write(path, sound, af.WriteOptions(format=kind, bits=bits))
    assert np.array_equal(af.read(path).samples, sound.samples)


LENGTHS = {44100: [1, 2, 100, 1023, 1105, 1151, 1152, 1153, 44100, 45001], 8000: [1, 1151, 9001]}
SOME_LENGTHS = [1, 100, 1151, 30001]


@pytest.mark.parametrize("kind", LOSSY)
@pytest.mark.parametrize("rate", [8000, 16000, 22050, 32000, 44100, 48000])
def test_lossy_files_have_the_exact_length_and_are_in_time(tmp_path: Path, kind: str, rate: int) -> None:
    noise = signals.noise(seconds=46000 / rate, rate=rate).samples
    whole = Audio.of(
        (noise[3:] + noise[2:-1] + noise[1:-2] + noise[:-3]), rate
    )  # sharp in time, dull enough for codecs
    for frames in LENGTHS.get(rate, SOME_LENGTHS):
        sound = whole.slice(0, frames)
        path = path_of(tmp_path, kind, f"{frames}")
        written = af.write(path, sound)
        resampled = kind == "opus" and rate not in (8000, 16000, 48000)
        assert written.rate == (48000 if resampled else rate)
        assert bool(written.notes) == resampled
        expected = int(frames * written.rate / rate + 0.5)
        got = af.read(path)
        assert (written.frames, got.frames, af.probe(path).frames) == (expected,) * 3
        if frames > 1000 and not resampled:
            assert signals.lag(got, sound) == 0
        if frames > 8000:
            assert signals.lag(got.slice(got.frames - 4000, got.frames), _tail(sound, written.rate)) == 0


def _tail(sound: Audio, rate: int) -> Audio:
    from unbraid.core.resample import resample

    there = resample(sound, rate)
    return there.slice(there.frames - 4000, there.frames)


@pytest.mark.parametrize("kind", LOSSY)
def test_lossy_files_sound_like_the_original(tmp_path: Path, kind: str) -> None:
    sound = signals.mix(signals.music(seconds=1.0, rate=48000))
    path = path_of(tmp_path, kind)
    af.write(path, sound)
    error = af.read(path).samples - sound.samples
    snr_db = 10 * np.log10(np.mean(sound.samples**2) / np.mean(error**2))
    assert snr_db > 15


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "opus", "m4a", "alac"])
def test_six_channels_stay_in_their_places(tmp_path: Path, kind: str) -> None:
    """A tone burst in one channel after the other, also for a reader that knows where the speakers are."""
    import av

    samples = np.zeros((48000, 6), np.float32)
    for c in range(6):
        samples[c * 7000 + 1000 : c * 7000 + 6000, c] = 0.4 * np.sin(np.arange(5000) * (0.01 if c == 3 else 0.05))
    path = path_of(tmp_path, kind)
    af.write(path, Audio(samples, 48000), af.WriteOptions(format=kind))
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    other = np.concatenate(
        [f.to_ndarray() if f.format.is_planar else f.to_ndarray().reshape(-1, 6).T for f in frames], 1
    )
    for got in (af.read(path).samples, other.T.astype(np.float64)):
        loudest = [int(np.argmax((got[c * 7000 + 2000 : c * 7000 + 5000] ** 2).sum(0))) for c in range(6)]
        assert loudest == list(range(6))


@pytest.mark.parametrize("kind", ["wav", "flac", "alac", "mp3", "ogg", "m4a"])
@pytest.mark.parametrize(("start_s", "duration_s"), [(0.0, 0.1), (0.3, None), (0.777, 0.2), (1.9, 5.0), (1.2345, 0.0)])
def test_an_excerpt_is_the_slice_of_the_whole(
    tmp_path: Path, kind: str, start_s: float, duration_s: float | None
) -> None:
    path = path_of(tmp_path, kind)
    af.write(path, signals.noise(seconds=2.0), af.WriteOptions(format=kind))
    whole = af.read(path)
    start = round(start_s * 44100)
    stop = whole.frames if duration_s is None else min(whole.frames, start + max(1, round(duration_s * 44100)))
    got = af.read(path, start_s=start_s, duration_s=duration_s)
    assert np.array_equal(got.samples, whole.samples[start:stop])
    mapped = af.import_audio(path, tmp_path / "m.wav", start_s=start_s, duration_s=duration_s)
    assert np.array_equal(mapped.audio.samples, got.samples)


def test_an_import_is_mapped_and_tells_what_it_was(tmp_path: Path) -> None:
    sound = on_grid(signals.noise(seconds=3.0), "24")
    af.write(tmp_path / "a.flac", sound, tags=af.Tags({"title": "T"}))
    heard: list[float] = []
    got = af.import_audio(tmp_path / "a.flac", tmp_path / "m.wav", progress=lambda f, m: heard.append(f))
    assert isinstance(got.audio.samples, np.memmap)
    assert np.array_equal(got.audio.samples, sound.samples)
    assert got.info == af.probe(tmp_path / "a.flac")
    assert got.tags.text["title"] == got.info.tags["title"] == "T"
    assert got.notes == ()
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def test_silence_and_an_offset_stay_what_they_are(tmp_path: Path) -> None:
    for kind in ["wav", "flac", "mp3", "ogg", "opus", "m4a", "alac"]:
        path = path_of(tmp_path, kind, kind)
        af.write(path, Audio.silence(5000, 2, 48000), af.WriteOptions(format=kind))
        assert np.abs(af.read(path).samples).max() < 1e-4
    offset = Audio.of(np.full((5000, 1), 0.25), 48000)
    af.write(tmp_path / "dc.flac", offset)
    assert (af.read(tmp_path / "dc.flac").samples == 0.25).all()


class TestClipping:
    def test_one_gain_for_the_whole_set_and_the_ratio_stays(self, tmp_path: Path) -> None:
        loud, quiet = signals.sine(level=2.0), signals.sine(880, level=0.1)
        report = af.write_set({tmp_path / "a.wav": loud, tmp_path / "b.wav": quiet}, af.WriteOptions(bits="24"))
        gain = 10 ** (report.gain_db / 20)
        assert report.peak == pytest.approx(2.0, abs=1e-4)
        assert gain == pytest.approx(0.5, abs=1e-4)
        for name, sound in (("a.wav", loud), ("b.wav", quiet)):
            assert np.abs(af.read(tmp_path / name).samples - gain * sound.samples).max() < 2 / 2**23
        assert any("lowered by 6.02 dB" in note for note in report.notes)
        assert {f.gain_db for f in report.files} == {report.gain_db}

    def test_nothing_happens_to_what_fits(self, tmp_path: Path) -> None:
        full = Audio.of(np.array([-1.0, 1.0, 0.5, -0.25]), 44100)
        report = af.write_set({tmp_path / "a.wav": full}, af.WriteOptions(bits="16"))
        assert report.gain_db == 0.0
        assert soundfile.read(tmp_path / "a.wav", dtype="int16")[0].tolist() == [-32768, 32767, 16384, -8192]

    @pytest.mark.parametrize("policy", clipping.POLICIES)
    def test_float_files_are_never_touched(self, tmp_path: Path, policy: af.Clipping) -> None:
        loud = signals.sine(level=3.0)
        report = af.write_set({tmp_path / "a.wav": loud}, af.WriteOptions(bits="32f"), clipping=policy)
        assert report.gain_db == 0.0
        assert report.peak == pytest.approx(3.0, abs=1e-3)
        assert np.array_equal(af.read(tmp_path / "a.wav").samples, loud.samples)

    @pytest.mark.parametrize(("policy", "peak"), [("none", 1.0), ("clamp", 1.0), ("soft", 0.99997)])
    def test_the_other_policies(self, tmp_path: Path, policy: af.Clipping, peak: float) -> None:
        loud = signals.sine(level=2.0)
        report = af.write_set({tmp_path / "a.wav": loud}, af.WriteOptions(bits="16"), clipping=policy)
        got = af.read(tmp_path / "a.wav").samples
        assert report.gain_db == 0.0
        assert report.notes
        assert np.abs(got).max() <= peak
        small = np.abs(loud.samples) < 0.7
        assert np.abs(got - loud.samples)[small].max() < 2 / 32768

    def test_lossy_files_are_lowered_too(self, tmp_path: Path) -> None:
        assert af.write(tmp_path / "a.mp3", signals.sine(level=2.0)).gain_db == pytest.approx(-6.02, abs=0.01)

    def test_an_unknown_policy_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ParameterError, match="common_gain"):
            af.write(tmp_path / "a.wav", signals.sine(), clipping="loud")  # type: ignore[arg-type]


class TestRefusals:
    """Everything is said before anything is written."""

    @pytest.mark.parametrize(
        ("name", "options", "channels", "rate", "words"),
        [
            ("a.mp3", {}, 3, 44100, "1, 2 channels.*flac"),
            ("a.mp3", {}, 2, 96000, "48000 Hz.*flac or .wav"),
            ("a.m4a", {}, 2, 192000, "96000 Hz.*flac"),
            ("a.flac", {}, 9, 44100, "channels.*wav"),
            ("a.flac", {"bits": "32f"}, 2, 44100, "16, 24 bits.*wav"),
            ("a.wav", {}, 33, 44100, "1 to 32 channels"),
            ("a.xyz", {}, 2, 44100, "suffix .xyz.*flac"),
            ("a", {}, 2, 44100, "no suffix"),
            ("a.wav", {"format": "flac"}, 2, 44100, "use .flac"),
            ("a.wav", {"format": "midi"}, 2, 44100, "not 'midi'"),
            ("a.wav", {"bitrate_kbps": 128}, 2, 44100, "lossless"),
            ("a.mp3", {"bitrate_kbps": 1000}, 2, 44100, "32 to 320"),
            ("a.mp3", {"quality": 2.0}, 2, 44100, "0 to 1"),
            ("a.mp3", {"quality": 0.5, "bitrate_kbps": 128}, 2, 44100, "not both"),
            ("a.opus", {"quality": 0.5}, 2, 48000, "take a bitrate"),
        ],
    )
    def test_what_a_format_cannot_hold(
        self, tmp_path: Path, name: str, options: dict[str, object], channels: int, rate: int, words: str
    ) -> None:
        sound = signals.noise(seconds=0.01, rate=rate, channels=channels)
        write_options = af.WriteOptions(**options)  # type: ignore[arg-type]
        with pytest.raises((AudioFileError, ParameterError), match=words):
            af.write(tmp_path / name, sound, write_options)
        with pytest.raises((AudioFileError, ParameterError), match=words):
            af.check_format(tmp_path / name, rate, channels, write_options)
        assert not list(tmp_path.iterdir())

    def test_an_existing_file(self, tmp_path: Path) -> None:
        path = tmp_path / "a.wav"
        path.write_text("precious")
        for refuse in (lambda: af.write(path, signals.sine()), lambda: af.check_target(path)):
            with pytest.raises(AudioFileError, match=r"a\.wav exists already"):
                refuse()
        assert path.read_text() == "precious"
        af.write(path, signals.sine(), overwrite=True)
        assert af.probe(path).frames == 44100

    def test_no_samples_no_files(self, tmp_path: Path) -> None:
        with pytest.raises(AudioFileError, match="no samples"):
            af.write(tmp_path / "a.wav", Audio.silence(0, 2, 44100))
        with pytest.raises(ParameterError, match="empty"):
            af.write_set({})

    @pytest.mark.parametrize("bits", ["16", "32f"])
    def test_samples_that_are_not_finite(self, tmp_path: Path, bits: af.Bits) -> None:
        samples = np.zeros((1000, 2), np.float32)
        samples[441, 1] = np.nan
        with pytest.raises(AudioFileError, match=r"0\.010 s"):
            af.write(tmp_path / "a.wav", Audio(samples, 44100), af.WriteOptions(bits=bits))
        assert not list(tmp_path.iterdir())

    def test_names_that_differ_in_case_only(self, tmp_path: Path) -> None:
        with pytest.raises(AudioFileError, match="upper and lower case"):
            af.write_set({tmp_path / "a.wav": signals.sine(), tmp_path / "A.wav": signals.sine()})

    def test_a_disk_without_room(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        import shutil

        monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**6, 10**6, 1000))
        with pytest.raises(AudioFileError, match="1000 bytes"):
            af.write(tmp_path / "new" / "a.wav", signals.sine())
        assert not list(tmp_path.iterdir())


def test_a_set_of_any_formats_appears_together_in_a_new_folder(tmp_path: Path) -> None:
    stems = signals.music(seconds=0.3)
    paths = [tmp_path / "new" / "song" / name for name in ("vocals.flac", "drums.mp3", "bass.m4a")]
    seen: list[list[str]] = []

    def watch(fraction: float, message: str) -> None:
        if paths[0].parent.exists() and fraction < 1:
            seen.append([p.name for p in paths[0].parent.iterdir() if not p.name.startswith(".unbraid-")])

    report = af.write_set(dict(zip(paths, stems.values(), strict=True)), progress=watch)
    assert [f.path for f in report.files] == paths
    assert all(not names for names in seen)
    assert sorted(p.name for p in paths[0].parent.iterdir()) == ["bass.m4a", "drums.mp3", "vocals.flac"]


@pytest.mark.parametrize("when", [0.1, 0.5, 0.9])
def test_stopping_leaves_no_file_of_the_set(tmp_path: Path, when: float) -> None:
    def stop(fraction: float, message: str) -> None:
        if fraction > when:
            raise Cancelled

    stems = {tmp_path / f"{k}.flac": signals.noise(seconds=2.0, seed=k) for k in range(3)}
    with pytest.raises(Cancelled):
        af.write_set(stems, progress=stop)
    assert not list(tmp_path.iterdir())


def test_stopping_an_import_leaves_nothing(tmp_path: Path) -> None:
    af.write(tmp_path / "a.wav", signals.noise(seconds=5.0))

    def stop(fraction: float, message: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        af.import_audio(tmp_path / "a.wav", tmp_path / "m.wav", progress=stop)
    assert [p.name for p in tmp_path.iterdir()] == ["a.wav"]


def test_the_noise_of_two_stems_is_not_the_same_and_can_be_repeated(tmp_path: Path) -> None:
    quiet = Audio.of(np.full(20000, 0.3 / 32768), 44100)
    for run in "xy":
        af.write_set({tmp_path / f"{run}{k}.wav": quiet for k in range(2)}, af.WriteOptions(bits="16"))
    a, b = (af.read(tmp_path / f"x{k}.wav").samples[:, 0] for k in range(2))
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.03
    assert np.array_equal(af.read(tmp_path / "y0.wav").samples[:, 0], a)
    af.write(tmp_path / "z.wav", quiet, af.WriteOptions(bits="16", dither=False))
    assert not af.read(tmp_path / "z.wav").samples.any()


@pytest.mark.parametrize(
    ("kind", "option", "low", "high"),
    [
        ("mp3", "bitrate_kbps", 96, 256),
        ("mp3", "quality", 0.2, 0.9),
        ("ogg", "bitrate_kbps", 96, 256),
        ("ogg", "quality", 0.1, 0.9),
        ("opus", "bitrate_kbps", 64, 256),
        ("m4a", "bitrate_kbps", 96, 256),
    ],
)
def test_bitrate_and_quality_have_their_effect(tmp_path: Path, kind: str, option: str, low: float, high: float) -> None:
    sound = signals.noise(seconds=4.0, rate=48000)
    sizes = []
    for value in (low, high):
        path = path_of(tmp_path, kind, str(value))
        af.write(path, sound, af.WriteOptions(**{option: value}))  # type: ignore[arg-type]
        sizes.append(path.stat().st_size * 8 / 4000)
        if option == "bitrate_kbps" and kind != "ogg":
            assert sizes[-1] == pytest.approx(value, rel=0.15)
    assert sizes[0] < sizes[1]


@pytest.mark.parametrize("kind", af.TYPES)
def test_estimates_are_not_too_small(tmp_path: Path, kind: str) -> None:
    for seconds in (0.1, 2.0):
        sound = signals.noise(seconds=seconds, rate=48000)
        path = path_of(tmp_path, kind, str(seconds))
        estimate = af.estimate_bytes(path, sound, af.WriteOptions(format=kind))
        af.write(path, sound, af.WriteOptions(format=kind))
        assert path.stat().st_size <= estimate * 1.1
        assert estimate < path.stat().st_size * 2 + 200_000


def test_the_depth_of_the_input_is_kept(tmp_path: Path) -> None:
    for bits, expected in (("16", "16"), ("24", "24"), ("32f", "32f")):
        path = tmp_path / f"{bits}.wav"
        af.write(path, signals.sine(), af.WriteOptions(bits=bits))  # type: ignore[arg-type]
        info = af.probe(path)
        assert af.options_like(info, ".wav").bits == af.bits_like(info) == expected
        assert af.options_like(info, ".flac").bits == ("24" if bits == "32f" else expected)
        assert af.options_like(info, ".mp3").bits is None
    af.write(tmp_path / "a.mp3", signals.sine())
    assert af.options_like(af.probe(tmp_path / "a.mp3"), ".wav").bits == "24"


def test_only_sound_files_of_a_folder_are_tried(tmp_path: Path) -> None:
    for name in ("a.WAV", "b.flac", ".hidden.wav", "._c.mp3", "d.txt", "e.jpg"):
        (tmp_path / name).write_text("")
    (tmp_path / "f.wav").mkdir()
    assert sorted(p.name for p in tmp_path.iterdir() if af.looks_like_sound(p)) == ["a.WAV", "b.flac"]


def test_two_threads_write_at_once(tmp_path: Path) -> None:
    sound = signals.noise(seconds=1.0)
    threads = [threading.Thread(target=af.write, args=(tmp_path / f"{k}.flac", sound)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({p.read_bytes() for p in tmp_path.iterdir()}) == 1

"""Files that other programs wrote: containers, codecs and streams, in exact length where the container counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import signals

from unbraid.core import audio_files as af
from unbraid.core.audio import Audio
from unbraid.core.errors import AudioFileError


def write_libav(
    path: Path,
    sound: Audio,
    codec: str,
    container: str,
    *,
    kind: str = "fltp",
    before: Callable[..., Iterator[object]] | None = None,
) -> None:
    """As a program built on libav writes it, with its defaults."""
    import av

    layout = {1: "mono", 2: "stereo"}[sound.channels]
    with av.open(str(path), "w", container) as out:
        pictures = before(out) if before else ()
        stream = out.add_stream(codec, rate=sound.rate, layout=layout)
        if codec == "alac":
            stream.format = kind
        if codec == "wmav2":
            stream.bit_rate = 128_000
        data = np.ascontiguousarray(sound.samples.T)
        if kind == "s16p":
            data = np.rint(data * 32768).astype(np.int16)
        if kind == "s16":
            data = np.rint(sound.samples * 32768).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(data, kind, layout)
        frame.sample_rate, frame.pts = sound.rate, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        for picture in pictures:
            out.mux(picture)


@pytest.mark.parametrize("container", ["ipod", "mp4", "mov"])
@pytest.mark.parametrize("rate", [22050, 44100, 48000])
@pytest.mark.parametrize("frames", [1024, 1151, 44100, 50001])
def test_aac_with_a_rounded_edit_list_is_exact(tmp_path: Path, container: str, rate: int, frames: int) -> None:
    """The default clock of 1/1000 s would make it up to 24 samples too long or too short."""
    sound = signals.noise(seconds=frames / rate, rate=rate)
    path = tmp_path / "a.m4a"
    write_libav(path, sound, "aac", container)
    got = af.read(path)
    assert got.frames == sound.frames == af.probe(path).frames
    assert signals.lag(got, sound) == 0


@pytest.mark.parametrize("frames", [2000, 5000, 44100])
def test_mp3_of_another_encoder_is_exact(tmp_path: Path, frames: int) -> None:
    sound = signals.noise(seconds=frames / 44100)
    write_libav(tmp_path / "a.mp3", sound, "libmp3lame", "mp3")
    got = af.read(tmp_path / "a.mp3")
    assert got.frames == frames
    assert frames < 100 or signals.lag(got, sound) == 0


@pytest.mark.parametrize(
    ("codec", "container", "kind"),
    [
        ("flac", "flac", "s16"),
        ("alac", "ipod", "s16p"),
        ("pcm_s16le", "mov", "s16"),
        ("pcm_s16le", "matroska", "s16"),
        ("flac", "matroska", "s16"),
        ("pcm_s16le", "avi", "s16"),
        ("flac", "ogg", "s16"),
    ],
)
def test_lossless_sound_in_any_container_is_exact(tmp_path: Path, codec: str, container: str, kind: str) -> None:
    rounded = np.rint(signals.noise(seconds=1.0).samples * 32768) / 32768
    sound = Audio.of(rounded, 44100)
    path = tmp_path / "a.bin"
    write_libav(path, sound, codec, container, kind=kind)
    assert np.array_equal(af.read(path).samples, sound.samples)
    info = af.probe(path)
    assert (info.channels, info.rate, info.is_lossy, info.bits) == (2, 44100, False, 16)
    assert abs(info.frames - 44100) < 1500


@pytest.mark.parametrize(
    ("codec", "container"),
    [("aac", "matroska"), ("libopus", "matroska"), ("aac", "adts"), ("wmav2", "asf"), ("mp2", "avi")],
)
def test_other_containers_are_read_though_they_count_no_samples(tmp_path: Path, codec: str, container: str) -> None:
    sound = signals.noise(seconds=1.0, rate=48000)
    write_libav(tmp_path / "a.bin", sound, codec, container, kind="s16" if codec == "mp2" else "fltp")
    got = af.read(tmp_path / "a.bin")
    assert abs(got.frames - sound.frames) < 5000
    assert (got.rate, got.channels) == (48000, 2)


def _video(out: object) -> Iterator[object]:
    """A stream of pictures is added now; its packets come when they are asked for."""
    import av

    assert isinstance(out, av.container.OutputContainer)
    stream = out.add_stream("mpeg4", rate=25)
    stream.width = stream.height = 64
    stream.pix_fmt = "yuv420p"

    def packets() -> Iterator[object]:
        for k in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), k * 20, np.uint8), format="rgb24")
            frame.pts = k
            yield stream.encode(frame)
        yield stream.encode(None)

    return packets()


@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_the_sound_of_a_video_is_taken(tmp_path: Path, container: str) -> None:
    sound = signals.noise(seconds=1.0, rate=48000)
    write_libav(tmp_path / "a.bin", sound, "aac", container, before=_video)
    got = af.read(tmp_path / "a.bin")
    assert signals.lag(got, sound) == 0
    if container == "mp4":
        assert got.frames == sound.frames


def test_a_video_without_sound_is_named(tmp_path: Path) -> None:
    import av

    with av.open(str(tmp_path / "a.mp4"), "w", "mp4") as out:
        for packets in _video(out):
            out.mux(packets)
    with pytest.raises(AudioFileError, match=r"a\.mp4 holds no sound"):
        af.read(tmp_path / "a.mp4")
    with pytest.raises(AudioFileError, match=r"a\.mp4 holds no sound"):
        af.probe(tmp_path / "a.mp4")


def test_the_second_stream_of_a_stem_file_is_not_mixed_in(tmp_path: Path) -> None:
    """Stem files of DJ programs: the mix is the first stream."""
    import av

    mix, stem = signals.noise(seconds=0.5, seed=1), signals.noise(seconds=0.5, seed=2)
    with av.open(str(tmp_path / "a.mp4"), "w", "mp4") as out:
        streams = [out.add_stream("alac", rate=44100, layout="stereo") for _ in range(2)]
        for stream in streams:
            stream.format = "s16p"
        for sound, stream in zip((mix, stem), streams, strict=True):
            data = np.ascontiguousarray(np.rint(sound.samples.T * 32768).astype(np.int16))
            frame = av.AudioFrame.from_ndarray(data, "s16p", "stereo")
            frame.sample_rate, frame.pts = 44100, 0
            out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
    assert np.abs(af.read(tmp_path / "a.mp4").samples - mix.samples).max() < 1 / 32768


@pytest.mark.parametrize(
    ("codec", "container", "bits"),
    [
        ("PCM_U8", "WAV", 8),
        ("PCM_32", "WAV", 32),
        ("DOUBLE", "WAV", 64),
        ("ULAW", "WAV", None),
        ("PCM_S8", "AIFF", 8),
        ("ALAC_24", "CAF", 24),
        ("PCM_16", "RF64", 16),
        ("PCM_16", "W64", 16),
        ("PCM_16", "AU", 16),
        ("IMA_ADPCM", "WAV", None),
    ],
)
def test_rare_codings_of_libsndfile(tmp_path: Path, codec: str, container: str, bits: int | None) -> None:
    import soundfile

    sound = signals.sine(channels=2, seconds=0.2)
    soundfile.write(tmp_path / "a.bin", sound.samples, 44100, codec, format=container)
    got, info = af.read(tmp_path / "a.bin"), af.probe(tmp_path / "a.bin")
    assert info.bits == bits
    assert info.is_lossy == (bits is None)
    assert abs(got.frames - sound.frames) < 1500
    if codec != "IMA_ADPCM":
        assert np.abs(got.samples - sound.samples).max() < 0.05


def test_eight_channels_in_planes_are_read(tmp_path: Path) -> None:
    """PyAV takes a ninth plane for granted and would end the interpreter."""
    import av

    integers = np.rint(signals.noise(seconds=0.3, channels=8).samples * 32768).astype(np.int16)
    with av.open(str(tmp_path / "a.m4a"), "w", "ipod") as out:
        stream = out.add_stream("alac", rate=44100, layout="7.1(wide)")
        stream.format = "s16p"
        frame = av.AudioFrame.from_ndarray(integers.reshape(1, -1), "s16", "7.1(wide)")
        frame.sample_rate, frame.pts = 44100, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    assert np.array_equal(af.read(tmp_path / "a.m4a").samples, (integers / 32768).astype(np.float32))


def test_the_gapless_note_of_itunes_counts_where_there_is_no_edit_list(tmp_path: Path) -> None:
    from unbraid.core.formats import mp4_tags

    sound, path = signals.noise(seconds=1.0), tmp_path / "a.m4a"
    write_libav(path, sound, "aac", "ipod")
    path.write_bytes(path.read_bytes().replace(b"edts", b"free"))
    assert af.read(path).frames > 44100
    padding = -(44100 + 1024) % 1024
    mp4_tags.write(path, {"iTunSMPB": f" 00000000 00000400 {padding:08X} {44100:016X} 00000000"}, None, "")
    got = af.read(path)
    assert got.frames == 44100
    assert signals.lag(got, sound) == 0


def test_each_sound_of_a_stem_file_can_be_read(tmp_path: Path) -> None:
    import av

    path, count = tmp_path / "song.stem.mp4", 3
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("alac", rate=8000, layout="mono") for _ in range(count)]
        for number, stream in enumerate(streams):
            frame = av.AudioFrame.from_ndarray(np.full((1, 4096), 1000 * (number + 1), np.int16), "s16p", "mono")
            frame.rate = 8000
            container.mux([*stream.encode(frame), *stream.encode(None)])
    for number in range(count):
        sound = af.import_audio(path, tmp_path / f"{number}.wav", stream=number).audio
        assert np.array_equal(af.read(path, stream=number).samples, sound.samples)
        assert sound.samples[100, 0] == pytest.approx(1000 * (number + 1) / 32768)
    assert af.read(path).samples[100, 0] == pytest.approx(1000 / 32768)
    with pytest.raises(AudioFileError, match=r"holds 3 sounds; number 3 \(from 0\) is not there"):
        af.import_audio(path, tmp_path / "none.wav", stream=3)
    wav = tmp_path / "one.wav"
    af.write(wav, Audio.silence(100, 1, 8000))
    with pytest.raises(AudioFileError, match="holds one sound"):
        af.import_audio(wav, tmp_path / "none.wav", stream=1)

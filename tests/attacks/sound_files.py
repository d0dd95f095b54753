"""Hostile and broken sound files, made by code: each is a few bytes with a name that says what is wrong."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile


def encoded(kind: str, frames: int = 22050, rate: int = 22050, channels: int = 2) -> bytes:
    """A small good file of chirps and noise: wav, flac, mp3, ogg, opus, aiff or m4a."""
    rng = np.random.default_rng(0)
    t = np.arange(frames) / rate
    tone = 0.3 * np.sin(2 * np.pi * (200 + 900 * t) * t)
    samples = (tone[:, None] + 0.03 * rng.standard_normal((frames, channels))).astype(np.float32)
    if kind == "m4a":
        return _m4a(samples, rate)
    container, subtype = {
        "wav": ("WAV", "PCM_16"),
        "flac": ("FLAC", "PCM_16"),
        "mp3": ("MP3", "MPEG_LAYER_III"),
        "ogg": ("OGG", "VORBIS"),
        "opus": ("OGG", "OPUS"),
        "aiff": ("AIFF", "PCM_16"),
        "caf": ("CAF", "PCM_16"),
    }[kind]
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, 24000 if kind == "opus" else rate, subtype, format=container)
    return buffer.getvalue()


def _m4a(samples: np.ndarray, rate: int) -> bytes:
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", "ipod") as container:
        stream = container.add_stream("aac", rate=rate, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), "fltp", "stereo")
        frame.sample_rate, frame.pts = rate, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def wav_header(
    channels: int = 2, rate: int = 44100, bits: int = 16, tag: int = 1, data: int = 400, riff: int | None = None
) -> bytes:
    """A WAV header that says what it is told to say."""
    block = channels * bits // 8 & 0xFFFF
    fmt = struct.pack("<HHIIHH", tag, channels, rate, rate * block & 0xFFFFFFFF, block, bits)
    return (
        b"RIFF" + struct.pack("<I", 36 + data if riff is None else riff) + b"WAVEfmt " + struct.pack("<I", 16) + fmt
        + b"data" + struct.pack("<I", data)
    )  # fmt: skip


def flac_header(frames: int, rate: int = 44100, channels: int = 2) -> bytes:
    """A FLAC stream of 42 bytes that claims a length."""
    numbers = rate << 44 | (channels - 1) << 41 | 15 << 36 | frames & (1 << 36) - 1
    return b"fLaC\x80\0\0\x22" + struct.pack(">HH", 4096, 4096) + bytes(6) + struct.pack(">Q", numbers) + bytes(16)


def refused() -> dict[str, bytes]:
    """Files that must give an AudioFileError, by what is wrong with them."""
    return {
        "empty.wav": b"",
        "one byte.wav": b"R",
        "text.wav": b"This is not a sound file.\n" * 20,
        "text.mp3": b"This is not a sound file either.\n" * 2000,
        "zeros.mp3": bytes(100_000),
        "page.mp3": b"<!DOCTYPE html><html><head><title>404</title>" + bytes(1000),
        "picture.flac": b"\x89PNG\r\n\x1a\n" + bytes(500),
        "archive.wav": b"PK\x03\x04" + bytes(500),
        "playlist.m3u8": b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n",
        "concat.mp4": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "mat5.wav": b"MATLAB 5.0 MAT-file" + bytes(109) + b"\0\1IM" + bytes(200),
        "mat4.wav": struct.pack("<IIIII", 0, 1, 1, 0, 11) + b"samplerate\0" + bytes(400),
        "paf.wav": b" paf" + bytes(400),
        "header only.wav": wav_header(data=0),
        "no channels.wav": wav_header(channels=0) + bytes(400),
        "65535 channels.wav": wav_header(channels=65535) + bytes(400),
        "33 channels.wav": wav_header(channels=33, data=6600) + bytes(6600),
        "no rate.wav": wav_header(rate=0) + bytes(400),
        "huge rate.wav": wav_header(rate=0x7FFFFFFF) + bytes(400),
        "slow.wav": wav_header(rate=10) + bytes(400),
        "zero bits.wav": wav_header(bits=0) + bytes(400),
        "unknown codec.wav": wav_header(tag=0x7777) + bytes(400),
        "claims 432 hours.flac": flac_header((1 << 36) - 1) + bytes(55),
        "claims 20 hours.flac": flac_header(20 * 3600 * 44100) + bytes(55),
        "header only.flac": flac_header(0),
        "cut header.flac": b"fLaC\0\0\0\x22" + bytes(10),
        "endless block.flac": b"fLaC\x04\xff\xff\xff" + bytes(10),
        "only a tag.mp3": b"ID3\x03\0\0\0\0\x07\x76" + bytes(1014),
        "endless tag.mp3": b"ID3\x03\0\0\x7f\x7f\x7f\x7f" + bytes(100),
        "first page.ogg": encoded("ogg")[:58],
        "headers.ogg": encoded("ogg")[:3000],
        "headers.opus": encoded("opus")[:120],
        "no index.m4a": encoded("m4a")[:3000],
        "index only.m4a": b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42" + b"\0\0\0\x08moov",
        "endless box.m4a": b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42" + b"\xff\xff\xff\xffmoov" + bytes(100),
        "endless element.mkv": b"\x1a\x45\xdf\xa3" + b"\x01" + b"\xff" * 7 + bytes(100),
    }


def mutated(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """`count` good files in turn with bytes flipped, runs overwritten, pieces cut out, doubled or cut off."""
    rng = np.random.default_rng(seed)
    kinds = ["wav", "flac", "mp3", "ogg", "opus", "aiff", "caf", "m4a"]
    good = {kind: encoded(kind, 8000, 8000 if kind != "opus" else 24000) for kind in kinds}
    for k in range(count):
        kind = kinds[k % len(kinds)]
        raw = bytearray(good[kind])
        for _ in range(int(rng.integers(1, 6))):
            # headers are hit as often as everything behind them
            at = int(rng.integers(0, min(200, len(raw)) if rng.random() < 0.5 else len(raw)))
            length = int(rng.integers(1, 64))
            how = rng.integers(0, 5)
            if how == 0:
                raw[at] ^= 1 << int(rng.integers(0, 8))
            elif how == 1:
                raw[at : at + length] = rng.bytes(length)
            elif how == 2:
                del raw[at : at + length]
            elif how == 3:
                raw[at:at] = raw[at : at + length]
            else:
                del raw[max(at, 20) :]
            if len(raw) < 4:
                break
        yield f"{k}.{kind}", bytes(raw)


def write_all(folder: Path, files: dict[str, bytes]) -> list[Path]:
    """Put files into a folder."""
    for name, raw in files.items():
        (folder / name).write_bytes(raw)
    return [folder / name for name in files]

"""Change of sample rate for files: soxr at its best, exact lengths, no delay, any length in little memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from unbraid.core.audio import Audio, Samples
from unbraid.core.errors import ParameterError

BLOCK = 1 << 16
QUALITIES = ("QQ", "LQ", "MQ", "HQ", "VHQ")


def resampled_frames(frames: int, old: int, new: int) -> int:
    """round(frames * new / old), halves up, in integers: what `resample` gives."""
    return (2 * frames * new + old) // (2 * old)


def resample(audio: Audio, rate: int, *, quality: str = "VHQ", frames: int | None = None) -> Audio:
    """`audio` at another rate, in time with the original, of exactly round(N * new / old) samples.

    quality: one of soxr's QQ, LQ, MQ, HQ, VHQ. frames: another exact length (cut, or continued with silence), so that
    a way there and back ends with as many samples as it began with.
    """
    if frames is None:
        frames = resampled_frames(audio.frames, audio.rate, rate)
    if rate == audio.rate and frames == audio.frames:
        return audio
    pieces = (audio.samples[k : k + BLOCK] for k in range(0, audio.frames, BLOCK))
    out = np.zeros((frames, audio.channels), np.float32)
    done = 0
    for block in resample_blocks(pieces, audio.rate, rate, audio.channels, quality=quality):
        taken = min(len(block), frames - done)
        out[done : done + taken] = block[:taken]
        done += taken
    return Audio(out, rate)


def resample_exactly(
    pieces: Iterable[Samples], old: int, new: int, channels: int, frames: int, *, quality: str = "VHQ"
) -> Iterator[Samples]:
    """Like `resample_blocks`, cut or continued with silence to exactly `frames` samples."""
    left = frames
    for block in resample_blocks(pieces, old, new, channels, quality=quality):
        if left > 0 and len(block):
            yield block[:left]
            left -= min(left, len(block))
    while left > 0:
        yield np.zeros((min(left, BLOCK), channels), np.float32)
        left -= min(left, BLOCK)


def resample_blocks(
    pieces: Iterable[Samples], old: int, new: int, channels: int, *, quality: str = "VHQ"
) -> Iterator[Samples]:
    """Consecutive blocks (n, I) at rate `old` as consecutive blocks at rate `new`; memory does not grow with length."""
    if quality not in QUALITIES:
        raise ParameterError(f"the quality is one of {', '.join(QUALITIES)}, not {quality!r}")
    if new < 1 or old < 1:
        raise ParameterError(f"a sample rate is above zero, not {min(old, new)} Hz")
    if old == new:
        yield from pieces
        return
    import soxr

    stream = soxr.ResampleStream(old, new, channels, dtype="float32", quality=quality)
    for block in pieces:
        # soxr asks for a plain array, not for a memory map
        yield stream.resample_chunk(np.array(block, dtype=np.float32, order="C", subok=False))
    yield stream.resample_chunk(np.zeros((0, channels), np.float32), last=True)

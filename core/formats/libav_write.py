"""M4A files (AAC and ALAC) through libav, with an edit list that counts samples: they come back in exact length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unbraid.core import atomic
from unbraid.core.audio import Samples
from unbraid.core.cpu import cores
from unbraid.core.formats.layouts import LIBAV_LAYOUT
from unbraid.core.formats.source import WriteStoppedError
from unbraid.core.formats.table import Plan

AAC_KBPS_PER_CHANNEL = 6.144
"""AAC allows 6144 bits for each channel in a frame of 1024 samples, which is this many kbit/s for each kHz."""


Blocks = Iterable[Samples | npt.NDArray[np.int32]]
"""What an encoder takes: (n, I) float32, or int32 with the depth of the plan in its upper bits."""


def encode(path: Path, blocks: Blocks, plan: Plan) -> None:
    """Write blocks to `path` as `plan` says."""
    encode_streams(path, [blocks], plan)


def encode_streams(path: Path, sounds: Sequence[Blocks], plan: Plan, titles: Sequence[str] = ()) -> None:
    """Write several sounds of the same length, in equal blocks, as streams of one file; players play the first.

    titles: of the streams, for programs that list them.
    """
    import av

    # a clock of one tick per sample: the default of 1/1000 s would round the length
    options = {"movie_timescale": str(plan.file_rate), "fflags": "+bitexact"}
    done = 0
    try:
        with atomic.scratch(path, "w+b") as file, av.open(file, "w", "ipod", options) as container:
            streams = [_add_stream(container, plan) for _ in sounds]
            _present(streams, titles)
            with ThreadPoolExecutor(min(len(streams), cores())) as pool:
                for blocks in zip(*sounds, strict=True):
                    frames = [_frame(block, plan, done) for block in blocks]
                    for packets in pool.map(_encoded, streams, frames):
                        container.mux(packets)
                    done += len(blocks[0])
            for stream in streams:
                container.mux(stream.encode(None))
    except (av.error.FFmpegError, OSError) as problem:
        raise WriteStoppedError(done) from problem


def _encoded(stream: Any, frame: Any) -> list[Any]:
    """Packets of a frame; the encoder lets other threads run."""
    return list(stream.encode(frame))


def _present(streams: Sequence[Any], titles: Sequence[str]) -> None:
    """Titles, and which stream is enabled: the first alone."""
    import av

    if len(streams) > 1:
        for number, stream in enumerate(streams):
            stream.disposition = av.stream.Disposition.default if number == 0 else av.stream.Disposition(0)
    for stream, title in zip(streams, titles, strict=False):
        stream.metadata["handler_name"] = title


def _add_stream(container: Any, plan: Plan) -> Any:
    """A stream of the file."""
    if plan.bits is None:
        stream = container.add_stream("aac", rate=plan.file_rate, layout=LIBAV_LAYOUT[plan.channels])
        most = AAC_KBPS_PER_CHANNEL * plan.file_rate / 1024 * plan.channels
        stream.bit_rate = int(1000 * min(float(plan.kbps or 256), most))
        return stream
    stream = container.add_stream("alac", rate=plan.file_rate, layout=LIBAV_LAYOUT[plan.channels])
    stream.format = "s16p" if plan.bits == 16 else "s32p"
    return stream


def _frame(block: Samples | npt.NDArray[np.int32], plan: Plan, position: int) -> Any:
    """A block as the encoder takes it."""
    import av

    data: Any
    if plan.bits == 16:
        data, kind = np.right_shift(block.astype(np.int32), 16).astype(np.int16), "s16p"
    else:
        data, kind = block, "fltp" if plan.bits is None else "s32p"
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(data.T), kind, LIBAV_LAYOUT[plan.channels])
    frame.sample_rate = plan.file_rate
    frame.time_base = Fraction(1, plan.file_rate)
    frame.pts = position
    return frame

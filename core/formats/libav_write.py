"""M4A files (AAC and ALAC) through libav, with an edit list that counts samples: they come back in exact length."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unbraid.core import atomic
from unbraid.core.audio import Samples
from unbraid.core.formats.layouts import LIBAV_LAYOUT
from unbraid.core.formats.source import WriteStoppedError
from unbraid.core.formats.table import Plan

AAC_KBPS_PER_CHANNEL = 6.144
"""AAC allows 6144 bits for each channel in a frame of 1024 samples, which is this many kbit/s for each kHz."""


def encode(path: Path, blocks: Iterable[Samples | npt.NDArray[np.int32]], plan: Plan) -> None:
    """Write blocks to `path` as `plan` says: (n, I) float32, or int32 with the depth of the plan in its upper bits."""
    import av

    # a clock of one tick per sample: the default of 1/1000 s would round the length
    options = {"movie_timescale": str(plan.file_rate), "fflags": "+bitexact"}
    done = 0
    try:
        with atomic.scratch(path, "w+b") as file, av.open(file, "w", "ipod", options) as container:
            stream = _add_stream(container, plan)
            for block in blocks:
                container.mux(stream.encode(_frame(block, plan, done)))
                done += len(block)
            container.mux(stream.encode(None))
    except (av.error.FFmpegError, OSError) as problem:
        raise WriteStoppedError(done) from problem


def _add_stream(container: Any, plan: Plan) -> Any:
    """The one stream of the file."""
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

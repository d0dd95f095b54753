"""Separators that exist for tests only: a well-behaved one, and a folder of hostile ones.

They are reached as `tests/separators.py:Class`, the way a researcher tries a separator that is not installed.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unbraid.core.audio import Audio
from unbraid.core.separation.contract import Progress, SeparatorInfo, param
from unbraid.core.separation.guide import Guide


def info(name: str, **more: object) -> SeparatorInfo:
    return SeparatorInfo(name, name, ("left", "rest"), **more)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Halves:
    """Splits the mix at a share: correct, simple, works in blocks."""

    info: ClassVar[SeparatorInfo] = info("halves", context_s=0.1, sums_to_mix=True)
    share: float = param(0.25, "Share", 0.0, 1.0)
    steps: int = param(3, "Steps", 1, 1000)

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        for step in range(self.steps):
            progress(step / self.steps, f"step {step + 1}")
        one = (self.share * mix.samples).astype(np.float32)
        return {"left": Audio(one, mix.rate), "rest": Audio(mix.samples - one, mix.rate)}


@dataclass(frozen=True)
class Partial(Halves):
    """Leaves a quarter of the mix to nobody."""

    info: ClassVar[SeparatorInfo] = info("partial")

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        quarter = (mix.samples * np.float32(0.375)).astype(np.float32)
        return {"left": Audio(quarter, mix.rate), "rest": Audio(quarter, mix.rate)}


@dataclass(frozen=True)
class Smoother(Halves):
    """A moving average of a second: needs its context, so blocks without it would show."""

    info: ClassVar[SeparatorInfo] = info("smoother", context_s=0.6)

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        half = mix.rate // 2
        padded = np.concatenate([np.zeros((half + 1, mix.channels)), mix.samples, np.zeros((half, mix.channels))])
        total = np.cumsum(padded, axis=0)
        smooth = ((total[2 * half + 1 :] - total[: -2 * half - 1]) / (2 * half + 1)).astype(np.float32)
        return {"left": Audio(smooth, mix.rate), "rest": Audio(mix.samples - smooth, mix.rate)}


@dataclass(frozen=True)
class AtEightKilohertz(Halves):
    """Works at 8 kHz only: what lies above 4 kHz is nobody's."""

    info: ClassVar[SeparatorInfo] = info("eight", rate=8000, bandwidth_hz=4000.0)


@dataclass(frozen=True)
class StereoOnly(Halves):
    """Refuses more than two channels, as it said it would."""

    info: ClassVar[SeparatorInfo] = info("stereo_only", layout="stereo")

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        assert mix.channels <= 2
        return super().separate(mix, guide, progress)


@dataclass(frozen=True)
class HungryInBlocks(Halves):
    """Runs out of memory on more than ten seconds, as a network on a small card does."""

    info: ClassVar[SeparatorInfo] = info("hungry", context_s=0.0)

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        if mix.duration_s > 12.0:
            raise MemoryError
        return super().separate(mix, guide, progress)


# ---------------------------------------------------------------- hostile ones


@dataclass(frozen=True)
class Raises(Halves):
    info: ClassVar[SeparatorInfo] = info("raises")

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        raise ZeroDivisionError("of my own making")


@dataclass(frozen=True)
class Segfaults(Halves):
    info: ClassVar[SeparatorInfo] = info("segfaults")

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        import ctypes

        ctypes.string_at(0)
        raise AssertionError("unreachable")


@dataclass(frozen=True)
class Exits(Halves):
    info: ClassVar[SeparatorInfo] = info("exits")

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        os._exit(7)


@dataclass(frozen=True)
class EatsMemory(Halves):
    info: ClassVar[SeparatorInfo] = info("eats_memory")

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        np.ones(50 << 27)
        raise AssertionError("50 GB were to be had")


@dataclass(frozen=True)
class IgnoresCancel(Halves):
    """Works for a minute without a word, and swallows what it can."""

    info: ClassVar[SeparatorInfo] = info("ignores_cancel")

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                time.sleep(0.05)
            except Exception:
                continue
        return super().separate(mix, guide, progress)


@dataclass(frozen=True)
class Polite(Halves):
    """Works for a minute and asks twenty times a second whether it may go on."""

    info: ClassVar[SeparatorInfo] = info("polite")

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        for step in range(1200):
            progress(step / 1200, "waiting")
            time.sleep(0.05)
        return super().separate(mix, guide, progress)


@dataclass(frozen=True)
class Prints(Halves):
    """Talks on standard output, as C libraries do."""

    info: ClassVar[SeparatorInfo] = info("prints")

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        os.write(1, b"not JSON\n" * 100)
        sys.stdout.write("nor this\n")
        return super().separate(mix, guide, progress)


@dataclass(frozen=True)
class WrongShape(Halves):
    info: ClassVar[SeparatorInfo] = info("wrong_shape")

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        return {"left": mix.slice(0, mix.frames - 1), "rest": mix}


@dataclass(frozen=True)
class WrongNames(Halves):
    info: ClassVar[SeparatorInfo] = info("wrong_names")

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        return {"left": mix}


@dataclass(frozen=True)
class NotNumbers(Halves):
    info: ClassVar[SeparatorInfo] = info("not_numbers")

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        broken = mix.samples.copy()
        broken[len(broken) // 2] = np.nan
        return {"left": Audio(broken, mix.rate), "rest": mix}


class NoSeparator:
    """Has neither info nor separate."""


@dataclass(frozen=True)
class Echo:
    """Gives its references back: its targets are theirs."""

    info: ClassVar = SeparatorInfo(
        "echo", "Echo", targets=(), guide=("references",), is_oracle=True, context_s=0.0, layout="stereo"
    )

    def targets(self, guide: Guide) -> tuple[str, ...]:
        return tuple(guide.references)

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        progress(0.0, "echoing")
        return dict(guide.references)


@dataclass(frozen=True)
class Strokes:
    """One sample for each onset that it is told."""

    info: ClassVar = SeparatorInfo("strokes", "Strokes", targets=("drums",), guide=("onsets",))

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        drums = np.zeros(mix.samples.shape, np.float32)
        for told in guide.onsets:
            drums[[round(time * mix.rate) for time in told.times_s]] = 0.25
        return {"drums": Audio(drums, mix.rate)}

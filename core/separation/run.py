"""Run a separator on any song: rate, channels, blocks, the contract's checks, and stems that add up to the mix."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from unbraid.core import cpu
from unbraid.core.audio import Audio, Samples
from unbraid.core.errors import ParameterError, PluginError
from unbraid.core.progress import Progress, part_of, silent_progress
from unbraid.core.resample import resample
from unbraid.core.separation import blocks, references, remainder
from unbraid.core.separation.contract import Separator, Value, configure, targets
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.registry import load

logger = logging.getLogger(__name__)

Store = Callable[[str, int, int, int], Samples]
"""Makes the writable array of a stem from its name, samples, channels and rate."""

BLOCK_S = 30.0
SHORTEST_BLOCK_S = 2.0


def in_memory(name: str, frames: int, channels: int, rate: int) -> Samples:
    """A store that keeps stems in memory."""
    return np.zeros((frames, channels), np.float32)


def separate(
    method: str | Separator,
    mix: Audio,
    guide: Guide | None = None,
    progress: Progress = silent_progress,
    *,
    values: Mapping[str, Value] | None = None,
    store: Store = in_memory,
) -> dict[str, Audio]:
    """Stems of `mix` by name; they have its rate, length and channels and add up to it.

    method: a name of the registry (with `values` for its parameters) or a separator.
    store: makes the arrays of the stems, in memory unless told otherwise.
    """
    if isinstance(method, str):
        separator = configure(load(method), values or {})
    elif values:
        raise ParameterError("values go with the name of a separator; one that is made already has its own")
    else:
        separator = method
    guide = references.fitted(guide or Guide(), mix)
    _check_input(separator, mix, guide)
    with cpu.one_blas_thread():
        stems = _in_blocks(separator, mix, guide, progress, store)
        progress(0.99, "adding up")
        settled = remainder.settle(mix.samples, stems, lambda name: store(name, mix.frames, mix.channels, mix.rate))
    progress(1.0, "done")
    return {name: Audio(samples, mix.rate) for name, samples in settled.items()}


def _check_input(separator: Separator, mix: Audio, guide: Guide) -> None:
    if mix.frames == 0:
        raise ParameterError("there is nothing to separate: the song has no samples")
    unused = sorted(set(guide.given()) - set(separator.info.guide))
    if unused:
        used = ", ".join(separator.info.guide) or "nothing of the kind"
        logger.warning("%s does not use %s; it uses %s", separator.info.name, ", ".join(unused), used)


def context_s(separator: Separator, rate: int) -> float | None:
    """Seconds a block's result depends on at either side, None where the whole song is needed.

    Depends on the parameters where the separator has a method `context(rate)`.
    """
    method = getattr(separator, "context", None)
    return method(rate) if callable(method) else separator.info.context_s


def _in_blocks(separator: Separator, mix: Audio, guide: Guide, progress: Progress, store: Store) -> dict[str, Samples]:
    """All targets in arrays of `store`; halves the blocks when memory runs out."""
    context = context_s(separator, mix.rate)
    out = {name: store(name, mix.frames, mix.channels, mix.rate) for name in _names(separator, guide)}
    block_s = BLOCK_S
    while True:
        try:
            for add in _block_results(separator, mix, guide, progress, _plan(mix, block_s, context)):
                add(out)
            return out
        except MemoryError:
            if context is None or min(block_s, mix.duration_s) / 2 < SHORTEST_BLOCK_S:
                what = f"{mix.duration_s:.0f} s at once" if context is None else f"a block of {block_s:.0f} s"
                raise PluginError(
                    f"{separator.info.name} ran out of memory on {what}; choose a shorter passage, "
                    "smaller parameters or another method"
                ) from None
        block_s = min(block_s, mix.duration_s) / 2
        logger.warning("memory ran out: blocks of %.0f s from here", block_s)
        for samples in out.values():
            samples[:] = 0.0


def _names(separator: Separator, guide: Guide) -> tuple[str, ...]:
    names = targets(separator, guide)
    if not names or len(set(names)) != len(names) or remainder.NAME in names:
        raise PluginError(
            f"{separator.info.name} must name its targets, each once, and none of them {remainder.NAME}; it named "
            f"{', '.join(names) or 'none'}"
        )
    return names


def _plan(mix: Audio, block_s: float, context: float | None) -> list[blocks.Block]:
    if context is None:
        return [blocks.Block(0, mix.frames, 0, mix.frames)]
    return list(blocks.plan(mix.frames, round(block_s * mix.rate), round(context * mix.rate)))


def _block_results(
    separator: Separator, mix: Audio, guide: Guide, progress: Progress, plan: Sequence[blocks.Block]
) -> Iterator[Callable[[Mapping[str, Samples]], None]]:
    """For each block a function that adds its faded result to the stems."""
    for number, block in enumerate(plan):
        part = mix.slice(block.read_start, block.read_stop)
        seen = guide if len(plan) == 1 else guide.moved(block.read_start / mix.rate, part.duration_s)
        stems = _adapted(separator, part, seen, _block_of(progress, number, len(plan)))
        yield partial(_add, block, stems)


def _add(block: blocks.Block, stems: Mapping[str, Samples], out: Mapping[str, Samples]) -> None:
    inside = slice(block.start - block.read_start, block.stop - block.read_start)
    for name, stem in stems.items():
        blocks.add(block, stem[inside], out[name])


def _block_of(progress: Progress, number: int, count: int) -> Progress:
    stage = part_of(progress, 0.98 * number / count, 0.98 * (number + 1) / count)
    if count == 1:
        return stage
    return lambda fraction, message: stage(fraction, f"{message} (part {number + 1} of {count})")


def _adapted(separator: Separator, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Samples]:
    """The separator's stems at the rate of `mix`, whatever rate and channel layout it works at."""
    rate = separator.info.rate or mix.rate
    fitting = mix if rate == mix.rate else resample(mix, rate)
    stems = _by_layout(separator, fitting, references.fitted(guide, fitting), progress)
    if rate == mix.rate:
        return stems
    return {name: resample(Audio(s, rate), mix.rate, frames=mix.frames).samples for name, s in stems.items()}


def _by_layout(separator: Separator, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Samples]:
    if separator.info.layout == "any" or mix.channels <= 2:
        return _checked(separator, mix, guide, separator.separate(mix, guide, progress))
    groups = channel_groups(mix.channels)
    out = {name: np.empty(mix.samples.shape, np.float32) for name in targets(separator, guide)}
    for number, group in enumerate(groups):
        part, seen = references.channels_of(mix, group), references.of_channels(guide, group)
        words = "channels " + " and ".join(str(c + 1) for c in group)
        told = _share_of(progress, number, len(groups), words)
        for name, stem in _checked(separator, part, seen, separator.separate(part, seen, told)).items():
            out[name][:, group] = stem
    return out


def _share_of(progress: Progress, number: int, count: int, words: str) -> Progress:
    stage = part_of(progress, number / count, (number + 1) / count)
    return lambda fraction, message: stage(fraction, f"{words}: {message}")


def channel_groups(channels: int) -> list[Sequence[int]]:
    """Which channels of a surround file belong together: left and right pairs, centre and low-frequency alone."""
    known: dict[int, list[Sequence[int]]] = {
        3: [[0, 1], [2]],
        5: [[0, 1], [2], [3, 4]],
        6: [[0, 1], [2], [3], [4, 5]],
        8: [[0, 1], [2], [3], [4, 5], [6, 7]],
    }
    return known.get(channels) or [list(range(c, min(c + 2, channels))) for c in range(0, channels, 2)]


def _checked(separator: Separator, mix: Audio, guide: Guide, stems: object) -> dict[str, Samples]:
    """The stems' samples, after the contract's checks: a plugin that breaks it is named, with what it did."""
    who, names = separator.info.name, targets(separator, guide)
    if not isinstance(stems, dict) or set(stems) != set(names):
        got = ", ".join(map(str, stems)) if isinstance(stems, dict) else type(stems).__name__
        raise PluginError(f"{who} must return the stems {', '.join(names)}; it returned {got}")
    for name, stem in stems.items():
        if not isinstance(stem, Audio) or (stem.samples.shape, stem.rate) != (mix.samples.shape, mix.rate):
            raise PluginError(f"{who} returned {name} as {stem!r}; {mix!r} is its input and what it must match")
        if not _is_finite(stem.samples):
            raise PluginError(f"{who} returned {name} with samples that are no numbers (NaN or infinite)")
    return {name: stems[name].samples for name in names}


def _is_finite(samples: Samples) -> bool:
    return all(np.isfinite(samples[k : k + blocks.CHUNK]).all() for k in range(0, len(samples), blocks.CHUNK))

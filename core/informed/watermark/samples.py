"""Bytes hidden in the samples of a mix of 16 or 24 bits, below what the ear notices.

The mix is brought to a *host* that does not depend on the bytes, but only on how many there may be: side-information is
coded against the host, then put in, and whoever reads it restores the same host, sample for sample.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.informed.watermark import cells, framing, pcm, reversible
from unbraid.core.informed.watermark.capacity import Masking, allocate_bits, masking_of, noise_variances, room_of
from unbraid.core.informed.watermark.cells import Levels, Used
from unbraid.core.informed.watermark.layout import Layout, layout
from unbraid.core.informed.watermark.report import Report, report_of
from unbraid.core.informed.watermark.reversible import Whole
from unbraid.core.progress import Progress, part_of, silent_progress

HEAD_EVERY_S = 10.0
CHUNK_S = 0.5
"""A cut costs as much."""

MOST_NMR_DB = -6.0
"""The default keeps clear of the masked threshold, for ears that hear better than the model."""

PEAK_SIGMAS = 6.5
ROUNDING_PEAK = 8
"""Steps by which lifting moves a sample at most in practice."""

TRIES = 8
LEAST_GAIN = 0.7
TOO_LOUD = "the mix leaves no room below full scale for so many bits; turn it down by 3 dB, or hide fewer bytes"


@dataclass(frozen=True, eq=False)
class _Start:
    """Integers of the mix, turned down, and of its host, both (N, C), the host's coefficients, levels, used blocks."""

    mix: Whole
    host: Whole
    coefficients: Whole
    levels: Levels
    used: Used


@dataclass(frozen=True, eq=False)
class Prepared:
    """A mix ready to take bytes.

    mix: as it came. host: the mix whose cells are empty; code the side-information against it.
    nmr_db: the noise-to-mask ratio that the bits were spread at. capacity_bits: what all blocks take together.
    gain_db: by how much the mix was turned down to leave room below full scale (0 or less).
    """

    mix: Audio
    host: Audio
    bits: int
    plan: framing.Plan
    nmr_db: float
    capacity_bits: int
    gain_db: float
    _start: _Start = field(repr=False)
    _masking: Masking = field(repr=False)

    @property
    def most_bytes(self) -> int:
        """The longest payload that fits."""
        return self.plan.total


@dataclass(frozen=True, eq=False)
class Hidden:
    """A mix with bytes in it, the host it was made of, and how far it is from being heard."""

    audio: Audio
    host: Audio
    report: Report
    bits_used: int
    capacity_bits: int
    gain_db: float


def capacity_bps(mix: Audio, bits: int = 16, *, nmr_db: float = MOST_NMR_DB) -> float:
    """Bits per second that a mix hides at a noise-to-mask ratio of `nmr_db`, all channels together."""
    whole, plan = pcm.checked_integers(mix, bits), layout(mix.rate)
    blocks = reversible.blocks_of(mix.frames, plan.bins)
    room = room_of(masking_of(whole, mix.rate, plan, bits, blocks), nmr_db, plan)
    return float(cells.bits_of(room.levels(), plan).sum()) / max(mix.duration_s, 1e-9)


def prepare(
    mix: Audio,
    most_bytes: int,
    bits: int = 16,
    *,
    head_bytes: int = 0,
    head_every_s: float = HEAD_EVERY_S,
    nmr_db: float = MOST_NMR_DB,
    progress: Progress = silent_progress,
) -> Prepared:
    """Make room for a payload of up to `most_bytes`, as far below the masked threshold as that allows.

    The first `head_bytes` of the payload come again every `head_every_s`, for those who have only a part of the song.
    nmr_db: the highest noise-to-mask ratio; a ParameterError says what would fit where it is not enough.
    """
    original, layout_ = pcm.checked_integers(mix, bits), layout(mix.rate)
    plan = _sending(most_bytes, mix, head_bytes, head_every_s)
    blocks = reversible.blocks_of(mix.frames, layout_.bins)
    masking = masking_of(original, mix.rate, layout_, bits, blocks, part_of(progress, 0.0, 0.4))
    room = room_of(masking, nmr_db, layout_)
    found = allocate_bits(room, plan.needed_bits(blocks), layout_)
    if found is None:
        fits = int(cells.bits_of(room.levels(), layout_).sum()) // 8
        raise ParameterError(
            f"{most_bytes} bytes do not fit: at {nmr_db:g} dB beside the masked threshold this mix takes about "
            f"{fits} bytes, {plan.needed_bits(blocks) // 8} are needed with their framing; encode at a lower rate"
        )
    levels, reached_db = found
    progress(0.4, "making room")
    start, gain = _with_headroom(original, levels, room.usable, layout_, bits, part_of(progress, 0.4, 1.0))
    capacity = int(cells.bits_of(levels, layout_)[start.used].sum())
    audio = pcm.to_audio(start.host, mix.rate, bits)
    gain_db = 20 * float(np.log10(gain))
    progress(1.0, "room made")
    return Prepared(mix, audio, bits, plan, reached_db, capacity, gain_db, start, masking)


def _sending(total: int, mix: Audio, head_bytes: int, head_every_s: float) -> framing.Plan:
    """Chunks short enough to last half a second."""
    chunk = int(CHUNK_S * total / max(mix.duration_s, CHUNK_S))
    chunk = min(max(chunk, framing.LEAST_CHUNK_BYTES), framing.CHUNK_BYTES)
    every = max(round(head_every_s * mix.rate / layout(mix.rate).bins), 1)
    return framing.Plan(total, chunk, head_bytes, every)


def _with_headroom(
    original: Whole, levels: Levels, usable: Used, plan: Layout, bits: int, progress: Progress
) -> tuple[_Start, float]:
    """The host of integers (N, C), turned down so far that no bits push it beyond full scale, and that gain."""
    gain = 1.0
    for _ in range(TRIES):
        mix = original if gain == 1 else np.rint(original * gain).astype(np.int32)
        start = _start(mix, levels, usable, plan, progress)
        wanted = _gain_for(start, plan, bits)
        if wanted >= 1:
            return start, gain
        gain *= wanted
        if gain < LEAST_GAIN:
            break
    raise ParameterError(TOO_LOUD)


def _start(mix: Whole, levels: Levels, usable: Used, plan: Layout, progress: Progress) -> _Start:
    """Empty the cells of a mix (N, C); blocks whose header is right by chance count as used, with no bits."""
    coefficients = reversible.forward(mix, plan.bins, part_of(progress, 0.0, 0.5))
    used = usable | cells.read_levels(coefficients, plan)[1]
    coefficients = cells.host_of(coefficients, levels, used, plan)
    inside = reversible.inverse(coefficients, part_of(progress, 0.5, 1.0))
    return _Start(mix, np.concatenate([inside, mix[len(inside) :]]), coefficients, levels, used)


def _gain_for(start: _Start, plan: Layout, bits: int) -> float:
    """Gain, at most 1, at which no bits can push a sample of the host beyond full scale."""
    host, levels, used, block = start.host, start.levels, start.used, plan.bins
    moved = noise_variances() / 2
    variance = (moved[levels] * np.diff(plan.starts)).sum(axis=-1) / block
    variance[1:-1] = np.maximum(variance[1:-1], np.maximum(variance[2:], variance[:-2]))
    near = used.copy()
    near[1:] |= used[:-1]
    near[:-1] |= used[1:]
    room = 2.0 ** (bits - 1) - 1 - np.where(near, PEAK_SIGMAS * np.sqrt(variance) + ROUNDING_PEAK, 0)
    peaks = np.abs(host[: len(levels) * block].reshape(len(levels), block, -1)).max(axis=1)
    if np.all((peaks <= room) | ~near):
        return 1.0
    return float((room / np.maximum(peaks, 1))[near].min()) * (1 - 2.0**-14)


def embed(prepared: Prepared, payload: bytes, progress: Progress = silent_progress) -> Hidden:
    """Put a payload of at most `prepared.most_bytes` into a prepared mix."""
    if not 0 < len(payload) <= prepared.most_bytes:
        raise ParameterError(
            f"{len(payload)} bytes are to be hidden where 1 to {prepared.most_bytes} were prepared for; prepare again"
        )
    plan = replace(prepared.plan, total=len(payload))
    layout_ = layout(prepared.mix.rate)
    full = 1 << (prepared.bits - 1)
    start = prepared._start
    counts = cells.bits_of(start.levels, layout_)[start.used]
    begins, blocks = np.cumsum(counts) - counts, np.nonzero(start.used)[0]
    for salt in range(TRIES):
        progress(0.0, "hiding the bytes")
        bits = framing.fill(payload, plan, begins, blocks, prepared.capacity_bits, salt)
        marked = cells.write(start.coefficients, start.levels, start.used, bits, layout_)
        inside = reversible.inverse(marked, part_of(progress, 0.2, 0.6))
        samples = np.concatenate([inside, start.host[len(inside) :]])
        if samples.min() >= -full and samples.max() < full:
            break
    else:
        raise ParameterError(TOO_LOUD)
    progress(0.7, "measuring what is heard")
    audio = pcm.to_audio(samples, prepared.mix.rate, prepared.bits)
    report = report_of(start.mix, samples, prepared._masking, bins=layout_.bins, bits=prepared.bits)
    progress(1.0, "hidden")
    return Hidden(audio, prepared.host, report, 8 * len(payload), prepared.capacity_bits, prepared.gain_db)


def hide(
    mix: Audio,
    payload: bytes,
    bits: int = 16,
    *,
    head_bytes: int = 0,
    head_every_s: float = HEAD_EVERY_S,
    nmr_db: float = MOST_NMR_DB,
    progress: Progress = silent_progress,
) -> Hidden:
    """Hide a payload that does not depend on the marked mix; see `hide_self_consistent` for one that does."""
    prepared = prepare(
        mix,
        len(payload),
        bits,
        head_bytes=head_bytes,
        head_every_s=head_every_s,
        nmr_db=nmr_db,
        progress=part_of(progress, 0.0, 0.6),
    )
    return embed(prepared, payload, part_of(progress, 0.6, 1.0))


def hide_self_consistent(
    mix: Audio,
    encode: Callable[[Audio], bytes],
    most_bytes: int,
    bits: int = 16,
    *,
    head_bytes: int = 0,
    head_every_s: float = HEAD_EVERY_S,
    nmr_db: float = MOST_NMR_DB,
    progress: Progress = silent_progress,
) -> Hidden:
    """Hide what `encode` makes of the host, which the reader of the bits will have, too; no iteration is needed.

    most_bytes: reserved for what `encode` returns; the noise is spread for this size.
    """
    prepared = prepare(
        mix,
        most_bytes,
        bits,
        head_bytes=head_bytes,
        head_every_s=head_every_s,
        nmr_db=nmr_db,
        progress=part_of(progress, 0.0, 0.3),
    )
    return embed(prepared, encode(prepared.host), part_of(progress, 0.7, 1.0))

"""Finding bytes that were hidden in samples: all that is whole in this copy, from any cut of the marked song."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.informed.watermark import cells, framing, pcm, reversible
from unbraid.core.informed.watermark.layout import LEAST_RATE, MOST_RATE, layout
from unbraid.core.informed.watermark.search import find_offset
from unbraid.core.progress import Progress, part_of, silent_progress

MOST_BITS = 10 * framing.MOST_BYTES
"""What is read at most: the longest payload with its framing."""


@dataclass(frozen=True, eq=False)
class Revealed:
    """What was found in a copy of a marked mix.

    data: the payload, with zeros where it is missing: ranges of bytes (start, stop). start: the sample of the marked
    song at which this copy begins; below 0 where something was put before it. host: the mix without bits, which the
    payload was coded against: the encoder's, except within three blocks of a cut.
    """

    data: bytes
    missing: tuple[tuple[int, int], ...]
    start: int
    bits: int
    host: Audio

    @property
    def payload(self) -> bytes | None:
        """All bytes, or None where some are missing."""
        return None if self.missing else self.data


def find(
    audio: Audio, bits: int | None = None, progress: Progress = silent_progress, *, cuts: bool = True
) -> Revealed | None:
    """The bytes hidden in the samples, as far as they are whole, or None where there are none.

    bits: 16 or 24 where it is known; samples of 16 bits may be in a file of 24.
    cuts: also look where the start may have been cut off, which takes seconds where nothing is hidden.
    """
    if bits not in (None, *pcm.DEPTHS):
        raise ParameterError(f"bits are hidden in samples of 16 or 24 bits, not {bits}; leave it out to find out")
    if not LEAST_RATE <= audio.rate <= MOST_RATE:
        return None
    depth = bits or pcm.depth_of(audio)
    whole = None if depth is None else pcm.to_integers(audio, depth)
    if whole is None or depth is None:
        return None
    plan = layout(audio.rate)
    progress(0.1, "looking for hidden bytes")
    offset = find_offset(whole, plan, cuts=cuts)
    if offset is None:
        return None
    coefficients = reversible.forward(whole[offset:], plan.bins, part_of(progress, 0.3, 0.6))
    levels, used = cells.read_levels(coefficients, plan)
    found, begins, blocks = cells.read(coefficients, levels, used, plan, MOST_BITS)
    chunks = list(framing.find_chunks(found))
    if not chunks:
        return None
    progress(0.7, "restoring the mix")
    emptied = cells.host_of(coefficients, levels, used, plan)
    inside = reversible.inverse(emptied, part_of(progress, 0.7, 1.0))
    host = np.concatenate([whole[:offset], inside, whole[offset + len(inside) :]])
    shifts = [chunk.block - blocks[np.searchsorted(begins, bit, side="right") - 1] for bit, chunk in chunks]
    start = int(np.median(shifts)) * plan.bins - offset
    data, missing = framing.assemble([chunk for _, chunk in chunks])
    progress(1.0, "hidden bytes found")
    return Revealed(data, missing, start, depth, pcm.to_audio(host, audio.rate, depth))


def reveal(audio: Audio, bits: int | None = None, progress: Progress = silent_progress) -> bytes | None:
    """The whole payload hidden in the samples, or None where there is none or not all of it."""
    found = find(audio, bits, progress)
    return None if found is None else found.payload

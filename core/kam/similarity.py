"""The most similar frames of every frame: cosine similarity on logarithmic bands, a few hundred rows at a time.

Rafii and Pardo, "Music/voice separation using the similarity matrix", ISMIR 2012. Bands instead of bins cost a
thirtieth and find the same neighbours; the T x T matrix never exists.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.cpu import coarse_threads
from unbraid.core.kam.peaks import search
from unbraid.core.progress import Progress, silent_progress

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int32]

SHARPNESS = 10.0
"""How far above the mean level a band's level grows like its amplitude rather than like its logarithm: 1 / 10 of it."""

ROUNDING = 1e-6
"""Mean level, per band, below which a frame does not differ from the mean."""

ROWS = 512
"""Frames compared with all others at a time: 21 MB for four minutes."""


@dataclass(frozen=True)
class Likeness:
    """What counts as similar.

    count: neighbours of a frame at most, itself among them. distance: frames between two neighbours at least.
    threshold: least cosine similarity. context: frames before and after that are compared along with a frame.
    reach: frames further away than this (and a block) are not looked at, so that long recordings cost no more than in
    proportion; 0 looks at all.
    """

    count: int = 25
    distance: int = 43
    threshold: float = 0.0
    context: int = 0
    reach: int = 0


def band_features(V: Floats, freqs_hz: npt.NDArray[np.floating], *, bands: int = 64, low_hz: float = 60.0) -> Floats:
    """Levels in logarithmic bands without their mean over time, (T, B), each frame of unit length or zero.

    V: (F, T) magnitudes. freqs_hz: (F,) of the bins. The level is log(1 + 10 a / mean a) of the band's RMS a, so that
    the loudest partials do not decide alone; without the mean, frames that share nothing but the sound of the song are
    not alike.
    """
    edges = band_edges(freqs_hz, bands, low_hz)
    widths = np.diff(np.append(edges, len(freqs_hz))).astype(np.float32)
    out = np.empty((V.shape[1], len(edges)), np.float32)
    peak = float(V.max(initial=0.0)) or 1.0
    for a in range(0, V.shape[1], ROWS):
        block = np.ascontiguousarray(V[:, a : a + ROWS].T) / np.float32(peak)
        out[a : a + ROWS] = np.sqrt(np.add.reduceat(np.square(block, out=block), edges, axis=1) / widths)
    out *= np.float32(SHARPNESS / (float(out.mean(dtype=np.float64)) or 1.0))
    np.log1p(out, out=out)
    out -= out.mean(axis=0, dtype=np.float64).astype(np.float32)
    return _unit_rows(out)


def _unit_rows(rows: Floats) -> Floats:
    """Rows (T, B) over their length; what is only rounding becomes zero."""
    norms = np.sqrt(np.einsum("tb,tb->t", rows, rows))
    norms[norms < ROUNDING * rows.shape[1]] = np.inf
    return np.asarray(rows / norms[:, None], np.float32)


def band_edges(freqs_hz: npt.NDArray[np.floating], bands: int, low_hz: float) -> npt.NDArray[np.int64]:
    """First bins of at most `bands` logarithmic bands from `low_hz` to the last bin, each at least one bin wide."""
    first = min(int(np.searchsorted(freqs_hz, low_hz)), len(freqs_hz) - 1)
    ideal = np.geomspace(max(first, 1), len(freqs_hz), bands + 1)[:-1]
    return np.unique(np.minimum(ideal.astype(np.int64), len(freqs_hz) - 1))


def with_context(features: Floats, context: int) -> Floats:
    """Frames stacked with up to four others within `context` frames under a raised cosine, (T, 5 B), unit length.

    features: (T, B). The cosine between two rows is then that of two short passages, which a voice over one of them
    disturbs less; frames overlap, so every second or third is enough.
    """
    if context == 0:
        return features
    frames, bands = features.shape
    offsets = range(-context, context + 1, max(1, context // 2))
    stacked = np.zeros((frames, len(offsets), bands), np.float32)
    for place, offset in enumerate(offsets):
        weight = np.float32(math.cos(0.5 * math.pi * offset / (context + 1)))  # its square is the raised cosine
        first, last = max(0, -offset), min(frames, frames - offset)
        if first < last:
            stacked[first:last, place] = weight * features[first + offset : last + offset]
    return _unit_rows(stacked.reshape(frames, -1))


def similar_frames(
    features: Floats, likeness: Likeness, *, progress: Progress = silent_progress
) -> tuple[Index, Index]:
    """The frames most similar to each frame, best first, and how many there are.

    features: (T, B) of unit length. Returns (T, k) frame numbers, filled with -1, and the counts (T,), both int32; the
    frame itself is the first of its neighbours. Taking the best again and again with a distance finds more and better
    neighbours than local maxima of the similarity do (3.5 against 2.7 dB on excerpts of 4 to 18 s, docs/quality.md).
    """
    features = with_context(features, likeness.context)
    frames = len(features)
    count = max(1, min(likeness.count, frames))
    index = np.full((frames, count), -1, np.int32)
    counts = np.zeros(frames, np.int32)
    fill = search()

    def rows(start: int) -> None:
        stop = min(start + ROWS, frames)
        reach = likeness.reach or frames
        first, last = max(0, start - reach), min(frames, stop + reach)
        similarity = features[start:stop] @ features[first:last].T
        found = index[start:stop]
        fill(similarity, start - first, max(1, likeness.distance), likeness.threshold, found, counts[start:stop])
        found[found >= 0] += first

    starts = range(0, frames, ROWS)
    for done in range(0, len(starts), 4):
        progress(done / len(starts), "comparing frames")
        coarse_threads(rows, starts[done : done + 4])
    return index, counts

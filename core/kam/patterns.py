"""Kernels whose neighbours lie in the same pattern around every place: lines, crosses, slopes, drawings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError
from unbraid.core.kam.kernels import Cross, Diagonal, Drawn, Horizontal, Vertical
from unbraid.core.kam.neighbours import Index, Neighbourhood, check_count, joined, pattern
from unbraid.core.kam.surroundings import Floats, Surroundings
from unbraid.core.separation.guide import DrawnKernel


def vertical(kernel: Vertical, song: Surroundings) -> Neighbourhood:
    """Bins above and below."""
    bins = _to_either_side(song.half_bins(kernel.height_hz))
    return pattern(np.zeros_like(bins), bins, _weights(bins, kernel.profile), song.frames)


def horizontal(kernel: Horizontal, song: Surroundings) -> Neighbourhood:
    """Frames before and after."""
    frames = _to_either_side(song.half_frames(kernel.length_s))
    return pattern(frames, np.zeros_like(frames), _weights(frames, kernel.profile), song.frames)


def cross(kernel: Cross, song: Surroundings) -> Neighbourhood:
    """Bins above and below and frames before and after."""
    line = Horizontal(kernel.length_s, kernel.profile), Vertical(kernel.height_hz, kernel.profile)
    return joined([horizontal(line[0], song), vertical(line[1], song)])


def diagonal(kernel: Diagonal, song: Surroundings) -> Neighbourhood:
    """Places before and after along a slope."""
    frames = _to_either_side(song.half_frames(kernel.length_s))
    weights = _weights(frames, kernel.profile)
    slopes = {kernel.slope, -kernel.slope} if kernel.both else {kernel.slope}
    return joined([_line(frames, slope, kernel.unit, weights, song) for slope in sorted(slopes)])


def _line(frames: Index, slope: float, unit: str, weights: Floats | None, song: Surroundings) -> Neighbourhood:
    """Places along one slope; beyond the ends of the spectrum the line is mirrored."""
    seconds = frames * song.frame_s
    none = np.zeros_like(frames)
    if unit == "Hz/s":
        far = 2.0 * song.bins
        bins = np.clip(np.rint(slope * seconds / song.bin_hz), -far, far).astype(np.int32)
        return pattern(frames, bins, weights, song.frames)
    ratios = np.exp2(np.clip(slope * seconds, -20.0, 20.0))
    places = np.rint(ratios[:, None] * np.arange(song.bins)).astype(np.int64)
    return pattern(frames, none, weights, song.frames, maps=mirrored_bins(places, song.bins))


def drawn(kernel: Drawn, song: Surroundings) -> Neighbourhood:
    """The drawn places, as bins and frames; of several that fall onto one the greatest weight counts."""
    given = kernel if kernel.offsets_s else _drawn_by(song, kernel.target)
    frames = np.rint(np.array(given.offsets_s) / song.frame_s).astype(np.int64)
    bins = np.rint(np.array(given.offsets_hz) / song.bin_hz).astype(np.int64)
    if not frames.any() and not bins.any():
        raise ParameterError(
            f"the drawn kernel is a single place at this transform, with bins every {song.bin_hz:.3g} Hz and frames "
            f"every {song.frame_s:.3g} s: draw it wider"
        )
    bins = np.clip(bins, -2 * song.bins, 2 * song.bins)
    places = np.stack([frames, bins], axis=1)
    unique, inverse = np.unique(places, axis=0, return_inverse=True)
    weights = np.zeros(len(unique), np.float32)
    np.maximum.at(weights, inverse.reshape(-1), np.array(given.weights, np.float32) / np.float32(max(given.weights)))
    equal = bool(np.all(weights == weights[0]))
    return pattern(
        unique[:, 0].astype(np.int32), unique[:, 1].astype(np.int32), None if equal else weights, song.frames
    )


def _drawn_by(song: Surroundings, target: str) -> DrawnKernel:
    """The guide's pattern of this target."""
    for candidate in song.guide.kernels:
        if (not target or candidate.target == target) and candidate.offsets_s:
            return candidate
    whose = f" for {target}" if target else ""
    raise ParameterError(f"there is no drawn kernel{whose}: draw one, or give offsets and weights")


def _to_either_side(half: int) -> Index:
    check_count(2 * half + 1)
    return np.arange(-half, half + 1, dtype=np.int32)


def _weights(offsets: Index, profile: str) -> Floats | None:
    """Weights of offsets -h to h: None for flat, (1 - |offset / (h + 1)|^3)^3 for tricube."""
    if profile == "flat":
        return None
    tau = np.abs(offsets) / (np.abs(offsets).max() + 1.0)
    return np.asarray((1 - tau**3) ** 3, np.float32)


def mirrored_bins(places: npt.NDArray[np.int64], bins: int) -> Index:
    """Places of any number folded into 0 to bins - 1, as if mirrored at both ends."""
    if bins == 1:
        return np.zeros(places.shape, np.int32)
    around = np.abs(places) % (2 * (bins - 1))
    return np.asarray(np.minimum(around, 2 * (bins - 1) - around), np.int32)

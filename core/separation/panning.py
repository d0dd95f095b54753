"""Where in the stereo image a time-frequency bin lies, and how far its channels are in phase."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.stft import Spectrum

Floats = npt.NDArray[np.float32]


def pan_position(spectrum: Spectrum) -> Floats:
    """Position of every bin, (F, T), from -1 (left only) over 0 (equal) to 1 (right only); 0 where both are silent.

    spectrum: (F, T, 2). The position is linear in the angle of a constant-power pan pot, atan2(|R|, |L|): a source
    panned with gains cos(a), sin(a) lies at a / (pi / 4) - 1 (azimuth of Avendano, WASPAA 2003, made linear).
    """
    left, right = np.abs(spectrum[:, :, 0]), np.abs(spectrum[:, :, 1])
    angle = np.arctan2(right, left)  # 0 where both are zero
    angle -= np.float32(np.pi / 4)
    angle *= np.float32(4 / np.pi)
    angle[(left == 0) & (right == 0)] = 0
    return angle


def phase_agreement(spectrum: Spectrum) -> Floats:
    """Cosine of the phase between the channels, (F, T): 1 in phase, -1 out of phase; 1 where a channel is silent.

    spectrum: (F, T, 2).
    """
    left, right = spectrum[:, :, 0], spectrum[:, :, 1]
    size = np.abs(left) * np.abs(right)
    alone = size == 0
    size[alone] = 1
    cosine = left.real * right.real
    cosine += left.imag * right.imag
    cosine /= size
    cosine[alone] = 1
    return np.clip(cosine, -1, 1, out=cosine)


def window_of(distance: Floats, half_width: float, slope: float) -> Floats:
    """1 up to `half_width`, 0 from `half_width + slope`, a raised cosine between; any unit, `distance` >= 0."""
    if slope <= 0:
        return (distance <= half_width).astype(np.float32)
    place = np.clip((distance - np.float32(half_width)) / np.float32(slope), 0, 1)
    return np.asarray(0.5 + 0.5 * np.cos(np.float32(np.pi) * place), np.float32)


def pan_mask(spectrum: Spectrum, position: float, *, width: float, slope: float, phase_degrees: float) -> Floats:
    """Share of what lies around a position, (F, T) from 0 to 1.

    spectrum: (F, T, 2). position: -1 to 1. width: whole range of positions that count fully. slope: range beyond either
    side over which the share falls to nothing. phase_degrees: channels may differ so much in phase, twice that counts
    for nothing; 180 or more: the phase does not matter.
    """
    mask = window_of(np.abs(pan_position(spectrum) - np.float32(position)), width / 2, slope)
    if phase_degrees < 180:
        degrees = np.degrees(np.arccos(phase_agreement(spectrum)))
        mask *= window_of(degrees.astype(np.float32), phase_degrees, phase_degrees)
    return mask

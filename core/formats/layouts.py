"""Orders of loudspeaker channels: ours is WAV's (FL FR FC LFE BL BR SL SR), Vorbis and Opus have another."""

from __future__ import annotations

import numpy as np

from unbraid.core.audio import Samples

VORBIS_ORDER: dict[int, tuple[int, ...]] = {
    3: (0, 2, 1),
    5: (0, 2, 1, 3, 4),
    6: (0, 2, 1, 4, 5, 3),
    7: (0, 2, 1, 5, 6, 4, 3),
    8: (0, 2, 1, 6, 7, 4, 5, 3),
}
"""For each channel of a Vorbis or Opus file, which of ours it is (RFC 7845, section 5.1.1.2)."""

LIBAV_LAYOUT = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1"}
"""Name of the layout that libav has for a number of channels."""


def to_vorbis(block: Samples) -> Samples:
    """Channels (n, I) in the order of a Vorbis or Opus file."""
    order = VORBIS_ORDER.get(block.shape[1])
    return block if order is None else np.ascontiguousarray(block[:, order])


def from_vorbis(block: Samples) -> Samples:
    """Channels (n, I) of a Vorbis or Opus file in our order."""
    order = VORBIS_ORDER.get(block.shape[1])
    return block if order is None else np.ascontiguousarray(block[:, np.argsort(order)])

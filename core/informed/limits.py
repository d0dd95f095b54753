"""What a stream may declare; everything is checked against these before memory is asked for."""

from __future__ import annotations

MAX_STEMS = 16
"""Stems that are shown; one hidden one (what mastering added) may come on top."""
MAX_CHANNELS = 32
LEAST_RATE, MOST_RATE = 8_000, 384_000
MAX_SECONDS = 24 * 3600
LEAST_BLOCK = 256
"""Samples of a block, at least."""
MAX_BLOCK_SECONDS = 60
MAX_BLOCKS = 1 << 18
MAX_PAYLOAD = 1 << 20
"""Bytes of one packet's payload."""
MAX_PARTS = 64
"""Packets that one payload may be cut into."""
MAX_TEXT = 255
"""Bytes of a title, a name or an id."""
MAX_PRINT = 1 << 16
"""Bytes of what recognises the mix."""
MAX_DIGEST = 64
MAX_GAIN_DB = 200.0
MAX_QUALITY_DB = 300.0
MAX_PACKETS = 1 << 20
"""Packets that a reader takes in before it gives the rest up."""
MAX_REPORTED = 1000
"""Places of damage that are told one by one."""

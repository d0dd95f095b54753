"""Exchanging the beginning of a file in place: what follows is moved block by block, so a file needs no second copy."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from unbraid.core import atomic

BLOCK = 1 << 20


def replace_start(path: Path, start: int, stop: int, new: bytes) -> None:
    """Put `new` in place of bytes `start` to `stop` of a temporary file of ours."""
    with atomic.scratch(path, "r+b") as file:
        shift = len(new) - (stop - start)
        end = file.seek(0, 2)
        if shift > 0:
            for at in reversed(range(stop, end, BLOCK)):
                _move(file, at, min(BLOCK, end - at), shift)
        elif shift < 0:
            for at in range(stop, end, BLOCK):
                _move(file, at, min(BLOCK, end - at), shift)
            file.truncate(end + shift)
        file.seek(start)
        file.write(new)


def _move(file: BinaryIO, start: int, size: int, shift: int) -> None:
    """Move bytes by `shift`; blocks come in the order in which none overwrites what is still to be moved."""
    file.seek(start)
    content = file.read(size)
    file.seek(start + shift)
    file.write(content)

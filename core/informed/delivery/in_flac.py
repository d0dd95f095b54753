"""Side-information in FLAC files: APPLICATION blocks behind the other metadata; the frames are moved, not changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from unbraid.core import atomic
from unbraid.core.errors import AudioFileError
from unbraid.core.formats.sniff import sniff
from unbraid.core.formats.splice import replace_start
from unbraid.core.informed.delivery import envelope

APPLICATION = 2
LAST = 0x80
ROOM = (1 << 24) - 1 - 16
"""Bytes of a part: what the 24 bits of a block's length allow, with a little left."""

MAX_BLOCKS = 10_000


@dataclass(frozen=True)
class Block:
    """A metadata block: byte of its header, its kind, bytes of content, and whether it is ours."""

    start: int
    kind: int
    size: int
    ours: bool

    @property
    def end(self) -> int:
        """Byte behind it."""
        return self.start + 4 + self.size


def put(path: Path, payload: bytes) -> None:
    """Add blocks with `payload` to a temporary of ours; each part begins with the application id."""
    last = _blocks(path)[-1]
    bodies = envelope.parts(payload, ROOM)
    heads = [bytes([APPLICATION]) + len(body).to_bytes(3, "big") for body in bodies]
    heads[-1] = bytes([APPLICATION | LAST]) + heads[-1][1:]
    replace_start(path, last.end, last.end, b"".join(head + body for head, body in zip(heads, bodies, strict=True)))
    _mark(path, last, is_last=False)


def get(file: BinaryIO, start: int) -> Iterator[bytes]:
    """Parts in a file whose FLAC stream begins at byte `start`."""
    for block in _walk(file, start):
        if block.ours:
            file.seek(block.start + 4)
            yield file.read(block.size)


def drop(path: Path) -> None:
    """Take our blocks out of a temporary of ours."""
    blocks = _blocks(path)
    kept = [block for block in blocks if not block.ours]
    if len(kept) == len(blocks):
        return
    for block in reversed(blocks):
        if block.ours:
            replace_start(path, block.start, block.end, b"")
    last = _blocks_before(path, len(kept))
    _mark(path, last, is_last=True)


def _blocks(path: Path) -> list[Block]:
    """All metadata blocks; refuses a header that breaks off."""
    with path.open("rb") as file:
        blocks = list(_walk(file, sniff(path).start))
        complete = _is_complete(file, blocks)
    if not complete:
        raise AudioFileError("the FLAC header is incomplete or damaged; get the file again")
    return blocks


def _blocks_before(path: Path, count: int) -> Block:
    """The block that is now the `count`th; the flag of the last one may be missing meanwhile."""
    with path.open("rb") as file:
        for number, block in enumerate(_walk(file, sniff(path).start), start=1):
            if number == count:
                return block
    raise AudioFileError("the FLAC header is incomplete or damaged; get the file again")


def _is_complete(file: BinaryIO, blocks: list[Block]) -> bool:
    """Whether the walk reached the block that says it is the last one, inside the file."""
    if not blocks or blocks[0].kind != 0 or blocks[0].ours:
        return False
    file.seek(blocks[-1].start)
    flag = file.read(1)
    return bool(flag) and bool(flag[0] & LAST) and blocks[-1].end <= file.seek(0, 2)


def _walk(file: BinaryIO, start: int) -> Iterator[Block]:
    """Metadata blocks up to the one marked as last, or as far as they make sense."""
    length = file.seek(0, 2)
    file.seek(start)
    if file.read(4) != b"fLaC":
        return
    position = start + 4
    for _ in range(MAX_BLOCKS):
        file.seek(position)
        head = file.read(8)
        if len(head) < 4 or head[0] == 0xFF:
            return
        size = int.from_bytes(head[1:4], "big")
        if position + 4 + size > length:
            return
        kind = head[0] & 0x7F
        block = Block(position, kind, size, kind == APPLICATION and size >= 4 and head[4:8] == envelope.ID)
        yield block
        if head[0] & LAST:
            return
        position = block.end


def _mark(path: Path, block: Block, *, is_last: bool) -> None:
    """Set or clear the flag of the last block."""
    with atomic.scratch(path, "r+b") as file:
        file.seek(block.start)
        file.write(bytes([block.kind | (LAST if is_last else 0)]))

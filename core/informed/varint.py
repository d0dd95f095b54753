"""Whole numbers in as few bytes as they need, and a cursor that never reads past the end.

Seven bits a byte, the lowest first, the top bit set on all but the last. The shortest form is the only one.
"""

from __future__ import annotations

from dataclasses import dataclass

from unbraid.core.errors import BitstreamError

MAX_BITS = 42
"""Longest number, 6 bytes: 24 hours of samples at 384 kHz need 36 bits."""


def varint(number: int) -> bytes:
    """The bytes of a number of 0 to 2^42 - 1."""
    if not 0 <= number < 1 << MAX_BITS:
        raise ValueError(f"{number} does not fit in {MAX_BITS} bits")
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def signed_varint(number: int) -> bytes:
    """The bytes of a number that may be negative: 0, -1, 1, -2, 2 ... are written as 0, 1, 2, 3, 4 ..."""
    return varint(2 * number if number >= 0 else -2 * number - 1)


def unsigned(number: int) -> int:
    """The signed number that a plain one stands for."""
    return number >> 1 if number & 1 == 0 else -(number + 1 >> 1)


@dataclass
class Cursor:
    """A place in bytes that moves on as they are read; what is not there is a `BitstreamError`."""

    data: bytes
    place: int = 0

    @property
    def left(self) -> int:
        """Bytes that have not been read."""
        return len(self.data) - self.place

    def byte(self) -> int:
        """One byte."""
        return self.take(1)[0]

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        if count > self.left:
            raise BitstreamError(f"{count} bytes were announced where {self.left} are left: the data is damaged")
        self.place += count
        return self.data[self.place - count : self.place]

    def varint(self) -> int:
        """A number of 0 to 2^42 - 1."""
        number, shift = 0, 0
        while shift < MAX_BITS:
            byte = self.byte()
            number |= (byte & 127) << shift
            if byte < 128:
                if byte == 0 and shift > 0:
                    raise BitstreamError("a number is not in its shortest form: the data is damaged")
                return number
            shift += 7
        raise BitstreamError(f"a number of more than {MAX_BITS} bits: the data is damaged")

    def signed(self) -> int:
        """A number that may be negative."""
        return unsigned(self.varint())

    def sized(self, most: int, what: str) -> bytes:
        """As many bytes as a number before them says, `most` at the most."""
        count = self.varint()
        if count > most:
            raise BitstreamError(f"{what} of {count} bytes, {most} are allowed: the data is damaged")
        return self.take(count)

"""Spectrograms of the sources as sums of components: a dictionary of spectra for the song, activations for each block.

The power of source j in band b and frame t is v = (sum over its components k of W_bk H_tk)^2 (Liutkus et al., Signal
Processing 92(8), 2012, with components that belong to one source each, and amplitudes that add). W and H are levels
(levels.py): integers that are entropy-coded (ntf_coding.py). Syntax: docs/bitstream.md, "NTF".
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import BitstreamError, ParameterError
from unbraid.core.informed import limits, range_coder
from unbraid.core.informed.parametric import levels, ntf_coding
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.parametric.ntf_kernels import add_powers
from unbraid.core.informed.parametric.ntf_start import ACTIVATIONS, TEMPLATES

Doubles = npt.NDArray[np.float64]
Indices = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]

MOST_COMPONENTS = 1024
"""Of all sources together."""
MOST_SOURCES = limits.MAX_STEMS + 1
MOST_NAME_BYTES = 64
NAMED = 1
HEAD = struct.Struct("<BBhBB")
"""Flags, step and first level in semitones, greatest index of the templates and of the activations."""


@dataclass(frozen=True, eq=False)
class NtfDictionary:
    """What holds for the whole song.

    grid: bands and frames. source (K,): the source of each component, ascending. templates (B, K): levels of W, the
    greatest index stands for 1. typical (K,): level at which each component is expected when it begins. step: semitones
    from one level to the next (levels.py). first: semitones of level 1 of the activations. most: greatest index of the
    activations. sources: J. names: of the components, none or K.
    """

    grid: Grid
    sources: int
    source: Integers
    templates: Indices
    typical: Indices
    step: int
    first: int
    most_template: int
    most: int
    names: tuple[str, ...] = ()

    @property
    def components(self) -> int:
        """Components of all sources, K."""
        return len(self.source)

    @property
    def template_values(self) -> Doubles:
        """W, (B, K), exact."""
        first = -self.step * (self.most_template - 1)
        return levels.table(self.step, first, self.most_template)[self.templates]

    @property
    def activation_table(self) -> Doubles:
        """Values of the levels of the activations, (most + 1,)."""
        return levels.table(self.step, self.first, self.most)

    def write(self) -> bytes:
        """The dictionary as bytes, without the grid."""
        if self.components > MOST_COMPONENTS or (self.names and len(self.names) != self.components):
            raise ParameterError(f"a dictionary has up to {MOST_COMPONENTS} components and as many names or none")
        head = HEAD.pack(NAMED if self.names else 0, self.step, self.first, self.most_template, self.most)
        counts = np.bincount(self.source, minlength=self.sources).astype("<u2").tobytes()
        names = b"".join(_name(name) for name in self.names)
        tops = np.full(self.components, self.most_template)
        table = _written(self.templates, self.most_template, TEMPLATES, tops)
        return head + counts + self.typical.tobytes() + names + table

    @classmethod
    def read(cls, data: bytes, grid: Grid, sources: int) -> NtfDictionary:
        """The dictionary that `write` wrote; BitstreamError when it is damaged."""
        if not 1 <= sources <= MOST_SOURCES or len(data) < HEAD.size + 2 * sources:
            raise BitstreamError(f"the dictionary of {sources} sources is cut short: it has {len(data)} bytes")
        flags, step, first, most_template, most = HEAD.unpack_from(data)
        _check_head(flags, step, first, most_template, most)
        counts = np.frombuffer(data, "<u2", sources, HEAD.size).astype(np.int64)
        K, place = int(counts.sum()), HEAD.size + 2 * sources
        if K > MOST_COMPONENTS or len(data) < place + K:
            raise BitstreamError(f"the dictionary says it has {K} components; up to {MOST_COMPONENTS} that are there")
        typical = np.frombuffer(data, np.uint8, K, place).copy()
        if K and not 1 <= typical.min() <= typical.max() <= most:
            raise BitstreamError(f"levels of the dictionary are 1 to {most}, not {typical.min()} to {typical.max()}")
        names, place = _names(data, place + K, K if flags & NAMED else 0)
        tops = np.full(K, most_template)
        templates = _read(data[place:], (grid.bands, K), most_template, TEMPLATES, tops, "dictionary")
        source = np.repeat(np.arange(sources), counts)
        return cls(grid, sources, source, templates, typical, step, first, most_template, most, names)


@dataclass(frozen=True, eq=False)
class NtfBlock:
    """Activations of one block of time: levels (T, K)."""

    activations: Indices


def write_block(dictionary: NtfDictionary, block: NtfBlock) -> bytes:
    """A block as bytes; it is decoded without any other block."""
    return _written(block.activations, dictionary.most, ACTIVATIONS, dictionary.typical)


def read_block(dictionary: NtfDictionary, payload: bytes, frames: int) -> NtfBlock:
    """The block of so many frames that `write_block` wrote; BitstreamError when it is damaged."""
    if not 0 <= frames <= dictionary.grid.block_frames + 1:
        raise BitstreamError(f"a block has up to {dictionary.grid.block_frames + 1} frames, not {frames}")
    shape = (frames, dictionary.components)
    return NtfBlock(_read(payload, shape, dictionary.most, ACTIVATIONS, dictionary.typical, "block"))


def powers(dictionary: NtfDictionary, block: NtfBlock) -> Doubles:
    """Powers v (B, T, J) of the sources, the same bits on every machine; zero where no component is heard.

    The unit is |STFT|^2, mean over the channels, of the grid's transform of samples within 1.
    """
    H = dictionary.activation_table[block.activations]
    out = np.zeros((dictionary.grid.bands, len(H), dictionary.sources))
    add_powers(np.ascontiguousarray(dictionary.template_values), np.ascontiguousarray(H), dictionary.source, out)
    return out


Parameters = tuple[NtfDictionary, list[NtfBlock]]


def selected(parameters: Parameters, components: Sequence[int]) -> Parameters:
    """The parameters with these components only, in the order of their sources."""
    dictionary, blocks = parameters
    order = sorted(components, key=lambda k: (int(dictionary.source[k]), k))
    kept = replace(
        dictionary, source=dictionary.source[order], templates=dictionary.templates[:, order],
        typical=dictionary.typical[order], names=tuple(dictionary.names[k] for k in order) if dictionary.names else (),
    )  # fmt: skip
    return kept, [NtfBlock(block.activations[:, order]) for block in blocks]


def without_components(parameters: Parameters, muted: Iterable[int]) -> Parameters:
    """The parameters without some components: what they told of the mix goes to the sources that remain there."""
    gone = set(muted)
    return selected(parameters, [k for k in range(parameters[0].components) if k not in gone])


def moved(parameters: Parameters, components: Iterable[int], source: int) -> Parameters:
    """The parameters with these components given to another source."""
    dictionary, blocks = parameters
    if not 0 <= source < dictionary.sources:
        raise ParameterError(f"sources are 0 to {dictionary.sources - 1}, not {source}")
    owners = dictionary.source.copy()
    owners[list(components)] = source
    return selected((replace(dictionary, source=owners), blocks), range(dictionary.components))


def renamed(parameters: Parameters, names: Sequence[str]) -> Parameters:
    """The parameters with names for their components."""
    dictionary, blocks = parameters
    return replace(dictionary, names=tuple(names)), blocks


def _written(table: Indices, top: int, start: npt.ArrayLike, typical: npt.ArrayLike) -> bytes:
    values = table.astype(np.int64)
    out = np.zeros(64 + values.size * (top + 8), np.uint8)
    models, state = ntf_coding.fresh(start), ntf_coding.silent_state(typical)
    length = ntf_coding.write_levels(values, top, models, state, range_coder.writer(), out)
    return out[:length].tobytes()


def _read(
    data: bytes, shape: tuple[int, int], top: int, start: npt.ArrayLike, typical: npt.ArrayLike, what: str
) -> Indices:
    values = np.zeros(shape, np.int64)
    models, state = ntf_coding.fresh(start), ntf_coding.silent_state(typical)
    stream = np.frombuffer(data, np.uint8)
    if ntf_coding.read_levels(values, top, models, state, range_coder.reader(), stream):
        raise BitstreamError(f"the {what} of the parametric layer is damaged: its levels do not decode")
    return values.astype(np.uint8)


def _check_head(flags: int, step: int, first: int, most_template: int, most: int) -> None:
    least, greatest = levels.STEPS
    if flags & ~NAMED:
        raise BitstreamError(f"the dictionary has unknown flags ({flags}); a newer program may read it")
    if not (least <= step <= greatest and abs(first) <= levels.MOST_FIRST):
        raise BitstreamError(f"the dictionary has steps of {step} semitones from {first} on, which no program writes")
    if not (1 <= most_template <= levels.MOST_INDEX and 1 <= most <= levels.MOST_INDEX):
        raise BitstreamError(f"levels are up to {levels.MOST_INDEX}, not {most_template} and {most}")
    if most_template * step > levels.MOST_SPAN or most * step > levels.MOST_SPAN:
        raise BitstreamError(f"levels span up to {levels.MOST_SPAN} semitones; these are {step} apart")


def _name(name: str) -> bytes:
    text = name.encode()[:MOST_NAME_BYTES].decode(errors="ignore").encode()
    return bytes([len(text)]) + text


def _names(data: bytes, place: int, count: int) -> tuple[tuple[str, ...], int]:
    names = []
    for _ in range(count):
        length = data[place] if place < len(data) else MOST_NAME_BYTES + 1
        text = data[place + 1 : place + 1 + length]
        if length > MOST_NAME_BYTES or len(text) < length:
            raise BitstreamError("the names of the components are cut short")
        names.append(text.decode(errors="replace"))
        place += 1 + length
    return tuple(names), place

"""Stems of any stretch of a song from its mix and its side-information: streaming, seekable, block by block.

The parametric layer gives the mean of each stem by the multichannel Wiener filter, the residual layer adds what the
filter missed. Both belong to blocks of some seconds that are decoded by themselves; a block that is lost costs itself:
its stems then share the mix as they do on the average of the blocks beside it.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Samples
from unbraid.core.errors import BitstreamError
from unbraid.core.informed.header import Header, StemEntry
from unbraid.core.informed.parametric.filtering import NoiseOf, estimate
from unbraid.core.informed.parametric.layer import Decoded, Layer, band_covariances, read_layer
from unbraid.core.informed.parametric.spatial import Covariances
from unbraid.core.informed.residual.decoder import Residual
from unbraid.core.informed.residual.lifting import lifted
from unbraid.core.informed.stream import Reader

Doubles = npt.NDArray[np.float64]

KEPT_BLOCKS = 4
DIGEST_BYTES = 16


@dataclass(frozen=True)
class Costs:
    """Bytes of a stream: header, print and dictionary (all copies), parametric blocks, residual blocks, all."""

    common: int
    parametric: int
    residual: int
    total: int


class SideInformation:
    """A stream as it is: what it says, and its models block by block. BitstreamError where it cannot be used."""

    def __init__(self, data: bytes | Path) -> None:
        self.reader = Reader(data)
        header = self.header
        if self.reader.dictionary is None:
            raise BitstreamError("the side-information has lost its dictionary and cannot be used; fetch it again")
        if header.channels > 2:
            raise BitstreamError(f"the side-information is for {header.channels} channels; this Unbraid knows 1 and 2")
        self.layer: Layer = read_layer(self.reader.dictionary, header)
        self.covariances: Covariances = self.layer.places.covariances()
        self._blocks: OrderedDict[int, Decoded] = OrderedDict()
        self.damaged: set[int] = set()
        """Blocks that were asked for and are lost or cannot be read."""
        self.residual = self._residual() if header.has_residual and len(header.stems) > 1 else None

    def _residual(self) -> Residual:
        return Residual(
            self._residual_payload,
            self.lifted_powers,
            band_covariances(self.layer),
            self.layer.grid,
            length=self.header.frames,
        )

    def _residual_payload(self, block: int) -> bytes | None:
        """None also where the powers that it was coded with are lost."""
        payload = self.reader.residual(block)
        if payload:
            self.powers(block)
        return None if block in self.damaged else payload

    @property
    def header(self) -> Header:
        """What the stream says of itself."""
        return self.reader.header

    @property
    def sources(self) -> tuple[StemEntry, ...]:
        """All sources, the hidden remainder too, in the order of the model."""
        return self.header.stems

    @property
    def shown(self) -> tuple[int, ...]:
        """Numbers of the sources that are stems."""
        return tuple(number for number, stem in enumerate(self.sources) if not stem.hidden)

    def powers(self, block: int) -> Doubles:
        """Powers (B, t, J) of a block; of one that is lost, what is usual beside it."""
        return self._block(block)[0]

    def _block(self, block: int) -> Decoded:
        """Powers and covariances of a block; the last ones are kept."""
        if block not in self._blocks:
            found = self._decoded(block)
            if found is None:
                self.damaged.add(block)
                found = self._concealed(block), self.covariances
            self._blocks[block] = found
            while len(self._blocks) > KEPT_BLOCKS:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(block)
        return self._blocks[block]

    def lifted_powers(self, block: int) -> Doubles:
        """Powers of a block as the residual layer takes them."""
        return lifted(self.powers(block))

    def model(self, first: int, last: int) -> list[tuple[Doubles, Covariances]]:
        """Powers and covariances of frames `first` to `last`, in pieces that follow each other."""
        size = self.layer.grid.block_frames
        pieces = []
        final = self.header.blocks - 1
        for block in range(min(first // size, final), min((last - 1) // size, final) + 1):
            a, b = max(first - block * size, 0), last - block * size
            v, R = self._block(block)
            pieces.append((v[:, a : b if block == final else min(b, size)], R))
        return pieces

    def digest(self) -> bytes:
        """Of everything that is decoded from the stream: powers, covariances, numbers of the residual layer."""
        whole = hashlib.sha256(self.covariances.tobytes())
        for block in range(self.header.blocks):
            v, R = self._block(block)
            whole.update(np.ascontiguousarray(v).tobytes())
            whole.update(b"" if np.array_equal(R, self.covariances) else R.tobytes())
            if self.residual is not None:
                whole.update(self._numbers(block))
        return whole.digest()[:DIGEST_BYTES]

    def _numbers(self, block: int) -> bytes:
        """What the residual layer adds in a block, as it was decoded."""
        assert self.residual is not None
        layout = self.residual.layout
        return b"" if layout is None else self.residual.coefficients(block, layout).tobytes()

    def costs(self) -> Costs:
        """Where the bytes go."""
        blocks = range(self.header.blocks)
        parametric = sum(len(self.reader.block(i) or b"") for i in blocks)
        residual = sum(len(self.reader.residual(i) or b"") for i in blocks) if self.header.has_residual else 0
        total = self.reader.size
        return Costs(total - parametric - residual, parametric, residual, total)

    def frames_of(self, block: int) -> int:
        """Frames of a block."""
        return len(self.layer.grid.frames_of_block(block, self.header.frames))

    def _decoded(self, block: int) -> Decoded | None:
        payload = self.reader.block(block)
        if payload is None:
            return None
        try:
            return self.layer.decoded(payload, self.frames_of(block))
        except BitstreamError:
            self.damaged.add(block)
            return None

    def _concealed(self, block: int) -> Doubles:
        """The average of the nearest block that is intact, in each of its frames."""
        blocks = self.header.blocks
        for distance in range(1, blocks):
            for near in (block - distance, block + distance):
                if not 0 <= near < blocks or near in self.damaged:
                    continue
                if (found := self._decoded(near)) is not None:
                    return np.repeat(found[0].mean(axis=1, keepdims=True), self.frames_of(block), axis=1)
        raise BitstreamError("no block of the side-information can be read; fetch it again")


class Decoder:
    """Stems from a mix (N, I) on the encoder's grid: as long as the header says, at its rate and level.

    noise: of a mix that was transcoded since, power by band and frame; the stems then leave the noise to nobody.
    """

    def __init__(self, side: SideInformation, mix: Samples, noise: NoiseOf | None = None) -> None:
        header = side.header
        if mix.shape != (header.frames, header.channels):
            raise BitstreamError(
                f"the side-information is for {header.frames} samples in {header.channels} channels, "
                f"not {mix.shape[0]} in {mix.shape[1]}"
            )
        self.side, self._mix, self._noise = side, mix, noise
        hidden = [number for number, stem in enumerate(side.sources) if stem.hidden]
        self._rest = hidden[0] if hidden else side.layer.loudest

    @property
    def names(self) -> tuple[str, ...]:
        """Of the stems."""
        return tuple(self.side.sources[number].name for number in self.side.shown)

    def samples(
        self, start: int, stop: int, *, rough: bool = False, threads: int | None = None
    ) -> npt.NDArray[np.float32]:
        """The stems (J, stop - start, I) in samples `start` to `stop` of the song; rough: by the filter alone."""
        return self.images(start, stop, rough=rough, threads=threads)[list(self.side.shown)]

    def images(
        self, start: int, stop: int, *, rough: bool = False, threads: int | None = None
    ) -> npt.NDArray[np.float32]:
        """The same with the remainder: all sources of the model, which add up to the mix."""
        rest = None if self._noise is not None else self._rest
        images = estimate(
            self._mix, self.side.layer.grid, self.side.model, start=start, stop=stop, rest=rest,
            noise=self._noise, threads=threads,
        )  # fmt: skip
        if self.side.residual is not None and not rough:
            images += self.side.residual.samples(start, stop)
        return images

"""The parametric layer as the stream holds it: grid, places of the sources, and one of two models of their powers."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import BitstreamError
from unbraid.core.informed.header import Header
from unbraid.core.informed.parametric import image, image_coding, ntf
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.parametric.grid_coding import SIZE, read_grid, write_grid
from unbraid.core.informed.parametric.image import ImageModel
from unbraid.core.informed.parametric.ntf import NtfDictionary
from unbraid.core.informed.parametric.spatial import MAX_BANDS, Covariances, Places, spatial_band
from unbraid.core.informed.parametric.spatial_coding import read_places, write_places

Doubles = npt.NDArray[np.float64]

Decoded = tuple[Doubles, Covariances]
"""Powers and covariances of a block."""

_PLACES = struct.Struct("<BH")
"""Spatial bands, bytes of the places."""


@dataclass(frozen=True, eq=False)
class NtfLayer:
    """Powers as sums of components."""

    grid: Grid
    places: Places
    dictionary: NtfDictionary

    @property
    def loudest(self) -> int:
        """The source with the most components, the first of several."""
        return int(np.bincount(self.dictionary.source, minlength=self.dictionary.sources).argmax())

    def write(self) -> bytes:
        """The payload of the dictionary packet."""
        places = write_places(self.places)
        return write_grid(self.grid) + _PLACES.pack(self.places.bands, len(places)) + places + self.dictionary.write()

    @classmethod
    def read(cls, data: bytes, header: Header) -> NtfLayer:
        """The layer that `write` wrote; BitstreamError when it is damaged."""
        grid = read_grid(data, header.rate)
        at = SIZE + _PLACES.size
        if len(data) < at:
            raise BitstreamError("the dictionary of the side-information is cut short; fetch the file again")
        bands, length = _PLACES.unpack_from(data, SIZE)
        if not 1 <= bands <= MAX_BANDS or len(data) < at + length:
            raise BitstreamError(f"the dictionary is damaged: {bands} spatial bands; fetch the file again")
        places = read_places(data[at : at + length], bands, len(header.stems), header.channels)
        return cls(grid, places, NtfDictionary.read(data[at + length :], grid, len(header.stems)))

    def decoded(self, payload: bytes, frames: int) -> Decoded:
        """Powers (B, frames, J) of a block, and covariances (S, J, I, I)."""
        v = ntf.powers(self.dictionary, ntf.read_block(self.dictionary, payload, frames))
        return v, self.places.covariances()


@dataclass(frozen=True, eq=False)
class ImageLayer:
    """Powers as a picture painted with a palette."""

    model: ImageModel

    @property
    def grid(self) -> Grid:
        """Bands and frames."""
        return self.model.grid

    @property
    def places(self) -> Places:
        """Of the sources."""
        return self.model.places

    @property
    def loudest(self) -> int:
        """The source with the least sum of levels in the palette, the first of several."""
        return int(self.model.palette.sum(axis=0).argmin())

    def write(self) -> bytes:
        """The payload of the dictionary packet."""
        return image_coding.write_model(self.model)

    @classmethod
    def read(cls, data: bytes, header: Header) -> ImageLayer:
        """The layer that `write` wrote; BitstreamError when it is damaged."""
        return cls(image_coding.read_model(data, header.rate, len(header.stems), header.channels))

    def decoded(self, payload: bytes, frames: int) -> Decoded:
        """Powers (B, frames, J) of a block, and covariances (S, J, I, I), which may be its own."""
        block = image_coding.read_block(self.model, payload, frames)
        return image.powers(self.model, block), image.covariances(self.model, block)


Layer = NtfLayer | ImageLayer


def read_layer(data: bytes, header: Header) -> Layer:
    """The layer of a stream; BitstreamError when it is damaged or does not fit the header."""
    layer: Layer = (NtfLayer if header.parametric == "ntf" else ImageLayer).read(data, header)
    if layer.grid.block_samples != header.block_samples:
        raise BitstreamError("the dictionary of the side-information does not fit its header; fetch the file again")
    return layer


def band_covariances(layer: Layer) -> Doubles:
    """Real part of R of each band of the grid, (B, J, I, I), for a transform of real coefficients."""
    R = layer.places.covariances()
    return np.ascontiguousarray(R.real[spatial_band(layer.grid.bands, len(R))])

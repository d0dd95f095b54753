"""From true images to a parametric layer at a rate: places of the sources, then powers by one of the two models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.cpu import coarse_threads
from unbraid.core.dsp.stft import Spectrum, stft
from unbraid.core.informed.decoder import SideInformation
from unbraid.core.informed.dial import Model
from unbraid.core.informed.parametric import ntf
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.parametric.image_coding import read_model
from unbraid.core.informed.parametric.image_fit import advised, fit_image
from unbraid.core.informed.parametric.layer import ImageLayer, Layer, NtfLayer
from unbraid.core.informed.parametric.ntf import NtfBlock, NtfDictionary
from unbraid.core.informed.parametric.ntf_encode import NtfSettings, fit_ntf
from unbraid.core.informed.parametric.ntf_error import Sums
from unbraid.core.informed.parametric.spatial import Places, nearest_places, spatial_band
from unbraid.core.informed.sources import Sources
from unbraid.core.progress import Progress, part_of, silent_progress

BANDS = 384
LOW_BANDS = 200
LOW_KBPS = 0.15
"""Below this rate for each source, bands are fewer."""
SPATIAL_BANDS = 16
SHARPEST = 22
"""Least diffuseness, as a step of it: angles are told to 0.7 degrees, so -35 dB of a point lie beside its angle."""
OVERLAP = 2
FRAMES = 64


@dataclass(frozen=True, eq=False)
class Fit:
    """A parametric layer: what holds for the song, the payload of each block. components: of the NTF, to be edited."""

    layer: Layer
    blocks: tuple[bytes, ...]
    components: tuple[NtfBlock, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of dictionary and blocks."""
        return len(self.layer.write()) + sum(len(block) for block in self.blocks)

    @classmethod
    def of_components(cls, layer: NtfLayer, dictionary: NtfDictionary, blocks: Sequence[NtfBlock]) -> Fit:
        """The layer of these components."""
        payloads = tuple(ntf.write_block(dictionary, block) for block in blocks)
        return cls(NtfLayer(layer.grid, layer.places, dictionary), payloads, tuple(blocks))

    @classmethod
    def of_stream(cls, side: SideInformation) -> Fit:
        """The layer that a whole stream holds."""
        blocks = tuple(side.reader.block(number) or b"" for number in range(side.header.blocks))
        if not isinstance(side.layer, NtfLayer):
            return cls(side.layer, blocks)
        dictionary = side.layer.dictionary
        read = tuple(ntf.read_block(dictionary, block, side.frames_of(n)) for n, block in enumerate(blocks))
        return cls(side.layer, blocks, read)


def fit(sources: Sources, kbps: float, model: Model = "ntf", *, progress: Progress = silent_progress) -> Fit:
    """The parametric layer at about `kbps` kbit/s for each source that is heard."""
    if model == "image":
        return _painted(sources, kbps, progress)
    bins = Grid.of(sources.mix.rate, bands=1, overlap=OVERLAP).bins
    bands = min(LOW_BANDS if kbps < LOW_KBPS else BANDS, bins)
    grid = Grid.of(sources.mix.rate, bands=bands, overlap=OVERLAP)
    places = _places(sources, grid, part_of(progress, 0.0, 0.1))
    R = places.covariances()
    sums = Sums.empty(grid, grid.frames(sources.mix.frames), R[spatial_band(grid.bands, len(R))])
    for first, x, images in _spectra(sources, grid):
        progress(0.1 + 0.1 * first / sums.frames, "measuring the stems")
        sums.put(grid, first, x, images)
    settings = NtfSettings(kbps=kbps, priorities=_priorities(sources))
    found = fit_ntf(grid, sums, settings, part_of(progress, 0.2, 1.0))
    dictionary, blocks = found.parameters
    return Fit.of_components(NtfLayer(grid, places, dictionary), dictionary, blocks)


def _painted(sources: Sources, kbps: float, progress: Progress) -> Fit:
    heard = sum(1 for image in sources.images if image.any())
    grid, spatial_bands = advised(sources.mix.rate, sources.mix.channels, kbps)
    found = fit_image(
        sources.mix.samples, list(sources.images), grid, kbps * max(1, heard), spatial_bands=spatial_bands,
        priorities=_priorities(sources), moving=True, progress=progress,
    )  # fmt: skip
    layer = ImageLayer(read_model(found.dictionary, grid.rate, len(sources.facts), sources.mix.channels))
    return Fit(layer, found.blocks)


def _priorities(sources: Sources) -> tuple[float, ...]:
    """Of all sources; the remainder's errors count only through the stems'."""
    return tuple(0.0 if fact.is_hidden else fact.priority for fact in sources.facts)


def _places(sources: Sources, grid: Grid, progress: Progress) -> Places:
    """Where the sources are, from their true spatial covariances."""
    channels, count = sources.mix.channels, min(SPATIAL_BANDS, grid.bands)
    if channels == 1:
        return Places.middle(len(sources.facts), 1)
    starts = grid.edges[:-1][np.searchsorted(spatial_band(grid.bands, count), np.arange(count))]
    C = np.zeros((count, len(sources.facts), channels, channels), np.complex128)
    frames = grid.frames(sources.mix.frames)
    for first, _, images in _spectra(sources, grid, with_mix=False):
        progress(first / frames, "finding where the stems are")
        for j, y in enumerate(images):
            for a in range(channels):
                for b in range(channels):
                    C[:, j, a, b] += np.add.reduceat((y[:, :, a] * y[:, :, b].conj()).sum(axis=1), starts)
    index = nearest_places(C).index.copy()
    index[..., 2] = np.minimum(index[..., 2], SHARPEST)
    return Places(index, channels)


def _spectra(sources: Sources, grid: Grid, *, with_mix: bool = True) -> Iterator[tuple[int, Spectrum, list[Spectrum]]]:
    """First frame, spectrogram of the mix and of all images (F, t, I), some frames at a time."""
    total = grid.frames(sources.mix.frames)
    signals: list[npt.NDArray[np.float32]] = [sources.mix.samples] if with_mix else []
    signals += list(sources.images)
    for first in range(0, total, FRAMES):
        count = min(FRAMES, total - first)

        def work(signal: npt.NDArray[np.float32], first: int = first, count: int = count) -> Spectrum:
            return stft(signal, grid.stft, first=first, frames=count, threads=1)

        spectra = coarse_threads(work, signals)
        yield (first, spectra[0], spectra[1:]) if with_mix else (first, spectra[0], spectra)

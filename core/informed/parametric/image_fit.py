"""The encoder of the image codec: palette, places and labels for a wished rate, with the decoder's filter in the loop.

A few blocks of the song are held and painted again and again while palette, places and what bits cost follow; then
every block is painted once more with what was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.parametric.image import LOUDNESSES, ImageBlock, ImageModel, Loudness
from unbraid.core.informed.parametric.image_coding import write_block, write_model
from unbraid.core.informed.parametric.image_kernels import MODELS
from unbraid.core.informed.parametric.image_palette import first_palette, in_use, refined_palette, refined_places
from unbraid.core.informed.parametric.image_search import Costs, search, starts_of
from unbraid.core.informed.parametric.image_statistics import Statistics, distortions, statistics, sums_of_colours
from unbraid.core.informed.parametric.spatial import Places, nearest_places, spatial_band
from unbraid.core.progress import Progress, silent_progress

Samples = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

HELD = 8
"""Blocks that are painted again and again."""
ROUNDS = 6
"""How often, while the price of a bit is looked for."""
SLOPE = 0.6
"""Rates fall about as the price of a bit to this power."""


COARSE = Loudness()
BANDS = ((0.7, 300), (1.5, 400), (np.inf, 550))
"""Up to how many kbit/s for each source how many bands are best (44.1 kHz)."""
PLACED_KBPS = 0.75
"""Rate of each source from which several spatial bands pay."""


@dataclass(frozen=True, eq=False)
class ImageFit:
    """Side-information: the song's and each block's, as values and as bytes."""

    model: ImageModel
    dictionary: bytes
    blocks: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """Bytes in all."""
        return len(self.dictionary) + sum(len(block) for block in self.blocks)


def advised(rate: int, channels: int, kbps: float) -> tuple[Grid, int]:
    """The grid and the number of spatial bands that are best at a rate in kbit/s for each source."""
    bands = next(count for most, count in BANDS if kbps <= most)
    narrowest = Grid.of(rate, bands=1).bins
    return Grid.of(rate, bands=min(bands, narrowest)), 8 if channels == 2 and kbps >= PLACED_KBPS else 1


def fit_image(
    mix: Samples,
    images: Sequence[Samples],
    grid: Grid,
    kbps: float,
    *,
    spatial_bands: int = 1,
    loudness: Loudness = COARSE,
    priorities: Sequence[float] = (),
    moving: bool = False,
    progress: Progress = silent_progress,
) -> ImageFit:
    """Side-information of about `kbps` kbit/s in all for the images (N, I) of the sources in a mix (N, I).

    priorities: how much the error of each source counts, 0 or more; all alike where none are given.
    moving: blocks may have places of their own, where that is worth its bits.
    """
    matters = _checked(kbps, priorities, len(images))
    spatial = spatial_band(grid.bands, spatial_bands)
    song = _Song(mix, images, grid, spatial)
    total = grid.blocks(len(mix))
    held = sorted({int(i) for i in np.linspace(0, total - 1, min(total, HELD)).round()})
    kept = {i: song.block(i) for i in held}
    painter = _Painter(grid, spatial, list(kept.values()), loudness, matters)
    seconds = sum(len(song.frames(i)) for i in held) * grid.hop_samples / grid.rate
    share = seconds * grid.rate / max(1, len(mix))
    for number in range(ROUNDS):
        progress(0.5 * number / ROUNDS, "learning colours")
        painter.improve(1000 * kbps * seconds, share, last=number == ROUNDS - 1)
    blocks = []
    for i in range(total):
        progress(0.5 + 0.5 * i / total, f"block {i + 1} of {total}")
        blocks.append(painter.final(kept[i] if i in kept else song.block(i), moving=moving))
    return ImageFit(painter.model, write_model(painter.model), tuple(blocks))


def _checked(kbps: float, priorities: Sequence[float], sources: int) -> Doubles:
    """The priorities of all sources, (J,)."""
    if not kbps > 0:
        raise ParameterError(f"a rate is above 0 kbit/s, not {kbps}; try 1 for each source")
    matters = np.array(priorities or [1.0] * sources, np.float64)
    if matters.shape != (sources,) or not (np.isfinite(matters) & (matters >= 0)).all():
        raise ParameterError(f"each of the {sources} sources has a priority of 0 or more, not {list(priorities)}")
    return matters


@dataclass(frozen=True, eq=False)
class _Song:
    """Where statistics come from."""

    mix: Samples
    images: Sequence[Samples]
    grid: Grid
    spatial: Integers

    def frames(self, block: int) -> range:
        return self.grid.frames_of_block(block, len(self.mix))

    def block(self, block: int) -> Statistics:
        return statistics(self.mix, self.images, self.grid, self.frames(block), self.spatial)


class _Painter:
    """Paints the blocks it holds, and learns from them."""

    def __init__(self, grid: Grid, spatial: Integers, held: list[Statistics], loudness: Loudness, priorities: Doubles):
        self._spatial = spatial
        self._held = held
        self._priorities = priorities
        energy = np.sum([block.energy for block in held], axis=0)
        places = nearest_places(np.sum([block.covariance for block in held], axis=0))
        self.model = ImageModel(grid, places, first_palette(energy), loudness)
        self._costs = Costs.first(len(self.model.palette))
        self._price = 0.003 * float(energy @ priorities) / max(1.0, sum(block.power.shape[1] for block in held) * 60.0)
        self._price = max(self._price, np.finfo(np.float32).tiny)
        R = places.covariances()
        self._labels = [
            distortions(block.sums, self.model.palette, R, spatial, priorities).argmin(2).astype(np.int64)
            for block in held
        ]

    def improve(self, bits: float, share: float, *, last: bool) -> None:
        """Paint all blocks, bring the price nearer to the wished bits, fit palette and places.

        share: of the song that is held. last: palette and places stay.
        """
        counts = np.zeros(2 * MODELS, np.int64)
        size = 0
        for block, labels in zip(self._held, self._labels, strict=True):
            self._paint(block, labels)
            size += len(write_block(self.model, self._block(block, labels), counts))
        spent = 8 * (size + share * len(write_model(self.model)))
        self._price *= float(np.clip((spent / bits) ** (1 / SLOPE), 0.05, 20.0))
        self._keep_used()
        if not last:
            self._fit()
        counts = self._counts()
        self._costs = Costs.of(counts, len(self.model.palette), self.model.digits)
        self.model = replace(self.model, starts=starts_of(counts))

    def final(self, block: Statistics, *, moving: bool) -> bytes:
        """The payload of a block. moving: with places of its own, if they err less by more than their bits cost."""
        labels = np.zeros(block.power.shape, np.int64)
        error = self._paint(block, labels)
        payload = write_block(self.model, self._block(block, labels))
        if not moving or self.model.places.channels == 1:
            return payload
        palette, known = self.model.palette, self.model.places
        sums = sums_of_colours(block.sums, labels, len(palette), self._spatial, known.bands)
        places = refined_places(known, palette, sums, self._priorities)
        moved_error = self._paint(block, labels, places)
        moved = write_block(self.model, replace(self._block(block, labels), places=places))
        return moved if moved_error + self._price * 8 * (len(moved) - len(payload)) < error else payload

    def _paint(self, block: Statistics, labels: Integers, places: Places | None = None) -> float:
        """Labels in place, for places other than the song's if given; their error, but for a constant."""
        R = (places or self.model.places).covariances()
        D = distortions(block.sums, self.model.palette, R, self._spatial, self._priorities)
        search(D, self._price, self._costs, labels)
        return float(np.take_along_axis(D, labels[:, :, None], 2).sum(dtype=np.float64))

    def _keep_used(self) -> None:
        """Drop colours that nothing is painted with; sort the others."""
        colours = len(self.model.palette)
        used = np.sum([np.bincount(labels.ravel(), minlength=colours) for labels in self._labels], axis=0)
        palette, number = in_use(self.model.palette, used)
        self._labels = [number[labels] for labels in self._labels]
        self.model = replace(self.model, palette=palette)

    def _fit(self) -> None:
        """Palette and places from where the colours are used."""
        palette, places = self.model.palette, self.model.places
        sums = np.sum([
            sums_of_colours(block.sums, labels, len(palette), self._spatial, places.bands)
            for block, labels in zip(self._held, self._labels, strict=True)
        ], axis=0)  # fmt: skip
        palette = refined_palette(palette, sums, places.covariances(), self._priorities)
        places = refined_places(places, palette, sums, self._priorities)
        self.model = replace(self.model, palette=palette, places=places)

    def _counts(self) -> Integers:
        """How often each decision is made in the pictures as they are."""
        counts = np.zeros(2 * MODELS, np.int64)
        for block, labels in zip(self._held, self._labels, strict=True):
            write_block(self.model, self._block(block, labels), counts)
        return counts

    def _block(self, block: Statistics, labels: Integers) -> ImageBlock:
        return ImageBlock(labels, _loudness(block.power, self.model.loudness))


def _loudness(power: Doubles, how: Loudness) -> Integers:
    """Steps of loudness (Bl, Tl) of powers (B, T)."""
    rows = np.arange(0, power.shape[0], how.bands)
    columns = np.arange(0, power.shape[1], how.frames)
    whole = np.add.reduceat(np.add.reduceat(power, rows, 0), columns, 1)
    count = np.add.reduceat(np.add.reduceat(np.ones_like(power), rows, 0), columns, 1)
    steps = np.rint(2 * np.log2(np.maximum(whole / count, 1e-300)) / how.step)
    return np.clip(steps, -LOUDNESSES, LOUDNESSES).astype(np.int64)

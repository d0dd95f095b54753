"""What is analysed: a sound, or sounds added to and taken from each other, read piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.app.spectrogram.display import DisplayOptions, Layer
from unbraid.core.audio import Audio


@dataclass(frozen=True, eq=False)
class Signal:
    """A sum of sounds, each with its sign."""

    parts: tuple[tuple[Audio, float], ...]

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for equal sounds: audio is never modified, so its place in memory tells it."""
        return tuple((audio.samples.__array_interface__["data"][0], audio.samples.shape, s) for audio, s in self.parts)

    @property
    def rate(self) -> int:
        """Samples per second."""
        return self.parts[0][0].rate

    @property
    def frames(self) -> int:
        """Samples of the first part, which counts."""
        return self.parts[0][0].frames

    @property
    def channels(self) -> int:
        """Most channels of any part; a part of one channel counts for all."""
        return max(audio.channels for audio, _ in self.parts)

    def read(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Samples start to stop, (stop - start, I); zeros beyond the ends."""
        result = np.zeros((stop - start, self.channels), np.float32)
        for audio, sign in self.parts:
            a, b = max(start, 0), min(stop, audio.frames, self.frames)
            if b > a:
                piece = audio.samples[a:b]
                wide = piece if audio.channels in (1, self.channels) else piece.mean(axis=1, keepdims=True)
                result[a - start : b - start] += np.float32(sign) * wide
        return result


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture to be made: of what, under which title, in which colour (empty: the colour map)."""

    signal: Signal
    title: str
    colour: str = ""
    letter: str = ""


def shown(layers: Sequence[Layer], options: DisplayOptions, *, difference_title: str = "") -> list[Shown]:
    """What the options ask for; the mix where they ask for stems that are not there."""
    if not layers:
        return []
    mix, stems = layers[0], list(layers[1:])
    by_id = {layer.id: layer for layer in layers}
    if options.what == "difference":
        return [Shown(_difference(by_id, mix, stems, options), difference_title)]
    if options.what in ("stacked", "overlaid") and stems:
        return [Shown(_of(layer), layer.title, layer.colour, layer.letter) for layer in stems]
    chosen = by_id.get(options.stem, mix) if options.what == "stem" else mix
    return [Shown(_of(chosen), chosen.title)]


def _of(layer: Layer) -> Signal:
    return Signal(((layer.audio, 1.0),))


def _difference(by_id: dict[str, Layer], mix: Layer, stems: Sequence[Layer], options: DisplayOptions) -> Signal:
    """A sound minus another, or minus the sum of all stems."""
    first = by_id.get(options.stem, mix)
    taken = [by_id[options.other]] if options.other in by_id else [stem for stem in stems if stem is not first]
    return Signal(((first.audio, 1.0), *((layer.audio, -1.0) for layer in taken)))

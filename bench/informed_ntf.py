"""Rate and quality of the parametric layer's NTF codec beside the oracle multichannel Wiener filter.

    python bench/informed_ntf.py FOLDER [--only TEXT] [--kbps 0.25,0.5,1,2] [--mono] [--bands 384] [--spatial 16]

FOLDER holds multitracks (mix and stems). Every figure is of decoded bytes: kbit/s for each source, with the
dictionary and the places of the sources spread over the excerpt ("kbit/s") or over 4 minutes ("4 min"); the mean plain
SDR of the stems in dB.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt

from unbraid.core import audio_files
from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import stft
from unbraid.core.evaluation.multitracks import Multitrack, find
from unbraid.core.evaluation.sdr import sdr
from unbraid.core.informed.parametric import ntf
from unbraid.core.informed.parametric.filtering import estimate
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.parametric.ntf_encode import NtfSettings, fit_ntf
from unbraid.core.informed.parametric.ntf_error import Sums
from unbraid.core.informed.parametric.spatial import Places, nearest_places, spatial_band
from unbraid.core.progress import silent_progress
from unbraid.core.separation.guide import Guide
from unbraid.plugins.oracle.multichannel import OracleMultichannel

Samples = npt.NDArray[np.float32]
BITS_OF_PLACE = 17
"""Angle, phase and diffuseness of a source in a spatial band, as they are."""
LONG_S = 240


@dataclass(frozen=True, eq=False)
class Song:
    """Stems (N, I) and what is known of them on a grid."""

    name: str
    stems: list[Samples]
    grid: Grid
    places: Places
    sums: Sums

    @classmethod
    def of(cls, track: Multitrack, *, bands: int, spatial: int, mono: bool) -> Song:
        """A multitrack as it is encoded."""
        audios = [audio_files.read(sound.path) for sound in track.stems.values()]
        length = min(audio.frames for audio in audios)
        stems = [audio.samples[:length] for audio in audios]
        if mono:
            stems = [stem.mean(axis=1, keepdims=True) for stem in stems]
        grid = Grid.of(audios[0].rate, bands=bands)
        images = [stft(stem, grid.stft) for stem in stems]
        x = stft(_sum(stems), grid.stft)
        places = _places(grid, images, spatial)
        R = places.covariances()[spatial_band(grid.bands, places.bands)]
        sums = Sums.empty(grid, x.shape[1], R)
        sums.put(grid, 0, x, images)
        return cls(track.name, stems, grid, places, sums)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.stems[0]) / self.grid.rate

    def score(self, stems: list[Samples]) -> float:
        """Mean SDR in dB of the stems that are heard."""
        rate = self.grid.rate
        values = [sdr(Audio(y, rate), Audio(e, rate)) for y, e in zip(self.stems, stems, strict=True)]
        return float(np.nanmean(values))

    def oracle(self) -> float:
        """What the oracle multichannel Wiener filter reaches."""
        rate = self.grid.rate
        references = {str(j): Audio(y, rate) for j, y in enumerate(self.stems)}
        found = OracleMultichannel().separate(
            Audio(_sum(self.stems), rate), Guide(references=references), silent_progress
        )
        return self.score([found[name].samples for name in references])


def _sum(stems: list[Samples]) -> Samples:
    return np.asarray(np.sum(stems, axis=0), np.float32)


def _places(grid: Grid, images: list[npt.NDArray[np.complex64]], spatial: int) -> Places:
    channels = images[0].shape[2]
    if channels == 1:
        return Places.middle(len(images), 1)
    C = np.zeros((spatial, len(images), channels, channels), np.complex128)
    band = spatial_band(grid.bands, spatial)[grid.band_of_bin]
    for j, y in enumerate(images):
        np.add.at(C[:, j], band, np.einsum("fta,ftb->fab", y, y.conj()))
    return nearest_places(C)


def measure(song: Song, kbps: float) -> str:
    """A row: encode, decode the bytes, filter."""
    begun = time.perf_counter()
    result = fit_ntf(song.grid, song.sums, NtfSettings(kbps=kbps))
    took = time.perf_counter() - begun
    first = result.dictionary.write()
    payloads = [ntf.write_block(result.dictionary, block) for block in result.parameters[1]]
    dictionary = ntf.NtfDictionary.read(first, song.grid, len(song.stems))
    length = len(song.stems[0])
    v = np.concatenate(
        [
            ntf.powers(dictionary, ntf.read_block(dictionary, p, len(song.grid.frames_of_block(i, length))))
            for i, p in enumerate(payloads)
        ],
        axis=1,
    )
    R = song.places.covariances()
    found = estimate(_sum(song.stems), song.grid, lambda a, b: [(v[:, a:b], R)])
    places = 0 if R.shape[2] == 1 else BITS_OF_PLACE * R.shape[0] * R.shape[1]
    once, running = 8 * len(first) + places, 8 * sum(map(len, payloads))
    unit = 1000 * len(song.stems)
    rate, long = (once + running) / song.seconds / unit, (once / LONG_S + running / song.seconds) / unit
    reached = song.score(list(found))
    count = dictionary.components / len(song.stems)
    return f"{kbps:5.2f} | {rate:6.3f} | {long:6.3f} | {count:5.1f} | {reached:6.2f} | {took:6.1f}"


def main() -> None:
    """Print a table for each song."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--kbps", default="0.25,0.5,1,2")
    parser.add_argument("--mono", action="store_true")
    parser.add_argument("--bands", type=int, default=384)
    parser.add_argument("--spatial", type=int, default=16)
    options = parser.parse_args()
    for track in find(options.folder):
        if options.only in track.name and len(track.stems) > 1:
            song = Song.of(track, bands=options.bands, spatial=options.spatial, mono=options.mono)
            print(f"\n{song.name}: {len(song.stems)} stems, {song.seconds:.1f} s, oracle {song.oracle():.2f} dB")
            print(" goal | kbit/s |  4 min |     K |    SDR | seconds", flush=True)
            for kbps in map(float, options.kbps.split(",")):
                print(measure(song, kbps), flush=True)


if __name__ == "__main__":
    main()

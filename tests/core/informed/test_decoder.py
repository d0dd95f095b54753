"""Decoding gives the same bits in any order, by any engine, in any process; what is lost costs its own stretch only."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from coded_songs import Song, decoded, short_blocks, song, without

from unbraid.core.errors import BitstreamError
from unbraid.core.informed.decoder import Decoder, SideInformation
from unbraid.core.informed.dial import Dial, Model
from unbraid.core.informed.encoder import Base, Encoder

TWO_COPIES = 2
IN_ANOTHER_PROCESS = """
import hashlib, importlib, sys
for name in sys.argv[4:]:
    importlib.import_module(name)
import numpy as np
from pathlib import Path
from unbraid.core.informed.decoder import Decoder, SideInformation
side = SideInformation(Path(sys.argv[1]))
images = Decoder(side, np.load(sys.argv[2])).images(0, side.header.frames, threads=int(sys.argv[3]))
print(side.digest().hex(), hashlib.sha256(np.ascontiguousarray(images).tobytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def whole(stream: bytes, tune: Song) -> np.ndarray:
    """All sources of the tune, decoded at once."""
    return decoded(stream, tune.mix)


def test_any_range_is_the_same_bits(stream: bytes, tune: Song, whole: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    decoder = Decoder(SideInformation(stream), tune.mix)
    length = len(tune.mix)
    ranges = [tuple(sorted(rng.integers(0, length + 1, 2))) for _ in range(40)]
    for start, stop in [(0, 1), (length - 1, length), (0, 0), (length, length), *ranges]:
        assert np.array_equal(decoder.images(start, stop), whole[:, start:stop]), (start, stop)
        assert np.array_equal(decoder.samples(start, stop), whole[:3, start:stop])


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_threads_change_nothing(stream: bytes, tune: Song, whole: np.ndarray, threads: int) -> None:
    images = Decoder(SideInformation(stream), tune.mix).images(0, len(tune.mix), threads=threads)
    assert np.array_equal(images, whole)


def test_a_memory_mapped_mix_is_the_same(stream: bytes, tune: Song, whole: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "mix.npy", tune.mix)
    assert np.array_equal(decoded(stream, np.load(tmp_path / "mix.npy", mmap_mode="r")), whole)


def elsewhere(stream: bytes, mix: np.ndarray, folder: Path, *imports: str, threads: int = 1, **variables: str) -> str:
    """Digest of the side-information and hash of all sources, from a process of its own."""
    (folder / "side.unb").write_bytes(stream)
    np.save(folder / "mix.npy", mix)
    command = [sys.executable, "-c", IN_ANOTHER_PROCESS, folder / "side.unb", folder / "mix.npy", str(threads)]
    done = subprocess.run(
        [*command, *imports], env={**os.environ, **variables}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def here(stream: bytes, mix: np.ndarray) -> str:
    images = np.ascontiguousarray(decoded(stream, mix))
    return f"{SideInformation(stream).digest().hex()} {hashlib.sha256(images.tobytes()).hexdigest()}"


@pytest.mark.slow
def test_another_process_with_other_threads_decodes_the_same_bits(stream: bytes, tune: Song, tmp_path: Path) -> None:
    """Where torch is installed, it has been loaded first, with its own threads and its own way with floats."""
    many = {"OPENBLAS_NUM_THREADS": "3", "OMP_NUM_THREADS": "3", "MKL_NUM_THREADS": "3", "NUMBA_NUM_THREADS": "2"}
    torch = ["torch"] if importlib.util.find_spec("torch") else []
    assert elsewhere(stream, tune.mix, tmp_path, *torch, threads=3, **many) == here(stream, tune.mix)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["ntf", "image"])
def test_plain_python_decodes_the_same_numbers(model: Model, tmp_path: Path) -> None:
    little = song(0.1, stems=2)
    with short_blocks(0.05, bands=12):
        made = Encoder(little.sources()).encode(Dial(rate_kbps=100, model=model))
    told = elsewhere(made.stream, little.mix, tmp_path, UNBRAID_ENGINE="scipy").split()
    assert told[0] == SideInformation(made.stream).digest().hex() == SideInformation(made.stream).reader.digest.hex()


@pytest.mark.parametrize("kind", ["block", "residual"])
@pytest.mark.parametrize("block", [0, 1, 3])
def test_a_lost_packet_costs_its_own_stretch(
    stream: bytes, tune: Song, whole: np.ndarray, kind: str, block: int
) -> None:
    side = SideInformation(without(stream, kind, block))
    size, window = side.header.block_samples, side.layer.grid.window_samples
    reach = window // 2 if kind == "block" else 0
    reach = max(reach, side.residual.layout.bins if side.residual and side.residual.layout else 0)
    images = Decoder(side, tune.mix).images(0, len(tune.mix))
    differs = np.flatnonzero((images != whole).any(axis=(0, 2)))
    assert side.reader.damage
    assert len(differs) > size // 2
    assert max(0, block * size - reach) <= differs[0] and differs[-1] < (block + 1) * size + reach
    assert np.abs(images.sum(axis=0, dtype=np.float64) - tune.mix).max() < 1e-6


def test_a_lost_block_is_no_louder_than_the_mix(stream: bytes, tune: Song) -> None:
    """The residual layer cannot be read without the powers it was coded with: what it gives would be noise."""
    side = SideInformation(without(stream, "block", 1))
    images = Decoder(side, tune.mix).images(0, len(tune.mix))
    size, reach = side.header.block_samples, side.layer.grid.window_samples
    lost = slice(size + reach, 2 * size - reach)
    for image in images:
        assert np.square(image[lost]).sum() < 1.5 * np.square(tune.mix[lost]).sum()
    assert side.damaged == {1}


def test_all_blocks_but_one_may_be_lost(stream: bytes, tune: Song, whole: np.ndarray) -> None:
    poor = without(without(without(stream, "block", 0), "block", 1), "block", 3)
    images = decoded(poor, tune.mix)
    side = SideInformation(poor)
    size, reach = side.header.block_samples, side.layer.grid.window_samples
    kept = slice(2 * size + reach, 3 * size - reach)
    assert np.array_equal(images[:, kept], whole[:, kept])
    with pytest.raises(BitstreamError, match="no block"):
        decoded(without(poor, "block", 2), tune.mix)


def test_without_its_end_a_stream_still_plays(stream: bytes, tune: Song, whole: np.ndarray) -> None:
    cut = without(stream, "end", 0)
    assert np.array_equal(decoded(cut, tune.mix), whole)
    side = SideInformation(cut)
    assert side.reader.digest == b"" and "cut off" in side.reader.damage[-1].words


@pytest.mark.parametrize("kind", ["header", "dictionary"])
def test_without_header_or_dictionary_it_is_refused_in_words(stream: bytes, kind: str) -> None:
    with pytest.raises(BitstreamError, match=kind):
        SideInformation(without(stream, kind, 0))


def test_a_first_copy_that_is_damaged_costs_nothing_where_there_are_two(base: Base, tune: Song) -> None:
    stream = base.serve(Dial(rate_kbps=300)).stream
    plain = SideInformation(stream)
    assert stream.count(base.fit.layer.write()) == TWO_COPIES
    damaged = bytearray(stream)
    damaged[40] ^= 1
    damaged[stream.find(base.fit.layer.write()) + 5] ^= 1
    side = SideInformation(bytes(damaged))
    assert side.header == plain.header and side.digest() == plain.digest()
    assert len(side.reader.damage) >= 1


@pytest.mark.parametrize("shape", [(15_999, 2), (16_000, 1), (16_001, 2)])
def test_another_length_or_width_is_refused(stream: bytes, shape: tuple[int, int]) -> None:
    with pytest.raises(BitstreamError, match="16000 samples in 2 channels"):
        Decoder(SideInformation(stream), np.zeros(shape, np.float32))


@pytest.mark.slow
def test_memory_does_not_grow_with_the_song(tmp_path: Path) -> None:
    """Five minutes take no more than one, from a mapped mix, block by block."""
    peaks = []
    for minutes in (1, 5):
        long = song(60 * minutes, stems=2, channels=1)
        with short_blocks(5.0):
            made = Encoder(long.sources()).base(0.2, "ntf").serve(Dial(rate_kbps=16))
        (tmp_path / "side.unb").write_bytes(made.stream)
        np.save(tmp_path / "mix.npy", long.mix)
        done = subprocess.run(
            [sys.executable, "-c", PEAK, tmp_path / "side.unb", tmp_path / "mix.npy"],
            capture_output=True, text=True, timeout=600, check=True,
        )  # fmt: skip
        peaks.append(int(done.stdout))
    print(f"peaks of Python's memory: {peaks} bytes")
    assert peaks[1] < peaks[0] * 1.2 + len(made.stream)


PEAK = """
import sys, tracemalloc
import numpy as np
from pathlib import Path
from unbraid.core.informed.decoder import Decoder, SideInformation
decoder = Decoder(SideInformation(Path(sys.argv[1])), np.load(sys.argv[2], mmap_mode="r"))
decoder.samples(0, 100)
tracemalloc.start()
size, length = decoder.side.header.block_samples, decoder.side.header.frames
for start in range(0, length, size):
    decoder.samples(start, min(start + size, length))
print(tracemalloc.get_traced_memory()[1])
"""

"""What hostile streams may cost: memory is asked for only when the bytes are there for it, time ends."""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from unbraid.core.errors import BitstreamError
from unbraid.core.informed.decoder import Decoder, SideInformation
from unbraid.core.informed.header import Header, StemEntry, write_header
from unbraid.core.informed.limits import MAX_BLOCKS
from unbraid.core.informed.packets import BLOCK, DICTIONARY, HEADER, RESIDUAL, packets
from unbraid.core.informed.parametric.grid import MAX_BANDS, MAX_TILES, Grid
from unbraid.core.informed.parametric.grid_coding import write_grid
from unbraid.core.informed.parametric.layer import NtfLayer
from unbraid.core.informed.parametric.ntf import NtfDictionary
from unbraid.core.informed.parametric.spatial import Places
from unbraid.core.informed.stream import write_stream

LITTLE_BYTES, MOST_MEMORY = 100, 16e6
DAY_S = 24 * 3600


def empty_dictionary(grid: Grid, sources: int, channels: int) -> bytes:
    """Of no components."""
    nothing = np.zeros(0, np.int64)
    table = NtfDictionary(
        grid, sources, nothing, np.zeros((grid.bands, 0), np.uint8), nothing.astype(np.uint8), 18, 0, 8, 8
    )
    return NtfLayer(grid, Places.middle(sources, channels), table).write()


def hostile(grid: Grid, stems: int, seconds: int = DAY_S, channels: int = 1, residual: bytes = b"") -> bytes:
    """A stream that declares a long song; there is nothing of it but its first block, whose payload is empty."""
    entries = tuple(StemEntry(chr(97 + j), chr(97 + j), channels=channels) for j in range(stems))
    header = Header(
        "", grid.rate, seconds * grid.rate, channels, grid.block_samples, entries, has_residual=bool(residual)
    )
    payloads = [(HEADER, write_header(header)), (DICTIONARY, empty_dictionary(grid, stems, channels)), (BLOCK, b"")]
    payloads += [(RESIDUAL, residual)] if residual else []
    return b"".join(packet for kind, payload in payloads for packet in packets(kind, 0, payload))


def decoded_memory(data: bytes) -> tuple[int, float]:
    """Most memory that decoding the first samples asks for, and the processor time."""
    tracemalloc.start()
    before = time.process_time()
    try:
        side = SideInformation(data)
        header = side.header
        mix = np.broadcast_to(np.float32(0.5), (header.frames, header.channels))
        Decoder(side, mix).images(0, min(100, header.frames))
    except BitstreamError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak, time.process_time() - before


BIG = [
    Grid(8000, 64, 8, 1, block_frames=4096),
    Grid(8000, 2048, 256, MAX_BANDS, block_frames=MAX_TILES // MAX_BANDS),
    Grid(384_000, 4096, 2048, 32, block_frames=4096),
    Grid(8000, 256, 128, 32, block_frames=3750),
]


@pytest.mark.parametrize("grid", BIG)
def test_a_hundred_bytes_ask_for_little_memory(grid: Grid) -> None:
    decoded_memory(hostile(BIG[0], 1, 1))
    data = hostile(grid, 3)
    assert len(data) < 1.3 * LITTLE_BYTES
    peak, spent = decoded_memory(data)
    print(f"{len(data)} bytes: {peak / 1e6:.1f} MB, {spent:.2f} s")
    assert peak < MOST_MEMORY and spent < 2


@pytest.mark.parametrize(("grid", "stems", "channels"), [(BIG[2], 16, 1), (BIG[3], 16, 2), (BIG[1], 2, 2)])
def test_the_greatest_blocks_of_a_residual_layer_end_in_time(grid: Grid, stems: int, channels: int) -> None:
    """256 bins in the prefix, then a little of everything."""
    payload = bytes([8]) + bytes([0, 1]) + bytes([40] * stems) + bytes([3, 0, 1]) + bytes(range(256)) * 4
    peak, spent = decoded_memory(hostile(grid, stems, DAY_S, channels, payload))
    declared = 4 * stems * channels * grid.block_samples
    print(f"a block of {declared / 1e6:.0f} MB of stems: {peak / 1e6:.0f} MB, {spent:.1f} s")
    assert peak < 256e6 + 8 * declared and spent < 2 + declared / 10e6


def test_a_dictionary_that_is_too_short_for_what_it_says_is_refused() -> None:
    grid = BIG[1]
    head = write_grid(grid)
    entries = tuple(StemEntry(name, name, channels=1) for name in "ab")
    header = Header("", grid.rate, 1000, 1, grid.block_samples, entries)
    for dictionary in (b"", head, head + b"\xff" * 20, head + b"\x01\x00\x00" + b"\xff" * 4, bytes(6), b"\xff" * 6):
        for codec in ("ntf", "image"):
            data = write_stream(replace(header, parametric=codec), dictionary, [b""], copies=1)
            with pytest.raises(BitstreamError):
                SideInformation(data)


def test_streams_of_more_than_two_channels_are_refused_in_words() -> None:
    header = Header("", 8000, 1000, 6, 4096, (StemEntry("a", "a", channels=6),))
    with pytest.raises(BitstreamError, match="6 channels"):
        SideInformation(write_stream(header, b"\x00" * 40, [b""], copies=1))


DECODED_UNDER_A_LIMIT = """
import resource, sys
import numpy as np
from pathlib import Path
from unbraid.core.errors import BitstreamError
from unbraid.core.informed.decoder import Decoder, SideInformation
files = sorted(Path(sys.argv[1]).iterdir())
def decode(path):
    try:
        side = SideInformation(path)
        mix = np.broadcast_to(np.float32(0.5), (side.header.frames, side.header.channels))
        Decoder(side, mix).images(0, 100, threads=1)
    except BitstreamError:
        pass
decode(files[0])
def data():
    return int(next(l for l in open("/proc/self/status") if l.startswith("VmSize")).split()[1]) * 1024
resource.setrlimit(resource.RLIMIT_AS, (data() + 64 * 2**20,) * 2)
for path in files:
    decode(path)
print("done")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process are as Linux has them")
def test_little_hostile_files_fit_a_process_that_gets_no_more_memory(
    stream: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "0.unb").write_bytes(stream)
    for number, grid in enumerate(BIG):
        (folder / f"{number + 1}.unb").write_bytes(hostile(grid, 3))
    done = subprocess.run(
        [sys.executable, "-c", DECODED_UNDER_A_LIMIT, folder], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout == "done\n", done.stderr


def test_what_stands_for_a_lost_block_is_found_in_time() -> None:
    """Of as many blocks as there may be, the last one alone is there."""
    grid = Grid(8000, 256, 128, 8, block_frames=16)
    entries = tuple(StemEntry(name, name, channels=1) for name in "ab")
    header = Header("", 8000, MAX_BLOCKS * grid.block_samples, 1, grid.block_samples, entries)
    payloads = [(HEADER, 0, write_header(header)), (DICTIONARY, 0, empty_dictionary(grid, 2, 1))]
    payloads += [(BLOCK, header.blocks - 1, b"")]
    data = b"".join(packet for part in payloads for packet in packets(*part))
    peak, spent = decoded_memory(data)
    assert peak < MOST_MEMORY and spent < 4

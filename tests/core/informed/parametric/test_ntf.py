"""The NTF codec's bytes: what is written comes back, on both engines, and damage is an error in words."""

from __future__ import annotations

import contextlib
import time

import numpy as np
import pytest

from unbraid.core.errors import BitstreamError, ParameterError
from unbraid.core.informed.parametric import ntf
from unbraid.core.informed.parametric.grid import Grid

GRID = Grid.of(8000, bands=20)


def parameters(
    *, grid: Grid = GRID, sources: int = 3, per_source: int = 2, frames: int = 30, names: bool = False, seed: int = 0
) -> ntf.Parameters:
    """A dictionary and one block with some life in them."""
    rng = np.random.default_rng(seed)
    source = np.repeat(np.arange(sources), per_source)
    K = len(source)
    templates = rng.integers(0, 9, (grid.bands, K)) * (rng.random((grid.bands, K)) < 0.6)
    moves = rng.integers(-1, 2, (frames, K)) * (rng.random((frames, K)) < 0.3)
    activations = np.clip(5 + moves.cumsum(axis=0), 0, 9) * (rng.random((frames, K)) < 0.8)
    dictionary = ntf.NtfDictionary(
        grid, sources, source, templates.astype(np.uint8), np.full(K, 5, np.uint8), 18, -40, 8, 9,
        tuple(f"part {k} \N{MUSICAL SYMBOL G CLEF}" for k in range(K)) if names else (),
    )  # fmt: skip
    return dictionary, [ntf.NtfBlock(activations.astype(np.uint8))]


def alike(a: ntf.NtfDictionary, b: ntf.NtfDictionary) -> bool:
    """Whether two dictionaries are the same."""
    arrays = ("source", "templates", "typical")
    numbers = ("sources", "step", "first", "most_template", "most", "names", "grid")
    return all(np.array_equal(getattr(a, n), getattr(b, n)) for n in arrays) and all(
        getattr(a, n) == getattr(b, n) for n in numbers
    )


@pytest.mark.parametrize("names", [False, True])
@pytest.mark.parametrize(("sources", "per_source", "frames"), [(3, 2, 30), (1, 1, 1), (4, 0, 7), (2, 3, 0)])
def test_dictionary_and_block_come_back(sources: int, per_source: int, frames: int, names: bool) -> None:
    dictionary, (block,) = parameters(sources=sources, per_source=per_source, frames=frames, names=names)
    read = ntf.NtfDictionary.read(dictionary.write(), dictionary.grid, sources)
    assert alike(read, dictionary)
    again = ntf.read_block(read, ntf.write_block(dictionary, block), frames)
    assert np.array_equal(again.activations, block.activations)


def test_one_band() -> None:
    grid = Grid.of(8000, bands=1)
    dictionary, _ = parameters(grid=grid)
    assert alike(ntf.NtfDictionary.read(dictionary.write(), grid, 3), dictionary)


def test_every_level_can_be_coded() -> None:
    dictionary, _ = parameters(sources=1, per_source=4)
    rng = np.random.default_rng(1)
    block = ntf.NtfBlock(rng.integers(0, 10, (GRID.block_frames, 4)).astype(np.uint8))
    payload = ntf.write_block(dictionary, block)
    read = ntf.read_block(dictionary, payload, GRID.block_frames)
    assert np.array_equal(read.activations, block.activations)


def test_silence_takes_next_to_nothing() -> None:
    dictionary, _ = parameters()
    silent = ntf.NtfBlock(np.zeros((GRID.block_frames, 6), np.uint8))
    assert len(ntf.write_block(dictionary, silent)) <= 6
    assert not ntf.powers(dictionary, silent).any()


def test_powers_are_squares_of_sums() -> None:
    dictionary, (block,) = parameters()
    W, H = dictionary.template_values, dictionary.activation_table[block.activations]
    v = ntf.powers(dictionary, block)
    for j in range(3):
        k = dictionary.source == j
        assert np.allclose(v[:, :, j], (W[:, k] @ H[:, k].T) ** 2, rtol=1e-13)


def test_both_engines_have_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    def everything() -> tuple[bytes, bytes, bytes]:
        dictionary, (block,) = parameters(seed=3)
        payload = ntf.write_block(dictionary, block)
        read = ntf.read_block(dictionary, payload, 30)
        return dictionary.write(), payload, ntf.powers(dictionary, read).tobytes()

    compiled = everything()
    monkeypatch.setenv("UNBRAID_ENGINE", "scipy")
    assert everything() == compiled


def test_bytes_are_frozen() -> None:
    dictionary, (block,) = parameters(seed=5)
    payload = ntf.write_block(dictionary, block)
    assert (dictionary.write().hex(), payload.hex()) == FROZEN, "the bitstream changed: raise its version"


def test_damage_is_an_error_or_levels_in_range() -> None:
    dictionary, (block,) = parameters(names=True)
    whole, payload = dictionary.write(), ntf.write_block(dictionary, block)
    rng = np.random.default_rng(7)
    begun = time.monotonic()
    for _ in range(3000):
        with contextlib.suppress(BitstreamError):
            read = ntf.NtfDictionary.read(mutated(whole, rng), GRID, int(rng.integers(1, 5)))
            assert read.components <= ntf.MOST_COMPONENTS
            assert read.templates.max(initial=0) <= read.most_template
            assert np.isfinite(ntf.powers(read, ntf.NtfBlock(np.full((1, read.components), read.most, np.uint8)))).all()
        with contextlib.suppress(BitstreamError):
            assert ntf.read_block(dictionary, mutated(payload, rng), 30).activations.max(initial=0) <= dictionary.most
    assert time.monotonic() - begun < 60


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """The bytes with some changed, cut off or added."""
    values = bytearray(data)
    for _ in range(int(rng.integers(1, 6))):
        values[int(rng.integers(len(values)))] = int(rng.integers(256))
    kind = rng.integers(3)
    return bytes(values[: int(rng.integers(len(values)))] if kind == 0 else values + b"\xff" * int(kind == 1))


def test_counts_beyond_the_limits_are_refused() -> None:
    dictionary, _ = parameters()
    data = bytearray(dictionary.write())
    data[ntf.HEAD.size : ntf.HEAD.size + 2] = b"\xff\xff"
    with pytest.raises(BitstreamError, match="components"):
        ntf.NtfDictionary.read(bytes(data), GRID, 3)
    with pytest.raises(BitstreamError, match="frames"):
        ntf.read_block(dictionary, b"", GRID.block_frames + 2)
    with pytest.raises(BitstreamError, match="cut short"):
        ntf.NtfDictionary.read(b"\0", GRID, 3)


def test_components_can_be_muted_moved_and_renamed() -> None:
    whole = parameters(names=True)
    dictionary, (block,) = ntf.without_components(whole, [1, 4])
    assert dictionary.source.tolist() == [0, 1, 1, 2]
    assert np.array_equal(block.activations, whole[1][0].activations[:, [0, 2, 3, 5]])
    moved, _ = ntf.moved(whole, [0], 2)
    assert moved.source.tolist() == [0, 1, 1, 2, 2, 2]
    assert moved.names[3] == whole[0].names[0]
    renamed, _ = ntf.renamed(whole, [f"layer {k}" for k in range(6)])
    assert ntf.NtfDictionary.read(renamed.write(), GRID, 3).names[5] == "layer 5"
    with pytest.raises(ParameterError, match="sources"):
        ntf.moved(whole, [0], 3)
    with pytest.raises(ParameterError, match="names"):
        ntf.renamed(whole, ["one"])[0].write()


FROZEN = (
    "0012d8ff0809020002000200050505050505fcdbc15fd4c4aa8cbc32f3643a25677a2c617b55c0e25de11d8b98cfa4d538a6"
    "14c85be2fb816da24dd125b0d6be7184067df4ea7a6bcb7c78a2b5d9",
    "fe85a7b8c6f534d567762eb75d4922c3ee26dad09795e7c4ddbbad3aa9d289d7ad499c0560fef14e02a89b72a4616023f8",
)

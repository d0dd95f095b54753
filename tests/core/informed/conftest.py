"""Streams that several tests look at, made once; machine code of kernels is kept between runs (a minute to compile)."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from coded_songs import Song, short_blocks, song

from unbraid.core.informed.dial import Dial
from unbraid.core.informed.encoder import Base, Encoder

USUAL_CACHE = os.environ.get("UNBRAID_CACHE")


@pytest.fixture(scope="package", autouse=True)
def kernels_where_they_are_kept() -> Iterator[None]:
    """Whatever folder the tests of other packages have moved them to."""
    with pytest.MonkeyPatch.context() as patch:
        if USUAL_CACHE is None:
            patch.delenv("UNBRAID_CACHE", raising=False)
        else:
            patch.setenv("UNBRAID_CACHE", USUAL_CACHE)
        yield


@pytest.fixture(scope="session")
def tune() -> Song:
    """Two seconds of three stereo stems and a remainder."""
    return song()


@pytest.fixture(scope="session")
def base(tune: Song) -> Base:
    """Its parametric layer by components, in blocks of half a second."""
    with short_blocks():
        return Encoder(tune.sources(), title="Tune").base(0.4, "ntf")


@pytest.fixture(scope="session")
def painted(tune: Song) -> Base:
    """Its parametric layer as a picture; one block."""
    return Encoder(tune.sources(), title="Tune").base(0.4, "image")


@pytest.fixture(scope="session")
def stream(base: Base) -> bytes:
    """Both layers, of 40 kbit/s."""
    return base.serve(Dial(rate_kbps=40)).stream

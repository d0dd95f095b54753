"""Make the golden streams of this version: `make.py VERSION` writes a folder; one that is there is never written again.

Each stream comes with the SHA-256 of all numbers that decoding gives before the filter (powers, covariances, numbers
of the residual layer), which every version to come must reproduce, and with levels of its stems, which depend on the
machine's transforms in the last bits only.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parents[1]))

from coded_songs import Song, decoded, short_blocks, song  # noqa: E402

from unbraid.core.informed.decoder import SideInformation  # noqa: E402
from unbraid.core.informed.dial import Dial, Model  # noqa: E402
from unbraid.core.informed.encoder import Encoder  # noqa: E402

SONGS: dict[str, tuple[Song, Model, Dial]] = {
    "components": (song(2), "ntf", Dial(rate_kbps=4)),
    "components-residual": (song(2), "ntf", Dial(rate_kbps=40)),
    "components-mono": (song(2, channels=1, stems=2, rest=0), "ntf", Dial(rate_kbps=24)),
    "picture": (song(2), "image", Dial(rate_kbps=4)),
    "picture-residual": (song(2), "image", Dial(rate_kbps=40)),
    "picture-by-ear": (song(1), "image", Dial(rate_kbps=40, perceptual=True)),
    "exact": (song(1, stems=2), "ntf", Dial(exact=("voice",))),
    "96-kHz": (song(0.4, rate=96_000), "ntf", Dial(rate_kbps=100)),
    "sixteen": (song(0.5, stems=16, channels=1), "ntf", Dial(rate_kbps=80)),
    "one-sample": (song(1 / 8000), "ntf", Dial(rate_kbps=40)),
}


def numbers(stream: bytes) -> str:
    """SHA-256 of all that is decoded, block after block, in hexadecimal digits."""
    side = SideInformation(stream)
    whole = hashlib.sha256(np.ascontiguousarray(side.covariances).tobytes())
    layout = side.residual.layout if side.residual else None
    for block in range(side.header.blocks):
        whole.update(np.ascontiguousarray(side.powers(block)).tobytes())
        if side.residual and layout:
            whole.update(side.residual.coefficients(block, layout).tobytes())
    return whole.hexdigest()


def levels(stream: bytes, tune: Song) -> list[float]:
    """Root mean square of each source's channels together."""
    images = decoded(stream, tune.mix).astype(np.float64)
    return [float(level) for level in np.sqrt(np.square(images).mean(axis=(1, 2)))]


def main(version: str) -> None:
    """Write the folder of a version."""
    folder = FOLDER / version
    folder.mkdir()
    told = {}
    for name, (tune, model, dial) in SONGS.items():
        with short_blocks(0.5, 64):
            stream = Encoder(tune.sources(), title=name).base(0.4, model).serve(dial).stream
        (folder / f"{name}.unb").write_bytes(stream)
        told[name] = {"bytes": len(stream), "numbers": numbers(stream), "levels": levels(stream, tune)}
    (folder / "told.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

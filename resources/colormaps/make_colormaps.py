"""Writes colormaps.json: perceptually uniform colour maps as 256 colours each, taken once from matplotlib (CC0).

python resources/colormaps/make_colormaps.py
"""

from __future__ import annotations

import json
from pathlib import Path

NAMES = ("magma", "inferno", "plasma", "viridis", "cividis")


def main() -> None:
    """Each map as one line of 256 times six hexadecimal digits."""
    from matplotlib import colormaps

    maps = {name: (colormaps[name](range(256), bytes=True)[:, :3]).tobytes().hex() for name in NAMES}
    Path(__file__).with_name("colormaps.json").write_text(json.dumps(maps, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

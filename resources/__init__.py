"""What ships with the application: the demo song, with its stems."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib.resources import as_file, files
from pathlib import Path


def demo_song(part: str = "mix") -> AbstractContextManager[Path]:
    """The demo song as a file while the context lasts: `mix`, `vocals`, `drums`, `bass` or `other`."""
    return as_file(files("unbraid.resources") / "demo" / f"{part}.flac")

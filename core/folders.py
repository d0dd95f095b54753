"""Where the application keeps its own files: platform conventions, each overridden by one variable for tests."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """What can be made again: compiled loops, measured speeds, working files (`UNBRAID_CACHE` moves it)."""
    import platformdirs

    folder = Path(os.environ.get("UNBRAID_CACHE") or platformdirs.user_cache_dir("unbraid", appauthor=False))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def working_folder() -> Path:
    """Samples and stems of songs that are being worked on: large, so not in memory-backed temporary folders."""
    folder = cache_folder() / "work"
    folder.mkdir(exist_ok=True)
    return folder


def data_folder() -> Path:
    """What cannot be made again: drafts, presets, the list of projects (`UNBRAID_DATA` moves it); need not be there."""
    import platformdirs

    return Path(os.environ.get("UNBRAID_DATA") or platformdirs.user_data_dir("unbraid", appauthor=False))


def preset_folder() -> Path:
    """Presets of the user's own; need not be there."""
    return data_folder() / "presets"


def config_folder() -> Path:
    """The user's choices: settings, keys, where windows stood (`UNBRAID_CONFIG` moves it)."""
    import platformdirs

    folder = Path(os.environ.get("UNBRAID_CONFIG") or platformdirs.user_config_dir("unbraid", appauthor=False))
    folder.mkdir(parents=True, exist_ok=True)
    return folder

"""How fast each separator was on this machine, in seconds of music for each second of work."""

from __future__ import annotations

import json

from unbraid.core import atomic
from unbraid.core.folders import cache_folder


def known() -> dict[str, float]:
    """Speeds by separator; a damaged file counts as none."""
    try:
        content = json.loads((cache_folder() / "speeds.json").read_text(encoding="utf-8"))
        return {str(name): float(speed) for name, speed in content.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def remember(name: str, music_s: float, work_s: float) -> None:
    """Keep the speed of a run, unless it was too short to tell."""
    if music_s >= 5.0 and work_s > 0.0:
        speeds = {**known(), name: round(music_s / work_s, 2)}
        atomic.write_text(cache_folder() / "speeds.json", json.dumps(speeds, indent=1), overwrite=True)

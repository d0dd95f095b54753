"""Score files of museval: ours are read by its tools, and published ones are read here.

The text is museval's to the byte, but for what it writes as `NaN` (silent frames, and infinite figures): that is no
JSON, so `null` stands there. Its readers take that for a missing figure, as they do NaN.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from unbraid.core import atomic
from unbraid.core.errors import ParameterError
from unbraid.core.evaluation.bss import BssScores

VERSION = "0.4.1"
"""museval's version whose figures and format these are."""

ORDER = ("SDR", "SIR", "SAR", "ISR")
"""Figures of a frame in the file's order."""

MAX_BYTES = 64 << 20
MAX_FIGURES = 1 << 20


def to_json(scores: BssScores) -> str:
    """The text of a score file: five decimals, null for figures that are not finite."""
    targets = ",\n".join(_target(scores, j) for j in range(len(scores.names)))
    return f'{{\n  "targets": [\n{targets}\n  ],\n  "museval_version": "{VERSION}"\n}}'


def _target(scores: BssScores, j: int) -> str:
    frames = ",\n".join(_frame(scores, j, k) for k in range(len(scores.times_s)))
    return f'    {{\n      "name": {json.dumps(scores.names[j])},\n      "frames": [\n{frames}\n      ]\n    }}'


def _frame(scores: BssScores, j: int, k: int) -> str:
    figures = ",\n".join(f'            "{name}": {_number(scores.metric(name)[j, k])}' for name in ORDER)
    time, duration = float(scores.times_s[k]), float(scores.durations_s[k])
    return (
        f'        {{\n          "time": {time!r},\n          "duration": {duration!r},\n'
        f'          "metrics": {{\n{figures}\n          }}\n        }}'
    )


def _number(figure: float) -> str:
    return f"{figure:.5f}" if math.isfinite(figure) else "null"


def write(path: Path, scores: BssScores, *, overwrite: bool = False) -> None:
    """Write the score file of one song."""
    atomic.write_text(path, to_json(scores), overwrite=overwrite)


def read(path: Path) -> BssScores:
    """Scores of a file in museval's format, from anybody; ParameterError when it is not one."""
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as problem:
        raise ParameterError(f"{path} cannot be read: {problem.strerror or problem}") from problem
    if size > MAX_BYTES:
        raise ParameterError(f"{path} has {atomic.size_text(size)}; score files have up to {MAX_BYTES >> 20} MB")
    try:
        return from_json(data)
    except ParameterError as problem:
        raise ParameterError(f"{path} is no score file of museval: {problem}") from problem


def from_json(text: str | bytes) -> BssScores:
    """Scores of a text in museval's format; figures that are missing, null or NaN are NaN."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise ParameterError(f"it is no JSON ({problem})") from problem
    targets = _items(content, "targets")
    names = tuple(_name(target) for target in targets)
    if not names or len(set(names)) < len(names):
        raise ParameterError(f"targets have different names, not {', '.join(names) or 'none at all'}")
    frames = [_items(target, "frames") for target in targets]
    counts = {len(some) for some in frames}
    if len(counts) > 1:
        raise ParameterError(f"all targets have as many frames, not {', '.join(map(str, sorted(counts)))}")
    if len(names) * len(frames[0]) * len(ORDER) > MAX_FIGURES:
        raise ParameterError(f"it has more than {MAX_FIGURES} figures")
    times = np.array([[_place(frame, "time") for frame in some] for some in frames])
    durations = np.array([[_place(frame, "duration") for frame in some] for some in frames])
    if (times != times[0]).any() or (durations != durations[0]).any():
        raise ParameterError("the frames of its targets begin or end at different times")
    figures = {name.lower(): np.array([[_figure(frame, name) for frame in some] for some in frames]) for name in ORDER}
    return BssScores(names=names, times_s=times[0], durations_s=durations[0], **figures)


def _items(holder: object, key: str) -> list[Mapping[str, object]]:
    """A list of objects under a key."""
    items = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ParameterError(f"{key!r} should be a list of objects")
    return items


def _name(target: Mapping[str, object]) -> str:
    name = target.get("name")
    if not isinstance(name, str):
        raise ParameterError("each target has a 'name'")
    return name


def _place(frame: Mapping[str, object], key: str) -> float:
    value = _float(frame.get(key), key)
    if not (math.isfinite(value) and value >= 0):
        raise ParameterError(f"{key!r} is at least 0 s, not {frame.get(key)!r}")
    return value


def _figure(frame: Mapping[str, object], name: str) -> float:
    metrics = frame.get("metrics")
    if not isinstance(metrics, dict):
        raise ParameterError("each frame has 'metrics'")
    value = metrics.get(name)
    return math.nan if value is None else _float(value, name)


def _float(value: object, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ParameterError(f"{key!r} is a number, not {str(value)[:40]!r}")
    try:
        return float(value)
    except OverflowError:
        raise ParameterError(f"{key!r} is too large a number") from None

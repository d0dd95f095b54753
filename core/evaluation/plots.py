"""Comparisons as pictures, for the screen and for papers: PNG, SVG or PDF."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from unbraid.core import atomic
from unbraid.core.errors import ParameterError
from unbraid.core.evaluation.compare import FRAME_METRICS
from unbraid.core.evaluation.comparison import Comparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "svg", "pdf")
ORACLE, PLAIN, INK = "#b8b8b8", "#0072b2", "#202020"
"""Colours told apart by colour-blind eyes and in print; oracles are hatched as well."""

FEW_SONGS = 5
"""With fewer songs than that, boxes show the distribution over frames."""

ROW_INCH, TARGET_INCH, HEAD_INCH, WIDTH_INCH = 0.3, 0.75, 0.9, 8.0


def check_format(path: Path) -> None:
    """Raise ParameterError where a picture cannot be written by that name."""
    if path.suffix.lower().lstrip(".") not in FORMATS:
        raise ParameterError(f"a plot is a file of {', '.join(FORMATS)}, not {path.name!r}; name it like plot.png")


def write_comparison(path: Path, comparison: Comparison, *, metric: str = "SDR", overwrite: bool = False) -> None:
    """A box for each method and target: the quartiles over songs, or over frames where songs are few.

    Over songs, targets that few songs have are left out, unless there are no others.
    """
    by_song = len(comparison.songs) >= FEW_SONGS or metric not in FRAME_METRICS
    rows = {target: _distributions(comparison, target, metric, by_song) for target in comparison.targets()}
    if by_song:
        common = {t: methods for t, methods in rows.items() if max(map(len, methods.values())) >= FEW_SONGS}
        rows = common or rows
    height = HEAD_INCH + sum(TARGET_INCH + ROW_INCH * len(methods) for methods in rows.values())
    figure = _figure(height)
    sizes = [TARGET_INCH + ROW_INCH * len(methods) for methods in rows.values()]
    axes = figure.subplots(len(rows), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": sizes})[:, 0]
    for axis, (target, methods) in zip(axes, rows.items(), strict=True):
        _boxes(axis, target, methods)
        axis.tick_params(axis="x", labelbottom=True)
    of = f"{len(comparison.songs)} songs" if by_song else f"seconds of {', '.join(comparison.songs)[:60]}"
    axes[-1].set_xlabel(f"{metric} in dB: quartiles, median, 5 to 95 % of the {of}")
    save(path, figure, overwrite=overwrite)


def write_curves(
    path: Path,
    x: npt.NDArray[np.floating],
    curves: dict[str, npt.NDArray[np.floating]],
    *,
    x_label: str,
    y_label: str,
    overwrite: bool = False,
) -> None:
    """Curves over one axis, each with its least value marked."""
    figure = _figure(4.0)
    axis = figure.subplots()
    for (name, y), style in zip(curves.items(), ("-", "--", ":", "-."), strict=False):
        (line,) = axis.plot(x, y, style, label=name, color=PLAIN if style == "-" else INK)
        axis.plot(x[np.argmin(y)], y.min(), "o", color=line.get_color())
    axis.set_xlabel(x_label)
    axis.set_ylabel(y_label)
    axis.legend(frameon=False)
    save(path, figure, overwrite=overwrite)


def save(path: Path, figure: Figure, *, overwrite: bool = False) -> None:
    """Write a figure in the format its name says, whole or not at all."""
    check_format(path)
    kind = path.suffix.lower().lstrip(".")
    buffer = io.BytesIO()
    from matplotlib import rc_context

    # text stays text, and the same data give the same file
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "unbraid"}):
        undated: dict[str, Any] = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
        figure.savefig(buffer, format=kind, dpi=150, metadata=undated)
    atomic.write_bytes(path, buffer.getvalue(), overwrite=overwrite)


def _figure(height_inch: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH_INCH, height_inch), layout="constrained")


def _distributions(comparison: Comparison, target: str, metric: str, by_song: bool) -> dict[str, list[float]]:
    if by_song:
        figures = comparison.figures(target, metric)
        return {method: [v for v in songs.values() if np.isfinite(v)] for method, songs in figures.items()}
    return {method: list(values) for method, values in comparison.frames(target, metric).items()}


def _boxes(axis: Axes, target: str, methods: dict[str, list[float]]) -> None:
    """Lying boxes, the best on top."""
    names = list(methods)[::-1]
    parts = axis.boxplot(
        [methods[name] for name in names],
        orientation="horizontal",
        widths=0.6,
        patch_artist=True,
        whis=(5, 95),
        showfliers=False,
    )
    for name, box, middle in zip(names, parts["boxes"], parts["medians"], strict=True):
        oracle = name.startswith("oracle")
        box.set(facecolor=ORACLE if oracle else PLAIN, edgecolor=INK, hatch="///" if oracle else "", linewidth=0.8)
        middle.set(color="white" if not oracle else INK, linewidth=2)
    axis.set_yticks(range(1, len(names) + 1), names)
    axis.set_title(target, loc="left", fontweight="bold", color=INK)
    axis.grid(axis="x", color="#dddddd", linewidth=0.8)
    axis.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    axis.tick_params(axis="y", length=0)

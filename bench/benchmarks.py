"""Makes docs/benchmarks.md with its plots: quality on multitracks, and speed beside other programs.

    python bench/benchmarks.py [FOLDER ...] [--rounds 1] [--keep FOLDER] [--only quality,bss,...]

Without a folder, quality is measured on the demo song. About half an hour on two cores. `--keep` names a folder for the
figures of each script; those that are there already are used again, so that one script can be repeated alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
SPEED = ("bss", "wiener", "nmf", "stft", "medians", "repet_sim", "kernels")
"""Scripts built on harness.py, in the order of the page."""

ARGUMENTS = {"medians": ("--only", "hpss")}
"""What a script is asked for where all of it would take hours."""

SHORT = {
    "bss": "BSSEval v4", "wiener": "Wiener, 4 stereo sources", "nmf": "", "stft": "STFT and inverse",
    "medians": "Medians", "repet_sim": "Samples to stems", "kernels": "Medians over a kernel",
}  # fmt: skip
"""What the plot calls the scripts' tables."""

TASKS = {
    "nmf=0": "NMF, Itakura-Saito", "nmf=1": "NMF, Kullback-Leibler", "ntf=is": "NTF, Itakura-Saito",
    "method=sim": "REPET-SIM", "method=hpss": "HPSS", "stems=1": "samples to stems, one iteration",
    "iterations=0": "no iteration", "iterations=1": "one iteration",
}  # fmt: skip
"""What the plot calls their tasks, where that is not what they say."""

OURS = ("ours", "unbraid")
INTRODUCTION = """# Benchmarks

Made by `python bench/benchmarks.py`; nothing here is written by hand. Figures are those of the machine below, on which
other programs ran at the same time: ratios within a table can be trusted to about 15 %, seconds cannot. What they mean,
and where we fall short, is said in [quality.md](quality.md) and [speed.md](speed.md).
"""


def main() -> None:
    """Run every script whose figures are not there yet, and write the page."""
    options = _options()
    options.keep.mkdir(parents=True, exist_ok=True)
    wanted = options.only.split(",") if options.only else ["quality", *SPEED]
    for name in wanted:
        _measure(name, options)
    _write(options.keep)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Makes docs/benchmarks.md.")
    parser.add_argument("folders", type=Path, nargs="*", help="multitracks for quality; the demo song if none")
    parser.add_argument("--rounds", type=int, default=1, help="how often speed is measured; the least time counts")
    parser.add_argument("--keep", type=Path, default=HERE / "results", help="where figures of each script are kept")
    parser.add_argument("--only", default="", help="scripts to run again, with commas; for the rest, those kept")
    return parser.parse_args()


def _measure(name: str, options: argparse.Namespace) -> None:
    """Figures of one script into the folder that keeps them."""
    figures, text = options.keep / f"{name}.json", options.keep / f"{name}.md"
    script = HERE / f"{name}.py"
    if not script.exists() or (figures.exists() and not options.only):
        return
    command = [sys.executable, str(script), "--json", str(figures)]
    if name == "quality":
        command += [str(folder.resolve()) for folder in options.folders]
    else:
        command += ["--rounds", str(options.rounds), *ARGUMENTS.get(name, ())]
    print(f"{name} ...", file=sys.stderr, flush=True)
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONWARNINGS": "ignore"}
    )
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stderr[-2000:]}")
    text.write_text(done.stdout, encoding="utf-8")


def _write(folder: Path) -> None:
    """The page and its plots from the figures kept."""
    parts = [INTRODUCTION]
    quality = folder / "quality.json"
    if quality.exists():
        _draw_quality(json.loads(quality.read_text(encoding="utf-8")), DOCS / "pictures" / "quality.svg")
        parts += ["## Separation quality\n", "![quality](pictures/quality.svg)\n", (folder / "quality.md").read_text()]
    known = [name for name in SPEED if (folder / f"{name}.json").exists()]
    speeds = {name: json.loads((folder / f"{name}.json").read_text()) for name in known}
    if speeds:
        _draw_speed(speeds, DOCS / "pictures" / "speed.svg")
        parts += ["## Speed\n", _machine(speeds[known[0]]), "![speed](pictures/speed.svg)\n"]
        parts += [(folder / f"{name}.md").read_text() for name in SPEED if (folder / f"{name}.md").exists()]
    page = "\n".join(part.rstrip() + "\n" for part in parts).replace("\n## ", "\n### ").replace("\n### S", "\n## S", 1)
    (DOCS / "benchmarks.md").write_text(page, encoding="utf-8")


def _machine(figures: dict[str, Any]) -> str:
    about = figures["machine"]
    return f"Python {about['python']}, {about['platform']}, {about['cores']} cores.\n"


def _draw_quality(document: dict[str, Any], path: Path) -> None:
    from unbraid.core.evaluation import plots
    from unbraid.core.evaluation.comparison import Comparison

    plots.write_comparison(path, Comparison.of_document(document), metric="plain SDR", overwrite=True)


def _draw_speed(tables: dict[str, dict[str, Any]], path: Path) -> None:
    """How many times faster we are than the reference of each task, as bars from one time on."""
    from matplotlib.figure import Figure

    from unbraid.core.evaluation import plots

    bars = {label: times for name, table in tables.items() for label, times in _ratios(SHORT[name], table)}
    figure = Figure(figsize=(10, 1.0 + 0.32 * len(bars)), layout="constrained")
    axis = figure.subplots()
    names = list(bars)[::-1]
    axis.barh(range(len(names)), [bars[name] - 1 for name in names], left=1, color=plots.PLAIN, height=0.65)
    for row, name in enumerate(names):
        axis.text(max(bars[name], 1) * 1.06, row, f"{bars[name]:.1f}x", va="center", color=plots.INK)
    axis.set_yticks(range(len(names)), names)
    axis.set_xscale("log")
    axis.set_xlim(min(0.8, 0.9 * min(bars.values())), 1.6 * max(bars.values()))
    axis.set_xticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
    axis.minorticks_off()
    axis.set_xlabel("times the speed of the peer (processor time, one thread, same run)", loc="right")
    axis.axvline(1, color=plots.INK, linewidth=0.8)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    axis.tick_params(axis="y", length=0)
    plots.save(path, figure, overwrite=True)


def _ratios(title: str, table: dict[str, Any]) -> list[tuple[str, float]]:
    """Of each task that has a peer as reference: its name with the peer's, how many times faster our first case is."""
    timed = [case for case in table["cases"] if "cpu_s" in case and case["threads"] == 1]
    found = []
    for unit in (case for case in timed if case["unit"]):
        ours = [c["cpu_s"] for c in timed if c["task"] == unit["task"] and c["label"].lower().startswith(OURS)]
        task = TASKS.get(unit["task"], unit["task"].partition("=")[2] if "kernel" in unit["task"] else unit["task"])
        if ours:
            found.append((f"{title}{': ' if title else ''}{task}  ({unit['label']})", unit["cpu_s"] / ours[0]))
    return found


if __name__ == "__main__":
    main()

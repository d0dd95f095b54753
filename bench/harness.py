"""Measures our code beside its peers: every case in a process of its own, ratios within one run.

A case is a function decorated with `@case`. It prepares its data, which is not timed, and returns a `Job`. A process of
its own gives it its own peak memory, and thread variables that are set before any library loads. Peers that are not
installed are reported as skipped. Rounds go through all cases in turn, and the least CPU time counts: other programs on
the machine can only add to it.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import itertools
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
MARK = "@@result "

Record = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """What is timed, the figures to report of its result, and what fraction of the whole task it does."""

    run: Callable[[], Any]
    check: Callable[[Any], Mapping[str, float]] = lambda _: {}
    part: float = 1.0


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    label: str
    make: Callable[..., Job]
    parameters: Mapping[str, Any]
    threads: int
    needs: tuple[str, ...] = ()
    repeats: int = 3
    unit: bool = False

    @property
    def task(self) -> str:
        """What peers are compared at."""
        return " ".join(f"{key}={value}" for key, value in self.parameters.items())


@dataclass
class Bench:
    """A table of cases."""

    title: str
    cases: list[Case] = field(default_factory=list)

    def case(
        self,
        label: str,
        *,
        needs: Iterable[str] = (),
        threads: Iterable[int] = (1,),
        repeats: int = 3,
        unit: bool = False,
        **grid: Iterable[Any],
    ) -> Callable[[Callable[..., Job]], Callable[..., Job]]:
        """Register a function for each combination of the values in `grid` and of thread counts.

        unit: the case is what others at the same task are compared with.
        """

        def register(make: Callable[..., Job]) -> Callable[..., Job]:
            for values in itertools.product(*grid.values()):
                for count in threads:
                    parameters = dict(zip(grid, values, strict=True))
                    self.cases.append(Case(label, make, parameters, count, tuple(needs), repeats, unit))
            return make

        return register

    def main(self) -> None:
        """Run from the command line; see README.md."""
        parser = argparse.ArgumentParser(description=self.title)
        parser.add_argument("--only", default="", help="cases whose label or parameters contain this")
        parser.add_argument("--rounds", type=int, default=2, help="how often to go through all cases")
        parser.add_argument("--json", type=Path, help="write all figures to this file")
        parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
        options = parser.parse_args()
        if options.child is not None:
            print(MARK + json.dumps(measure(self.cases[options.child])))
            return
        chosen = [i for i, c in enumerate(self.cases) if options.only in f"{c.label} {c.task}"]
        records = [merged(self.cases[i], []) for i in chosen]
        for round_ in range(options.rounds):
            for k, i in enumerate(chosen):
                print(f"\rround {round_ + 1}: {k + 1}/{len(chosen)} ", end="", file=sys.stderr, flush=True)
                records[k] = merged(self.cases[i], [records[k], in_a_process(i, self.cases[i])])
        print(file=sys.stderr)
        print(table(self.title, records))
        if options.json:
            options.json.write_text(json.dumps({"title": self.title, "machine": machine(), "cases": records}, indent=1))


def machine() -> Record:
    """What the figures were measured on."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def memory_mb(name: str) -> float:
    """A line of this process' memory status in MB, NaN where the system has none."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(name)), float("nan"))


def forget_peak_memory() -> None:
    """Let the peak begin again at what is in use now."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def measure(case: Case) -> Record:
    """Times and memory of one case, in this process."""
    missing = [name for name in case.needs if importlib.util.find_spec(name) is None]
    if missing:
        return {"skipped": f"{', '.join(missing)} not installed"}
    try:
        job = case.make(threads=case.threads, **case.parameters)
        gc.collect()
        forget_peak_memory()
        before = memory_mb("VmRSS:")
        first = clock(job.run)
        added = memory_mb("VmHWM:") - before
        figures = dict(job.check(job.run()))
        runs = [clock(job.run) for _ in range(case.repeats)]
    except Exception as error:  # a peer that fails is no reason to stop
        return {"skipped": f"{type(error).__name__}: {error}"[:200]}
    return {
        "wall_s": min(wall for wall, _ in runs) / job.part,
        "cpu_s": min(cpu for _, cpu in runs) / job.part,
        "first_s": first[0] / job.part,
        "added_mb": added,
        "part": job.part,
        "figures": figures,
    }


def clock(run: Callable[[], Any]) -> tuple[float, float]:
    """Wall and CPU seconds of one run; its result is freed outside."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    times = time.perf_counter() - wall, time.process_time() - cpu
    del result
    return times


def in_a_process(index: int, case: Case) -> Record:
    """`measure` in a fresh interpreter."""
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "PYTHONWARNINGS": "ignore"}
    environment |= dict.fromkeys(THREAD_VARIABLES, str(case.threads))
    command = [sys.executable, str(Path(sys.argv[0]).resolve()), "--child", str(index)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if not lines:
        return {"skipped": f"died with code {done.returncode}: {done.stderr.strip()[-200:]}"}
    result: Record = json.loads(lines[-1].removeprefix(MARK))
    return result


def merged(case: Case, records: list[Record]) -> Record:
    """The least times of several rounds, with the case's name."""
    result: Record = {"label": case.label, "task": case.task, "threads": case.threads, "unit": case.unit}
    for record in records:
        for key, value in record.items():
            known = result.get(key)
            result[key] = min(known, value) if key in ("wall_s", "cpu_s") and known is not None else value
    return result


def table(title: str, records: list[Record]) -> str:
    """Markdown: one line for each case, with its speed relative to the unit at the same task."""
    unit = {r["task"]: r["cpu_s"] for r in records if r["unit"] and "cpu_s" in r}
    lines = [f"## {title}", "", f"Python {platform.python_version()}, {os.cpu_count()} cores; least CPU time."]
    lines += [
        "",
        "| case | task | threads | CPU | wall | speed | memory added | figures |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for r in records:
        head = f"| {r['label']} | {r['task']} | {r['threads']} |"
        if "cpu_s" not in r:
            lines.append(f"{head} | | | | skipped: {r.get('skipped', '')} |")
            continue
        speed = f"{unit[r['task']] / r['cpu_s']:.1f}x" if r["task"] in unit else ""
        figures = ", ".join(f"{key} {value:.2g}" for key, value in r["figures"].items())
        part = f" (1/{1 / r['part']:.0f} measured)" if r["part"] < 1 else ""
        lines.append(
            f"{head} {r['cpu_s']:.3f} s{part} | {r['wall_s']:.3f} s | {speed} | {r['added_mb']:.0f} MB | {figures} |"
        )
    return "\n".join(lines)

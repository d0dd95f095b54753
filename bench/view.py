"""Frames of the spectrogram view: 20 minutes of stereo in a widget of 1600 x 900, beside pyqtgraph's ImageItem.

Both show the same level codes (window 4096, hop 1024: 2049 x 51 680) on a linear axis and repaint real widgets on Qt's
offscreen platform, whose raster engine is the same as on screen; one kind of change after the other, each in both, so
that other work on the machine meets both. Ours has axes, ruler, overview and colour bar around it, and scales that
pyqtgraph does not have. A frame is a change, the events it causes, and the repaint; "times pyqtgraph" is the ratio of
the medians of CPU time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
from harness import Bench, Job

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

RATE, SECONDS = 44100, 20 * 60
WIDTH, HEIGHT = 1600, 900
FRAMES = 40
OURS, PEER = "unbraid", "pyqtgraph"
VIEWS = ("pan", "pan close", "pan all", "zoom")

bench = Bench(
    f"Spectrogram view, {SECONDS // 60} min of stereo, {WIDTH} x {HEIGHT}, {FRAMES} frames of each kind; figures in ms"
)

Change = Callable[[], object]


def song():
    """Decaying notes and noise, the same every 20 seconds; both channels lie in the same memory."""
    from unbraid.core.audio import Audio

    rng = np.random.default_rng(0)
    moments = np.arange(20 * RATE) / RATE
    part = rng.standard_normal(len(moments)).astype(np.float32) * np.float32(0.01)
    for k in range(12):
        hz = 55 * 2 ** (k / 2)
        part += (0.1 * np.sin(2 * np.pi * hz * moments) * np.exp(-3 * ((moments + k / 12) % 1))).astype(np.float32)
    samples = np.tile(part, SECONDS // 20)
    return Audio(np.broadcast_to(samples[:, None], (len(samples), 2)), RATE)


def windows(kind: str) -> Iterator[tuple[float, float]]:
    """Stretches of time in seconds, one for each frame."""
    for k in range(FRAMES):
        a = k / FRAMES
        if kind == "zoom":  # from everything to 2 s
            span = SECONDS * (2 / SECONDS) ** a
            yield 600 * (1 - span / SECONDS), 600 * (1 - span / SECONDS) + span
        else:
            span = {"pan": 60.0, "pan close": 8.0, "pan all": 1150.0}[kind]
            yield a * 0.8 * span % 40, a * 0.8 * span % 40 + span


Steps = dict[str, list[Change]]


def frames(app, widgets: dict[str, Steps], more: dict[str, float]) -> Job:
    """Times of the changes of each widget in turn, each with all that it causes."""

    def run() -> dict[str, dict[str, list[tuple[float, float]]]]:
        times = {name: {kind: [] for kind in steps} for name, steps in widgets.items()}
        for kind in (*VIEWS, "levels", "play"):
            for name, steps in widgets.items():
                for _ in range(3):  # what the other has left to do
                    app.processEvents()
                for change in steps[kind]:
                    wall, cpu = time.perf_counter(), time.process_time()
                    change()
                    app.processEvents()
                    taken = 1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - cpu)
                    times[name][kind].append(taken)
        return times

    def check(times: dict[str, dict[str, list[tuple[float, float]]]]) -> dict[str, float]:
        figures = {}
        for kind in times[OURS]:
            for name, taken in times.items():
                wall, cpu = np.array(taken[kind]).T
                figures[f"{kind}: {name} wall"] = float(np.median(wall))
                figures[f"{kind}: {name} wall p95"] = float(np.percentile(wall, 95))
                figures[f"{kind}: {name} CPU"] = float(np.median(cpu))
                figures[f"{kind}: {name} CPU p95"] = float(np.percentile(cpu, 95))
            if PEER in times:
                figures[f"{kind}: times pyqtgraph"] = figures[f"{kind}: {PEER} CPU"] / figures[f"{kind}: {OURS} CPU"]
        return figures | more

    return Job(run, check)


def application():
    """The one application of this process."""
    from PySide6.QtWidgets import QApplication

    return QApplication.instance() or QApplication([])


def image_item(app, codes: np.ndarray) -> tuple[object, Steps]:
    """The lowest level of the pyramid as an image in pyqtgraph; a line as the playhead."""
    import pyqtgraph

    pyqtgraph.setConfigOption("imageAxisOrder", "row-major")
    widget = pyqtgraph.PlotWidget()
    widget.resize(WIDTH, HEIGHT)
    item = pyqtgraph.ImageItem(np.array(codes), levels=(60, 220))
    item.setLookupTable(pyqtgraph.colormap.get("inferno").getLookupTable(nPts=256))
    item.setRect(0, 0, SECONDS, RATE / 2)
    box = widget.getPlotItem().getViewBox()
    box.disableAutoRange()
    widget.addItem(item)
    line = pyqtgraph.InfiniteLine(0)
    widget.addItem(line)
    box.setRange(xRange=(0, SECONDS), yRange=(0, RATE / 2), padding=0)
    widget.show()
    app.processEvents()
    steps: Steps = {
        kind: [partial(box.setRange, xRange=window, padding=0) for window in windows(kind)] for kind in VIEWS
    }
    steps["levels"] = [partial(item.setLevels, (60 - k, 220 + k)) for k in range(FRAMES // 2)]
    steps["play"] = [partial(line.setPos, 0.5 * k) for k in range(FRAMES)]
    return widget, steps


@bench.case("unbraid and pyqtgraph, linear", needs=["PySide6", "pyqtgraph"], repeats=1)
def beside(threads: int) -> Job:
    """The view of the window, and a plain image."""
    return _ours("linear", "mix", 1, has_peer=True)


@bench.case("unbraid", needs=["PySide6"], repeats=1, scale=("linear", "log", "mel", "note"))
def ours(scale: str, threads: int) -> Job:
    """The view of the window."""
    return _ours(scale, "mix", 1)


@bench.case("unbraid, 4 stems over each other", needs=["PySide6"], repeats=1)
def overlaid(threads: int) -> Job:
    """Four pictures gathered, and their light added."""
    return _ours("log", "overlaid", 5)


def _ours(scale: str, what: str, sounds: int, *, has_peer: bool = False) -> Job:
    app = application()
    from unbraid.app.spectrogram.display import DisplayOptions, Layer
    from unbraid.app.spectrogram.view import SpectrogramView
    from unbraid.core.audio import Audio

    mix = song()
    colours = ("#b3b7bd", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")
    sound = [mix, *(Audio(mix.samples[k:], RATE) for k in range(1, sounds))]
    layers = [
        Layer(str(k), str(k), ink, "X", audio) for k, (ink, audio) in enumerate(zip(colours, sound, strict=False))
    ]
    view = SpectrogramView()
    view.resize(WIDTH, HEIGHT)
    view.set_display(DisplayOptions(what=what, scale=scale, hop=1024))
    view.set_sources(layers)
    view.show()
    start = time.perf_counter()
    while view.analyst.is_busy:
        app.processEvents()
        time.sleep(0.01)
    analysed = time.perf_counter() - start
    time.sleep(0.1)
    app.processEvents()
    display, viewport = view.display, view.viewport
    steps: Steps = {
        kind: [partial(view.set_viewport, viewport.with_times(*window)) for window in windows(kind)] for kind in VIEWS
    }
    steps["levels"] = [partial(view.set_display, replace(display, range_db=60 + k)) for k in range(FRAMES // 2)]
    steps["play"] = [partial(view.set_playhead, 0.5 * k) for k in range(FRAMES)]
    widgets = {OURS: steps}
    if has_peer:
        view.peer, widgets[PEER] = image_item(app, view.canvas.composer.pictures[0].pyramid.level(0))
    return frames(app, widgets, {"pyramid MB": view.analyst.bytes / 1e6, "analysis s": analysed})


if __name__ == "__main__":
    bench.main()

"""The real window, measured: start, opening a song, frames, a fader, memory, references to None, quitting, heartbeat.

    python bench/window.py [--only TEXT] [--rounds 3] [--cold]

Every measurement is a process of its own with private folders, on Qt's offscreen platform (whose raster engine is that
of the screen; QT_QPA_PLATFORM=xcb measures a real display) and a sound device that nobody hears. Songs are made once
and kept in the temporary folder. The table has the least and the median of the rounds; budgets are those of the design.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from harness import MARK, machine

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from unbraid.app.window.main_window import MainWindow
    from unbraid.core.playback.backend import NullBackend

RATE, STEMS = 44100, 8
WIDTH, HEIGHT = 1600, 900
FRAMES = 60
KEPT = Path(tempfile.gettempdir()) / "unbraid-bench-window"
"""Songs and compiled loops: made by the first run."""
HEAVY = (
    "numpy", "scipy", "numba", "torch", "soundfile", "av", "soxr", "sounddevice", "pyqtgraph", "superqt", "qtawesome",
    "qtpy", "matplotlib", "librosa", "sklearn",
)  # fmt: skip

Figures = dict[str, float]
BUDGETS = {
    "first paint, s": 0.3,
    "first paint, cold, s": 1.0,
    "heavy modules at the first paint": 0,
    "4 min, from first paint: heard, s": 3.0,
    "4 min, from first paint: seen, s": 3.0,
    "fader: in the ring, worst, ms": 100,
    "references to None lost in 1000 rounds of calls": 100,
    "heartbeat while separating: p95, ms": 100,
} | {f"frame, {kind}: p95, ms": 8 for kind in ("pan", "pan all", "zoom", "levels", "play")}


# -- songs -----------------------------------------------------------------------------------------------------------


def sound(minutes: float, seed: int = 0):
    """Decaying notes and noise, never silent, (N, 2) float32; the same every 20 seconds."""
    import numpy as np

    rng, moments = np.random.default_rng(seed), np.arange(20 * RATE) / RATE
    part = 0.01 * rng.standard_normal((len(moments), 2))
    for k in range(12):
        hz = (55 + 3 * seed) * 2 ** (k / 2)
        note = 0.04 * np.sin(2 * np.pi * hz * moments) * np.exp(-3 * ((moments + k / 12 + seed / 7) % 1))
        part += note[:, None] * (1.0, 0.8)
    return np.tile(part.astype(np.float32), (round(minutes * 3), 1))


def song(minutes: int) -> Path:
    """A FLAC file."""
    from unbraid.core import audio_files
    from unbraid.core.audio import Audio

    path = KEPT / f"{minutes} minutes.flac"
    if not path.exists():
        KEPT.mkdir(exist_ok=True)
        audio_files.write(path, Audio(sound(minutes), RATE))
    return path


def project(minutes: int) -> Path:
    """A project with eight stems; float32 files that are mapped, as the window makes them."""
    from unbraid.core import mapped_wav
    from unbraid.core.document import edits
    from unbraid.core.document.document import Document
    from unbraid.core.document.state import Song, Stem

    folder = KEPT / f"{minutes} minutes, {STEMS} stems"
    if folder.exists():
        return folder
    KEPT.mkdir(exist_ok=True)
    making = folder.with_name("making")
    shutil.rmtree(making, ignore_errors=True)
    document = Document.create(making)

    def keep(samples) -> str:
        mapped_wav.create(KEPT / "sound.wav", *samples.shape, RATE)[:] = samples
        return document.media.adopt(KEPT / "sound.wav")

    names = ("vocals", "drums", "bass", "guitar", "piano", "strings", "choir", "noise")
    total, stems = 0.0, []
    for number, name in enumerate(names):
        samples = sound(minutes, number) / STEMS
        total = total + samples
        stems.append(Stem(f"s{number}", name, keep(samples)))
    opened = Song(keep(total), "Eight stems", len(total), 2, RATE)
    document.do("Open", lambda p: edits.set_stems(edits.set_song(p, opened), stems))
    document.close()
    making.rename(folder)
    return folder


# -- the window ------------------------------------------------------------------------------------------------------


def nobody(**how: object) -> NullBackend:
    """A sound device that nobody hears."""
    from unbraid.core.playback.backend import NullBackend

    return NullBackend(**how)  # type: ignore[arg-type]


class Opened:
    """A window, and what it does while it is waited for."""

    def __init__(self, *paths: Path, backend: NullBackend | None = None) -> None:
        from unbraid.app import gui
        from unbraid.app.settings import SettingsStore

        self.app: QApplication = gui.application()
        self.window: MainWindow = gui.open_window(list(paths), settings=SettingsStore(), backend=backend)
        self.window.resize(WIDTH, HEIGHT)

    def until(self, claim: Callable[[], object], at_most_s: float = 90.0) -> float:
        """Let the window work until something holds; the moment (`time.monotonic`) at which it was seen."""
        end = time.monotonic() + at_most_s
        while not claim():
            if time.monotonic() > end:
                raise TimeoutError("the window did not get there")
            self.app.processEvents()
            time.sleep(0.001)
        return time.monotonic()

    def rest(self, seconds: float) -> None:
        """Let it work for a while."""
        begun = time.monotonic()
        self.until(lambda: time.monotonic() > begun + seconds)

    @property
    def is_seen(self) -> bool:
        """Whether the whole picture is there, and on the screen (`progress_changed` comes with the last repaint)."""
        canvas = self.window.song_view.view.canvas
        return self.window.session.has_song and canvas.composer.pictures != [] and canvas._seen_progress >= 1.0

    def ready(self) -> MainWindow:
        """The window when the song it was given can be played and seen, and nothing is being prepared."""
        self.until(lambda: self.window.is_awake)
        self.until(lambda: self.is_seen and self.window.session.playing.is_ready)
        self.until(lambda: not self.window.session.opening_queue.is_busy)
        self.until(lambda: not self.window.song_view.view.analyst.is_busy)
        self.rest(1.5)
        return self.window

    def close(self) -> None:
        """As a user does."""
        self.window.close()


def painted(opened: Callable[[], Opened]) -> tuple[Opened, float, float, list[str]]:
    """Open a window; moment and CPU seconds of the process when it had been painted, and what was loaded then."""
    from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt

    from unbraid.app.window.main_window import MainWindow

    found: list[tuple[float, float, list[str]]] = []

    class Watch(QObject):
        """Looks when the paint event of the first screen is through: an event in front of all others tells."""

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
            if event.type() == QEvent.Type.Paint:
                QCoreApplication.postEvent(self, QEvent(QEvent.Type.User), Qt.EventPriority.HighEventPriority.value)
            return False

        def event(self, event: QEvent) -> bool:
            if event.type() == QEvent.Type.User and not found:
                found.append((time.monotonic(), time.process_time(), [name for name in HEAVY if name in sys.modules]))
            return True

    watch, awaken = Watch(), MainWindow.show

    def show(window: MainWindow) -> None:
        window.start.installEventFilter(watch)
        awaken(window)

    MainWindow.show = show  # type: ignore[method-assign]
    made = opened()
    made.until(lambda: found)
    made.window.start.removeEventFilter(watch)
    return made, *found[0]


# -- measurements ----------------------------------------------------------------------------------------------------


def start(begun: float) -> Figures:
    """From the start of the process until the window is painted, and until it can be used."""
    made, at, cpu, heavy = painted(Opened)
    awake, awake_cpu = made.until(lambda: made.window.is_awake), time.process_time()
    made.rest(0.5)
    made.close()
    if heavy:
        print("loaded before the first paint:", *heavy, file=sys.stderr)
    return {
        "first paint, s": at - begun,
        "first paint, CPU, s": cpu,
        "heavy modules at the first paint": len(heavy),
        "awake, s": awake - begun,
        "awake, CPU, s": awake_cpu,
    }


def cold_start(begun: float) -> Figures:
    """The same with our packages out of the file cache (as far as no other process has them mapped)."""
    made, at, _, _ = painted(Opened)
    awake = made.until(lambda: made.window.is_awake)
    made.close()
    return {"first paint, cold, s": at - begun, "awake, cold, s": awake - begun}


def opening(begun: float) -> Figures:
    """A song of 4 minutes given to the command, and opened in a window that has been there for a while."""
    figures = {}
    device = nobody(record=True)
    made, at, _, _ = painted(lambda: Opened(song(4), backend=device))
    for name, since in (("4 min, from first paint", at), ("4 min, in a warm window", None)):
        if since is None:
            made.window.session.close_document()
            made.rest(2.0)
            device.blocks.clear()
            since = time.monotonic()
            made.window.open([song(4)])
        figures |= {f"{name}: {what}, s": moment - since for what, moment in heard_and_seen(made, device).items()}
        made.rest(2.0)
    made.close()
    return figures


def heard_and_seen(made: Opened, device: NullBackend) -> dict[str, float]:
    """The moments when the song can be played, sounds, is seen in part and as a whole."""
    window, moments = made.window, {}
    made.until(lambda: window.is_awake)

    def first_picture() -> bool:
        pictures = window.song_view.view.canvas.composer.pictures
        return window.session.has_song and bool(pictures) and any(p.ready.any() for p in pictures)

    def look() -> bool:
        now = time.monotonic()
        playing = window.session.playing
        if "playable" not in moments and window.session.has_song and playing.is_ready:
            moments["playable"] = now
            playing.play()
        if "heard" not in moments and any(block.any() for block in device.blocks):
            moments["heard"] = now
        if "begins to be seen" not in moments and first_picture():
            moments["begins to be seen"] = now
        if "seen" not in moments and made.is_seen:
            moments["seen"] = now
        return len(moments) == 4

    made.until(look)
    window.session.playing.stop()
    return moments


def frames(begun: float) -> Figures:
    """A change, the events it causes and the repaint of the whole window, with 20 minutes and eight stems."""
    made = Opened(project(20), backend=nobody())
    window = made.ready()
    assert (window.width(), window.height()) == (WIDTH, HEIGHT) and window.isVisible()
    view = window.song_view.view
    display, whole = view.display, view.viewport
    changes: dict[str, list[Callable[[], object]]] = {
        kind: [partial(view.set_viewport, whole.with_times(*times)) for times in stretches(kind, whole.duration_s)]
        for kind in ("pan", "pan all", "zoom")
    }
    changes["levels"] = [partial(view.set_display, replace(display, range_db=60 + k % 40)) for k in range(FRAMES)]
    figures: Figures = {}
    for kind, steps in changes.items():
        figures |= statistics_of(kind, [timed(made.app, step) for step in steps])
        view.set_viewport(whole)
        view.set_display(display)
        made.rest(0.2)
    figures |= statistics_of("play", played(made))
    made.close()
    return figures


def stretches(kind: str, duration_s: float) -> Iterator[tuple[float, float]]:
    """Stretches of time in seconds, one for each frame."""
    for k in range(FRAMES):
        a = k / FRAMES
        if kind == "zoom":  # from everything to 2 s
            span = duration_s * (2 / duration_s) ** a
            yield duration_s / 2 * (1 - span / duration_s), duration_s / 2 * (1 - span / duration_s) + span
        else:
            span = {"pan": 60.0, "pan all": 1150.0}[kind]
            yield a * 0.8 * span % 40, a * 0.8 * span % 40 + span


def timed(app: QApplication, change: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU milliseconds (of the window's thread) of a change with all it causes."""
    wall, cpu = time.perf_counter(), time.thread_time()
    change()
    app.processEvents()
    return 1e3 * (time.perf_counter() - wall), 1e3 * (time.thread_time() - cpu)


def played(made: Opened) -> list[tuple[float, float]]:
    """Turns of the event loop in which the playhead or the meters moved, in eight seconds of playing."""
    window = made.window
    view, playing = window.song_view.view, window.session.playing
    view.set_viewport(view.viewport.with_times(0.0, 60.0))
    moved: list[object] = []
    playing.moved.connect(moved.append)
    window.mixer._meters.timeout.connect(lambda: moved.append(None))
    playing.seek(1.0)
    playing.play()
    made.rest(2.0)
    taken, end = [], time.monotonic() + 8.0
    while time.monotonic() < end:
        moved.clear()
        times = timed(made.app, lambda: None)
        if moved:
            taken.append(times)
        time.sleep(0.002)
    assert playing.is_playing
    playing.pause()
    return taken


def statistics_of(kind: str, taken: list[tuple[float, float]]) -> Figures:
    """Medians and 95th percentiles of wall and CPU milliseconds."""
    wall, cpu = (sorted(column) for column in zip(*taken, strict=True))
    figures = {"": wall[len(wall) // 2], ": p95": wall[int(0.95 * len(wall))], ": CPU p95": cpu[int(0.95 * len(cpu))]}
    return {f"frame, {kind}{name}, ms": value for name, value in figures.items()}


def fader(begun: float) -> Figures:
    """From a fader's movement until the device reads the new sound; eight stems, equalisers on."""
    import numpy as np

    from unbraid.core.document import edits
    from unbraid.core.document.state import Equaliser, Strip

    device = nobody(record=True, block=256)
    made = Opened(project(20), backend=device)
    window = made.ready()
    document = window.session.document
    assert document is not None
    before = next(step.number for step in document.steps() if step.is_current)
    strip = Strip(equaliser=Equaliser(3.0, -2.0, 4.0))
    for stem in window.session.state.stems:
        window.session.edit("equaliser", lambda p, id=stem.id: edits.set_strip(p, id, strip))
    window.session.playing.play()
    made.rest(3.0)
    blocks, slider = device.blocks, window.mixer.master.fader
    waits = []
    for k in range(20):
        loud = float(np.sqrt(np.mean(np.square(np.concatenate(blocks[-40:])))))
        quieter = k % 2 == 0
        seen, since = len(blocks), time.monotonic()
        slider._moved(-40.0 if quieter else 0.0)

        def heard(seen: int = seen, limit: float = loud * (0.1 if quieter else 10.0), down: bool = quieter) -> bool:
            power = [float(np.sqrt(np.mean(np.square(block)))) for block in blocks[seen:][-3:]]
            return any(p < limit if down else p > limit for p in power)

        waits.append(1e3 * (made.until(heard) - since))
        slider.released.emit()
        made.rest(0.4)
    drop_outs = window.session.playing.player.drop_outs
    document.go_to(before)
    made.close()
    return {
        "fader: in the ring, ms": statistics.median(waits),
        "fader: in the ring, worst, ms": max(waits),
        "fader: drop-outs": drop_outs,
    }


def memory(begun: float, *, minutes: int) -> Figures:
    """Of the window's own process and of its worker: resident, its fair share of it, and what is no mapped file."""
    made = Opened(*([] if not minutes else [song(4) if minutes == 4 else project(20)]), backend=nobody())
    if minutes:
        made.ready()
    else:
        made.until(lambda: made.window.is_awake)
        made.rest(4.0)
    what = {0: "nothing open", 4: "4 min", 20: f"20 min, {STEMS} stems"}[minutes]
    figures = {f"memory, {what}: {name}, MB": value for name, value in shares("self").items()}
    children = [
        child for task in Path("/proc/self/task").iterdir() for child in (task / "children").read_text().split()
    ]
    figures[f"memory, {what}: worker's share, MB"] = sum(shares(child)["share"] for child in children)
    pyramid = made.window.song_view.view.analyst.bytes / 1e6
    made.close()
    return figures | {f"memory, {what}: pictures, MB": pyramid}


def shares(process: str) -> Figures:
    """Memory of a process in MB, NaN where the system does not tell."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    return {"resident": sizes["Rss"], "share": sizes["Pss"], "own": sizes["Anonymous"]}


def references(begun: float) -> Figures:
    """What happens to None in a thousand rounds of what a window does all the time."""
    made = Opened(song(4), backend=nobody())
    window = made.ready()
    view, meter = window.song_view.view, window.mixer.master.meter
    before = sys.getrefcount(None)
    for k in range(1000):
        window.statusBar().show_readout(str(k))
        view.set_playhead(0.1 * k)
        meter.show_levels((-10.0, -20.0))
        window.action_set.refresh()
        view.canvas.update()
        if k % 10 == 0:
            made.app.processEvents()
    lost = before - sys.getrefcount(None)
    made.close()
    return {"references to None lost in 1000 rounds of calls": lost}


def separating(begun: float) -> Figures:
    """The event loop's heartbeat while a separation runs and the song plays; then how long it takes to quit."""
    from PySide6.QtCore import Qt, QTimer

    from unbraid.core.separation.goals import goal

    made = Opened(song(4), backend=nobody(block=1024))
    window = made.ready()
    beats: list[float] = []
    timer = QTimer(interval=10, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: beats.append(time.monotonic()))

    def gaps(name: str, seconds: float) -> Figures:
        beats.clear()
        timer.start()
        made.rest(seconds)
        timer.stop()
        apart = sorted(1e3 * (b - a) for a, b in pairwise(beats))
        return {f"{name}: p95, ms": apart[int(0.95 * len(apart))], f"{name}: longest, ms": apart[-1]}

    figures = gaps("heartbeat at rest", 3.0)
    window.session.playing.play()
    job = window.session.separating.reach(goal("karaoke"))
    assert job is not None
    made.until(lambda: job.fraction > 0.0)
    figures |= gaps("heartbeat while separating", 10.0)
    assert window.session.queue.is_busy
    figures["drop-outs while separating"] = window.session.playing.player.drop_outs
    begun = time.monotonic()
    made.close()
    figures["quitting while separating, s"] = time.monotonic() - begun
    return figures


MEASURES: dict[str, Callable[[float], Figures]] = {
    "start": start,
    "cold start": cold_start,
    "opening": opening,
    "frames": frames,
    "fader": fader,
    "memory, nothing": partial(memory, minutes=0),
    "memory, 4 min": partial(memory, minutes=4),
    "memory, 20 min": partial(memory, minutes=20),
    "references": references,
    "separating": separating,
}


# -- running ---------------------------------------------------------------------------------------------------------


def out_of_the_cache() -> None:
    """Put the files of the packages and our own out of the file cache."""
    os.sync()
    for folder in (sysconfig.get_paths()["purelib"], Path(__file__).parents[1]):
        for root, _, names in os.walk(folder):
            for name in names:
                try:
                    file = os.open(os.path.join(root, name), os.O_RDONLY)  # noqa: PTH118 -- many thousand files
                except OSError:
                    continue
                os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(file)


def in_a_process(name: str) -> Figures | str:
    """The figures of one measurement, or why there are none."""
    if name == "cold start":
        out_of_the_cache()
    with tempfile.TemporaryDirectory(prefix="unbraid-window-") as private:
        environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ | {"UNBRAID_CACHE": str(KEPT / "cache")}
        environment |= {"PYTHONPYCACHEPREFIX": str(KEPT / "bytecode")}  # as where it is installed, whatever is set here
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment |= {f"UNBRAID_{what}": str(Path(private) / what.lower()) for what in ("DATA", "CONFIG")}
        command = [sys.executable, str(Path(__file__).resolve()), "--child", name, "--begun", str(time.monotonic())]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if not lines:
        return f"ended with code {done.returncode}: {done.stderr.strip()[-400:]}"
    if done.stderr.strip():
        print(done.stderr.strip()[-2000:], file=sys.stderr)
    figures: Figures = json.loads(lines[-1].removeprefix(MARK))
    return figures


def table(found: dict[str, list[float]], failed: Iterable[str]) -> str:
    """Markdown: a line for each figure."""
    lines = [
        f"## The window, {WIDTH} x {HEIGHT}", "",
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; "
        "least and median of the rounds.", "",
        "| figure | least | median | budget | |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for name, values in found.items():
        budget = BUDGETS.get(name)
        kept = "" if budget is None else "kept" if statistics.median(values) <= budget else "**missed**"
        told = "" if budget is None else f"{budget:g}"
        lines.append(f"| {name} | {min(values):.3g} | {statistics.median(values):.3g} | {told} | {kept} |")
    return "\n".join([*lines, "", *failed])


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="measurements whose name contains this")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--begun", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        print(MARK + json.dumps(MEASURES[options.child](options.begun)), flush=True)
        return
    chosen = [name for name in MEASURES if options.only in name]
    for make in (partial(song, 4), partial(project, 20)):
        make()
    found: dict[str, list[float]] = {}
    failed = []
    for round_ in range(options.rounds):
        for name in chosen:
            print(f"round {round_ + 1}: {name}", file=sys.stderr, flush=True)
            figures = in_a_process(name)
            if isinstance(figures, str):
                failed.append(f"{name} {figures}")
                continue
            for figure, value in figures.items():
                found.setdefault(figure, []).append(value)
    print(table(found, failed))
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), "figures": found, "failed": failed}, indent=1))


if __name__ == "__main__":
    main()

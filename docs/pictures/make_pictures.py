"""Makes the pictures of the handbook: `python docs/pictures/make_pictures.py`."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unbraid.core import audio_files
from unbraid.core.audio import Audio
from unbraid.core.dsp.stft import StftParams, stft
from unbraid.core.evaluation import plots
from unbraid.core.evaluation.compare import score
from unbraid.core.evaluation.comparison import Comparison, Trial
from unbraid.core.evaluation.multitracks import find
from unbraid.core.kam import kernels as k
from unbraid.core.kam.pictures import picture
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.run import separate
from unbraid.resources import demo_song

HERE = Path(__file__).parent
PARAMS = StftParams(4096, 512)
COMPARED = ("kam", "hpss_voice", "repet_sim", "repet")
ORACLES = ("oracle_binary", "oracle_ratio", "oracle_wiener", "oracle_multichannel")
METHODS = ("hpss", "repet_sim", "kam")
KERNELS = {
    "vertical, 800 Hz": k.Vertical(800.0),
    "horizontal, 0.5 s": k.Horizontal(0.5),
    "cross": k.Cross(400.0, 0.2),
    "cross, fading (tricube)": k.Cross(600.0, 0.3, "tricube"),
    "diagonal, both ways": k.Diagonal(4.0, length_s=0.3),
    "periodic, every second": k.Periodic((1.0,)),
    "two periods, 1 s and 0.7 s": k.Periodic((1.0, 0.7)),
    "periodic, not quite exact": k.Periodic((1.0,), tolerance=0.1),
    "similar moments": k.Similar(7),
    "comb of a 220 Hz tone": k.Comb(partials=3),
    "drawn": k.Drawn("", (-0.1, -0.05, 0.0, 0.05, 0.1), (200.0, 80.0, 0.0, 80.0, 200.0), (0.4, 0.7, 1.0, 0.7, 0.4)),
    "marked repetitions": k.Repetitions(),
}
FLOOR_DB = -75.0
BACK, INK = "#16181c", "#d6d9de"


def draw(axes: Axes, audio: Audio, title: str) -> None:
    """One spectrogram on a logarithmic axis, 0 dB being a full-scale sine."""
    spectrum = stft(audio.samples, PARAMS)
    level = np.sqrt(np.square(np.abs(spectrum)).mean(axis=2)) * (4.0 / PARAMS.window_samples)
    freqs_hz = PARAMS.freqs_hz(audio.rate)
    rows = np.geomspace(50.0, 16000.0, 300)
    picture = 20 * np.log10(level[np.searchsorted(freqs_hz, rows)] + 1e-9)
    place = (0.0, audio.duration_s, 0.0, len(rows))
    axes.imshow(picture, origin="lower", aspect="auto", cmap="magma", vmin=FLOOR_DB, vmax=-15, extent=place)
    ticks_hz = [100, 1000, 10000]
    axes.set_yticks(np.searchsorted(rows, ticks_hz), ["100 Hz", "1 kHz", "10 kHz"])
    axes.set_title(title, color=INK, fontsize=10, loc="left")
    axes.tick_params(colors=INK, labelsize=8)


def demo_picture() -> None:
    """The demo song, and below it what each of three methods makes of it."""
    with demo_song() as path:
        mix = audio_files.read(path)
    figure = plt.figure(figsize=(12, 9), dpi=90, facecolor=BACK, layout="constrained")
    grid = figure.add_gridspec(len(METHODS) + 1, 2)
    draw(figure.add_subplot(grid[0, :]), mix, "the demo song")
    for row, method in enumerate(METHODS, 1):
        for column, (name, stem) in enumerate(list(separate(method, mix).items())[:2]):
            draw(figure.add_subplot(grid[row, column]), stem, f"{method}: {name}")
    save(figure, HERE / "demo.png")


def comparison_picture() -> None:
    """Methods and oracles on the demo song, as `unbraid compare` draws them."""
    with demo_song() as path:
        (track,) = find(path.parent)
    mix = audio_files.read(track.mix.path)
    stems = {name: audio_files.read(sound.path) for name, sound in track.stems.items()}
    guide = Guide(references=stems)
    trials = [
        Trial("demo", name, score(mix, stems, separate(name, mix, guide)), 0.0, 0.0, mix.duration_s)
        for name in (*COMPARED, *ORACLES)
    ]
    plots.write_comparison(HERE / "comparison.svg", Comparison(tuple(trials)), overwrite=True)


def kernels_picture() -> None:
    """The neighbours that each kind of kernel gives to one place (the cross), in a song that repeats every second."""
    figure, grid = plt.subplots(3, 4, figsize=(12, 7), dpi=90, facecolor=BACK, layout="constrained")
    for axes, (title, kernel) in zip(grid.flat, KERNELS.items(), strict=True):
        found = picture(kernel)
        rows, columns = found.weights.shape
        bins = np.linspace(*found.hertz, rows) if rows > 1 else np.zeros(1)
        times = np.linspace(*found.seconds, columns) if columns > 1 else np.zeros(1)
        row, column = np.nonzero(found.weights)
        weights = found.weights[row, column]
        axes.scatter(times[column], bins[row], c=weights, s=9, marker="s", cmap="magma", vmin=-0.2, vmax=1.2)
        axes.plot(0, 0, "+", color="#4cc9f0", ms=11, mew=1.5)
        reach_s = max(0.25, 1.15 * max(abs(s) for s in found.seconds))
        reach_hz = max(500.0, 1.15 * max(abs(hz) for hz in found.hertz))
        axes.set(xlim=(-reach_s, reach_s), ylim=(-reach_hz, reach_hz), facecolor="#22252b")
        axes.set_title(title, color=INK, fontsize=10, loc="left")
        axes.tick_params(colors=INK, labelsize=8)
    figure.supxlabel("seconds from the place", color=INK, fontsize=9)
    figure.supylabel("hertz from the place", color=INK, fontsize=9)
    save(figure, HERE / "kernels.png")


def save(figure: Figure, path: Path) -> None:
    """A PNG of 128 colours, a quarter of the size."""
    from PIL import Image

    drawn = io.BytesIO()
    figure.savefig(drawn, facecolor=BACK)
    Image.open(drawn).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    demo_picture()
    kernels_picture()
    comparison_picture()

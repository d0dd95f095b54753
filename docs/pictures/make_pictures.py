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
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.run import separate
from unbraid.resources import demo_song

HERE = Path(__file__).parent
PARAMS = StftParams(4096, 512)
COMPARED = ("hpss_voice", "repet_sim", "repet")
ORACLES = ("oracle_binary", "oracle_ratio", "oracle_wiener", "oracle_multichannel")
METHODS = ("hpss", "repet_sim", "center")
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


def save(figure: Figure, path: Path) -> None:
    """A PNG of 128 colours, a quarter of the size."""
    from PIL import Image

    drawn = io.BytesIO()
    figure.savefig(drawn, facecolor=BACK)
    Image.open(drawn).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    demo_picture()
    comparison_picture()

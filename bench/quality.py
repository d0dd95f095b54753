"""Separation quality: ours beside librosa's HPSS and REPET as its authors publish it, on any folder of multitracks.

    python bench/quality.py --data FOLDER [--data FOLDER ...] [--only TEXT] [--set repet_sim.count=25] [--no-peers]

An item is a folder with mix.flac and the stems vocals.flac or drums.flac. Figures are the plain SDR over the whole
item, 10 log10(|s|^2 / |s - e|^2) over all channels, and the scale-invariant SDR, in dB, and processor seconds.
vocals: the vocals stem of a method against vocals.flac; accompaniment: everything else against mix - vocals.
percussive: against drums.flac; harmonic: against mix - drums. "mix": what doing nothing gives.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt
import soundfile

from unbraid.core.audio import Audio
from unbraid.core.separation.registry import load
from unbraid.core.separation.run import separate

Signal = npt.NDArray[np.float64]
Method = Callable[[Audio], Mapping[str, Signal]]

DEMO = Path(__file__).parent.parent / "resources" / "demo"


@dataclass(frozen=True)
class Item:
    """A mix and the true signals by target, all (N, I)."""

    name: str
    mix: Audio
    truth: Mapping[str, Signal]


@dataclass(frozen=True)
class Score:
    """Of one method on one item, by target: (SDR, SI-SDR) in dB; processor seconds."""

    figures: Mapping[str, tuple[float, float]]
    seconds: float


def main() -> None:
    """Measure and print."""
    options = _options()
    items = list(_items(options.data, options.only))
    if not items:
        sys.exit("no folder with mix.flac and vocals.flac or drums.flac; name one with --data")
    for title, targets, methods in _groups(options):
        chosen = [item for item in items if targets[0] in item.truth]
        if chosen:
            _report(title, targets, methods, chosen)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Separation quality side by side.")
    parser.add_argument("--data", type=Path, action="append", default=[], help="folder with items, at any depth")
    parser.add_argument("--only", default="", help="items whose name contains this")
    parser.add_argument("--methods", default="", help="separators to run, with commas; all built-in ones if empty")
    parser.add_argument("--set", action="append", default=[], help="parameter of a separator: name.field=value")
    parser.add_argument("--no-peers", action="store_true", help="ours only")
    return parser.parse_args()


def _items(folders: list[Path], only: str) -> Iterator[Item]:
    for folder in folders or [DEMO]:
        for mix in sorted(folder.rglob("mix.flac")):
            name = str(mix.parent.relative_to(folder)) if mix.parent != folder else folder.name
            item = _item(name, mix.parent)
            if item.truth and only in name:
                yield item


def _item(name: str, folder: Path) -> Item:
    mix, rate = soundfile.read(folder / "mix.flac", dtype="float64", always_2d=True)
    truth: dict[str, Signal] = {}
    for stem, target, rest in (("vocals", "vocals", "accompaniment"), ("drums", "percussive", "harmonic")):
        if (folder / f"{stem}.flac").exists():
            signal, _ = soundfile.read(folder / f"{stem}.flac", dtype="float64", always_2d=True)
            if len(signal) and np.any(signal) and signal.shape == mix.shape:
                truth |= {target: signal, rest: mix - signal}
    return Item(name, Audio.of(mix, rate), truth)


Group = tuple[str, tuple[str, str], dict[str, Method]]


def _groups(options: argparse.Namespace) -> list[Group]:
    """Title, targets and methods of each table."""
    wanted = [name for name in options.methods.split(",") if name]
    values = _values(options.set)

    def ours(*names: str) -> dict[str, Method]:
        return {name: _ours(name, values.get(name, {})) for name in names if not wanted or name in wanted}

    voice = ours("repet", "repet_adaptive", "repet_sim", "hpss_voice", "center")
    drums = ours("hpss", "hpss_voice")
    if not options.no_peers:
        voice |= {f"published {k}": v for k, v in PUBLISHED.items()}
        drums |= {"librosa hpss": librosa_hpss}
    return [
        ("Voice and accompaniment", ("vocals", "accompaniment"), voice),
        ("Percussive and harmonic", ("percussive", "harmonic"), drums),
    ]


def _values(settings: list[str]) -> dict[str, dict[str, str]]:
    values: dict[str, dict[str, str]] = {}
    for setting in settings:
        place, _, value = setting.partition("=")
        name, _, field = place.partition(".")
        values.setdefault(name, {})[field] = value
    return values


def _ours(name: str, values: Mapping[str, str]) -> Method:
    """A separator of ours; center stands for vocals, and what is not the target for the rest."""
    load(name)

    def run(mix: Audio) -> Mapping[str, Signal]:
        if name == "center" and mix.channels == 1:
            return {}
        stems = {k: v.samples.astype(np.float64) for k, v in separate(name, mix, values=values).items()}
        whole = mix.samples.astype(np.float64)
        found = {}
        for target, rest in (("vocals", "accompaniment"), ("center", "accompaniment"), ("percussive", "harmonic")):
            if target in stems:
                key = "vocals" if target == "center" else target
                found |= {key: stems[target], rest: whole - stems[target]}
        return found

    return run


def sdr(truth: Signal, estimate: Signal) -> float:
    """Plain signal-to-distortion ratio over all channels in dB."""
    return 10 * float(np.log10(np.vdot(truth, truth) / max(np.vdot(truth - estimate, truth - estimate), 1e-30)))


def si_sdr(truth: Signal, estimate: Signal) -> float:
    """Scale-invariant SDR in dB: against the truth scaled to fit the estimate best (Le Roux et al., 2019)."""
    return sdr(truth * (np.vdot(truth, estimate) / np.vdot(truth, truth)), estimate)


def _report(title: str, targets: tuple[str, str], methods: Mapping[str, Method], items: list[Item]) -> None:
    scores: dict[str, dict[str, Score]] = {}
    for item in items:
        for name, method in methods.items():
            scores.setdefault(name, {})[item.name] = _score(method, item, targets)
        print(f"  {item.name} done", file=sys.stderr)
    for target in targets:
        for number, figure in enumerate(("SDR", "SI-SDR")):
            _table(f"{title}: {target}, {figure} in dB", target, number, scores, items)
    print("\nProcessor seconds for a minute of sound (first item left out: it compiles)\n")
    for name, of_items in scores.items():
        timed = items[1:] or items
        minutes = sum(item.mix.duration_s for item in timed) / 60
        print(f"- {name}: {sum(of_items[item.name].seconds for item in timed) / minutes:.2f}")


def _score(method: Method, item: Item, targets: tuple[str, str]) -> Score:
    start = time.process_time()
    found = method(item.mix)
    seconds = time.process_time() - start
    if not found:  # mono songs have no sides
        return Score(dict.fromkeys(targets, (float("nan"), float("nan"))), seconds)
    pairs = {target: (item.truth[target], found[target]) for target in targets}
    return Score({t: (sdr(s, e), si_sdr(s, e)) for t, (s, e) in pairs.items()}, seconds)


def _table(title: str, target: str, number: int, scores: dict[str, dict[str, Score]], items: list[Item]) -> None:
    """One table in Markdown: a row for each item, a column for each method, the means last."""
    print(f"\n### {title}\n\n| item | mix | {' | '.join(scores)} |\n|---{'|---' * (len(scores) + 1)}|")
    measure = (sdr, si_sdr)[number]
    rows = []
    for item in items:
        nothing = measure(item.truth[target], item.mix.samples.astype(np.float64))
        rows.append([nothing, *(of_items[item.name].figures[target][number] for of_items in scores.values())])
        print(f"| {item.name} | {' | '.join(_cell(value, 1) for value in rows[-1])} |")
    print(f"| **mean of {len(rows)}** | {' | '.join(_cell(value, 2) for value in np.mean(rows, axis=0))} |")


def _cell(value: float, digits: int) -> str:
    return "-" if np.isnan(value) else f"{value:.{digits}f}"


def librosa_hpss(mix: Audio) -> Mapping[str, Signal]:
    """librosa.effects-like HPSS with librosa's defaults, channel by channel."""
    import librosa

    found: dict[str, Signal] = {t: np.empty(mix.samples.shape) for t in ("harmonic", "percussive")}
    for channel in range(mix.channels):
        spectrum = librosa.stft(mix.samples[:, channel])
        for target, part in zip(found, librosa.decompose.hpss(spectrum), strict=True):
            found[target][:, channel] = librosa.istft(part, length=mix.frames)
    return found


# REPET as its authors' public program does it (github.com/zafarrafii/REPET-Python): Hamming windows of 40 ms or more,
# half overlap, a mask for each channel, the period one frame longer than the lag that was found.


def _published(background_of: Callable[[Signal, float], Callable[[Signal], Signal]]) -> Method:
    """The method whose `background_of(mean magnitudes, frames a second)` makes the model of a channel."""

    def run(mix: Audio) -> Mapping[str, Signal]:
        n = 1 << int(np.ceil(np.log2(0.04 * mix.rate)))
        window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(n) / n)
        x = np.pad(mix.samples.astype(np.float64), ((n // 2, n + n // 2), (0, 0)))
        spectra = np.fft.rfft(np.lib.stride_tricks.sliding_window_view(x, n, axis=0)[:: n // 2] * window, axis=-1)
        magnitudes = np.abs(spectra).transpose(1, 2, 0)  # (I, F, T)
        model = background_of(magnitudes.mean(axis=0), 2 * mix.rate / n)
        background = np.zeros(x.shape)
        for channel, v in enumerate(magnitudes):
            mask = (np.minimum(model(v), v) + 1e-16) / (v + 1e-16)
            mask[1 : round(100 * n / mix.rate) + 1] = 1
            frames = np.fft.irfft(spectra[:, channel] * mask.T, n, axis=-1)
            for t, frame in enumerate(frames):
                background[t * n // 2 : t * n // 2 + n, channel] += frame
        background = background[n // 2 : n // 2 + mix.frames] / (window[0] + window[n // 2])
        return {"accompaniment": background, "vocals": mix.samples - background}

    return run


def _beat(v: Signal) -> Signal:
    frames = v.shape[1]
    power = np.abs(np.fft.rfft(v**2, 2 * frames, axis=1)) ** 2
    return np.fft.irfft(power.mean(axis=0))[:frames] / np.arange(frames, 0, -1)


def _lag(beat: Signal, per_second: float) -> int:
    low, high = round(per_second), min(round(10 * per_second), len(beat) // 3)
    return low + 1 + int(np.argmax(beat[low : max(high, low + 1)]))


def _original(mean: Signal, per_second: float) -> Callable[[Signal], Signal]:
    period = _lag(_beat(mean), per_second)

    def model(v: Signal) -> Signal:
        segment = [np.median(v[:, place::period], axis=1) for place in range(min(period, v.shape[1]))]
        return np.stack([segment[t % period] for t in range(v.shape[1])], axis=1)

    return model


def _adaptive(mean: Signal, per_second: float) -> Callable[[Signal], Signal]:
    length, step, frames = round(10 * per_second), round(5 * per_second), mean.shape[1]
    padded = np.pad(mean, ((0, 0), (length // 2, (length - 1) // 2)))
    periods = np.full(frames, round(per_second) + 1)
    for start in range(0, frames, step):
        periods[start : start + step - 1] = _lag(_beat(padded[:, start : start + length]), per_second)

    def model(v: Signal) -> Signal:
        lists = np.arange(frames)[:, None] + np.arange(-2, 3) * periods[:, None]
        return np.stack([np.median(v[:, row[(row >= 0) & (row < frames)]], axis=1) for row in lists], axis=1)

    return model


def _sim(mean: Signal, per_second: float) -> Callable[[Signal], Signal]:
    from scipy.ndimage import maximum_filter1d

    unit = mean / np.maximum(np.linalg.norm(mean, axis=0), 1e-30)
    similarity = unit.T @ unit
    tops = maximum_filter1d(similarity, 2 * round(per_second) + 1, axis=1, mode="constant", cval=-1.0)
    lists = [np.flatnonzero(row >= top) for row, top in zip(similarity, tops, strict=True)]
    best = [near[np.argsort(-similarity[t, near])[:100]] for t, near in enumerate(lists)]
    return lambda v: np.stack([np.median(v[:, near], axis=1) for near in best], axis=1)


PUBLISHED = {name: _published(f) for name, f in (("original", _original), ("adaptive", _adaptive), ("sim", _sim))}


if __name__ == "__main__":
    main()

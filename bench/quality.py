"""Separation quality: every installed separator, the oracles and separators of others, on any folder of multitracks.

    python bench/quality.py [FOLDER ...] [--only TEXT] [--methods a,b] [--set repet_sim.count=25] [--no-peers]
                            [--json FILE] [--plot FILE]

Without a folder: the demo song. A multitrack is a folder with mix and stems (MUSDB18, MUSDB18-HQ, DSD100 or ours).
Every separator runs with its defaults through the runner of the application. Plain SDR, SI-SDR and SDR, ISR, SIR, SAR
of BSSEval v4, in dB; "mix" is what doing nothing gives. Songs in which a target is silent, or which have no such stem,
are left out of its table.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from separators_of_others import PEERS

from unbraid.core import audio_files
from unbraid.core.audio import Audio
from unbraid.core.errors import UnbraidError
from unbraid.core.evaluation import plots, statistics
from unbraid.core.evaluation.compare import METRICS, score
from unbraid.core.evaluation.comparison import NOTHING, Comparison, Trial
from unbraid.core.evaluation.multitracks import Multitrack, Sound, find
from unbraid.core.evaluation.reference_free import null_level
from unbraid.core.evaluation.targets import nothing_done
from unbraid.core.separation import registry
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.run import separate

PRESETS = ("kam/drums", "kam/four", "kam/paper2014")
"""Separators with a preset other than their default."""

DEMO = Path(__file__).parent.parent / "resources" / "demo"


def main() -> None:
    """Measure and print."""
    options = _options()
    comparison = Comparison(tuple(_trials(options)))
    if not comparison.trials:
        sys.exit("no song with a mix and stems; name a folder of multitracks")
    print(report(comparison))
    if options.json:
        options.json.write_text(json.dumps(comparison.document(), indent=1) + "\n", encoding="utf-8")
    if options.plot:
        plots.write_comparison(options.plot, comparison, metric="plain SDR", overwrite=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Separation quality side by side.")
    parser.add_argument("folders", type=Path, nargs="*", default=[DEMO], help="multitracks, at any depth")
    parser.add_argument("--only", default="", help="songs whose name contains this")
    parser.add_argument("--methods", default="", help="separators, or separator/preset, with commas; all if empty")
    parser.add_argument("--set", action="append", default=[], help="parameter of a separator: name.field=value")
    parser.add_argument("--no-peers", action="store_true", help="ours only")
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--plot", type=Path, help="draw them here")
    return parser.parse_args()


def _trials(options: argparse.Namespace) -> Iterator[Trial]:
    """Every method on every song that has a mix and at least one stem."""
    for track in (track for folder in options.folders for track in find(folder)):
        if track.mix is None or options.only not in track.name:
            continue
        mix, stems = _sound(track.mix), {name: _sound(sound) for name, sound in track.stems.items()}
        for name in options.methods.split(",") if options.methods else _all(options):
            trial = _trial(track, mix, stems, name, _values(options.set).get(name, {}))
            if trial is not None:
                yield trial
        print(f"  {track.name} done", file=sys.stderr)


def _all(options: argparse.Namespace) -> list[str]:
    return [NOTHING, *registry.names(), *PRESETS, *([] if options.no_peers else PEERS)]


def _values(settings: list[str]) -> dict[str, dict[str, str]]:
    values: dict[str, dict[str, str]] = {}
    for setting in settings:
        place, _, value = setting.partition("=")
        name, _, field = place.partition(".")
        values.setdefault(name, {})[field] = value
    return values


def _sound(sound: Sound) -> Audio:
    return audio_files.read(sound.path, stream=sound.stream)


def _trial(
    track: Multitrack, mix: Audio, stems: Mapping[str, Audio], name: str, values: Mapping[str, str]
) -> Trial | None:
    begun = time.process_time()
    if name == NOTHING:
        return Trial(track.name, NOTHING, score(mix, stems, nothing_done(stems, mix)), np.nan, 0.0, mix.duration_s)
    try:
        estimates = _separated(name, mix, stems, values)
        seconds = time.process_time() - begun
        scores = score(mix, stems, estimates)
    except UnbraidError as error:
        print(f"  {track.name}: {name}: {error}", file=sys.stderr)
        return None
    return Trial(track.name, name, scores, null_level(mix, estimates).relative_db, seconds, mix.duration_s)


def _separated(name: str, mix: Audio, stems: Mapping[str, Audio], values: Mapping[str, str]) -> Mapping[str, Audio]:
    if name in PEERS:
        return {stem: Audio.of(samples, mix.rate) for stem, samples in PEERS[name](mix).items()}
    name, _, preset = name.partition("/")
    values = {**values, **({"preset": preset} if preset else {})}
    info = registry.load(name).info
    guide = Guide(references=stems) if info.is_oracle else None
    return separate(name, mix, guide, values=values)


def report(comparison: Comparison) -> str:
    """All tables in Markdown."""
    targets = [t for t in comparison.targets() if set(comparison.figures(t, "plain SDR")) - {NOTHING}]
    parts = [_table_of_songs(comparison, target) for target in targets]
    parts += [_table_of_metrics(comparison, target) for target in targets]
    return "\n\n".join([*parts, _table_of_seconds(comparison)])


def _table_of_songs(comparison: Comparison, target: str) -> str:
    """Plain SDR: a row for each song, a column for each method, the means last."""
    figures = comparison.figures(target, "plain SDR")
    songs = [song for song in comparison.songs if any(song in of for of in figures.values())]
    lines = [f"### {target}: plain SDR in dB", "", f"| song | {' | '.join(figures)} |", f"|---{'|---' * len(figures)}|"]
    for song in songs:
        lines.append(f"| {song} | {' | '.join(_cell(of.get(song, np.nan), 1) for of in figures.values())} |")
    if len(songs) > 1:
        whole = {name: of for name, of in figures.items() if len(of) == len(songs)}
        means = [_cell(float(np.mean([*of.values()])), 2) if name in whole else "-" for name, of in figures.items()]
        lines.append(f"| **mean of {len(songs)}** | {' | '.join(means)} |")
    return "\n".join(lines)


def _table_of_metrics(comparison: Comparison, target: str) -> str:
    """Every metric: the median over songs, and for the plain SDR the mean with its 95 % interval."""
    lines = [
        f"### {target}: medians over songs in dB", "",
        f"| method | songs | {' | '.join(METRICS)} | mean plain SDR, 95 % |",
        f"|---|---{'|---' * len(METRICS)}|---|",
    ]  # fmt: skip
    for name, of in comparison.figures(target, "plain SDR").items():
        plain = [value for value in of.values() if np.isfinite(value)]
        cells = [
            _cell(statistics.over_tracks(np.array([*comparison.figures(target, m)[name].values()])), 2) for m in METRICS
        ]
        mean = statistics.bootstrap(np.array(plain), "mean", rng=np.random.default_rng(0))
        spread = f"{mean.value:.2f} ({mean.low:.2f} to {mean.high:.2f})" if len(plain) > 2 else "-"
        lines.append(f"| {name} | {len(of)} | {' | '.join(cells)} | {spread} |")
    return "\n".join(lines)


def _table_of_seconds(comparison: Comparison) -> str:
    """Processor seconds for a minute of sound; the first song is left out, since it compiles."""
    lines = [
        "### Work",
        "",
        "| method | processor seconds for a minute of sound | mix minus stems, dB |",
        "|---|---|---|",
    ]
    for method in dict.fromkeys(trial.method for trial in comparison.trials):
        trials = [trial for trial in comparison.trials if trial.method == method]
        timed = trials[1:] or trials
        seconds = 60 * sum(t.seconds for t in timed) / sum(t.duration_s for t in timed)
        lines.append(f"| {method} | {seconds:.2f} | {_cell(max(t.null_db for t in trials), 0)} |")
    return "\n".join(lines)


def _cell(value: float, digits: int) -> str:
    return "-" if np.isnan(value) else f"{value:.{digits}f}"


if __name__ == "__main__":
    main()

"""Separation by references that are not the stems: lossy copies, blind estimates, a poor instrumental, other takes.

    python bench/referenced.py FOLDER [--only TEXT] [--scenarios a,b] [--seconds 7] [--json FILE] [--set field=value]

FOLDER holds multitracks with true stems. Every scenario spoils these stems in its own way, with known seeds, and gives
them as references; the mean plain SDR (dB) over the stems is printed for the separator `referenced` beside what else
could be done: the references themselves as stems (brought in step, gains fitted), ratio masks of them, blind
separation by `kam`, and the oracle multichannel Wiener filter, which knows the true stems.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from unbraid.core import audio_files
from unbraid.core.audio import Audio
from unbraid.core.audio_files import WriteOptions
from unbraid.core.dsp.stft import StftParams, istft, stft
from unbraid.core.evaluation.multitracks import find
from unbraid.core.evaluation.sdr import sdr
from unbraid.core.resample import resample
from unbraid.core.separation import references, run
from unbraid.core.separation.contract import configure
from unbraid.core.separation.guide import Guide
from unbraid.plugins.kam import Kam
from unbraid.plugins.oracle import OracleMultichannel
from unbraid.plugins.referenced import Referenced
from unbraid.plugins.referenced.alignment import Reach, in_step

UNKNOWN_GAINS = ("instrumental", "live", "other_take")
Stems = Mapping[str, Audio]
FOUR = ("vocals", "drums", "bass", "other")
PARAMS = StftParams(4096, 1024)
DELAY_S = 0.04


def coded(sound: Audio, suffix: str, kbps: int, rate: int = 44100) -> Audio:
    """The sound after a lossy codec."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"sound{suffix}"
        audio_files.write(path, resample(sound, rate), WriteOptions(bitrate_kbps=kbps))
        return resample(audio_files.read(path), sound.rate, frames=sound.frames)


def lossy(suffix: str, kbps: int, rate: int = 44100) -> Callable[[Audio, Stems], dict[str, Audio]]:
    """All stems after a codec."""
    return lambda mix, stems: {name: coded(stem, suffix, kbps, rate) for name, stem in stems.items()}


def preset_of(stems: Stems) -> str:
    """Which blind separation has these stems."""
    return "voice" if set(stems) == {"vocals", "accompaniment"} else "four"


def blind(mix: Audio, stems: Stems) -> dict[str, Audio]:
    """What `kam` makes of the mix."""
    found = run.separate(Kam(preset=preset_of(stems)), mix)
    merged = {name: found.pop(name) for name in stems if name in found}
    left = sum((sound.samples for sound in found.values()), np.zeros(mix.samples.shape, np.float32))
    if "other" in merged:
        merged["other"] = Audio(merged["other"].samples + left, mix.rate)
    return merged


def poor_instrumental(mix: Audio, stems: Stems) -> dict[str, Audio]:
    """The accompaniment at 64 kbit/s, with another equalisation, 4 dB lower, turned over and 40 ms late."""
    sound = coded(accompaniment(stems), ".mp3", 64, 22050)
    x = stft(sound.samples, PARAMS)
    octaves = np.log2(np.maximum(PARAMS.freqs_hz(sound.rate), 20) / 1000)
    gain = -(10 ** ((-4 + 4 * np.sin(octaves)) / 20))
    x = (x * gain[:, None, None]).astype(np.complex64)
    y = istft(x, PARAMS, sound.frames)
    return {"accompaniment": Audio(later(y, round(DELAY_S * sound.rate)), sound.rate)}


def accompaniment(stems: Stems) -> Audio:
    """All but the vocals."""
    return references.added_up({name: stem for name, stem in stems.items() if name != "vocals"})


def later(samples: np.ndarray, by: int) -> np.ndarray:
    """Samples moved by so many, as many as before."""
    return np.concatenate([np.zeros((by, samples.shape[1]), np.float32), samples[: len(samples) - by]])


def live(mix: Audio, stems: Stems) -> dict[str, Audio]:
    """0.3 % slower, in a room, with moving faders and noise 40 dB below."""
    return {name: _live(stem, np.random.default_rng(number)) for number, (name, stem) in enumerate(stems.items())}


def _live(stem: Audio, rng: np.random.Generator) -> Audio:
    slow = resample(Audio(stem.samples, stem.rate * 997), stem.rate * 1000, quality="HQ").samples[: stem.frames]
    t = np.arange(len(slow)) / stem.rate
    fader = 10 ** (3 * np.sin(2 * np.pi * t / 5 + rng.uniform(0, 6)) / 20)
    length = stem.rate // 3
    room = rng.standard_normal((length, stem.channels)) * np.exp(-np.arange(length) / (0.06 * stem.rate))[:, None]
    room /= np.sqrt(np.square(room).sum(axis=0))
    wet = np.stack([_convolved(x, h) for x, h in zip(slow.T, room.T, strict=True)], axis=1)
    sound = fader[:, None] * (slow + 0.7 * wet)
    sound += 0.01 * sound.std() * rng.standard_normal(sound.shape)
    return Audio(sound.astype(np.float32), stem.rate)


def _convolved(x: np.ndarray, h: np.ndarray) -> np.ndarray:
    size = len(x) + len(h)
    return np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(h, size), size)[: len(x)]


def other_take(mix: Audio, stems: Stems) -> dict[str, Audio]:
    """As `live`, and every phase by chance: nothing but the spectrogram is left, as of another performance."""
    found, rng = {}, np.random.default_rng(7)
    for name, sound in live(mix, stems).items():
        x = stft(sound.samples, StftParams(2048, 512))
        x = np.abs(x) * np.exp(2j * np.pi * rng.random(x.shape[:2]))[:, :, None]
        found[name] = Audio(istft(x.astype(np.complex64), StftParams(2048, 512), sound.frames), sound.rate)
    return found


SCENARIOS: dict[str, Callable[[Audio, Stems], dict[str, Audio]]] = {
    "mp3_64": lossy(".mp3", 64),
    "mp3_64_22k": lossy(".mp3", 64, 22050),
    "aac_96": lossy(".m4a", 96),
    "opus_48": lossy(".opus", 48),
    "blind": blind,
    "instrumental": poor_instrumental,
    "live": live,
    "other_take": other_take,
}


def songs(folder: Path, only: str, seconds: float) -> dict[str, tuple[Audio, dict[str, Audio]]]:
    """Excerpts of all songs whose stems are vocals and accompaniment, or can be put together as four stems."""
    found = {}
    for track in find(folder):
        if not any(part in track.name for part in only.split(",")) or "vocals" not in track.stems or not track.mix:
            continue
        stems = {n: audio_files.read(s.path, stream=s.stream, duration_s=seconds) for n, s in track.stems.items()}
        extra = [stems.pop(name) for name in list(stems) if name not in (*FOUR, "accompaniment")]
        if extra:
            known = {"other": stems["other"]} if "other" in stems else {}
            stems["other"] = references.added_up({**known, **dict(enumerate(extra))})  # type: ignore[dict-item]
        if len(stems) > 1:
            found[track.name] = (references.added_up(stems), stems)
    return found


def mean_sdr(stems: Stems, found: Stems) -> float:
    """Mean over the stems that were found."""
    return float(np.mean([sdr(stems[name], found[name]) for name in stems if name in found]))


@dataclass(frozen=True)
class Known:
    """What depends on no scenario."""

    blind: Stems
    oracle: Stems


def oracle(mix: Audio, stems: Stems) -> Stems:
    """The multichannel Wiener filter of the true stems."""
    return run.separate(OracleMultichannel(iterations=2), mix, Guide(references=stems))


def as_two(stems: Stems) -> dict[str, Audio]:
    """Vocals and all others."""
    return {"accompaniment": accompaniment(stems), "vocals": stems["vocals"]}


def measured(mix: Audio, stems: Stems, scenario: str, values: Mapping[str, str], known: Known) -> dict[str, float]:
    """All methods at one song."""
    told = dict(known.blind) if scenario == "blind" else SCENARIOS[scenario](mix, stems)
    others = (known.blind, known.oracle)
    if scenario == "instrumental":
        others = tuple(as_two({name: found[name] for name in stems}) for found in others)
        stems = as_two(stems)
    guide = references.fitted(Guide(references=told), mix)
    near = {name: in_step(mix, sound, Reach(0.5)) for name, sound in guide.references.items()}
    begun = time.perf_counter()
    found = run.separate(configure(Referenced, values), mix, guide)
    seconds = time.perf_counter() - begun
    return {
        "referenced": mean_sdr(stems, found),
        "as they are": mean_sdr(stems, as_they_are(mix, stems, near, fitted=scenario in UNKNOWN_GAINS)),
        "ratio mask": mean_sdr(stems, ratio_mask(mix, stems, near)),
        "blind": mean_sdr(stems, others[0]),
        "oracle": mean_sdr(stems, others[1]),
        "seconds": seconds,
    }


def as_they_are(mix: Audio, stems: Stems, near: Mapping[str, np.ndarray], *, fitted: bool = True) -> dict[str, Audio]:
    """References as stems, each with the best gain if `fitted`; of one alone, the rest of the mix is the other stem."""
    gains = {name: _best_gain(stems[name].samples, x) if fitted else np.float32(1) for name, x in near.items()}
    found = {name: Audio(gains[name] * x, mix.rate) for name, x in near.items()}
    return _with_rest(mix, stems, found)


def _best_gain(true: np.ndarray, x: np.ndarray) -> np.float32:
    return np.float32(np.vdot(x, true) / max(float(np.vdot(x, x)), 1e-30))


def _with_rest(mix: Audio, stems: Stems, found: dict[str, Audio]) -> dict[str, Audio]:
    missing = [name for name in stems if name not in found]
    if len(missing) == 1:
        found[missing[0]] = Audio(mix.samples - sum(sound.samples for sound in found.values()), mix.rate)
    return found


def ratio_mask(mix: Audio, stems: Stems, near: Mapping[str, np.ndarray]) -> dict[str, Audio]:
    """Shares of powers; of one alone, its power over that of the mix."""
    x = stft(mix.samples, PARAMS)
    powers = {name: np.abs(stft(sound, PARAMS)) ** 2 for name, sound in near.items()}
    whole = sum(powers.values()) + 1e-20
    if len(powers) == 1:
        whole = np.maximum(np.abs(x) ** 2 + 1e-20, whole)
    spectra = {name: (x * power / whole).astype(np.complex64) for name, power in powers.items()}
    found = {name: Audio(istft(y, PARAMS, mix.frames), mix.rate) for name, y in spectra.items()}
    return _with_rest(mix, stems, found)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="songs whose name contains this, or one of these, with commas")
    parser.add_argument("--scenarios", default=",".join(SCENARIOS))
    parser.add_argument("--seconds", type=float, default=7.0)
    parser.add_argument("--set", action="append", default=[], help="a parameter of the separator: field=value")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    values = dict(item.split("=", 1) for item in options.set)
    excerpts = songs(options.folder, options.only, options.seconds)
    known = {name: Known(blind(mix, stems), oracle(mix, stems)) for name, (mix, stems) in excerpts.items()}
    table: dict[str, dict[str, dict[str, float]]] = {}
    for scenario in options.scenarios.split(","):
        table[scenario] = {}
        for name, (mix, stems) in excerpts.items():
            row = table[scenario][name] = measured(mix, stems, scenario, values, known[name])
            print(f"  {scenario} {name} " + " ".join(f"{k} {v:.2f}" for k, v in row.items()), file=sys.stderr)
        rows = list(table[scenario].values())
        means = {method: float(np.mean([row[method] for row in rows])) for method in rows[0]}
        print(f"{scenario:14s} " + "  ".join(f"{method} {value:6.2f}" for method, value in means.items()), flush=True)
    if options.json:
        options.json.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

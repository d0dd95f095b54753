"""Side-information from end to end: rate and quality beside the oracle Wiener filter, and beside Opus for each stem.

    python bench/informed.py FOLDER [--only rock,tour] [--seconds 20] [--no-opus] [--json FILE]

FOLDER holds songs with their stems (a folder each). All bytes of a stream count: header, what recognises the mix,
dictionary, packets. SDR is plain, over the whole excerpt, as decoded from the stream.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import informed_opus
import numpy as np

from unbraid.core import audio_files
from unbraid.core.audio import Audio
from unbraid.core.evaluation.multitracks import find
from unbraid.core.evaluation.sdr import sdr
from unbraid.core.informed.decoder import Decoder, SideInformation
from unbraid.core.informed.dial import Dial
from unbraid.core.informed.encoder import Encoder
from unbraid.core.informed.sources import GivenStem, Sources, gather
from unbraid.core.progress import silent_progress
from unbraid.core.separation.guide import Guide
from unbraid.plugins.oracle import OracleMultichannel

EACH_KBPS = (0.5, 1.0, 2.0)
"""Limits of the parametric layer for each stem."""
GOAL = 0.95
"""Of these limits, what the fit is asked for."""
TOTAL_KBPS = (8, 16, 24, 32, 48, 64, 96, 128)
HIGH_KBPS = (256, 512)


def main() -> None:
    """Measure and print."""
    options = _options()
    figures = []
    for name, sources in _songs(options):
        figures.append(song(name, sources, opus=not options.no_opus))
        print(report(figures[-1]), flush=True)
        if options.json:
            options.json.write_text(json.dumps(figures, indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="songs whose name contains one of these, with commas")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each song")
    parser.add_argument("--mono", action="store_true", help="measure mono down-mixes")
    parser.add_argument("--no-opus", action="store_true")
    parser.add_argument("--json", type=Path, help="write all figures here")
    return parser.parse_args()


def _songs(options: argparse.Namespace) -> Iterator[tuple[str, Sources]]:
    wanted = [part for part in options.only.split(",") if part]
    for track in find(options.folder):
        if track.mix is None or (wanted and not any(part in track.name for part in wanted)):
            continue
        stems = {name: sound for name, sound in track.stems.items() if not name.startswith("est_")}
        sounds = {name: _read(sound.path, options) for name, sound in {"": track.mix, **stems}.items()}
        mix = sounds.pop("")
        yield track.name, gather(mix, [GivenStem(name, audio) for name, audio in sounds.items()])


def _read(path: Path, options: argparse.Namespace) -> Audio:
    audio = audio_files.read(path)
    audio = audio.slice(0, min(audio.frames, round(options.seconds * audio.rate)))
    return Audio.of(audio.samples.mean(axis=1), audio.rate) if options.mono else audio


def song(name: str, sources: Sources, *, opus: bool) -> dict[str, object]:
    """All figures of a song."""
    encoder = Encoder(sources)
    stems = {fact.name: sources.image(j) for j, fact in enumerate(sources.facts) if not fact.is_hidden}
    truth = OracleMultichannel().separate(sources.mix, Guide(references=stems), silent_progress)
    oracle = float(np.mean([sdr(stems[n], truth[n]) for n in stems]))
    parametric = []
    for limit in EACH_KBPS:
        base = encoder.base(GOAL * limit, "ntf")
        fit_kbps = base.fit.size * 8e-3 / sources.mix.duration_s
        parametric.append({"each": base.kbps / len(stems), "fit": fit_kbps / len(stems), "sdr": base.point.mean_db})
    dial = [_at(encoder, stems, kbps) for kbps in (*TOTAL_KBPS, *HIGH_KBPS)]
    coded = informed_opus.curve(stems) if opus else []
    return {
        "song": name, "stems": len(stems), "channels": sources.mix.channels, "seconds": sources.mix.duration_s,
        "oracle": oracle, "parametric": parametric, "dial": dial,
        "opus": [informed_opus.best_at(coded, kbps) for kbps in TOTAL_KBPS] if coded else [],
    }  # fmt: skip


def _at(encoder: Encoder, stems: Mapping[str, Audio], kbps: float) -> dict[str, float]:
    """What a stream of that rate gives when it is decoded, and how fast."""
    mix = encoder.sources.mix
    began = time.process_time()
    made = encoder.encode(Dial(rate_kbps=kbps))
    encoded = time.process_time()
    images = Decoder(SideInformation(made.stream), mix.samples).images(0, mix.frames)
    decoded = time.process_time()
    found = [sdr(stems[n], Audio(images[j], mix.rate)) for j, n in enumerate(encoder.names)]
    return {
        "asked": kbps, "kbps": len(made.stream) * 8e-3 / mix.duration_s, "sdr": float(np.mean(found)),
        "sum_db": _level_db(images.sum(axis=0) - mix.samples),
        "encode": mix.duration_s / (encoded - began), "decode": mix.duration_s / (decoded - encoded),
    }  # fmt: skip


def _level_db(samples: np.typing.NDArray[np.float32]) -> float:
    return 20 * float(np.log10(max(float(np.abs(samples).max()), 1e-12)))


def report(figures: Mapping[str, object]) -> str:
    """The figures of a song as text."""
    lines = ["{song}: {stems} stems, {channels} channels, {seconds:.0f} s; oracle {oracle:.2f} dB".format(**figures)]
    for row in figures["parametric"]:  # type: ignore[attr-defined]
        lines.append("  parametric {each:5.2f} kbit/s each ({fit:.2f} without header)  {sdr:6.2f} dB".format(**row))
    for row, opus in zip(figures["dial"], [*figures["opus"], *[None] * 99], strict=False):  # type: ignore[misc]
        beside = "" if opus is None else f"  Opus {opus:6.2f}"
        lines.append(
            "  {asked:4.0f} kbit/s ({kbps:6.1f}): {sdr:6.2f} dB{beside}   sum {sum_db:.0f} dBFS, encode {encode:.1f}x, "
            "decode {decode:.0f}x".format(beside=beside, **row)
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()

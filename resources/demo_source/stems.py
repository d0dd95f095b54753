"""From the desk (arrangement.py) to four stereo stems."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from arrangement import FADERS_DB, INSTRUMENTS, ROOMS, TAKES, Instrument, Strip, Take
from band import humanised
from numpy.typing import NDArray
from room import bell, compressed, high_passed, impulse_response, low_passed, placed, reverberated, widened
from score import SONG_BEATS, beats_to_s
from soundfont import FS, render_notes
from voice import sing

Array = NDArray[np.float64]
Report = Callable[[str], object]

SAMPLES = round(beats_to_s(SONG_BEATS) * FS)


def all_stems(folder: Path, *, report: Report) -> dict[str, Array]:
    """The four stems, (N, 2) each, before mastering. folder takes temporary files; report gets a line a step."""
    dry = {name: np.zeros((SAMPLES, 2)) for name in FADERS_DB}
    sends = {name: np.zeros((SAMPLES, 2)) for name in FADERS_DB}
    for take in TAKES:
        report(f"vocals: {take.name}")
        _add(dry, sends, "vocals", _sung(take, folder), take.strip)
    for number, instrument in enumerate(INSTRUMENTS):
        report(f"{instrument.stem}: {instrument.name}")
        _add(dry, sends, instrument.stem, _played(instrument, number, folder), instrument.strip)
    return {name: _with_room(name, dry[name], sends[name]) for name in dry}


def _sung(take: Take, folder: Path) -> Array:
    """One take with some presence and less mud, (N, 2)."""
    sound = sing(take.phrases, take.singer, folder, samples=SAMPLES)
    mono = bell(bell(sound, 3000.0, 2.5), 350.0, -2.0)
    return np.stack((mono, mono), axis=1)


def _played(instrument: Instrument, number: int, folder: Path) -> Array:
    """One instrument, (N, 2)."""
    rng = np.random.default_rng(100 + number)
    loose = instrument.loose
    notes = humanised(instrument.part(), rng, beats=0.012 * loose, velocity=4.0 * loose)
    return render_notes(
        notes,
        folder,
        samples=SAMPLES,
        program=instrument.program,
        drum_kit=instrument.drum_kit,
        expression=instrument.expression,
    )


def _add(dry: dict[str, Array], sends: dict[str, Array], stem: str, sound: Array, strip: Strip) -> None:
    """Send a sound through its strip onto its stem, and its share into the stem's room."""
    low_hz, high_hz = strip.cut_hz
    sound = compressed(sound, threshold=0.5, ratio=strip.ratio) if strip.ratio > 1 else sound
    sound = low_passed(high_passed(sound, low_hz), high_hz) * 10 ** (strip.gain_db / 20)
    sound = widened(sound, strip.width) if strip.pan is None else placed(sound, strip.pan)
    dry[stem] += sound
    sends[stem] += strip.room * sound


def _with_room(name: str, dry: Array, send: Array) -> Array:
    """A stem with the answer of its room, at its fader."""
    wet = reverberated(send, impulse_response(ROOMS[name])) if name in ROOMS else 0.0
    return (dry + wet) * 10 ** (FADERS_DB[name] / 20)

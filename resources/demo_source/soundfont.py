"""Notes to sound: a MIDI file by mido, rendered by fluidsynth with the FluidR3 soundfont, without its effects."""

import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import soundfile
from numpy.typing import NDArray
from score import BPM, Note
from tools import soundfont

FS = 44100
TICKS_PER_BEAT = 480
DRUM_CHANNEL = 9
EXPRESSION = 11

Event = tuple[int, int, mido.Message]


def render_notes(
    notes: Iterable[Note],
    folder: Path,
    *,
    samples: int,
    program: int,
    drum_kit: bool = False,
    expression: tuple[tuple[float, int], ...] = (),
) -> NDArray[np.float64]:
    """Sound of one instrument, (N, 2) with N = samples at 44.1 kHz.

    program: General MIDI number from 0 (of the drum kit when drum_kit). expression: (beat, 0 to 127), joined by lines.
    folder: where the temporary MIDI and WAV files go.
    """
    midi, wav = folder / "part.mid", folder / "part.wav"
    _midi_file(list(notes), program, DRUM_CHANNEL if drum_kit else 0, expression, samples / FS).save(midi)
    flags = ["-ni", "-q", "-R", "0", "-C", "0", "-r", str(FS), "-g", "0.5", "-O", "float", "-T", "wav"]
    subprocess.run(["fluidsynth", *flags, "-F", wav, soundfont(), midi], check=True, capture_output=True)
    sound, rate = soundfile.read(wav, always_2d=True, dtype="float64")
    if rate != FS:
        raise ValueError(f"fluidsynth wrote {rate} Hz, asked for {FS} Hz")
    out = np.zeros((samples, 2))
    length = min(samples, len(sound))
    out[:length] = sound[:length]
    return out


def _midi_file(
    notes: list[Note], program: int, channel: int, expression: tuple[tuple[float, int], ...], length_s: float
) -> mido.MidiFile:
    """One track, ending (with every note off) length_s seconds after the start."""
    events: list[Event] = [(0, 0, mido.Message("program_change", channel=channel, program=program))]
    for tick, value in _controller_ramp(expression):
        events.append((tick, 1, mido.Message("control_change", channel=channel, control=EXPRESSION, value=value)))
    for note in _without_overlaps(notes):
        on, off = _tick(note.beat), _tick(note.beat + note.beats)
        events.append((on, 3, mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)))
        events.append((off, 2, mido.Message("note_off", channel=channel, note=note.pitch)))
    events.sort(key=lambda event: event[:2])
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(BPM))])
    now = 0
    for tick, _, message in events:
        track.append(message.copy(time=tick - now))
        now = tick
    end = max(now, round(length_s * BPM / 60 * TICKS_PER_BEAT))
    track.append(mido.MetaMessage("end_of_track", time=end - now))
    return mido.MidiFile(ticks_per_beat=TICKS_PER_BEAT, tracks=[track])


def _without_overlaps(notes: list[Note]) -> list[Note]:
    """The notes, each ended before its own pitch is struck again: MIDI cannot tell two equal notes apart."""
    next_strike: dict[int, float] = {}
    ended = []
    for note in sorted(notes, key=lambda note: note.beat, reverse=True):
        room = next_strike.get(note.pitch, float("inf")) - note.beat
        ended.append(replace(note, beats=min(note.beats, room)))
        next_strike[note.pitch] = note.beat
    return ended[::-1]


def _controller_ramp(points: tuple[tuple[float, int], ...]) -> list[tuple[int, int]]:
    """(tick, value) every sixteenth of a beat along the lines between the points (beat, value)."""
    if not points:
        return []
    beats = np.arange(points[0][0], points[-1][0] + 1e-9, 1 / 16)
    values = np.interp(beats, [beat for beat, _ in points], [value for _, value in points])
    return [(_tick(beat), round(value)) for beat, value in zip(beats, values, strict=True)]


def _tick(beat: float) -> int:
    return round(beat * TICKS_PER_BEAT)

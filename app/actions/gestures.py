"""What the mouse does, for the sheet of keys: the places that react to it are named as the window names them."""

from __future__ import annotations

from dataclasses import dataclass

from unbraid.app.translation import mark


@dataclass(frozen=True)
class Gesture:
    """English literals: where, what the hand does, what it means."""

    place: str
    hand: str
    meaning: str


SPECTROGRAM = mark("Spectrogram")
RULER = mark("Time ruler and frequency axis")
OVERVIEW = mark("Overview")
SLIDERS = mark("Faders and sliders")
STRIPS = mark("Stems")
EVERYWHERE = mark("Everywhere")

GESTURES = (
    Gesture(SPECTROGRAM, mark("Click"), mark("Play from there")),
    Gesture(SPECTROGRAM, mark("Drag"), mark("Select time and frequency")),
    Gesture(SPECTROGRAM, mark("Drag an edge of the selection"), mark("Move that edge")),
    Gesture(SPECTROGRAM, mark("Wheel"), mark("Scroll in frequency")),
    Gesture(SPECTROGRAM, mark("Ctrl + wheel"), mark("Zoom in time, at the pointer")),
    Gesture(SPECTROGRAM, mark("Shift + wheel"), mark("Scroll in time")),
    Gesture(SPECTROGRAM, mark("Alt + wheel"), mark("Zoom in frequency, at the pointer")),
    Gesture(SPECTROGRAM, mark("Drag with the middle button"), mark("Move the picture")),
    Gesture(RULER, mark("Drag on the ruler"), mark("Select time")),
    Gesture(RULER, mark("Drag on the axis"), mark("Select a band of frequency")),
    Gesture(OVERVIEW, mark("Drag the box"), mark("Move to another part of the song")),
    Gesture(SLIDERS, mark("Drag, wheel, arrows, or type"), mark("Change the value")),
    Gesture(SLIDERS, mark("Double click"), mark("Back to the neutral value")),
    Gesture(STRIPS, mark("Shift + click on solo"), mark("Hear this stem alone")),
    Gesture(EVERYWHERE, mark("Right click"), mark("What can be done here")),
    Gesture(EVERYWHERE, mark("Drop files or folders"), mark("Open them")),
)

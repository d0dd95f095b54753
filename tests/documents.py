"""Projects for tests: small sounds, a document with stems, and a script of gestures that can be killed and checked."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from unbraid.core import mapped_wav
from unbraid.core.document import edits
from unbraid.core.document.document import Document
from unbraid.core.document.media import MediaPool
from unbraid.core.document.state import Project, Song, Stem

RATE = 8000
FRAMES = 800
NAMES = ("vocals", "drums", "bass")


def wav(path: Path, seed: int, *, frames: int = FRAMES, channels: int = 1) -> Path:
    """A finished working file of noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = mapped_wav.create(path, frames, channels, RATE)
    sound[:] = np.random.default_rng(seed).standard_normal(sound.shape).astype(np.float32)
    sound.flush()
    return path


def with_song(document: Document, work: Path) -> Document:
    """One step that gives a document a song and three stems; `work` is a working folder."""
    pool: MediaPool = document.media
    media = [pool.adopt(wav(work / f"{seed}.wav", seed)) for seed in range(4)]
    song = Song(media[0], "A Song", FRAMES, 1, RATE, source="/music/a song.flac", tags=(("title", "A Song"),))
    stems = [Stem(name, name, id) for name, id in zip(NAMES, media[1:], strict=True)]

    def edit(project: Project) -> Project:
        return edits.set_stems(edits.set_song(project, song), stems)

    document.do("Separate", edit)
    return document


def project(folder: Path) -> Document:
    """A new project with a song, in `folder`; its working files lie beside it."""
    return with_song(Document.create(folder), folder.parent / "work")


def gestures(document: Document, seed: int) -> Iterator[int]:
    """Endless random gestures; yields how many are done. What they do depends on the seed and the state alone."""
    rng = random.Random(seed)
    done = own = undone = 0
    while True:
        kind = rng.choice(["gain", "mute", "drag", "undo", "redo", "group", "marker", "stem", "notes"])
        amount = rng.random()
        stem = rng.choice(document.state.stems).id if document.state.stems else "residual"
        if kind == "undo" and own:
            document.undo()
            own, undone = own - 1, undone + 1
        elif kind == "redo" and undone:
            document.redo()
            own, undone = own + 1, undone - 1
        else:
            before = document.steps()[-1].number
            _gesture(document, kind, stem, amount)
            if document.steps()[-1].number != before:
                own, undone = own + 1, 0
        if done % 7 == 6:
            document.save()
        done += 1
        yield done


def _gesture(document: Document, kind: str, stem: str, amount: float) -> None:
    """One step, whatever it takes."""
    if kind == "drag":
        for part in range(5):
            document.do("Pan", partial(edits.set_pan, stem=stem, pan=amount * part / 5), merge=f"pan:{stem}")
        document.end_merge()
    elif kind == "group":
        with document.group("Louder and muted"):
            document.do("Gain", partial(edits.set_gain, stem=stem, gain_db=-20 * amount))
            document.do("Mute", partial(edits.set_mute, stem=stem, mute=amount > 0.5))
    elif kind == "marker":
        document.do("Marker", lambda p: edits.add_marker(p, 0.05 * amount, f"m{amount:.3f}"))
    elif kind == "stem" and len(document.state.stems) > 1:
        document.do("Remove", partial(edits.remove_stem, stem=stem))
    elif kind == "notes":
        document.do("Notes", partial(edits.set_notes, notes="ü" * int(1000 * amount)))
    else:
        document.do("Gain", partial(edits.set_gain, stem=stem, gain_db=-30 * amount))


def main() -> None:
    """For tests that kill: edit the project in argv[1] with the seed argv[2], saying what is done."""
    document = Document.open(Path(sys.argv[1]))
    print("0", flush=True)
    for done in gestures(document, int(sys.argv[2])):
        print(done, flush=True)


if __name__ == "__main__":
    main()

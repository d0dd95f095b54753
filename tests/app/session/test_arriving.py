"""Songs that bring their stems along: heard at once, complete soon, and what else may happen meanwhile."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import coded_songs
import numpy as np
import pytest
from windows import RATE, Bench, files_at_work

from unbraid.core import audio_files, job_queue, mapped_wav
from unbraid.core.audio import Audio
from unbraid.core.document import drafts, edits
from unbraid.core.document.document import Document
from unbraid.core.errors import PluginError, ProjectFileError
from unbraid.core.informed import listening, studio
from unbraid.core.informed.dial import Dial
from unbraid.core.progress import silent_progress

pytestmark = pytest.mark.gui

COLOURS = {"bass": "#4488cc", "voice": "#cc8844", "drums": "#44aa66"}
OPENED = ["New project", "Open tune with the stems it brings"]


@dataclass(frozen=True)
class Published:
    """A song that was encoded. folder: its file `tune.flac`; studio: where its stream is; decoded: stems by name."""

    folder: Path
    studio: Path
    decoded: dict[str, np.ndarray]

    @property
    def song(self) -> Path:
        return self.folder / "tune.flac"

    @property
    def side(self) -> Path:
        return self.studio / studio.SIDE

    def beside(self, folder: Path, name: str = "tune.unb") -> Path:
        """The song in a folder, with its side-information; returns the song."""
        folder.mkdir(exist_ok=True)
        shutil.copy(self.side, folder / name)
        return Path(shutil.copy(self.song, folder))

    def publish(self, target: Path, how: str) -> Path:
        """A copy of the song that holds its side-information."""
        studio.publish(self.studio, self.side, self.song, target, how, False, silent_progress)  # type: ignore[arg-type]
        return target


def stored(path: Path, samples: np.ndarray) -> Path:
    mapped_wav.create(path, len(samples), samples.shape[1], RATE)[:] = samples
    return path


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("published")
    made, place = coded_songs.song(3.0, rate=RATE), folder / "studio"
    place.mkdir()
    audio_files.write(folder / "tune.flac", Audio(made.mix, RATE), audio_files.WriteOptions(bits="16", dither=False))
    stems = {name: stored(folder / f"{name}.wav", s) for name, s in zip(COLOURS, made.stems, strict=True)}
    with coded_songs.short_blocks():
        studio.prepare(stored(folder / "mix.wav", made.mix), stems, COLOURS, place, silent_progress)
        side = studio.make(place, Dial(rate_kbps=60.0), silent_progress).path
    images = coded_songs.decoded(side.read_bytes(), made.mix)
    return Published(folder, place, dict(zip(COLOURS, images, strict=False)))


@dataclass
class Gate:
    """Decoding of stems waits until it is opened; then it may fail."""

    is_open: threading.Event
    problem: Exception | None = None

    def open(self) -> None:
        self.is_open.set()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate, run = Gate(threading.Event()), job_queue.Desk.run

    def held(desk: job_queue.Desk, function: Callable[..., object], *args: object, part=(0.0, 1.0)) -> object:
        while function is listening.fill and not gate.is_open.wait(0.01):
            desk.progress(0.0, "waiting")
        result = run(desk, function, *args, part=part)
        if function is listening.fill and gate.problem is not None:
            raise gate.problem
        return result

    monkeypatch.setattr(job_queue.Desk, "run", held)
    yield gate
    gate.open()


def opened(bench: Bench, *paths: Path) -> Document:
    """Open files and wait for the song, not for its stems."""
    before = bench.session.document
    bench.session.opening.open(paths)
    bench.until(lambda: bench.session.document not in (None, before), 60)
    bench.until(lambda: not bench.session.opening_queue.is_busy)
    bench.session.bridge.flush()
    assert bench.session.document is not None
    return bench.session.document


def awaits(document: Document) -> bool:
    return document.media.awaits(stem.media for stem in document.state.stems)


def complete(bench: Bench, document: Document) -> None:
    bench.until(lambda: not awaits(document) and not bench.session.queue.is_busy, 60)
    bench.session.bridge.flush()
    assert files_at_work() == [] and document.missing() == ()


def has_its_stems(bench: Bench, published: Published) -> None:
    assert bench.names() == list(COLOURS)
    for name, image in published.decoded.items():
        assert np.abs(bench.audio(name).samples - image).max() < 1e-6


def reopens(bench: Bench, document: Document) -> None:
    """Closed and opened again, the document is what it was."""
    state, folder = document.state, document.folder
    bench.session.close_document()
    bench.notices.clear()
    bench.session.opening.open([folder])
    assert bench.session.state == state and not bench.notices
    assert bench.session.playing.is_ready


def test_stems_are_on_the_faders_at_once_and_complete_soon(
    bench: Bench, published: Published, gate: Gate, tmp_path: Path
) -> None:
    document = opened(bench, published.beside(tmp_path / "songs"))
    state, promised = document.state, [stem.media for stem in document.state.stems]
    assert bench.names() == list(COLOURS) and [stem.colour for stem in state.stems] == list(COLOURS.values())
    assert {stem.recipe.method for stem in state.stems if stem.recipe} == {"decode"}
    assert awaits(document) and not bench.audio("voice").samples.any()
    bench.session.playing.play()
    bench.until(lambda: bench.session.playing.position_s > 0.05)
    bench.session.playing.pause()
    assert bench.session.playing.mixdown.is_neutral
    with pytest.raises(ProjectFileError, match="still being decoded"):
        document.archive(tmp_path / "sent.zip")
    gate.open()
    complete(bench, document)
    assert not {stem.media for stem in document.state.stems} & set(promised)
    assert bench.steps() == OPENED and not bench.notices
    has_its_stems(bench, published)
    document.archive(tmp_path / "sent.zip")
    bench.session.undo()
    assert not bench.session.has_song
    bench.session.redo()
    has_its_stems(bench, published)
    bench.session.edit("Level", lambda project: edits.set_gain(project, "s1", -6.0))
    reopens(bench, document)


def test_hands_are_free_meanwhile(bench: Bench, published: Published, gate: Gate, tmp_path: Path) -> None:
    document = opened(bench, published.beside(tmp_path / "songs"))
    bench.session.edit("Solo", lambda project: edits.set_solo(project, "s2", True))
    sound = bench.audio("voice")
    assert not bench.session.playing.mixdown.block(0, 500).any()
    path = document.media.path(document.state.stem("s2").media)
    np.memmap(path, np.float32, "r+", mapped_wav.DATA_START, sound.samples.shape)[:] = 0.25
    assert (bench.session.playing.mixdown.block(0, 500) == 0.25).all(), "what has come is heard"
    bench.session.edit("Level", lambda project: edits.set_gain(project, "s2", -6.0))
    bench.session.edit("Remove", lambda project: edits.remove_stem(project, "s1"))
    gate.open()
    complete(bench, document)
    assert bench.steps() == [*OPENED, "Solo", "Level", "Remove", "Stems are complete"] and not bench.notices
    assert bench.names() == ["voice", "drums"] and document.state.stem("s2").strip.gain_db == -6.0
    for _ in range(2):
        bench.session.undo()
    has_its_stems(bench, published)
    assert document.missing() == () and bench.session.playing.is_ready
    bench.session.undo()
    assert document.state.stem("s2").strip.gain_db == 0.0
    bench.session.redo()
    reopens(bench, document)
    has_its_stems(bench, published)


def test_a_song_that_is_gone_by_undo_when_they_come(
    bench: Bench, published: Published, gate: Gate, tmp_path: Path
) -> None:
    document = opened(bench, published.beside(tmp_path / "songs"))
    bench.session.undo()
    gate.open()
    complete(bench, document)
    bench.session.redo()
    has_its_stems(bench, published)


def test_a_project_that_is_saved_meanwhile_gets_them(
    bench: Bench, published: Published, gate: Gate, tmp_path: Path
) -> None:
    document = opened(bench, published.beside(tmp_path / "songs"))
    bench.session.save_as(tmp_path / "Kept")
    assert awaits(document) and drafts.drafts() == []
    gate.open()
    complete(bench, document)
    has_its_stems(bench, published)
    assert document.folder == tmp_path / "Kept"
    reopens(bench, document)
    has_its_stems(bench, published)


def dropped_together(published: Published, folder: Path) -> tuple[Path, ...]:
    shutil.copy(published.side, folder / "other name.unb")
    return published.song, folder / "other name.unb"


def dropped_alone(published: Published, folder: Path) -> tuple[Path, ...]:
    published.beside(folder, "tune.flac.unb")
    return (folder / "tune.flac.unb",)


def inside(published: Published, folder: Path) -> tuple[Path, ...]:
    return (published.publish(folder / "tune.flac", "embedded"),)


def in_samples(published: Published, folder: Path) -> tuple[Path, ...]:
    return (published.publish(folder / "tune.wav", "samples"),)


@pytest.mark.parametrize("way", [dropped_together, dropped_alone, inside, in_samples])
def test_wherever_they_are(bench: Bench, published: Published, way, tmp_path: Path) -> None:
    document = opened(bench, *way(published, tmp_path))
    complete(bench, document)
    assert bench.steps() == OPENED and bench.names() == list(COLOURS) and not bench.notices
    for name, image in published.decoded.items():
        assert coded_songs.sdr(image, bench.audio(name).samples) > 15, name


def of_another_song(published: Published, folder: Path) -> Path:
    other = coded_songs.song(3.0, rate=RATE, stems=2, rest=9000).mix[::-1]
    audio_files.write(folder / "tune.flac", Audio(other.copy(), RATE), audio_files.WriteOptions(bits="16"))
    shutil.copy(published.side, folder / "tune.unb")
    return folder / "tune.flac"


def damaged(published: Published, folder: Path) -> Path:
    song = published.beside(folder)
    (folder / "tune.unb").write_bytes(published.side.read_bytes()[40:200])
    return song


def damaged_inside(published: Published, folder: Path) -> Path:
    path = published.publish(folder / "tune.flac", "embedded")
    data, stream = bytearray(path.read_bytes()), published.side.read_bytes()
    place = data.find(stream[:64])
    assert place > 0
    data[place : place + 2000] = bytes(2000)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("case", [of_another_song, damaged, damaged_inside])
def test_what_cannot_be_used_is_told_and_the_song_opens_plain(
    bench: Bench, published: Published, case, tmp_path: Path
) -> None:
    opened(bench, case(published, tmp_path))
    assert bench.steps() == ["New project", "Open tune"] and bench.names() == [] and bench.session.playing.is_ready
    assert [kind for kind, _ in bench.notices] == ["warning"] and len(bench.notices[0][1]) > 30, bench.notices
    assert files_at_work() == []


def test_side_information_without_a_song_says_what_it_needs(bench: Bench, published: Published, tmp_path: Path) -> None:
    shutil.copy(published.side, tmp_path / "lost.unb")
    bench.session.opening.open([tmp_path / "lost.unb"])
    assert "open both together" in bench.notices[0][1] and bench.session.document is None


@pytest.mark.parametrize("next_", ["another song", "nothing"])
def test_leaving_while_they_come_leaves_nothing(
    bench: Bench, published: Published, gate: Gate, next_: str, tmp_path: Path
) -> None:
    document = opened(bench, published.beside(tmp_path / "songs"))
    bench.session.playing.play()
    if next_ == "nothing":
        bench.session.close_document()
    else:
        opened(bench, published.song)
    bench.until(lambda: not bench.session.queue.is_busy)
    bench.session.bridge.flush()
    gate.open()
    assert files_at_work() == [] and not bench.notices and not document._is_open
    assert bench.session.has_song is (next_ != "nothing")


def test_a_window_that_closes_while_they_come(
    clean: None, no_log_errors: None, qtbot, published: Published, tmp_path: Path
) -> None:
    bench = Bench(qtbot, tmp_path)
    opened(bench, published.beside(tmp_path / "songs"))
    bench.close()
    assert not bench.notices
    bench.until(lambda: files_at_work() == [])


@pytest.mark.parametrize("why", ["stopped", "failed", "never begun"])
def test_what_came_until_it_was_stopped_stays(
    bench: Bench, published: Published, gate: Gate, why: str, tmp_path: Path
) -> None:
    gate.problem = PluginError("it crashed") if why == "failed" else None
    hold = threading.Event()
    start = bench.session.arriving.start

    def behind(*args) -> None:
        bench.session.submit("Other work", lambda desk: hold.wait(10))
        start(*args)

    if why == "never begun":
        bench.session.arriving.start = behind
    try:
        document = opened(bench, published.beside(tmp_path / "songs"))
    finally:
        bench.session.arriving.start = start
    job = bench.session.queue.jobs()[-1]
    if why == "failed":
        gate.open()
    else:
        bench.session.cancel(job)
    bench.until(lambda: len(bench.notices) == 1 + (why == "failed"), 30)
    hold.set()
    complete(bench, document)
    assert any("residual has what is missing" in text for _, text in bench.notices)
    assert bench.steps() == [*OPENED, "Stems are not complete"]
    assert bench.names() == list(COLOURS)
    reopens(bench, document)


def test_a_song_that_is_closed_keeps_what_came_of_its_stems(
    bench: Bench, published: Published, gate: Gate, tmp_path: Path
) -> None:
    document = opened(bench, published.beside(tmp_path / "songs"))
    folder = document.folder
    bench.session.edit("Turn down", lambda project: edits.set_gain(project, "s1", -6.0))
    bench.session.close_document()
    bench.until(lambda: not bench.session.queue.is_busy)
    gate.open()
    again = Document.open(folder)
    try:
        assert again.missing() == () and again.state.stem("s1").strip.gain_db == -6.0
    finally:
        again.close()

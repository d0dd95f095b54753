"""What can be dropped on a window: songs of every kind and name, stems, projects, archives; and what is none."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import signals
from windows import RATE, Bench, files_at_work, song_stems

from unbraid.core import audio_files, stem_file
from unbraid.core.audio import Audio
from unbraid.core.document import drafts, edits
from unbraid.core.document.document import Document
from unbraid.core.job_queue import State

pytestmark = pytest.mark.gui


def write(path: Path, audio: Audio) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    audio_files.write(path, audio, audio_files.WriteOptions(bits="32f"))
    return path


def opened(bench: Bench, *paths: Path) -> None:
    """Open files and wait for the song."""
    before = bench.session.document
    bench.session.opening.open(paths)
    bench.until(lambda: bench.notices or bench.session.document not in (None, before), 60)
    bench.until(lambda: not bench.session.opening_queue.is_busy)


def refused(bench: Bench, *paths: Path) -> str:
    """Open what cannot be opened; returns what the user is told, once."""
    before = bench.session.document
    bench.session.opening.open(paths)
    bench.until(lambda: bench.notices and not bench.session.opening_queue.is_busy, 60)
    bench.session.bridge.flush()
    assert bench.session.document is before and len(bench.notices) == 1, bench.notices
    assert files_at_work() == []
    kind, text = bench.notices.pop()
    assert kind == "error"
    return text


KINDS: dict[str, Audio] = {
    "mono": signals.noise(seconds=0.5, channels=1),
    "six channels": signals.noise(seconds=0.5, channels=6),
    "192 kHz": signals.noise(seconds=0.2, rate=192000),
    "8 kHz": signals.noise(seconds=0.5, rate=8000),
    "a hundred samples": Audio(signals.noise(seconds=0.5).samples[:100], 44100),
    "one sample": Audio(signals.noise(seconds=0.5).samples[:1], 44100),
    "silence": Audio.silence(22050, 2, 44100),
    "loud": signals.noise(seconds=0.5, level=1e3),
    "faint": signals.noise(seconds=0.5, level=1e-6),
}


@pytest.mark.parametrize("kind", KINDS)
def test_songs_of_every_kind_open_bit_for_bit_and_play(bench: Bench, kind: str, tmp_path: Path) -> None:
    song = KINDS[kind]
    opened(bench, write(tmp_path / "song.wav", song))
    state = bench.session.state
    assert not bench.notices and state.song is not None
    assert (state.song.frames, state.song.channels, state.song.rate) == (song.frames, song.channels, song.rate)
    assert np.array_equal(bench.audio("").samples, song.samples)
    bench.session.playing.play()
    bench.until(lambda: not bench.session.playing.is_playing or bench.session.playing.position_s > 0.05)
    bench.session.playing.pause()


NAMES = ("Ünïcödé – Ð", "🎸🎤 song", "%s {0} 'q' & <b>", "n" * 251, "日本語" * 27, ".hidden", "a.b.c", "con", "dots...")


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:20])
def test_names_of_every_kind(bench: Bench, name: str, tmp_path: Path) -> None:
    opened(bench, write(tmp_path / f"{name}.wav", KINDS["mono"]))
    document = bench.session.document
    assert not bench.notices and document is not None and document.is_written
    bench.session.edit("Note", lambda project: edits.set_notes(project, "kept"))
    bench.session.save_as(tmp_path / "kept")
    before = bench.session.state
    bench.session.close_document()
    bench.notices.clear()
    bench.session.opening.open([tmp_path / "kept"])
    assert bench.session.state == before and not bench.notices


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_text(bench: Bench, tmp_path: Path) -> None:
    source = write(tmp_path / "song.wav", KINDS["mono"])
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/no text \xff\xfe.wav"))
    source.rename(path)
    opened(bench, path)
    document = bench.session.document
    assert not bench.notices and document is not None and document.is_written
    bench.session.edit("Note", lambda project: edits.set_notes(project, "kept"))
    before, folder = bench.session.state, document.folder
    bench.session.close_document()
    bench.session.opening.open([folder])
    assert bench.session.state == before and not bench.notices


def test_a_title_of_any_length_opens_again(bench: Bench, tmp_path: Path) -> None:
    from unbraid.core.formats.tags import Tags

    path = tmp_path / "song.flac"
    for title in ("x" * 5000, "two\nlines\x07", "  "):
        audio_files.write(path, KINDS["mono"], overwrite=True, tags=Tags({"title": title, "comment": "y" * 100_000}))
        opened(bench, path)
        assert not bench.notices
        bench.session.edit("Note", lambda project: edits.set_notes(project, "kept"))
        before, folder = bench.session.state, bench.session.document.folder
        bench.session.close_document()
        bench.session.opening.open([folder])
        assert not bench.notices and bench.session.state == before


def test_a_song_with_its_stems(bench: Bench, song_folder: Path, tmp_path: Path) -> None:
    opened(bench, song_folder)
    assert sorted(bench.names()) == ["bass", "drums", "vocals"]
    assert np.array_equal(bench.audio("bass").samples, song_stems()["bass"].samples)
    assert files_at_work() == []
    opened(bench, *(song_folder / f"{name}.wav" for name in ("bass", "drums")))
    total = sum(song_stems()[name].samples.astype(np.float64) for name in ("bass", "drums"))
    assert sorted(bench.names()) == ["bass", "drums"]
    assert np.abs(bench.audio("").samples - total).max() < 1e-6, "without a mix it is what they add up to"


def test_stems_of_other_lengths_and_channels_are_fitted_or_refused(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "song"
    mix = signals.noise(seconds=1.0, rate=RATE)
    write(folder / "mix.wav", mix)
    write(folder / "vocals.wav", Audio(mix.samples[:-500, :1], RATE))
    opened(bench, folder)
    voice = bench.audio("vocals")
    assert (voice.frames, voice.channels) == (mix.frames, 2) and not voice.samples[-500:].any()
    assert np.array_equal(voice.samples[:-500, 1], mix.samples[:-500, 0])
    write(folder / "drums.wav", signals.noise(seconds=0.3, rate=RATE))
    assert "lasts 0.30 s" in refused(bench, folder)
    (folder / "drums.wav").unlink()
    write(folder / "bass.wav", signals.noise(seconds=1.0, rate=RATE, channels=6))
    assert "6 channels" in refused(bench, folder)
    assert [draft.folder for draft in drafts.drafts()] == [bench.session.document.folder], "no half drafts"


def test_a_stem_file(bench: Bench, tmp_path: Path) -> None:
    stems = {name: signals.noise(seconds=0.5, seed=k) for k, name in enumerate(("drums", "bass", "other", "vocals"))}
    path = tmp_path / "Song.stem.mp4"
    stem_file.write(path, signals.mix(stems), stems)
    opened(bench, path)
    assert sorted(bench.names()) == sorted(stems) and bench.session.state.song.name == "Song"


def damaged(path: Path) -> Path:
    path.write_bytes(b"RIFF\xff\xff\xff\xffWAVEfmt garbage" + bytes(200))
    return path


NO_SONGS: dict[str, tuple[Callable[[Path], list[Path]], str]] = {
    "gone": (lambda folder: [folder / "gone.wav"], "not there any more"),
    "empty": (lambda folder: [_touched(folder / "empty.wav")], ""),
    "damaged": (lambda folder: [damaged(folder / "damaged.wav")], ""),
    "text": (lambda folder: [_touched(folder / "text.txt", "hello")], ""),
    "empty folder": (lambda folder: [_made(folder / "nothing")], "no multitrack"),
    "no zip": (lambda folder: [_touched(folder / "no.zip", "PK no")], ""),
    "no project": (lambda folder: [_touched(folder / "no.unbraid", "{}")], ""),
    "two of one name": (lambda folder: [_touched(folder / d / "a.wav", "x") for d in "bc"], "the same name"),
}


def _touched(path: Path, text: str = "") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize("case", NO_SONGS)
def test_what_is_no_song_is_said_and_the_open_song_stays(bench: Bench, case: str, tmp_path: Path) -> None:
    bench.open()
    make, words = NO_SONGS[case]
    assert words in refused(bench, *make(tmp_path))
    assert len(drafts.drafts()) == 1


def test_a_file_that_vanishes_on_the_way(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "song.wav", KINDS["mono"])
    import_ = bench.session.opening._import

    def gone(*args: object) -> None:
        path.unlink()
        import_(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(bench.session.opening, "_import", gone)
    assert "song" in refused(bench, path)
    assert drafts.drafts() == []


def test_a_project_and_its_archive(bench: Bench, tmp_path: Path) -> None:
    bench.open()
    bench.session.edit("Level", lambda project: edits.set_gain(project, "s1", -6.0))
    bench.session.save_as(tmp_path / "Kept")
    bench.session.document.archive(tmp_path / "sent.zip")
    state = bench.session.state
    bench.session.close_document()
    bench.notices.clear()
    for path in (tmp_path / "Kept", tmp_path / "Kept" / "Kept.unbraid", tmp_path / "sent.zip"):
        opened(bench, path)
        assert bench.session.state == state and not bench.notices, path
        bench.session.close_document()


def test_a_project_that_is_open_here_already_stays_open(bench: Bench, tmp_path: Path) -> None:
    bench.open()
    bench.session.save_as(tmp_path / "Kept")
    bench.notices.clear()
    document = bench.session.document
    bench.session.opening.open([tmp_path / "Kept"])
    assert bench.session.document is document and not [text for kind, text in bench.notices if kind == "error"]


def test_a_project_without_some_of_its_sound_opens_and_says_so(bench: Bench, tmp_path: Path) -> None:
    bench.open()
    bench.session.save_as(tmp_path / "Kept")
    stem, song = bench.session.state.stems[0], bench.session.state.song
    bench.session.close_document()
    bench.notices.clear()
    (tmp_path / "Kept" / "media" / stem.media).rename(tmp_path / "aside.wav")
    bench.session.opening.open([tmp_path / "Kept"])
    assert [kind for kind, _ in bench.notices] == ["warning"] and "bass is missing" in bench.notices[0][1]
    assert [part.id for part in bench.session.playing.mixdown.parts] == ["s2", "s3"]
    bench.session.document.relink(tmp_path / "aside.wav")
    assert [part.id for part in bench.session.playing.mixdown.parts] == ["s1", "s2", "s3"]
    bench.session.close_document()
    bench.notices.clear()
    (tmp_path / "Kept" / "media" / song.media).unlink()
    bench.session.opening.open([tmp_path / "Kept"])
    assert bench.session.has_song and not bench.session.playing.is_ready
    said = [text for _, text in bench.notices]
    bench.session.edit("Mute", lambda project: edits.set_mute(project, "s2", True))
    bench.session.playing.play()
    assert not bench.session.playing.is_playing
    assert [text for _, text in bench.notices] == said and len(said) <= 2, "it is said once"


def test_a_read_only_project_opens_and_keeps_changes_in_memory(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.open()
    bench.session.save_as(tmp_path / "Kept")
    bench.session.close_document()
    bench.notices.clear()
    from unbraid.core.document import journal

    def refuse(*args: object, **more: object) -> None:
        raise OSError(30, "Read-only file system", str(tmp_path / "Kept"))

    monkeypatch.setattr(journal.Journal, "flush", refuse)
    monkeypatch.setattr(journal.Journal, "rewrite", refuse)
    bench.session.opening.open([tmp_path / "Kept"])
    bench.session.edit("Mute", lambda project: edits.set_mute(project, "s1", True))
    document = bench.session.document
    assert bench.session.state.stem("s1").strip.mute and not document.is_written
    assert any(kind == "error" and "ead" in text for kind, text in bench.notices)
    monkeypatch.undo()
    document.save()
    assert document.is_written and not document.problem


def test_a_full_disk_is_said_and_nothing_stays(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "song.wav", KINDS["mono"])
    from unbraid.core.document.media import MediaPool

    def full(*args: object) -> str:
        raise OSError(28, "No space left on device", "/media/x.wav")

    monkeypatch.setattr(MediaPool, "adopt", full)
    assert "No space left" in refused(bench, path)
    assert drafts.drafts() == [] and bench.session.document is None


def test_opening_can_be_stopped(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "song.wav", KINDS["mono"])
    from unbraid.app.session import opening

    stems = opening._song

    def stop(*args: object) -> object:
        bench.session.cancel(bench.session.opening_queue.jobs()[-1])
        return stems(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(opening, "_song", stop)
    bench.session.opening.open([path])
    job = bench.session.opening_queue.jobs()[-1]
    bench.until(lambda: job.state is State.CANCELLED)
    assert bench.session.document is None and drafts.drafts() == [] and not bench.notices


def test_two_files_at_once_end_with_the_last(bench: Bench, tmp_path: Path) -> None:
    one = write(tmp_path / "one.wav", KINDS["mono"])
    two = write(tmp_path / "two.wav", KINDS["silence"])
    bench.session.opening.open([one])
    bench.session.opening.open([two])
    bench.until(lambda: bench.session.has_song and bench.session.state.song.name == "two")
    assert len(drafts.drafts()) == 1, "the first was only looked at"


def test_a_song_that_arrives_when_the_window_is_closed_leaves_nothing(clean: None, qtbot, tmp_path: Path) -> None:
    """In both moments: while it is on its way to the window, and before it is sent."""
    path = write(tmp_path / "song.wav", KINDS["mono"])
    for moment in ("on its way", "not yet sent"):
        bench = Bench(qtbot, tmp_path)
        sent: list[Document] = []
        opening = bench.session.opening

        def late(document: Document, opening=opening, sent=sent, moment=moment, send=opening._hand_over) -> None:
            opening._is_closed = moment == "not yet sent"
            send(document)
            sent.append(document)

        opening._hand_over = late  # type: ignore[method-assign]
        bench.session.opening.open([path])
        while not sent:  # our own events are not done meanwhile
            time.sleep(0.005)
        bench.session.close()
        assert drafts.drafts() == [], moment
        assert not sent[0]._is_open
        bench.session.deleteLater()
        qtbot.wait(5)


def test_a_draft_that_was_recovered_is_not_thrown_away(bench: Bench) -> None:
    """Of a damaged history little is left: that the steps are few does not mean that nothing was done."""
    document = bench.open()
    for gain in (-1.0, -2.0, -3.0):
        bench.session.edit("Level", lambda p, gain=gain: edits.set_gain(p, "s1", gain))
        bench.session.end_merge()
    folder = document.folder
    bench.session.close_document()
    (folder / "history.jsonl").unlink()
    bench.session.opening.open([folder])
    assert bench.session.state.stem("s1").strip.gain_db == -3.0
    bench.session.close_document()
    assert [draft.folder for draft in drafts.drafts()] == [folder]
    shutil.rmtree(folder)

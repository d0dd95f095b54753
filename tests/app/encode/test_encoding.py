"""From stems to a curve, to streams, to a file, without a widget: real jobs and sounds, a studio that is quick."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from windows import RATE, Bench, files_at_work, song_stems

from unbraid.app.selection import Selection
from unbraid.app.session import layering
from unbraid.app.session.encoding import Encoding, level_db
from unbraid.app.session.encoding_passages import Heard
from unbraid.app.session.encoding_streams import Point
from unbraid.core import mapped_wav
from unbraid.core.document import edits
from unbraid.core.errors import ParameterError
from unbraid.core.informed.dial import EXACT_DBFS
from unbraid.core.job_queue import State

pytestmark = pytest.mark.gui


@pytest.fixture
def computed(encoding: Encoding, bench: Bench) -> Encoding:
    """With a curve of three stems of twelve seconds."""
    bench.open(None, song_stems(seconds=12.0))
    compute(encoding, bench)
    return encoding


def compute(encoding: Encoding, bench: Bench) -> None:
    encoding.compute()
    bench.until(lambda: encoding.is_usable)
    bench.session.bridge.flush()


def heard(bench: Bench) -> np.ndarray:
    """What the player would give out."""
    bench.until(lambda: not bench.session.playing.player._notes)
    mixdown = bench.session.playing.player._engine.mixdown
    return mixdown.block(0, mixdown.frames)


def listened(bench: Bench, encoding: Encoding, rate: float) -> Point:
    encoding.dial.set_rate(rate)
    encoding.streams.listen()
    bench.until(lambda: encoding.streams.playing is not None and encoding.streams.playing is encoding.streams.made())
    made = encoding.streams.made()
    assert made is not None
    return made


# -- the curve ---------------------------------------------------------------------------------------------------------


def test_without_song_or_stems_nothing_is_computed_and_it_is_said(encoding: Encoding, bench: Bench) -> None:
    assert encoding.compute() is None
    bench.open(song_stems()["bass"], {})
    assert encoding.choices == () and encoding.compute() is None
    assert [kind for kind, _ in bench.notices] == ["error", "error"]
    assert files_at_work() == []


def test_the_studio_is_given_what_was_chosen(encoding: Encoding, bench: Bench, studio) -> None:
    bench.open()
    encoding.want("s1", False)
    encoding.prefer(["s2"], "more")
    encoding.choose_model("ntf")
    encoding.weigh_by_ear(True)
    compute(encoding, bench)
    mix, stems, colours = studio.called("prepare")[0]
    assert set(stems) == {"drums", "vocals"} and colours["drums"] == "#009e73"
    assert np.array_equal(mapped_wav.open_mapped(mix).samples, bench.audio("").samples)
    assert np.array_equal(mapped_wav.open_mapped(stems["drums"]).samples, bench.audio("drums").samples)
    assert studio.called("curve") == [("ntf", True, {"drums": 2.0, "vocals": 1.0})]
    assert encoding.names == ("drums", "vocals") and encoding.colours == ("#009e73", "#56b4e9")


def test_the_last_stem_stays(encoding: Encoding, bench: Bench) -> None:
    bench.open()
    for id in ("s1", "s2", "s3"):
        encoding.want(id, False)
    assert [choice.id for choice in encoding.wanted] == ["s3"]


def test_points_come_one_by_one(encoding: Encoding, bench: Bench, studio) -> None:
    bench.open()
    counts: list[int] = []
    encoding.point_added.connect(lambda: counts.append(len(encoding.points)))
    studio.gate.clear()
    job = encoding.compute()
    bench.until(lambda: studio.called("curve"))
    (encoding.folder / "curve.json").write_text("[]")
    studio.gate.set()
    bench.until(lambda: encoding.is_usable and len(encoding.points) == 8)
    assert counts[0] == 0 and counts == sorted(counts) and job is not None and job.state is State.DONE
    assert encoding.streams.layers and encoding.facts is not None and encoding.duration_s == pytest.approx(3.0)


def test_cancelling_keeps_the_points_there_are(encoding: Encoding, bench: Bench, studio) -> None:
    bench.open()
    studio.halt_at = 5.0
    job = encoding.compute()
    bench.until(lambda: not studio.gate.is_set() and len(encoding.points) >= 1)
    encoding.cancel()
    bench.until(lambda: job is not None and job.state is State.CANCELLED)
    bench.until(lambda: not encoding.is_running)
    assert 1 <= len(encoding.points) < 8 and encoding.is_usable and not bench.notices
    studio.halt_at = None
    studio.gate.set()
    compute(encoding, bench)
    assert len(encoding.points) == 8 and len(files_at_work()) == 1, "the folder of the first curve is gone"


def test_a_failure_is_told_and_it_can_be_tried_again(encoding: Encoding, bench: Bench, studio) -> None:
    bench.open()
    studio.failure = ParameterError("stems of another master")
    job = encoding.compute()
    bench.until(lambda: job is not None and job.state is State.FAILED and not encoding.is_running)
    bench.until(lambda: bench.notices)
    assert "another master" in bench.notices[0][1]
    studio.failure = None
    compute(encoding, bench)
    assert len(encoding.points) == 8


def test_another_document_drops_the_curve_and_its_files(encoding: Encoding, bench: Bench, studio) -> None:
    bench.open()
    compute(encoding, bench)
    bench.open(name="Another")
    assert encoding.points == () and encoding.basis is None and encoding.streams.points == ()
    assert [choice.name for choice in encoding.choices] == ["bass", "drums", "vocals"] and files_at_work() == []
    studio.gate.clear()
    job = encoding.compute()
    bench.until(lambda: len(studio.called("curve")) == 2)
    bench.session.close_document()
    bench.until(lambda: job is not None and job.state is State.CANCELLED)
    bench.until(lambda: files_at_work() == [])
    assert encoding.choices == () and encoding.points == () and not bench.notices


def test_sounds_stay_when_the_document_lets_go_of_them(computed: Encoding, bench: Bench) -> None:
    document = bench.session.document
    assert document is not None
    bench.session.edit("Remove", lambda project: edits.remove_stem(project, "s1"))
    for path in document.media.folder.glob("*.wav"):
        path.unlink()
    listened(bench, computed, 20.0)


# -- whether it holds --------------------------------------------------------------------------------------------------


def test_what_was_changed_since_is_said_in_words(computed: Encoding, bench: Bench) -> None:
    assert computed.out_of_date() == ()
    bench.session.edit("Fader", lambda project: edits.set_gain(project, "s1", -6.0))
    bench.session.edit("Colour", lambda project: edits.set_colour(project, "s1", "#123456"))
    assert computed.out_of_date() == (), "faders and colours do not matter"
    changes = {
        "sounds different": lambda: bench.session.edit(
            "Split", lambda project: edits.set_media(project, "s1", project.stems[1].media)
        ),
        "is called": lambda: bench.session.edit("Name", lambda project: edits.rename_stem(project, "s1", "low")),
        "not among": lambda: bench.session.edit("Remove", lambda project: edits.remove_stem(project, "s1")),
    }
    for words, change in changes.items():
        change()
        assert len(computed.out_of_date()) == 1 and words in computed.out_of_date()[0]
        bench.session.undo()
        assert computed.out_of_date() == ()
    computed.prefer(["s2"], "more")
    assert computed.out_of_date() == ("other stems come first",)
    computed.prefer(["s2"], "exact")
    assert computed.out_of_date() == (), "exact solos are the dial's"
    computed.choose_model("image")
    computed.weigh_by_ear(True)
    computed.want("s3", False)
    assert len(computed.out_of_date()) == 3


# -- the dial ----------------------------------------------------------------------------------------------------------


def test_rate_quality_and_marker_are_tied(computed: Encoding) -> None:
    dial = computed.dial
    dial.set_rate(12.0)
    assert dial.wanted.rate_kbps == 12.0 and dial.expected() == computed.points[3]
    dial.choose_mode("quality")
    assert dial.mode == "quality" and dial.quality_db == pytest.approx(computed.points[3].mean_db, abs=0.05)
    assert dial.kbps() == pytest.approx(12.0, rel=0.02)
    dial.turn_to(80.0)
    assert dial.mode == "quality" and dial.kbps() == pytest.approx(80.0, rel=0.02)
    dial.set_rate(1e9)
    assert dial.wanted.rate_kbps == 6000.0
    dial.choose_mode("rate")
    dial.turn_to(33.3)
    assert (dial.mode, dial.rate_kbps) == ("rate", 33.3)


def test_an_exact_solo_is_a_priority_and_a_dial_at_once(computed: Encoding, bench: Bench) -> None:
    dial = computed.dial
    computed.prefer(["s2"], "exact")
    assert dial.mode == "exact" and dial.wanted.exact == ("drums",) and dial.wanted.rate_kbps is None
    level = level_db(bench.session.document.media.path(bench.session.state.stem("s2").media))
    reached = dial.expected()
    assert reached is not None
    assert reached.rate_kbps == 6000.0 or reached.sdr_db[1] >= level - EXACT_DBFS - 0.1
    dial.set_exact(["bass", "vocals"])
    assert dial.exact == ("bass", "vocals")
    assert [choice.priority for choice in computed.choices] == ["exact", "normal", "exact"]
    dial.set_rate(20.0)
    assert dial.mode == "rate" and {choice.priority for choice in computed.choices} == {"normal"}
    dial.choose_mode("exact")
    assert dial.exact == ("bass",)


# -- listening ---------------------------------------------------------------------------------------------------------


def test_points_are_made_once_and_heard_at_once_afterwards(computed: Encoding, bench: Bench, studio) -> None:
    bench.session.playing.seek(5.0)
    first = listened(bench, computed, 20.0)
    assert studio.called("passage")[0][1:] == (2.0, 12.0) and bench.session.playing.is_auditioning
    second = listened(bench, computed, 40.0)
    assert [point.number for point in computed.streams.points] == [1, 2] and len(studio.called("make")) == 2
    assert computed.streams.listen_to(first) is None and computed.streams.playing is first
    computed.dial.set_rate(40.0)
    assert computed.streams.listen() is None and computed.streams.playing is second
    assert len(studio.called("passage")) == 2
    computed.streams.stop()
    assert bench.session.playing.position_s == pytest.approx(5.0, abs=0.01)
    bench.session.playing.seek(0.0)
    computed.streams.listen_to(first)
    bench.until(lambda: computed.streams.playing is first)
    assert len(studio.called("make")) == 2 and studio.called("passage")[-1][1:] == (0.0, 10.0)


def test_what_is_measured_takes_the_place_of_what_was_expected(computed: Encoding, bench: Bench) -> None:
    computed.dial.set_quality(12.0)
    assert computed.streams.made() is None
    computed.streams.listen()
    bench.until(lambda: computed.streams.made() is not None)
    assert computed.dial.expected().rate_kbps == 42.0
    bench.until(lambda: computed.streams.playing is not None)


def test_one_stem_all_but_one_and_the_true_ones(computed: Encoding, bench: Bench) -> None:
    bench.session.select(Selection(2.0, 4.0))
    listened(bench, computed, 20.0)
    part = slice(2 * RATE, 4 * RATE)
    drums, mix = bench.audio("drums").samples[part], bench.audio("").samples[part]
    for choice, expected in (
        (Heard("drums"), 0.5 * drums), (Heard("drums", is_true=True), drums),
        (Heard("drums", is_without=True), mix - 0.5 * drums),
        (Heard("drums", is_without=True, is_true=True), mix - drums), (Heard(), mix),
    ):  # fmt: skip
        computed.streams.hear(choice)
        assert np.allclose(heard(bench), expected, atol=1e-6), choice


def test_going_back_to_the_song_is_noticed(computed: Encoding, bench: Bench) -> None:
    listened(bench, computed, 20.0)
    bench.session.playing.seek(1.0)
    assert computed.streams.playing is None and not bench.session.playing.is_auditioning


def test_stopping_while_it_is_made_plays_nothing(computed: Encoding, bench: Bench, studio) -> None:
    job = computed.streams.listen()
    assert job is not None and computed.streams.is_waiting
    computed.streams.stop()
    bench.until(lambda: job.state in (State.CANCELLED, State.DONE))
    bench.session.bridge.flush()
    assert computed.streams.playing is None and not bench.session.playing.is_auditioning


def test_a_stream_that_cannot_be_made_is_told(computed: Encoding, bench: Bench, studio) -> None:
    studio.failure = ParameterError("no room on the disk")
    job = computed.streams.listen()
    bench.until(lambda: job is not None and job.state is State.FAILED and not computed.streams.is_waiting)
    assert "no room" in bench.notices[-1][1] and computed.streams.points == ()


def test_without_a_curve_there_is_nothing_to_hear_or_save(encoding: Encoding, bench: Bench, tmp_path: Path) -> None:
    bench.open()
    assert encoding.streams.listen() is None and encoding.streams.publish(tmp_path / "x.unb", "sidecar") is None
    assert {kind for kind, _ in bench.notices} == {"warning"}


# -- layers ------------------------------------------------------------------------------------------------------------


def test_edited_layers_go_into_the_next_stream(computed: Encoding, bench: Bench, studio) -> None:
    before = listened(bench, computed, 20.0)
    assert studio.called("edit_layers") == []
    streams = computed.streams
    streams.edit_layers(layering.mute(streams.layers, [2], True))
    assert streams.is_edited and streams.made() is None
    after = listened(bench, computed, 20.0)
    assert after is not before and studio.wanted_layers[2].is_muted and not streams.is_edited
    listened(bench, computed, 30.0)
    assert len(studio.called("edit_layers")) == 1, "the studio knows them by now"


def test_a_layer_is_heard_alone(computed: Encoding, bench: Bench, studio) -> None:
    streams = computed.streams
    merged = layering.merge(streams.layers, layering.groups(streams.layers, "drums")[:2])
    streams.edit_layers(merged)
    group = layering.groups(merged, "drums")[0]
    streams.listen_to_layer(group)
    bench.until(lambda: streams.playing == group)
    assert sorted(studio.called("layer_passage")) == [6, 7]
    assert np.allclose(heard(bench), 0.2 * bench.audio("drums").samples[: 10 * RATE], atol=1e-6)


# -- the file ----------------------------------------------------------------------------------------------------------


def test_a_file_is_made_of_what_the_dial_asks_for(computed: Encoding, bench: Bench, studio, tmp_path: Path) -> None:
    target = tmp_path / "My song.unb"
    written: list[object] = []
    computed.streams.published.connect(written.append)
    computed.streams.publish(target, "sidecar")
    bench.until(lambda: written)
    stream, song, where, how, overwrite = studio.called("publish")[0]
    assert (stream, where, how, overwrite) == ("stream-1.unb", target, "sidecar", False)
    assert np.array_equal(mapped_wav.open_mapped(song).samples, bench.audio("").samples)
    assert target.exists() and str(target) in bench.notices[-1][1] and "faders" in bench.notices[-1][1]
    computed.streams.publish(target, "sidecar")
    bench.until(lambda: bench.notices[-1][0] == "error")
    assert "exists already" in bench.notices[-1][1] and len(studio.called("make")) == 1
    computed.streams.publish(target, "sidecar", overwrite=True)
    bench.until(lambda: len(written) == 2)


def test_the_songs_own_file_carries_it_while_it_is_there(
    computed: Encoding, bench: Bench, studio, tmp_path: Path
) -> None:
    source = tmp_path / "mix.flac"
    source.write_bytes(b"fLaC")
    song = dataclasses.replace(bench.session.state.song, source=str(source))
    bench.session.edit("Source", lambda project: edits.set_song(project, song))
    assert computed.streams.carrier() == source
    source.unlink()
    assert computed.streams.carrier() is None

"""The page as a producer uses it, by mouse and keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QMessageBox, QWidget
from windows import Bench, files_at_work, song_stems

from unbraid.app import translation
from unbraid.app.encode.page import EncodePage
from unbraid.app.session.encoding import Encoding
from unbraid.core.document import edits
from unbraid.core.errors import ParameterError

pytestmark = pytest.mark.gui
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(encoding: Encoding, bench: Bench, qtbot) -> EncodePage:
    return shown(bench, encoding, qtbot)


def shown(bench: Bench, encoding: Encoding, qtbot) -> EncodePage:
    page = EncodePage(bench.session, encoding=encoding)
    qtbot.addWidget(page)
    page.resize(340, 2600)
    page.show()
    return page


@pytest.fixture
def computed(page: EncodePage, encoding: Encoding, bench: Bench) -> EncodePage:
    """With the curve of three stems of twelve seconds."""
    bench.open(None, song_stems(seconds=12.0))
    click(page.work.compute)
    bench.until(lambda: encoding.is_usable)
    bench.session.bridge.flush()
    return page


def click(widget: QAbstractButton) -> None:
    assert widget.isVisible() and widget.isEnabled()
    QTest.mouseClick(widget, LEFT, pos=QPoint(10, widget.height() // 2))


def choose(combo: QComboBox, text: str) -> None:
    combo.setCurrentIndex(combo.findText(text))
    combo.activated.emit(combo.currentIndex())


def costs(page: EncodePage) -> list[list[str]]:
    table = page.costs
    return [[table.item(row, column).text() for column in range(4)] for row in range(table.rowCount())]


def test_what_is_empty_says_what_to_do(page: EncodePage, bench: Bench) -> None:
    assert "drop them" in page.empty.text() and not page.work.isVisible() and not page.curve.isVisible()
    bench.open(song_stems()["bass"], {})
    assert "no stems" in page.empty.text() and "in one go" in page.empty.text() and not page.stems.isVisible()
    bench.open()
    assert not page.empty.isVisible() and page.stems.isVisible() and page.work.compute.isEnabled()
    assert not page.curve.isVisible() and not page.publish.isVisible()
    bench.session.close_document()
    assert page.empty.isVisible() and not page.stems.isVisible()


def test_stems_are_chosen_with_ticks_and_priorities(page: EncodePage, encoding: Encoding, bench: Bench) -> None:
    bench.open()
    stems = page.stems
    click(stems.ticks["s1"])
    assert [choice.name for choice in encoding.wanted] == ["drums", "vocals"]
    assert not stems.priorities["s1"].isEnabled()
    click(stems.ticks["s2"])
    click(stems.ticks["s3"])
    assert stems.ticks["s3"].isChecked() and [choice.name for choice in encoding.wanted] == ["vocals"]
    choose(stems.priorities["s3"], "more")
    assert encoding.wanted[0].priority == "more"
    click(stems.more)
    choose(stems.model, "Like a picture")
    click(stems.by_ear)
    assert (encoding.model, encoding.is_perceptual) == ("image", True) and "pictures" in stems._about.text()
    bench.session.edit("Name", lambda project: edits.rename_stem(project, "s3", "lead"))
    assert stems.ticks["s3"].text() == "lead" and stems.priorities["s3"].currentData() == "more"


def test_the_work_is_begun_shown_and_cancelled(page: EncodePage, encoding: Encoding, bench: Bench, studio) -> None:
    bench.open()
    studio.halt_at = 30.0
    click(page.work.compute)
    bench.until(lambda: encoding.points and "points so far" in page.work.status.text())
    assert page.work.bar.isVisible() and page.work.bar.value() > 0 and not page.work.compute.isVisible()
    assert page.curve.isVisible() and not page.listen.listen.isEnabled() and not page.publish.save.isEnabled()
    assert len(page.jobs._rows) == 1
    click(page.work.cancel)
    bench.until(lambda: page.work.compute.isVisible())
    assert "Cancelled" in page.work.status.text() and page.work.compute.text() == "Compute it again"
    assert page.listen.listen.isEnabled()


def test_a_failure_stands_where_it_happened(page: EncodePage, bench: Bench, studio) -> None:
    bench.open()
    studio.failure = ParameterError("the stems are of another song")
    click(page.work.compute)
    bench.until(lambda: "another song" in page.work.status.text())
    assert page.work.status.property("kind") == "error" and page.work.compute.isVisible()


def test_what_is_out_of_date_says_so(computed: EncodePage, bench: Bench) -> None:
    assert not computed.work.out_of_date.isVisible()
    bench.session.edit("Remove", lambda project: edits.remove_stem(project, "s2"))
    assert "drums is not among" in computed.work.out_of_date.text() and computed.work.out_of_date.isVisible()
    assert [row[0] for row in costs(computed)] == ["bass", "drums", "vocals", "shared"], "the curve is what it was"


def test_dial_slider_box_and_marker_go_together(computed: EncodePage, encoding: Encoding) -> None:
    dial, curve = computed.dial, computed.curve
    QTest.mouseClick(curve, LEFT, pos=QPoint(round(curve.axes.x(80.0)), 100))
    assert encoding.dial.rate_kbps == pytest.approx(80.0, rel=0.03) == dial.rate.value
    assert curve.dial_kbps == encoding.dial.rate_kbps and dial.summary.text().startswith(f"{dial.rate.value:.1f}")
    dial.rate.box.setFocus()
    dial.rate.box.lineEdit().setText("12 kbit/s")
    QTest.keyClick(dial.rate.box, Qt.Key.Key_Return)
    assert encoding.dial.rate_kbps == 12.0 == curve.dial_kbps
    dial.rate.slider.setFocus()
    QTest.keyClick(dial.rate.slider, Qt.Key.Key_Right)
    assert 12.0 < encoding.dial.rate_kbps < 13.0
    choose(dial.mode, "This quality")
    assert dial.quality.isVisible() and not dial.rate.isVisible()
    dial.quality.slider.setFocus()
    QTest.keyClick(dial.quality.slider, Qt.Key.Key_PageUp)
    assert encoding.dial.mode == "quality" and encoding.dial.expected().mean_db == pytest.approx(dial.quality.value)
    choose(dial.mode, "An exact solo")
    assert computed.stems.priorities["s1"].currentData() == "exact" and "An estimate" in dial.basis.text()
    choose(dial.exact, "vocals")
    assert encoding.dial.exact == ("vocals",) and computed.stems.priorities["s1"].currentData() == "normal"
    choose(computed.stems.priorities["s2"], "exact solo")
    assert dial.exact.currentText() == "drums, vocals"


def test_the_table_says_what_each_costs(computed: EncodePage, encoding: Encoding) -> None:
    encoding.dial.set_rate(30.0)
    rows = costs(computed)
    assert [row[0] for row in rows] == ["bass", "drums", "vocals", "shared"]
    assert [row[1] for row in rows] == ["9.0", "9.0", "9.0", "3.0"] and rows[0][2] == "30 %"
    assert rows[0][3] == f"{encoding.points[4].sdr_db[0]:.1f}" and rows[3][3] == ""


def test_the_pointer_reads_the_curve_in_words(computed: EncodePage) -> None:
    assert "6 dB more" in computed.reading.text()
    computed.curve.hovered.emit(12.0)
    assert computed.reading.text().startswith("12.0 kbit/s: bass ") and "on average" in computed.reading.text()
    computed.curve.hovered.emit(None)
    assert "6 dB more" in computed.reading.text()
    assert "on average" in computed.curve.accessibleDescription()


def test_points_are_heard_and_compared(computed: EncodePage, encoding: Encoding, bench: Bench, studio) -> None:
    box, streams = computed.listen, encoding.streams
    click(box.listen)
    assert box.status.isVisible()
    bench.until(lambda: streams.playing is not None and box.rows)
    assert box.listen.isChecked() and box.rows[1].isChecked() and not box.status.isVisible()
    assert streams.heard.stem == "bass"
    choose(box.part, "without vocals")
    click(box.is_true)
    assert (streams.heard.stem, streams.heard.is_without, streams.heard.is_true) == ("vocals", True, True)
    encoding.dial.set_rate(80.0)
    assert not box.listen.isChecked() and box.rows[1].isChecked()
    QTest.keyClick(computed.curve, Qt.Key.Key_Return)
    bench.until(lambda: len(box.rows) == 2 and box.rows[2].isChecked())
    click(box.rows[1])
    assert box.rows[1].isChecked() and not box.rows[2].isChecked() and len(studio.called("make")) == 2
    click(box.rows[1])
    assert streams.playing is None and not bench.session.playing.is_auditioning
    assert "80.0 kbit/s" in box.rows[2].text()


def test_layers_are_named_muted_merged_and_heard(computed: EncodePage, encoding: Encoding, bench: Bench) -> None:
    box, streams = computed.layers, encoding.streams
    click(box.open)
    assert len(box.rows) == 6 and "Layer 1" in box.rows[0].name.placeholderText()
    assert "50 %" in box.rows[0].range.text() and "60.0 Hz to 140 Hz" in box.rows[0].range.text()
    box.rows[0].name.setFocus()
    QTest.keyClicks(box.rows[0].name, "thump")
    QTest.keyClick(box.rows[0].name, Qt.Key.Key_Return)
    assert streams.layers[0].name == "thump" and "Edited" in box.words.text()
    click(box.rows[1].mute)
    assert streams.layers[1].is_muted
    click(box.rows[0].tick)
    assert not box.merge.isEnabled()
    click(box.rows[2].tick)
    click(box.merge)
    assert streams.layers[2].name == "thump" and len(box.rows) == 5 and "2 merged" in box.rows[0].range.text()
    click(box.rows[0].listen)
    bench.until(lambda: streams.playing is not None and box.rows[0].listen.isChecked())
    click(box.rows[0].tick)
    click(box.split)
    assert len(box.rows) == 6 and streams.layers[0].name == ""
    choose(box.stem, "vocals")
    assert "Layer 1" in box.rows[0].name.placeholderText()
    click(computed.listen.listen)
    bench.until(lambda: "layers edited" in computed.listen.rows[1].text() if computed.listen.rows else False)
    assert "Edited" not in box.words.text()


def test_a_model_without_layers_says_so(page: EncodePage, encoding: Encoding, bench: Bench, studio) -> None:
    studio.layers = lambda folder: ()
    bench.open()
    encoding.compute()
    bench.until(lambda: encoding.is_usable)
    bench.session.bridge.flush()
    page.layers.open.setChecked(True)
    assert "no layers" in page.layers.words.text() and not page.layers.merge.isVisible()


def test_the_file_is_offered_asked_for_and_written(
    computed: EncodePage, bench: Bench, studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = computed.publish
    assert box.name.text() == "Song (stems).wav" and not box.format.isVisible(), "the song has no file of its own"
    choose(box.way, "In the samples")
    assert box.format.isVisible() and "16 or 24 bit" in box.about.text()
    choose(box.format, "FLAC")
    assert box.name.text() == "Song (stems).flac"
    choose(box.way, "A file beside the song")
    assert box.name.text() == "Song.unb"
    box.name.setText("mine")
    box.folder.set_folder(tmp_path)
    assert box.target() == tmp_path / "mine.unb"
    click(box.save)
    bench.until(lambda: "mine.unb" in box.state.text())
    assert "the faders are there" in box.state.text() and (tmp_path / "mine.unb").exists()
    assert bench.session.settings.current.export_folder == str(tmp_path)
    answers = [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answers.pop(0))
    click(box.save)
    assert len(studio.called("publish")) == 1
    click(box.save)
    bench.until(lambda: len(studio.called("publish")) == 2 and not bench.session.queue.is_busy)
    assert studio.called("publish")[1][-1] is True
    choose(box.way, "In the samples")
    assert box.name.text() == "mine.wav", "a name that was written stays"


def test_a_song_with_a_file_is_copied_in_its_own_format(computed: EncodePage, bench: Bench, tmp_path: Path) -> None:
    import dataclasses

    source = tmp_path / "mix.mp3"
    source.write_bytes(b"ID3")
    song = dataclasses.replace(bench.session.state.song, source=str(source), name="Tune")
    bench.session.edit("Source", lambda project: edits.set_song(project, song))
    assert computed.publish.name.text() == "Tune (stems).mp3"


def test_everything_can_be_reached_and_has_a_name(computed: EncodePage, encoding: Encoding, bench: Bench) -> None:
    click(computed.listen.listen)
    bench.until(lambda: computed.listen.rows)
    for fold in (computed.stems.more, computed.layers.open):
        fold.setChecked(True)
    nameless = [
        widget
        for widget in computed.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.isVisible()
        and not (widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text()))
        and not isinstance(widget.parent(), QComboBox)
        and not (isinstance(widget, QLineEdit) and widget.parent().accessibleName())
    ]
    assert not nameless
    bench.until(lambda: not bench.session.queue.is_busy)


@pytest.mark.parametrize("code", ["en", "de", "fr"])
def test_it_fits_into_the_inspector(encoding: Encoding, bench: Bench, qtbot, code: str) -> None:
    translation.use_language(code)
    try:
        bench.open(None, song_stems(seconds=12.0))
        page = shown(bench, encoding, qtbot)
        encoding.compute()
        bench.until(lambda: encoding.is_usable)
        page.stems.more.setChecked(True)
        page.layers.open.setChecked(True)
        assert page.minimumSizeHint().width() <= 360
    finally:
        translation.use_language("en")


def test_a_file_that_cannot_be_written_says_why(computed: EncodePage, bench: Bench, studio, tmp_path: Path) -> None:
    box = computed.publish
    box.folder.set_folder(tmp_path)
    studio.failure = ParameterError("the disk is full")
    click(box.save)
    bench.until(lambda: "disk is full" in box.state.text())
    assert box.state.property("kind") == "error"
    studio.failure = None
    click(box.save)
    bench.until(lambda: "Saved" in box.state.text())
    assert box.state.property("kind") == "readout"


def test_a_new_curve_leaves_a_file_that_is_being_written_alone(
    computed: EncodePage, encoding: Encoding, bench: Bench, tmp_path: Path
) -> None:
    computed.publish.folder.set_folder(tmp_path)
    written: list[object] = []
    encoding.streams.published.connect(written.append)
    click(computed.publish.save)
    click(computed.work.compute)
    bench.until(lambda: written and encoding.is_usable)
    assert not [text for kind, text in bench.notices if kind == "error"] and len(files_at_work()) == 1

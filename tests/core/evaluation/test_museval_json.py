import json
import math

import numpy as np
import pytest

from unbraid.core.errors import AudioFileError, ParameterError
from unbraid.core.evaluation.bss import METRICS, BssScores
from unbraid.core.evaluation.museval_json import from_json, read, to_json, write

NAN, INF = math.nan, math.inf

OF_MUSEVAL = """{
  "targets": [
    {
      "name": "vocals",
      "frames": [
        {
          "time": 0.0,
          "duration": 1.0,
          "metrics": {
            "SDR": 1.23457,
            "SIR": -0.00000,
            "SAR": 0.00000,
            "ISR": NaN
          }
        },
        {
          "time": 1.0,
          "duration": 1.0,
          "metrics": {
            "SDR": NaN,
            "SIR": 2.00000,
            "SAR": 300.12346,
            "ISR": 0.00001
          }
        }
      ]
    },
    {
      "name": "Schlagzeug \\u266b",
      "frames": [
        {
          "time": 0.0,
          "duration": 1.0,
          "metrics": {
            "SDR": NaN,
            "SIR": NaN,
            "SAR": NaN,
            "ISR": NaN
          }
        },
        {
          "time": 1.0,
          "duration": 1.0,
          "metrics": {
            "SDR": -12.50000,
            "SIR": -1.00000,
            "SAR": 1.50000,
            "ISR": NaN
          }
        }
      ]
    }
  ],
  "museval_version": "0.4.1"
}"""
"""What museval 0.4.1 writes for these scores."""

SCORES = BssScores(
    names=("vocals", "Schlagzeug \u266b"),
    times_s=np.array([0.0, 1.0]),
    durations_s=np.array([1.0, 1.0]),
    sdr=np.array([[1.23456789, INF], [NAN, -12.5]]),
    sir=np.array([[-1e-9, 2.0], [NAN, -1.0]]),
    sar=np.array([[1e-7, 300.123456], [NAN, 1.5]]),
    isr=np.array([[-INF, 0.000005], [NAN, NAN]]),
)


def frame(**changes):
    return {"time": 0.0, "duration": 1.0, "metrics": {"SDR": 1.0, "SIR": 2, "ISR": 3, "SAR": 4}} | changes


def text(*targets, **top):
    return json.dumps({"targets": [{"name": f"t{j}", "frames": frames} for j, frames in enumerate(targets)]} | top)


def assert_alike(a, b):
    assert a.names == b.names
    for key in ("times_s", "durations_s"):
        np.testing.assert_array_equal(getattr(a, key), getattr(b, key))
    for name in METRICS:
        np.testing.assert_allclose(a.metric(name), b.metric(name), atol=5.1e-6)


def test_the_text_is_that_of_museval_but_for_what_is_no_json():
    assert to_json(SCORES) == OF_MUSEVAL.replace("NaN", "null")


def test_the_text_is_valid_json():
    def refuse(constant):
        raise AssertionError(constant)

    assert json.loads(to_json(SCORES), parse_constant=refuse)["museval_version"] == "0.4.1"


def test_files_of_museval_and_ours_are_read_alike(tmp_path):
    finite = {
        key: np.where(np.isfinite(v), v, NAN) for key, v in vars(SCORES).items() if key in ("sdr", "sir", "isr", "sar")
    }
    expected = BssScores(SCORES.names, SCORES.times_s, SCORES.durations_s, **finite)
    assert_alike(from_json(OF_MUSEVAL), expected)
    write(tmp_path / "song.json", SCORES)
    assert_alike(read(tmp_path / "song.json"), expected)


def test_figures_survive_reading_and_writing():
    assert to_json(from_json(to_json(SCORES))) == to_json(SCORES)


def test_whole_numbers_nulls_and_missing_figures_are_read():
    scores = from_json(text([frame(time=0, duration=30, metrics={"SDR": 5, "SIR": None, "SAR": NAN})]))
    assert scores.sdr.tolist() == [[5.0]]
    assert all(np.isnan(scores.metric(name)[0, 0]) for name in ("SIR", "SAR", "ISR"))


def test_a_file_is_replaced_only_when_asked(tmp_path):
    path = tmp_path / "song.json"
    write(path, SCORES)
    with pytest.raises(AudioFileError, match="exists already"):
        write(path, SCORES)
    write(path, SCORES, overwrite=True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no JSON"),
        ("\x00", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        ("[" * 100000, "no JSON"),
        ('{"targets": ' + "9" * 5000 + "}", "no JSON"),
        ("[]", "'targets' should be a list"),
        ("{}", "'targets' should be a list"),
        ('{"targets": [3]}', "list of objects"),
        (text(), "none at all"),
        ('{"targets": [{"name": 3, "frames": []}]}', "'name'"),
        ('{"targets": [{"name": "a", "frames": {}}]}', "'frames' should be a list"),
        ('{"targets": [{"name": "a", "frames": []}, {"name": "a", "frames": []}]}', "different names"),
        (text([frame()], [frame(), frame()]), "as many frames, not 1, 2"),
        (text([frame()], [frame(time=0.5)]), "different times"),
        (text([frame(time=-1)]), "at least 0 s"),
        (text([frame(time=NAN)]), "at least 0 s"),
        (text([frame(duration="long")]), "'duration' is a number"),
        (text([frame(duration=True)]), "'duration' is a number"),
        (text([frame(metrics=[])]), "'metrics'"),
        (text([frame(metrics={"SDR": "high"})]), "'SDR' is a number"),
        (text([frame(metrics={"SDR": 10**400})]), "too large"),
    ],
)
def test_what_is_no_score_file_is_refused_in_words(tmp_path, content, words):
    path = tmp_path / "song.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ParameterError, match=words) as caught:
        read(path)
    assert "song.json" in str(caught.value)
    assert len(str(caught.value)) < 500


def test_files_that_are_too_large_or_missing_are_refused(tmp_path, monkeypatch):
    with pytest.raises(ParameterError, match="cannot be read"):
        read(tmp_path / "none.json")
    write(tmp_path / "song.json", SCORES)
    monkeypatch.setattr("unbraid.core.evaluation.museval_json.MAX_FIGURES", 10)
    with pytest.raises(ParameterError, match="more than 10 figures"):
        read(tmp_path / "song.json")
    monkeypatch.setattr("unbraid.core.evaluation.museval_json.MAX_BYTES", 100)
    with pytest.raises(ParameterError, match="score files have up to"):
        read(tmp_path / "song.json")

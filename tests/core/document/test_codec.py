"""The document survives writing and reading, bad values fall back alone, and what is unknown is kept."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unbraid.core.document import codec, edits
from unbraid.core.document.state import (
    EMPTY,
    Equaliser,
    Marker,
    Project,
    Recipe,
    Song,
    Span,
    Stem,
    Strip,
)

MEDIA = "0123456789abcdef" * 2 + ".wav"

FULL = Project(
    song=Song(
        MEDIA, "A Söng", 1000, 2, 44100, "/a/\udcff", 24, False, (("title", "x"), ("title", "y")), MEDIA, "image/png"
    ),
    stems=(
        Stem("a", "vocals", MEDIA, Strip(-math.inf, -0.5, True, True, True, Equaliser(1.0, -2.0, 24.0)), ("mix",)),
        Stem(
            "b",
            "drums",
            MEDIA,
            colour="#00ff00",
            recipe=Recipe(
                "kam",
                "KAM",
                (("n", 3), ("x", 3.0), ("top", math.inf), ("on", True), ("s", "inf")),
                Span(0.0, 1.5),
                20.0,
            ),
        ),
    ),
    residual=Strip(12.0),
    master_db=-6.5,
    loop=Span(0.25, 0.5),
    markers=(Marker(0.0, "Intro"), Marker(0.5, "a/b")),
    notes="Zeile\n" * 3,
)


@pytest.mark.parametrize("project", [EMPTY, FULL], ids=["empty", "full"])
def test_it_comes_back_as_it_was(project: Project) -> None:
    text = json.dumps(codec.to_json(project), allow_nan=False)
    again, warnings = codec.from_json(json.loads(text))
    assert again == project
    assert warnings == []
    assert [type(v) for _, v in again.stems[1].recipe.values] == [int, float, float, bool, str] if again.stems else True


def test_every_field_of_the_state_can_be_read() -> None:
    for kind, fields in codec.FIELDS.items():
        assert list(fields) == [f.name for f in dataclasses.fields(kind) if f.name != "unknown"]


def test_unknown_fields_at_every_level_are_kept() -> None:
    document = codec.to_json(FULL)
    places: list[dict[str, Any]] = [
        document,
        document["song"],
        document["stems"][0],
        document["stems"][1]["recipe"],
        document["loop"],
        document["stems"][0]["strip"],
        document["stems"][0]["strip"]["equaliser"],
        document["markers"][1],
        document["residual"],
        document["stems"][1]["recipe"]["span"],
    ]
    for number, place in enumerate(places):
        place["from_the_future"] = {"number": number}
    project, warnings = codec.from_json(document)
    assert warnings == []
    assert codec.to_json(project) == document
    moved = edits.move_stem(edits.set_gain(project, "a", -3.0), "a", 1)
    stem = next(stem for stem in codec.to_json(moved)["stems"] if stem["id"] == "a")
    assert stem["from_the_future"] == {"number": 2}
    removed = edits.remove_stem(project, "a")
    assert "a" not in [stem["id"] for stem in codec.to_json(removed)["stems"]]


@pytest.mark.parametrize(
    ("path", "bad"),
    [
        (("master_db",), "loud"),
        (("master_db",), 13),
        (("master_db",), True),
        (("notes",), 5),
        (("loop",), {"start_s": 2, "end_s": 1}),
        (("residual", "pan"), 1.5),
        (("residual", "mute"), 1),
        (("residual", "equaliser"), []),
        (("song", "bits"), "x"),
        (("stems", 0, "strip"), None),
        (("stems", 0, "colour"), "red"),
        (("stems", 0, "recipe"), {"method": 1}),
        (("song", "cover"), "../../etc/passwd"),
        (("residual", "gain_db"), "nan"),
    ],
    ids=str,
)
def test_a_bad_value_falls_back_alone(path: tuple[Any, ...], bad: Any) -> None:
    document = copy.deepcopy(codec.to_json(FULL))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = bad
    project, warnings = codec.from_json(document)
    assert len(warnings) == 1
    assert len(project.stems) == 2
    assert project.song is not None
    assert project.stems[1].name == "drums"


@pytest.mark.parametrize(
    "stem",
    [
        {"id": "a b", "name": "x", "media": MEDIA},
        {"id": "a", "name": "again", "media": MEDIA},
        {"id": "c", "name": "x"},
        7,
        {"id": "c", "name": "x", "media": "../../secret.wav"},
        {"id": "residual", "name": "x", "media": MEDIA},
        {"id": "c", "name": "", "media": MEDIA},
        {"id": "c", "name": "x", "media": MEDIA + "\n"},
    ],
    ids=str,
)
def test_a_stem_that_cannot_be_one_is_left_out(stem: Any) -> None:
    document = codec.to_json(FULL)
    document["stems"].append(stem)
    project, warnings = codec.from_json(document)
    assert project == FULL
    assert len(warnings) == 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_any_json_is_a_project(data: st.DataObject) -> None:
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["inf", "", MEDIA]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "time_s", "number"]), inner, max_size=2)
        ),
        max_leaves=5,
    )
    document = copy.deepcopy(codec.to_json(FULL))
    place: Any = document
    while isinstance(place, (dict, list)) and place:
        key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else list(range(len(place)))))
        if data.draw(st.booleans()) or not isinstance(place[key], (dict, list)):
            place[key] = data.draw(values)
            break
        place = place[key]
    project, _ = codec.from_json(document)
    again, warnings = codec.from_json(codec.to_json(project))
    assert again == project
    assert warnings == []


@pytest.mark.parametrize("document", [None, [], 5, "x"])
def test_what_is_no_document_is_an_empty_one_with_a_warning(document: Any) -> None:
    project, warnings = codec.from_json(document)
    assert project == EMPTY
    assert len(warnings) == 1

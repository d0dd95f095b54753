"""Models as readable files: what is there goes in and out unchanged, and what is wrong is refused in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbraid.core.errors import ParameterError
from unbraid.core.kam import model, presets
from unbraid.core.kam.kernels import Horizontal, Vertical

SMALL = """
[[stage]]
name = "all"
window_s = 0.09
[[stage.source]]
stem = "tones"
kernel = { kind = "horizontal", length_s = 2.0 }
[[stage.source]]
stem = "strokes"
kernel = [{ kind = "vertical" }, { kind = "vertical", height_hz = 800.0 }]
"""


def test_a_file_is_read():
    (stage,) = model.parse(SMALL).stages
    assert stage.name == "all" and stage.window_s == 0.09 and stage.splits == model.MIX
    assert [s.stem for s in stage.sources] == ["tones", "strokes"]
    assert stage.sources[0].kernels == (Horizontal(2.0),)
    assert stage.sources[1].kernels == (Vertical(), Vertical(800.0))


@pytest.mark.parametrize("name", presets.names())
def test_presets_go_in_and_out(name):
    found = presets.load(name)
    assert model.from_dict(model.to_dict(found)) == found
    assert found.title and found.summary and found.paper


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("window_s = 0.09", "window_s = 9.0", "window_s must be a number from 0.001 to 2 s"),
        ("window_s = 0.09", "window = 0.09", "no 'window'"),
        ("window_s = 0.09", "window_s = [1]", "window_s of stage 1 must be"),
        ("window_s = 0.09", 'splits = "drums"', "which was not made before"),
        ("window_s = 0.09", "rank = 1.5", "rank must be a whole number"),
        ('stem = "tones"', 'stem = "../../tones"', "a name like vocals"),
        ('stem = "tones"', "", "a name like vocals"),
        ('"horizontal"', '"sideways"', "sideways"),
        ("length_s = 2.0", "length_s = -1.0", "length_s"),
        ("length_s = 2.0", 'length_s = "x"', "length_s"),
        ('name = "all"', 'name = "mix"', "cannot be called mix"),
        ('name = "all"', 'name = "given"', "cannot be called given"),
        ('stem = "strokes"', 'stem = "strokes"\nstart = { "all.tones" = 1.0 }', "not made before"),
        ('stem = "strokes"', 'stem = "strokes"\nstart = { "given.x" = -1.0 }', "powers from 0 to 10"),
        ("[[stage]]", "[[stages]]", "no 'stages'"),
        ("[[stage]]", "[[stage", "no TOML"),
    ],
)
def test_what_is_wrong_is_refused_in_words(old, new, says):
    with pytest.raises(ParameterError, match=says.replace(".", r"\.")):
        model.parse(SMALL.replace(old, new, 1))


def test_sources_that_would_never_differ_are_refused():
    with pytest.raises(ParameterError, match="never differ"):
        model.parse(
            SMALL.replace(
                '[{ kind = "vertical" }, { kind = "vertical", height_hz = 800.0 }]',
                "{ kind = 'horizontal', length_s = 2.0 }",
            )
        )


def test_too_much_of_anything_is_refused():
    head = '[[stage]]\nname = "a"\n'
    source = '[[stage.source]]\nstem = "s{}"\nkernel = {{ kind = "horizontal", length_s = {}.5 }}\n'
    with pytest.raises(ParameterError, match="32 at most"):
        model.parse(head + "".join(source.format(n, n) for n in range(33)))
    with pytest.raises(ParameterError, match="up to 256 kB"):
        model.parse("#" * (model.LONGEST_TEXT + 1))
    with pytest.raises(ParameterError):
        model.parse("a = " + "[" * 5000 + "]" * 5000)


def test_stages_of_one_name_are_refused():
    with pytest.raises(ParameterError, match="two stages are called all"):
        model.parse(SMALL + SMALL)


def test_the_result_names_parts_of_any_stage():
    both = SMALL + '[result]\nrhythm = "all.strokes"\nsum = ["all.strokes", "all.tones"]\n'
    assert model.parse(both).stems == ("rhythm", "sum")
    with pytest.raises(ParameterError, match="the result uses 'all.nothing'"):
        model.parse(SMALL + '[result]\nrhythm = "all.nothing"\n')
    with pytest.raises(ParameterError, match="result is a table"):
        model.parse("result = 3\n" + SMALL)


@given(st.binary(max_size=60), st.integers(0, len(SMALL)))
def test_damaged_files_are_read_or_refused(junk, place):
    text = SMALL[:place] + junk.decode("latin-1") + SMALL[place:]
    try:
        model.parse(text)
    except ParameterError as error:
        assert str(error)

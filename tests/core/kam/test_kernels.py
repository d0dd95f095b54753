"""Kernels as values, and as plain tables: core/kam/kernels.py and core/kam/plain.py."""

import json
import math

import pytest

from unbraid.core.errors import ParameterError
from unbraid.core.kam import kernels, plain
from unbraid.core.kam.kernels import (
    KINDS,
    Comb,
    Cross,
    Diagonal,
    Drawn,
    Everywhere,
    Horizontal,
    InRegion,
    Periodic,
    Repetitions,
    Similar,
    Union,
    Vertical,
)
from unbraid.core.separation.guide import DrawnKernel, MarkedRepetition, Region

REGION = Region(1.0, 2.5, 100.0, 4000.0, "vocals")
EXAMPLES = [
    Vertical(120.0, "tricube"),
    Horizontal(1.5),
    Cross(15.0, 0.02),
    Diagonal(-400.0, "Hz/s", 0.3, both=False),
    Periodic((1.5, 2.25), repetitions=3, tolerance=0.1),
    Periodic(),
    Similar(25, 0.5),
    Comb("vocals", 3),
    Drawn.of(DrawnKernel("horn", (0.0, 0.1), (0.0, -50.0), (1.0, 0.5))),
    Repetitions((MarkedRepetition((REGION, Region(5.0, 6.5))),), transposed="ratio"),
    Everywhere("time"),
    InRegion(Union((Vertical(), Horizontal())), (REGION, Region(0.0, 1.0))),
    Union((Cross(), Periodic((2.0,)), Similar())),
]


@pytest.mark.parametrize("kernel", EXAMPLES, ids=lambda k: k.kind)
def test_kernels_survive_a_file(kernel: kernels.Kernel) -> None:
    text = json.dumps(plain.to_dict(kernel), allow_nan=False)
    assert plain.from_dict(json.loads(text)) == kernel


def test_every_kind_has_an_example_and_a_name_of_its_own() -> None:
    assert {kernel.kind for kernel in EXAMPLES} == set(KINDS)
    assert len(KINDS) == 12


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"union", "in_region"}))
def test_what_a_table_leaves_out_is_the_default(kind: str) -> None:
    assert plain.from_dict({"kind": kind}) == KINDS[kind]()


def test_a_single_period_needs_no_list() -> None:
    assert plain.from_dict({"kind": "periodic", "period_s": 2}) == Periodic((2.0,))


@pytest.mark.parametrize("kernel", EXAMPLES, ids=lambda k: k.kind)
def test_forms_show_numbers_texts_and_choices(kernel: kernels.Kernel) -> None:
    for parameter in plain.parameters(kernel):
        assert parameter.title
        assert parameter.parse(getattr(kernel, parameter.name)) == getattr(kernel, parameter.name)


HUGE = 10**400
NESTED: dict[str, object] = {"kind": "vertical"}
for _ in range(50):
    NESTED = {"kind": "union", "members": [NESTED]}

HOSTILE = [
    (None, "a kernel must be a table"),
    ([], "a kernel must be a table"),
    ({}, "must be one of vertical, horizontal"),
    ({"kind": "sideways"}, "must be one of vertical, horizontal"),
    ({"kind": ["vertical"]}, "must be one of vertical"),
    ({"kind": "vertical", "height": 3.0}, "has no 'height'; it has: height_hz, profile"),
    ({"kind": "vertical", "height_hz": math.nan}, "height_hz must be a number from 0.001 to 100000 Hz"),
    ({"kind": "vertical", "height_hz": math.inf}, "from 0.001 to 100000 Hz"),
    ({"kind": "vertical", "height_hz": HUGE}, "from 0.001 to 100000 Hz"),
    ({"kind": "vertical", "height_hz": -1}, "from 0.001 to 100000 Hz"),
    ({"kind": "vertical", "height_hz": "wide"}, "from 0.001 to 100000 Hz"),
    ({"kind": "vertical", "height_hz": [1.0]}, "from 0.001 to 100000 Hz"),
    ({"kind": "vertical", "height_hz": None}, "from 0.001 to 100000 Hz"),
    ({"kind": "vertical", "profile": "round"}, "one of flat, tricube"),
    ({"kind": "vertical", "profile": "x" * 10**6}, "one of flat, tricube"),
    ({"kind": "similar", "count": 2.5}, "count must be a whole number from 1 to 1000"),
    ({"kind": "similar", "count": HUGE}, "count of the kernel similar must be a whole number from 1 to 1000"),
    ({"kind": "periodic", "period_s": math.nan}, "must be a number from 0.001 to 600 s"),
    ({"kind": "periodic", "period_s": [1.0] * 33}, "at most 32 numbers from 0.001 to 600 s"),
    ({"kind": "periodic", "period_s": ["1"]}, "must be a number from 0.001 to 600 s"),
    ({"kind": "periodic", "period_s": [True]}, "must be a number from 0.001 to 600 s"),
    ({"kind": "periodic", "period_s": "12"}, "at most 32 numbers"),
    ({"kind": "periodic", "shortest_s": 5, "longest_s": 2}, "shortest_s must not be above longest_s"),
    ({"kind": "comb", "low_pitch_hz": 500, "high_pitch_hz": 100}, "low_pitch_hz must not be above"),
    ({"kind": "drawn", "offsets_s": [0.1]}, "1, 0 and 0 were given"),
    ({"kind": "drawn", "offsets_s": [0.0] * 5000}, "at most 4096 numbers"),
    ({"kind": "drawn", "offsets_s": [0.1], "offsets_hz": [0.0], "weights": [0.0]}, "must be a number from 1e-06"),
    ({"kind": "union"}, "the kernel union needs members: a list of 1 to 32 kernels"),
    ({"kind": "union", "members": []}, "at least one member"),
    ({"kind": "union", "members": [{"kind": "everywhere"}]}, "put that around the union"),
    ({"kind": "union", "members": {"kind": "vertical"}}, "a list of 1 to 32 kernels"),
    ({"kind": "in_region"}, "needs kernel: a table with a kind"),
    ({"kind": "in_region", "kernel": {"kind": "repetitions"}}, "has regions of its own"),
    (
        {"kind": "in_region", "kernel": {"kind": "vertical"}, "regions": [{"start_s": 1}]},
        "a table of start_s and end_s",
    ),
    (
        {"kind": "in_region", "kernel": {"kind": "vertical"}, "regions": [{"start_s": 2, "end_s": 1}]},
        "end_s in regions of the kernel in_region must be a number from 2",
    ),
    ({"kind": "repetitions", "repetitions": [7]}, "must be at most 1000 regions"),
    ({"kind": "repetitions", "repetitions": [[{"start_s": 0, "end_s": 1}] * 33]}, "marked 32 times at most"),
    (NESTED, "8 deep at most"),
]


@pytest.mark.parametrize(("given", "words"), HOSTILE)
def test_what_is_not_allowed_is_refused_in_words(given: object, words: str) -> None:
    with pytest.raises(ParameterError) as refused:
        plain.from_dict(given)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("kernel", [Vertical(math.nan), Periodic((0.0,)), Union(()), Comb(elsewhere="nowhere")])
def test_kernels_made_by_hand_are_checked_too(kernel: kernels.Kernel) -> None:
    with pytest.raises(ParameterError):
        plain.check(kernel)

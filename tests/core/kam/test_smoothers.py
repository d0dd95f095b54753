from collections.abc import Iterable

import numpy as np
import pytest
from slow_kernels import Neighbour, NeighboursOf, Picture, at_offsets, fitted, folded, picture, song

from unbraid.core.dsp.stft import StftParams
from unbraid.core.errors import ParameterError
from unbraid.core.kam import smoothers
from unbraid.core.kam.kernels import (
    Comb,
    Cross,
    Diagonal,
    Drawn,
    Everywhere,
    Horizontal,
    InRegion,
    Kernel,
    Periodic,
    Repetitions,
    Similar,
    Union,
    Vertical,
)
from unbraid.core.kam.repeating import periodic_neighbours
from unbraid.core.kam.smoothers import bind
from unbraid.core.kam.surroundings import Surroundings
from unbraid.core.separation.guide import Guide, MarkedRepetition, PitchTrack, Region

SHAPES = [(1, 1), (1, 9), (17, 1), (3, 30), (33, 23)]
ENGINES = ["compiled", "scipy"]

# at 10 Hz and 25 ms: 2 bins and 2 frames to either side
TALL, LONG = Vertical(40.0), Horizontal(0.1)
LINE = [(0, i, 1.0) for i in range(-2, 3)]
COLUMN = [(i, 0, 1.0) for i in range(-2, 3)]
SLOPE = [(3 * i, i, 1.0) for i in (-1, 0, 1)]
DRAWN = Drawn("", (0.0, 0.025, -0.05, 0.0, 0.001), (0.0, 30.0, -10.0, 20.0, 21.0), (1.0, 0.5, 0.25, 0.5, 0.125))
PLAIN = Drawn("", (0.0, 0.05, -0.025), (10.0, 0.0, 30.0), (2.0, 2.0, 2.0))

PATTERNS: list[tuple[Kernel, list[tuple[int, int, float]]]] = [
    (TALL, COLUMN),
    (LONG, LINE),
    (Cross(40.0, 0.1), [*LINE, *(p for p in COLUMN if p[0])]),
    (Cross(1.0, 0.001), [(0, 0, 1.0), (1, 0, 1.0), (-1, 0, 1.0), (0, 1, 1.0), (0, -1, 1.0)]),
    (Diagonal(1200.0, "Hz/s", 0.05, both=False), SLOPE),
    (Diagonal(1200.0, "Hz/s", 0.05), [*SLOPE, (-3, 1, 1.0), (3, -1, 1.0)]),
    (DRAWN, [(0, 0, 1.0), (3, 1, 0.5), (-1, -2, 0.25), (2, 0, 0.5)]),
    (PLAIN, [(1, 0, 1.0), (0, 2, 1.0), (3, -1, 1.0)]),
    (Union((LONG, TALL, PLAIN)), [*LINE, *(p for p in COLUMN if p[0]), (0, 2, 0.0), (3, -1, 1.0)]),
]


def within_song(kernel: Kernel, offsets: list[tuple[int, int, float]], known: Surroundings) -> NeighboursOf:
    """The pattern, no taller and longer than the song."""
    rows = []
    for df, dt, w in offsets:
        if isinstance(kernel, (Vertical, Cross)) and dt == 0 and abs(df) >= max(known.bins, 1):
            continue
        if isinstance(kernel, (Diagonal, Horizontal, Cross)) and abs(dt) >= max(known.frames, 1):
            continue
        rows.append((df, dt, w))
    return at_offsets([row for row in rows if row[2] > 0], known.bins, known.frames)


def same(got: Picture, expected: Picture, cost: str) -> None:
    """Medians exactly, means to the last bit of their rounding."""
    assert got.dtype == np.float32
    assert got.shape == expected.shape
    assert got.T.flags.c_contiguous
    if cost == "median":
        np.testing.assert_array_equal(got, expected)
    else:
        np.testing.assert_allclose(got, expected, rtol=3e-7, atol=0)


FITS = [
    pytest.param(kernel, offsets, shape, id=f"{kernel.kind}-{shape[0]}x{shape[1]}")
    for kernel, offsets in PATTERNS
    for shape in SHAPES
    if not (isinstance(kernel, (Union, Drawn)) and 1 in shape)  # of which one place cuts the parts in different ways
]


@pytest.mark.parametrize("cost", ["median", "mean"])
@pytest.mark.parametrize(("kernel", "offsets", "shape"), FITS)
def test_patterns_fit_as_slowly_done(
    kernel: Kernel, offsets: list[tuple[int, int, float]], shape: tuple[int, int], cost: str
) -> None:
    known, z = song(*shape), picture(*shape, seed=1)
    expected = fitted(z, within_song(kernel, offsets, known), cost)
    for engine in ENGINES:
        same(bind(kernel, known, cost=cost)(z, engine=engine), expected, cost)


def periodic_reference(periods: list[float], order: int, frames: int) -> NeighboursOf:
    tables = [periodic_neighbours(np.full(frames, period), order)[0] for period in periods]

    def of(b: int, t: int) -> Iterable[Neighbour]:
        near = {int(place) for table in tables for place in table[t] if place >= 0}
        return [(b, place, 1.0) for place in near]

    return of


@pytest.mark.parametrize("cost", ["median", "mean"])
@pytest.mark.parametrize(("frames", "periods"), [(40, [7.0]), (41, [5.4]), (3, [2.0]), (60, [6.3, 9.0]), (9, [12.0])])
def test_periods_fit_as_slowly_done(frames: int, periods: list[float], cost: str) -> None:
    known, z = song(5, frames), picture(5, frames, seed=2)
    kernel = Periodic(tuple(0.025 * period for period in periods), repetitions=2)
    expected = fitted(z, periodic_reference(periods, 5, frames), cost)
    for engine in ENGINES:
        same(bind(kernel, known, cost=cost)(z, engine=engine), expected, cost)


COMB_PITCH = 60.0


def comb_reference(bins: int) -> NeighboursOf:
    """Two partials to either side of a pitch of 6 bins, from 3 bins upwards."""
    return lambda b, t: [(b + 6 * m, t, 1.0) for m in range(-2, 3) if 3 <= b + 6 * m < bins]


@pytest.mark.parametrize("cost", ["median", "mean"])
def test_a_comb_fits_beside_each_partial_and_leaves_little_between(cost: str) -> None:
    track = PitchTrack("voice", np.array([0.0, 0.5], np.float32), np.full(2, COMB_PITCH, np.float32))
    known = song(33, 20, guide=Guide(pitches=(track,)))
    z = picture(33, 20, seed=3)
    kernel = Comb("voice", partials=2, width_hz=20.0, between=0.25, high_hz=320.0)
    share = np.array([1.0 if min((b - 6) % 6, (6 - b) % 6) <= 1 and b >= 5 else 0.25 for b in range(33)], np.float32)
    expected = share[:, None] * fitted(z, comb_reference(33), cost)
    for engine in ENGINES:
        same(bind(kernel, known, cost=cost)(z, engine=engine), expected, cost)


def test_a_comb_leaves_alone_what_has_no_pitch_or_lies_out_of_its_range() -> None:
    track = PitchTrack("", np.arange(3, dtype=np.float32) / 4, np.array([0.0, 60.0, 60.0], np.float32))
    known = song(33, 20, guide=Guide(pitches=(track,)))
    z = picture(33, 20, seed=3)
    same_there = bind(Comb(high_hz=200.0), known)(z)
    np.testing.assert_array_equal(same_there[:, :5], z[:, :5])
    np.testing.assert_array_equal(same_there[21:], z[21:])
    assert not np.array_equal(same_there[:20, 8:], z[:20, 8:])
    nothing_there = bind(Comb(high_hz=200.0, elsewhere="zero"), known)(z)
    assert not nothing_there[:, :5].any()
    assert not nothing_there[21:].any()
    np.testing.assert_array_equal(nothing_there[:20, 8:], same_there[:20, 8:])


def test_similar_moments_are_found_wherever_they_are() -> None:
    rng = np.random.default_rng(0)
    kinds = rng.gamma(0.3, size=(4, 33)).astype(np.float32)
    order = rng.integers(0, 4, 80)
    z = kinds[order].T + np.float32(0)
    known = Surroundings(StftParams(64, 16), 640, 80, z)
    voice = z.copy()
    voice[:, ::9] += rng.gamma(1.0, size=(33, 9)).astype(np.float32)  # something else over every ninth frame
    got = bind(Similar(9, 0.001, context_s=0.0, bands=16), known)(voice)
    np.testing.assert_array_equal(got, z)


def test_marked_events_have_in_common_what_all_of_them_hold() -> None:
    rng = np.random.default_rng(0)
    event = rng.exponential(size=(33, 8)).astype(np.float32)
    z = np.zeros((60, 33), np.float32).T
    places = [4, 21, 39]
    for place in places:
        z[:, place : place + 8] = event
    others = np.where(rng.random(z.shape) < 0.3, rng.exponential(size=z.shape), 0).astype(np.float32)
    known = Surroundings(StftParams(64, 16), 640, 60, np.array(z.T).T)
    marks = MarkedRepetition(tuple(Region(0.025 * p + 0.0125, 0.025 * (p + 7.4)) for p in places))  # half a frame late
    for engine in ENGINES:
        alone = bind(Repetitions((marks,), align_s=0.0), known)(z, engine=engine)
        np.testing.assert_array_equal(alone[:, 5:12], event[:, 1:])
        assert not alone[:, 13:20].any()
        mixed = np.array((z + others).T).T
        found = bind(Repetitions((marks,), align_s=0.0, elsewhere="same"), known)(mixed, engine=engine)
        np.testing.assert_array_equal(found[:, 13:21], mixed[:, 13:21])
        expected = np.median(np.stack([mixed[:, p + 1 : p + 8] for p in places]), axis=0)
        np.testing.assert_array_equal(found[:, 5:12], expected)


def test_marked_events_are_aligned_by_what_is_seen() -> None:
    rng = np.random.default_rng(1)
    event = rng.exponential(size=(33, 8)).astype(np.float32)
    z = np.zeros((60, 33), np.float32).T
    for place in (10, 33):
        z[:, place : place + 8] = event
    known = Surroundings(StftParams(64, 16), 640, 60, z)
    marks = (MarkedRepetition((Region(0.25, 0.425), Region(0.875, 1.05))),)  # the second is marked two frames late
    np.testing.assert_array_equal(bind(Repetitions(marks), known)(z)[:, 10:18], event)
    assert not np.array_equal(bind(Repetitions(marks, align_s=0.0), known)(z)[:, 10:18], event)


@pytest.mark.parametrize(("transposed", "low"), [("shift", 100.0), ("ratio", 80.0)])
def test_marked_events_may_be_transposed(transposed: str, low: float) -> None:
    z = np.zeros((30, 33), np.float32).T
    tones = np.array([4, 8, 12])
    moved = tones + 6 if transposed == "shift" else 2 * tones
    z[tones, 5:10] = [[3.0], [2.0], [1.0]]
    z[moved, 18:23] = [[3.0], [2.0], [1.0]]
    known = Surroundings(StftParams(64, 16), 640, 30, None)
    marks = (MarkedRepetition((Region(0.125, 0.225, 40.0), Region(0.45, 0.55, low))),)
    got = bind(Repetitions(marks, transposed=transposed), known)(z)
    np.testing.assert_array_equal(got[tones, 5:10], z[tones, 5:10])
    np.testing.assert_array_equal(got[moved, 18:23], z[moved, 18:23])
    assert not bind(Repetitions(marks), known)(z)[tones[0], 5:10].any()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("cost", ["median", "mean"])
def test_in_a_region_only_its_places_count(cost: str, engine: str) -> None:
    known, z = song(33, 30), picture(33, 30, seed=4)
    regions = (Region(0.1, 0.3, 50.0, 150.0), Region(0.5, 0.6, 100.0, 300.0))  # frames 4-12, 20-24
    inside = np.zeros(z.shape, bool)
    inside[5:16, 4:13] = inside[10:31, 20:25] = True

    def of(b: int, t: int) -> Iterable[Neighbour]:
        return [n for n in at_offsets([*LINE, *COLUMN[:2], *COLUMN[3:]], 33, 30)(b, t) if inside[n[0], n[1]]]

    expected = np.where(inside, fitted(z, of, cost), 0)
    kernel = Cross(40.0, 0.1)
    same(bind(InRegion(kernel, regions), known, cost=cost)(z, engine=engine), expected, cost)
    same(
        bind(InRegion(kernel, regions, elsewhere="same"), known, cost=cost)(z, engine=engine),
        np.where(inside, expected, z),
        cost,
    )


def test_regions_come_from_the_guide() -> None:
    z = picture(33, 30, seed=4)
    regions = Region(0.1, 0.3, 50.0, 150.0, "vocals"), Region(0.4, 0.5, 0.0, 100.0, "drums")
    known = song(33, 30, guide=Guide(regions=regions))
    given = bind(InRegion(LONG, regions[:1]), song(33, 30))(z)
    np.testing.assert_array_equal(bind(InRegion(LONG, target="vocals"), known)(z), given)
    with pytest.raises(ParameterError, match="no region for bass"):
        bind(InRegion(LONG, target="bass"), known)


@pytest.mark.parametrize("cost", ["median", "mean"])
@pytest.mark.parametrize("shape", SHAPES)
def test_everywhere_is_one_value(shape: tuple[int, int], cost: str) -> None:
    known, z = song(*shape), picture(*shape, seed=5)

    def lower(values: Picture) -> np.float64:
        flat = np.sort(values, axis=None)
        return flat[(flat.size - 1) // 2] if cost == "median" else flat.mean(dtype=np.float64)

    same(bind(Everywhere(), known, cost=cost)(z), np.full_like(z, lower(z)), cost)
    rows, columns = np.array([lower(row) for row in z]), np.array([lower(column) for column in z.T])
    same(bind(Everywhere("time"), known, cost=cost)(z), np.float32(rows[:, None] + 0 * z), cost)
    same(bind(Everywhere("frequency"), known, cost=cost)(z), np.float32(columns + 0 * z), cost)


def test_everywhere_within_a_region_looks_at_the_region_alone() -> None:
    known, z = song(17, 20), picture(17, 20, seed=6)
    region = (Region(0.1, 0.25, 20.0, 90.0),)
    held = z[2:10, 4:11]
    got = bind(InRegion(Everywhere(), region), known)(z)
    assert np.all(got[2:10, 4:11] == np.sort(held, axis=None)[(held.size - 1) // 2])
    rows = bind(InRegion(Everywhere("time"), region), known)(z)
    np.testing.assert_array_equal(rows[2:10, 5], np.sort(held, axis=1)[:, 3])
    assert np.count_nonzero(rows) <= held.size


@pytest.mark.parametrize(
    "kernel", [Vertical(100.0, "tricube"), Horizontal(0.3, "tricube"), Periodic((0.2,), tolerance=0.3)]
)
def test_soft_kernels_give_weighted_medians(kernel: Kernel) -> None:
    known, z = song(17, 40), picture(17, 40, seed=7)
    got = {engine: bind(kernel, known)(z, engine=engine) for engine in ENGINES}
    np.testing.assert_array_equal(got["compiled"], got["scipy"])
    near = smoothers.neighbourhood(kernel, known)
    for t in range(0, 40, 7):
        frames, shifts, weights, *_ = (row[0].astype(float) for row in near.of(t, t + 1).complete())
        for b in range(0, 17, 3):
            held = frames >= 0
            places = [folded(b + int(shift), 17) for shift in shifts[held]]
            values = z[places, frames[held].astype(int)]
            below = weights[held][values < got["compiled"][b, t]].sum() / weights[held].sum()
            upto = weights[held][values <= got["compiled"][b, t]].sum() / weights[held].sum()
            assert got["compiled"][b, t] in values
            assert below < 0.505
            assert upto > 0.495


def test_pseudo_periodic_weights_are_those_of_the_paper() -> None:
    known = song(5, 100)
    kernel = Periodic((0.225,), repetitions=2, tolerance=0.4)  # 9 frames
    frames, _, weights, *_ = (row[0] for row in smoothers.neighbourhood(kernel, known).of(50, 51).complete())
    distance = frames[frames >= 0] - 50.0
    expected = np.exp(-2 / 0.4**2 * np.sin(np.pi * distance / 9) ** 2 - distance**2 / (2 * 18.0**2))
    np.testing.assert_allclose(weights[frames >= 0], expected, rtol=1e-6)
    assert {0.0, 9.0, -9.0, 18.0, 1.0} <= set(distance.tolist())


ALL = [
    TALL,
    LONG,
    Cross(40.0, 0.1, "tricube"),
    Diagonal(4.0, "octaves/s", 0.2),
    Diagonal(500.0, "Hz/s", 0.2),
    Periodic((0.2, 0.31)),
    Periodic((), shortest_s=0.1, longest_s=0.3, count=2),
    Periodic((), shortest_s=0.1, longest_s=0.3, segment_s=1.0),
    Periodic((0.2,), tolerance=0.3),
    Similar(5, 0.05),
    Comb(high_hz=1000.0),
    DRAWN,
    Repetitions(
        (MarkedRepetition((Region(0.2, 0.5, 40.0, 200.0), Region(0.9, 1.2, 80.0, 400.0))),), transposed="ratio"
    ),
    Everywhere("frequency"),
    InRegion(LONG, (Region(0.3, 0.9, 20.0, 100.0),)),
    Union((LONG, TALL, Comb(high_hz=1000.0))),
]
GUIDE = Guide(pitches=(PitchTrack("", np.array([0.2, 0.4, 1.0], np.float32), np.array([0, 50, 70], np.float32)),))


@pytest.mark.parametrize("cost", ["median", "mean"])
@pytest.mark.parametrize("kernel", ALL, ids=lambda k: k.kind)
def test_blocks_with_their_surroundings_give_what_the_whole_gives(kernel: Kernel, cost: str) -> None:
    known, z = song(33, 61, guide=GUIDE), picture(33, 61, seed=8)
    smoother = bind(kernel, known, cost=cost)
    whole = smoother(z)
    assert smoother.reach is not None
    parts = []
    for start in range(0, 61, 17):
        stop = min(start + 17, 61)
        low, high = smoother.needs(start, stop)
        parts.append(smoother(z[:, low:high], start, stop, first=low))
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


@pytest.mark.parametrize("kernel", [*ALL, Everywhere(), Everywhere("time")], ids=lambda k: k.kind)
def test_engines_agree_at_any_loudness_and_nothing_is_written_to(kernel: Kernel) -> None:
    known, z = song(33, 61, guide=GUIDE), picture(33, 61, seed=9)
    z.flags.writeable = False
    smoother = bind(kernel, known)
    loud = smoother(z, engine="compiled")
    np.testing.assert_array_equal(loud, smoother(z, engine="scipy"))
    for scale in (2.0**-40, 2.0**20):
        np.testing.assert_array_equal(smoother(np.float32(scale) * z, engine="compiled"), np.float32(scale) * loud)
    if kernel.kind != "comb":  # whose shares are rounded
        np.testing.assert_array_equal(smoother(np.float32(1e-6) * z), np.float32(1e-6) * loud)
    assert np.all(smoother(0 * z) == 0)
    assert np.all((loud >= 0) & (loud <= z.max()))


@pytest.mark.parametrize(
    "kernel", [k for k in ALL if k.kind not in ("comb", "repetitions", "in_region")], ids=lambda k: k.kind
)
@pytest.mark.parametrize("cost", ["median", "mean"])
def test_what_is_the_same_everywhere_stays(kernel: Kernel, cost: str) -> None:
    known = song(33, 61, guide=GUIDE)
    z = np.full((61, 33), 0.7, np.float32).T
    np.testing.assert_array_equal(bind(kernel, known, cost=cost)(z), z)


@pytest.mark.slow
def test_networks_give_the_same_as_searching(monkeypatch: pytest.MonkeyPatch) -> None:
    known, z = song(33, 61), picture(33, 61, seed=10)
    for kernel in (Cross(1.0, 0.001), Periodic((0.2, 0.35), repetitions=1)):
        smoother = bind(kernel, known)
        expected = smoother(z)
        for frozen in (False, True):
            z.flags.writeable = not frozen
            monkeypatch.setattr(smoothers, "NETWORK_FROM", 0)
            np.testing.assert_array_equal(smoother(z, engine="compiled"), expected)
        monkeypatch.setattr(smoothers, "NETWORK_FROM", 1 << 60)


def test_minus_zero_is_zero() -> None:
    z = -np.zeros((9, 5), np.float32).T
    for engine in ENGINES:
        assert np.all(bind(Cross(40.0, 0.1, "tricube"), song(5, 9))(z, engine=engine) == 0)


@pytest.mark.parametrize(
    "kernel", [Vertical(400.0), Horizontal(0.7), Cross(400.0, 0.7), Periodic((0.7,))], ids=lambda k: k.kind
)
def test_units_are_physical(kernel: Kernel) -> None:
    """Twice the rate and twice the hop: the same frames and bins. Half the hop: twice the frames."""

    def reach(rate: int, window: int, hop: int) -> tuple[int, int]:
        near = smoothers.neighbourhood(kernel, Surroundings(StftParams(window, hop), rate, 400))
        return near.reach or 0, near.shift

    frames, bins = reach(16000, 1024, 256)
    assert reach(32000, 2048, 512) == (frames, bins)
    finer = reach(16000, 1024, 128)
    assert abs(finer[0] - 2 * frames) <= 4
    assert finer[1] == bins
    assert abs(reach(16000, 2048, 256)[1] - 2 * bins) <= 1


def test_an_extent_reaches_at_least_one_place_to_either_side() -> None:
    z = picture(17, 20)
    known = song(17, 20)
    for tiny, small in ((Vertical(0.001), Vertical(20.0)), (Horizontal(1e-4), Horizontal(0.05))):
        np.testing.assert_array_equal(bind(tiny, known)(z), bind(small, known)(z))


def test_threads_change_nothing() -> None:
    known, z = song(33, 700), picture(33, 700)
    for kernel in (LONG, DRAWN, Periodic((0.31,)), TALL):
        smoother = bind(kernel, known)
        np.testing.assert_array_equal(smoother(z, threads=1), smoother(z, threads=3))


def test_a_result_may_be_written_where_it_belongs() -> None:
    known, z = song(17, 40), picture(17, 40)
    out = np.zeros((60, 17), np.float32)
    smoother = bind(LONG, known)
    assert smoother(z, 10, 30, out=out[10:30].T).base is not None
    np.testing.assert_array_equal(out[10:30].T, smoother(z)[:, 10:30])
    assert not out[30:].any()
    with pytest.raises(ParameterError, match="must not be the picture"):
        smoother(z, out=z)
    with pytest.raises(ParameterError, match="out is"):
        smoother(z, out=np.zeros((17, 40), np.float32))


def test_any_layout_will_do() -> None:
    known, z = song(17, 40), picture(17, 40)
    np.testing.assert_array_equal(bind(DRAWN, known)(np.ascontiguousarray(z)), bind(DRAWN, known)(z))
    assert bind(DRAWN, known)(z, 5, 5).shape == (17, 0)


def test_missing_surroundings_are_refused_in_words() -> None:
    z = picture(17, 40)
    smoother = bind(LONG, song(17, 40))
    with pytest.raises(ParameterError, match="frames 10 to 20 need frames 8 to 22 of the picture: 10 to 20 were given"):
        smoother(z[:, 10:20], first=10)
    with pytest.raises(ParameterError, match="bound to 17 bins and 40 frames"):
        smoother(picture(17, 41))
    with pytest.raises(ParameterError, match="bound to 17 bins"):
        smoother(picture(33, 40))
    with pytest.raises(ParameterError, match="need frames 0 to 40"):
        bind(Everywhere(), song(17, 40))(z[:, :20])


@pytest.mark.parametrize("kernel", [Similar(), Periodic(), Comb()])
def test_kernels_that_look_at_the_song_need_its_picture(kernel: Kernel) -> None:
    with pytest.raises(ParameterError, match=f"the kernel {kernel.kind} looks at the song"):
        bind(kernel, Surroundings(StftParams(64, 16), 640, 60))
    with pytest.raises(ParameterError, match="of the whole song"):
        bind(kernel, Surroundings(StftParams(64, 16), 640, 60, picture(33, 59)))


@pytest.mark.parametrize(
    ("kernel", "words"),
    [
        (Drawn(), "there is no drawn kernel: draw one"),
        (Drawn("", (0.001,), (1.0,), (1.0,)), "is a single place at this transform, with bins every 10 Hz"),
        (Repetitions(), "there are no marked repetitions"),
        (Periodic((0.03,)), "a period is at least 2 frames, here 0.05 s"),
        (Repetitions((MarkedRepetition((Region(0, 1), Region(2, 3))),), transposed="ratio"), "must be above 0 Hz"),
    ],
)
def test_kernels_that_cannot_be_bound_say_why(kernel: Kernel, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        bind(kernel, song(33, 60))


def test_very_large_kernels_are_refused() -> None:
    known = Surroundings(StftParams(64, 2), 48000, 10**6)
    with pytest.raises(ParameterError, match="at most 16383 neighbours"):
        bind(Horizontal(60.0, "tricube"), known)


def test_an_unknown_cost_is_refused() -> None:
    with pytest.raises(ParameterError, match="median or mean"):
        bind(LONG, song(17, 9), cost="mode")  # type: ignore[arg-type]

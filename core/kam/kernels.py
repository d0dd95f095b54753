"""Proximity kernels: which places of a spectrogram tell about which, as values in seconds and hertz.

Kernel additive modelling (Liutkus, Fitzgerald, Rafii, Pardo and Daudet, IEEE TSP 2014) describes a source by saying
where else it looks the same. A kernel names, for each place, its neighbours; what is fitted there is their median. All
extents are whole extents, from end to end, and reach at least one bin or frame to either side.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from unbraid.core.separation.contract import param
from unbraid.core.separation.guide import DrawnKernel, MarkedRepetition, Region

PROFILES = ("flat", "tricube")
ELSEWHERE = ("zero", "same")
MOST_REPETITIONS = 32
"""Regions that may be marked as one event."""


@dataclass(frozen=True)
class Form:
    """What a field that is no plain number, text or choice holds; `low`, `high` and `unit` are those of its numbers.

    most: entries at most.
    """

    kind: Literal["numbers", "regions", "repetitions", "kernel", "kernels"]
    title: str
    low: float = 0.0
    high: float = 0.0
    unit: str = ""
    most: int = 1000


def _of(form: Form) -> Any:
    """A field of this form, empty unless given."""
    return dataclasses.field(default=(), metadata={"form": form})


_PROFILE = "Flat: all neighbours count the same. Tricube: near ones count more."
_ELSEWHERE = "Zero: the source is not there. Same: it is left as it is."


@dataclass(frozen=True)
class Vertical:
    """Alike along frequency: strokes, consonants, anything short."""

    kind: ClassVar = "vertical"
    height_hz: float = param(400.0, "Height", 1e-3, 1e5, "Hz")
    profile: str = param("flat", "Profile", choices=PROFILES, help=_PROFILE)


@dataclass(frozen=True)
class Horizontal:
    """Alike along time: steady tones."""

    kind: ClassVar = "horizontal"
    length_s: float = param(2.0, "Length", 1e-4, 60.0, "s")
    profile: str = param("flat", "Profile", choices=PROFILES, help=_PROFILE)


@dataclass(frozen=True)
class Cross:
    """Alike along frequency or along time: the voice, which is sometimes the one and sometimes the other.

    The paper's 15 Hz and 20 ms are taken as half of the extents.
    """

    kind: ClassVar = "cross"
    height_hz: float = param(30.0, "Height", 1e-3, 1e5, "Hz")
    length_s: float = param(0.04, "Length", 1e-4, 60.0, "s")
    profile: str = param("flat", "Profile", choices=PROFILES, help=_PROFILE)


@dataclass(frozen=True)
class Diagonal:
    """Alike along a slope: glides. `both` looks along the slope of the other sign too.

    In Hz/s all lines are parallel; in octaves/s they are steeper the higher they are, as partials of one glide.
    """

    kind: ClassVar = "diagonal"
    slope: float = param(1.0, "Slope", -1e6, 1e6)
    unit: str = param("octaves/s", "Unit of the slope", choices=("octaves/s", "Hz/s"))
    length_s: float = param(0.2, "Length", 1e-4, 10.0, "s")
    both: bool = param(True, "Both directions")
    profile: str = param("flat", "Profile", choices=PROFILES, help=_PROFILE)


@dataclass(frozen=True)
class Periodic:
    """Alike after whole periods: loops and riffs (REPET). Several periods: the neighbours of all of them.

    Where the song ends on one side, more repetitions are taken from the other. Without periods, the `count` most
    telling ones are looked for in the song, in segments of `segment_s` if that is above zero (one period each). With a
    tolerance above zero the neighbours are weighted by exp(-2 / tolerance^2 sin^2(pi d / T) - (d / (P T))^2 / 2), d the
    distance, T the period, P the repetitions: near misses count too, and near repetitions more.
    """

    kind: ClassVar = "periodic"
    period_s: tuple[float, ...] = _of(Form("numbers", "Periods", 1e-3, 600.0, "s", most=32))
    repetitions: int = param(2, "Repetitions", 1, 50, help="To either side.")
    count: int = param(1, "Periods to find", 1, 32, help="Where no period is given.")
    shortest_s: float = param(0.8, "Shortest period to find", 0.01, 600.0, "s")
    longest_s: float = param(10.0, "Longest period to find", 0.01, 600.0, "s")
    segment_s: float = param(0.0, "Segment", 0.0, 600.0, "s", help="0: one period for the song.")
    tolerance: float = param(0.0, "Tolerance", 0.0, 1.0, help="0: exact repetition.")


@dataclass(frozen=True)
class Similar:
    """Alike at the moments that sound most alike, wherever they are (REPET-SIM)."""

    kind: ClassVar = "similar"
    count: int = param(17, "Similar moments", 1, 1000, help="At most so many are compared with each moment.")
    distance_s: float = param(0.3, "Distance", 0.0, 60.0, "s", help="Least time between two of them.")
    threshold: float = param(-1.0, "Least similarity", -1.0, 1.0, help="1 is equal, 0 unrelated.")
    context_s: float = param(0.3, "Passage", 0.0, 10.0, "s", help="Length of what is compared around a moment.")
    reach_s: float = param(300.0, "Reach", 0.1, 36000.0, "s", help="Moments further away are not compared.")
    bands: int = param(64, "Bands", 4, 1024, help="Frequency bands that are compared.")


@dataclass(frozen=True)
class Comb:
    """Alike at the neighbouring partials of one pitch, at the same distance from each: a sung or played melody.

    The pitch is the guide's track of `target` (any, where empty), else followed in the song between low and high pitch.
    Further than half of `width_hz` from a partial the fit counts `between` times, nearer `on` times; the less sure the
    pitch is, the nearer both come to once.
    """

    kind: ClassVar = "comb"
    target: str = param("", "Of", help="Whose pitch; empty: the first that the guide has.")
    partials: int = param(2, "Partials", 0, 20, help="To either side; 0: only what is between them goes.")
    width_hz: float = param(36.0, "Width of a partial", 0.0, 1000.0, "Hz")
    on: float = param(1.0, "On partials", 1.0, 100.0, help="How many times the fit counts there.")
    between: float = param(0.25, "Between partials", 0.0, 1.0, help="How many times the fit counts there.")
    low_hz: float = param(0.0, "From", 0.0, 1e5, "Hz")
    high_hz: float = param(8000.0, "To", 1.0, 1e5, "Hz")
    low_pitch_hz: float = param(80.0, "Lowest pitch", 20.0, 5000.0, "Hz", help="Where the pitch is followed.")
    high_pitch_hz: float = param(900.0, "Highest pitch", 20.0, 5000.0, "Hz", help="Where the pitch is followed.")
    elsewhere: str = param("same", "Without pitch and outside of the range", choices=ELSEWHERE, help=_ELSEWHERE)


@dataclass(frozen=True)
class Drawn:
    """Alike at a drawn pattern of places: offsets in seconds and hertz, each with a weight.

    Without offsets: the pattern that the guide has for `target` (any, where empty).
    """

    kind: ClassVar = "drawn"
    target: str = param("", "Of", help="Whose pattern; empty: the first that the guide has.")
    offsets_s: tuple[float, ...] = _of(Form("numbers", "Offsets in time", -600.0, 600.0, "s", most=4096))
    offsets_hz: tuple[float, ...] = _of(Form("numbers", "Offsets in frequency", -1e5, 1e5, "Hz", most=4096))
    weights: tuple[float, ...] = _of(Form("numbers", "Weights", 1e-6, 1e6, most=4096))

    @classmethod
    def of(cls, drawn: DrawnKernel) -> Drawn:
        """The kernel of a pattern of the guide."""
        return cls(drawn.target, drawn.offsets_s, drawn.offsets_hz, drawn.weights)


@dataclass(frozen=True)
class Repetitions:
    """Alike at the same moment of regions that the user declared to be the same event; else `elsewhere`.

    Without repetitions: those of the guide. align_s: how far the beginnings may be moved against each other so that the
    regions look most alike. transposed: "shift" moves bins by the distance of the regions' lower edges, "ratio" scales
    frequencies by their ratio.
    """

    kind: ClassVar = "repetitions"
    repetitions: tuple[MarkedRepetition, ...] = _of(Form("repetitions", "Repetitions", most=100))
    align_s: float = param(0.1, "Alignment", 0.0, 5.0, "s", help="0: the regions are exactly where they are marked.")
    transposed: str = param("no", "Transposed", choices=("no", "shift", "ratio"))
    elsewhere: str = param("zero", "Elsewhere", choices=ELSEWHERE, help=_ELSEWHERE)


@dataclass(frozen=True)
class Everywhere:
    """Alike everywhere (w = 1): in the whole song, at all times of each bin, or at all bins of each frame."""

    kind: ClassVar = "everywhere"
    along: str = param("both", "Along", choices=("both", "time", "frequency"))


@dataclass(frozen=True)
class InRegion:
    """A kernel that holds within painted regions: neighbours outside do not count, and there is nothing `elsewhere`.

    Without regions: those that the guide has for `target` (all, where empty).
    """

    kind: ClassVar = "in_region"
    kernel: Kernel = dataclasses.field(metadata={"form": Form("kernel", "Kernel")})
    regions: tuple[Region, ...] = _of(Form("regions", "Regions"))
    target: str = param("", "Of", help="Whose regions; empty: all that the guide has.")
    elsewhere: str = param("zero", "Elsewhere", choices=ELSEWHERE, help=_ELSEWHERE)


@dataclass(frozen=True)
class Union:
    """Alike at the neighbours of any of several kernels; one named twice counts once, with its greater weight."""

    kind: ClassVar = "union"
    members: tuple[Kernel, ...] = dataclasses.field(metadata={"form": Form("kernels", "Members", most=32)})


Kernel = (
    Vertical
    | Horizontal
    | Cross
    | Diagonal
    | Periodic
    | Similar
    | Comb
    | Drawn
    | Repetitions
    | Everywhere
    | InRegion
    | Union
)

KINDS: dict[str, type[Kernel]] = {kernel.kind: kernel for kernel in Kernel.__args__}
"""The types by their name in files."""

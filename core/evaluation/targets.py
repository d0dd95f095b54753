"""Which stem of a method answers to which true stem, under whatever name, and what is left of the mix without it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.evaluation.sdr import sdr
from unbraid.core.separation.guide import Guide
from unbraid.core.separation.masks import remaining
from unbraid.core.separation.references import fitted

ALSO_CALLED = {
    "vocals": ("voice", "singing", "lead", "center", "speech"),
    "drums": ("percussive", "percussion"),
    "melody": ("vocals", "lead", "center"),
    "speech": ("vocals", "voice"),
    "accompaniment": ("background", "instrumental", "no_vocals", "music"),
    "noise": ("accompaniment", "background"),
}
"""What methods call a stem that recordings call by the name before."""

UNNAMED = "part_"
"""How stems begin that methods could not name; they are matched knowing the truth."""

VOICE, ACCOMPANIMENT = "vocals", "accompaniment"


def fitting(stems: Mapping[str, Audio], mix: Audio) -> dict[str, Audio]:
    """Stems with the rate, the length and the channels of the mix."""
    return dict(fitted(Guide(references=stems), mix).references)


def true_sources(stems: Mapping[str, Audio], mix: Audio) -> dict[str, Audio]:
    """The sources of a song by name, alike in rate, length and channels: its stems, and what is left of the mix beside
    a single one.
    """
    sources = fitting(stems, mix)
    if not sources:
        raise ParameterError("there is no true stem to compare with")
    if len(sources) == 1:
        (name,) = sources
        sources[ACCOMPANIMENT if name == VOICE else f"no_{name}"] = _without(mix, sources[name])
    return sources


def estimates_of(stems: Mapping[str, Audio], sources: Mapping[str, Audio], mix: Audio) -> dict[str, Audio]:
    """For each of the true `sources` the stem that stands for it, by name or by `ALSO_CALLED`; others are left out.

    Of two sources the one is what the mix has beside the other. Parts without names stand for what they are most like.
    """
    alike = fitting(stems, mix)
    found = {name: alike[stem] for name in sources if (stem := _answer(name, alike, sources)) is not None}
    if not found:
        found = _assigned({name: audio for name, audio in alike.items() if name.startswith(UNNAMED)}, sources)
    if len(sources) == 2 and len(found) == 1:
        (there,) = found
        (missing,) = set(sources) - {there}
        found[missing] = _without(mix, found[there])
    return {name: found[name] for name in sources if name in found}


def _assigned(parts: Mapping[str, Audio], sources: Mapping[str, Audio]) -> dict[str, Audio]:
    """Parts without names, each for the source that it is most like, so that the sum of all SDRs is greatest."""
    if not parts:
        return {}
    from scipy.optimize import linear_sum_assignment

    figures = np.array([[sdr(true, part) for part in parts.values()] for true in sources.values()])
    rows, columns = linear_sum_assignment(np.nan_to_num(figures, neginf=-300.0, posinf=300.0), maximize=True)
    names, audios = list(sources), list(parts.values())
    return {names[row]: audios[column] for row, column in zip(rows, columns, strict=True)}


def _answer(name: str, stems: Mapping[str, Audio], sources: Mapping[str, Audio]) -> str | None:
    if name in stems:
        return name
    others = (other for other in ALSO_CALLED.get(name, ()) if other in stems and other not in sources)
    return next(others, None)


def accompaniment(
    sources: Mapping[str, Audio], estimates: Mapping[str, Audio], mix: Audio
) -> tuple[dict[str, Audio], dict[str, Audio]] | None:
    """(true, estimated) voice and accompaniment of a song with more stems than those two, None where there is no voice.

    The accompaniment, the field's fifth target, is the mix without the voice, unless there is a stem of that name.
    """
    if VOICE not in estimates or VOICE not in sources or ACCOMPANIMENT in sources or len(sources) < 3:
        return None
    true, guess = ({VOICE: part[VOICE], ACCOMPANIMENT: _rest(part, mix)} for part in (sources, estimates))
    return true, guess


def _rest(stems: Mapping[str, Audio], mix: Audio) -> Audio:
    return stems[ACCOMPANIMENT] if ACCOMPANIMENT in stems else _without(mix, stems[VOICE])


def nothing_done(stems: Mapping[str, Audio], mix: Audio) -> dict[str, Audio]:
    """The mix as the estimate of every target: what any method should be better than."""
    return dict.fromkeys((*stems, ACCOMPANIMENT), mix)


def _without(mix: Audio, stem: Audio) -> Audio:
    return Audio(remaining(mix.samples, [stem.samples]), mix.rate)

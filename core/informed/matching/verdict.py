"""When a recording is refused: another song, another edit, another master, other channels; each in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Audio
from unbraid.core.errors import BitstreamError
from unbraid.core.informed.matching import frames as fr
from unbraid.core.informed.matching.coarse import Line
from unbraid.core.informed.matching.fine import CHANCE, Reading
from unbraid.core.informed.matching.frames import BANDS, MID, SIDE, Doubles
from unbraid.core.informed.matching.mixprint import MixPrint, decibels, frame_starts, segment_levels

LEAST_FOUND = 0.7
"""Part of the probes inside a recording that must be found again."""

LEAST_INSIDE = 0.25
"""Part of all probes that must lie inside the recording."""

LEAST_AGREEMENT = 0.56
"""Part of the signs that agree, over all probes; chance gives 0.5, codecs at their lowest rates 0.65."""

JUDGED_HZ = (100.0, 5000.0)
"""Where lossy codecs leave the balance of frequencies alone."""

JUDGED_GROUPS = 3
"""Groups of bands below that, in the levels of parts of a song."""

CLEAN, LOSSY = 0.95, 0.85
"""Parts of the signs that agree in copies that are (nearly) lossless, and in those of codecs at lower rates."""

MOST_CLEAN_DB, MOST_LOSSY_DB = 0.5, 1.0
"""Differences of tone and gain that are let pass. Measured: codecs stay below 0.2 in clean and 0.6 in lossy copies; a
shelf of 1 dB gives 0.35, of 2 dB 0.65; a limiter driven by 3 dB 0.35, by 6 dB 0.7."""

MOST_PART_DB = 3.0
FOLDED_DB = -20.0
QUIET_DB = -70.0
DO = "give the master that the stems were made for, or stems made for this one"


def another_song(title: str, found: int, looked: int) -> str:
    """The words for a recording of something else."""
    return (
        f"this recording is not the mix that the stems of {title} were made for: of {looked} short excerpts of that "
        f"mix {found} were found in it; {DO}"
    )


def check_channels(mix_print: MixPrint, mix: Audio, title: str) -> None:
    """Refuse a recording that has not the channels of the mix; a mono mix may come on several equal channels."""
    if mix.channels == mix_print.channels or mix_print.channels == 1:
        return
    raise BitstreamError(
        f"the stems of {title} were made for a mix with {mix_print.channels} channels, this recording has "
        f"{mix.channels}: it was {'folded down' if mix.channels < mix_print.channels else 'widened'}, and what was in "
        f"the channels cannot be got back; {DO}"
    )


def check_song(mix_print: MixPrint, readings: list[Reading], title: str) -> None:
    """Refuse another song, or too small a part of the right one."""
    judged = _judged(readings)
    found = [reading for reading in judged if reading.agreement > CHANCE]
    kinds = [probe for probe in mix_print.probes if not judged or probe.kind == judged[0].probe.kind]
    mean = float(np.mean([reading.agreement for reading in judged])) if judged else 0.0
    if len(found) < max(1.0, LEAST_INSIDE * len(kinds)) or mean < LEAST_AGREEMENT:
        raise BitstreamError(another_song(title, len(found), len(kinds)))


@dataclass(frozen=True, eq=False)
class Differences:
    """What was measured and let pass. tone_db: (BANDS,) of the levels. dynamics_db: spread of the gain over places."""

    tone_db: Doubles
    dynamics_db: float


def check_mix(mix_print: MixPrint, mix: Audio, line: Line, readings: list[Reading], title: str) -> Differences:
    """Refuse another edit, another master and a fold-down to mono."""
    _check_excerpts(mix_print, readings, title)
    powers, inside = _powers(mix_print, mix, line)
    tone = np.zeros(BANDS)
    if inside.mean() > 0.9:
        levels = decibels(powers[inside].mean(axis=0))
        _check_sides(mix_print, levels, title)
        tone = tone_db(mix_print, levels)
    _check_master(tone, readings, title)
    _check_parts(mix_print, powers[:, MID], inside, title)
    return Differences(tone, dynamics_db(readings))


def _powers(mix_print: MixPrint, mix: Audio, line: Line) -> tuple[Doubles, npt.NDArray[np.bool_]]:
    """((T, kinds, BANDS) powers where the frames of the print are now, (T,) which of them the recording has)."""
    seconds = fr.frame_samples(mix_print.rate) / mix_print.rate
    places = line.places(frame_starts(mix_print.frames, mix_print.rate) / mix_print.rate) * mix.rate
    inside = (places > -1) & (places + seconds * mix.rate * line.speed < mix.frames + 1)
    powers = np.zeros((len(places), len(fr.kinds(mix.channels)), BANDS))
    for k, power in zip(
        np.flatnonzero(inside), fr.band_powers(mix, places[inside], mix.rate * line.speed, seconds), strict=True
    ):
        powers[k] = power
    return powers, inside


def _judged(readings: list[Reading]) -> list[Reading]:
    """Readings of the middle: codecs at low rates give up the phases of the sides. Sides when there is no middle."""
    return [r for r in readings if r.probe.kind == MID] or readings


def _check_excerpts(mix_print: MixPrint, readings: list[Reading], title: str) -> None:
    """Refuse when excerpts are other sound."""
    judged = _judged(readings)
    lost = [reading.probe.start / mix_print.rate for reading in judged if reading.agreement <= CHANCE]
    if len(judged) - len(lost) < LEAST_INSIDE * len(judged):
        raise BitstreamError(another_song(title, len(judged) - len(lost), len(judged)))
    if len(lost) > (1 - LEAST_FOUND) * len(judged):
        raise BitstreamError(
            f"these stems were made for another version of {title}: {len(judged) - len(lost)} of {len(judged)} "
            f"excerpts agree, but not those at {_clocks(lost)}; {DO}"
        )


def _check_sides(mix_print: MixPrint, levels: Doubles, title: str) -> None:
    """Refuse equal channels for a mix that had different ones, and the other way round."""
    if mix_print.channels == 1:
        if len(levels) > 1 and np.max(levels[SIDE] - np.maximum(levels[MID], QUIET_DB)) > -40.0:
            raise BitstreamError(
                f"the stems of {title} were made for a mono mix, and the channels of this recording differ; {DO}"
            )
        return
    used = judged_bands()
    had = (mix_print.levels_db[SIDE] - mix_print.levels_db[MID])[used]
    has = (levels[SIDE] - levels[MID])[used]
    if np.median(had) > -50.0 and np.median(has - had) < FOLDED_DB:
        raise BitstreamError(
            f"the stems of {title} were made for a stereo mix, and the channels of this recording are the same: it was "
            f"folded down to mono, and what was left and right cannot be got back; {DO}"
        )


def tone_db(mix_print: MixPrint, levels: Doubles) -> Doubles:
    """By how much each judged band (BANDS,) is louder than in the mix, apart from what all have in common."""
    before = mix_print.levels_db[MID]
    heard = judged_bands() & (before > before.max() - 60.0)
    difference = levels[MID] - before
    common = np.median(difference[heard]) if heard.any() else 0.0
    return np.asarray(np.where(heard, difference - common, 0.0))


def dynamics_db(readings: list[Reading]) -> float:
    """Standard deviation of the gain from place to place."""
    levels = np.array([reading.level_db for reading in _judged(readings) if reading.agreement > CHANCE])
    return float(np.std(levels)) if len(levels) > 2 else 0.0


def _check_master(tone: Doubles, readings: list[Reading], title: str) -> None:
    """Refuse another balance of frequencies, and a gain that changes with the music."""
    judged = _judged(readings)
    agreement = float(np.mean([reading.agreement for reading in judged]))
    most = float(np.interp(agreement, (LOSSY, CLEAN), (MOST_LOSSY_DB, MOST_CLEAN_DB)))
    by_tone, by_gain = float(np.sqrt(np.mean(np.square(tone[judged_bands()])))), dynamics_db(readings)
    if np.hypot(by_tone, by_gain) <= most:
        return
    worst = int(np.argmax(np.abs(tone)))
    low, high = fr.edges_hz()[worst : worst + 2]
    levels = [reading.level_db for reading in judged if reading.agreement > CHANCE]
    raise BitstreamError(
        f"these stems were made for another master of {title}: the levels of {np.count_nonzero(judged_bands())} bands "
        f"were compared, which differ by {by_tone:.1f} dB on average, most at {low:.0f} to {high:.0f} Hz "
        f"({tone[worst]:+.1f} dB); the gain at {len(levels)} places moves between {min(levels):+.1f} and "
        f"{max(levels):+.1f} dB ({'an equaliser' if by_tone > by_gain else 'a compressor or limiter'}); {DO}"
    )


def _check_parts(mix_print: MixPrint, mid: Doubles, inside: npt.NDArray[np.bool_], title: str) -> None:
    """Refuse when whole parts of the song have other levels, which excerpts may have missed."""
    count = len(mix_print.segments_db)
    now = segment_levels(mid, count)[:, :JUDGED_GROUPS]
    before = mix_print.segments_db[:, :JUDGED_GROUPS]
    whole = np.array([part.all() for part in np.array_split(inside, count)])
    used = whole[:, None] & (before > QUIET_DB)
    if np.count_nonzero(used) < 2 * JUDGED_GROUPS:
        return
    off = np.where(used, now - before - np.median((now - before)[used]), 0.0)
    worst = np.abs(off).max(axis=1)
    if worst.max() > MOST_PART_DB:
        seconds = mix_print.frames / mix_print.rate
        places = [float(k) * seconds / count for k in np.flatnonzero(worst > MOST_PART_DB)]
        raise BitstreamError(
            f"these stems were made for another version of {title}: the levels of {count} parts of it were compared, "
            f"and they differ by up to {worst.max():.1f} dB in those that begin at {_clocks(places)}; {DO}"
        )


def judged_bands() -> npt.NDArray[np.bool_]:
    """(BANDS,): the bands whose levels are compared."""
    edges = fr.edges_hz()
    return np.asarray((edges[:-1] >= JUDGED_HZ[0] * 0.75) & (edges[1:] <= JUDGED_HZ[1] * 1.1))


def _clocks(seconds: list[float]) -> str:
    """Places in a song for people, the first six."""
    return ", ".join(f"{int(s) // 60}:{int(s) % 60:02d}" for s in seconds[:6])

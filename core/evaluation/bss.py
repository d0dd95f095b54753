"""BSSEval v4: how near estimated sources are to the true ones, and what the rest consists of.

An estimate is split into the true source, spatial distortion, interference and artifacts: s + e_spat is what filters of
512 samples make of the true source's own channels, s + e_spat + e_interf what they make of all sources; the filters are
the same for the whole song, and energies are compared window by window (Vincent et al., 2006; Stoeter, Liutkus and Ito,
2018). Definitions, windows and frames are those of museval 0.4.1, with one difference: museval takes channels that add
up to zero for silence, here silence is zero in every channel.

    SDR = |s|^2 / |e_spat + e_interf + e_artif|^2        ISR = |s|^2 / |e_spat|^2
    SIR = |s + e_spat|^2 / |e_interf|^2                  SAR = |s + e_spat + e_interf|^2 / |e_artif|^2
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from unbraid.core.audio import Audio
from unbraid.core.errors import ParameterError
from unbraid.core.evaluation.distortion import Floats, Signals, distortion_filters
from unbraid.core.evaluation.energies import Frames, energies
from unbraid.core.progress import Progress, part_of, silent_progress

METRICS = ("SDR", "SIR", "ISR", "SAR")


@dataclass(frozen=True, eq=False)
class BssScores:
    """Figures of estimates in dB, one for each source and frame.

    names: J sources. times_s, durations_s: (T,) where frames begin and how long they are.
    sdr, isr, sir, sar: (J, T); NaN in frames where a true or an estimated source is silent, inf where nothing is wrong.
    """

    names: tuple[str, ...]
    times_s: Floats
    durations_s: Floats
    sdr: Floats
    isr: Floats
    sir: Floats
    sar: Floats

    def metric(self, name: str) -> Floats:
        """Figures (J, T) of one of `METRICS`."""
        if name not in METRICS:
            raise ParameterError(f"the metrics are {', '.join(METRICS)}, not {name!r}")
        return np.asarray(getattr(self, name.lower()))


def bss_eval(
    references: Mapping[str, Audio],
    estimates: Mapping[str, Audio],
    *,
    window_s: float = 1.0,
    hop_s: float = 1.0,
    filter_samples: int = 512,
    framewise_filters: bool = False,
    fit_lengths: bool = False,
    threads: int | None = None,
    progress: Progress = silent_progress,
) -> BssScores:
    """BSSEval v4 of estimates by name, in the order of the references; equal to museval within 0.01 dB.

    window_s, hop_s: frames; a window as long as the signal, or infinite, makes one frame of all. An incomplete last
    window is left out. framewise_filters: new filters for every window, as in BSSEval v3; slow.
    fit_lengths: estimates are cut, or continued with silence, to the references' length, as museval does; otherwise
    all lengths must be equal. Silence: a frame in which any source or estimate is silent is NaN for all sources;
    signals that are silent throughout are refused (`silent_names` finds them).
    Memory: 8 (J I filter_samples)^2 bytes for the filters (134 MB for four stereo sources), little else; the signals
    are read in blocks.
    """
    check_signals(references, estimates, fit_lengths=fit_lengths)
    refuse_silence(references, estimates)
    length, rate = next((audio.frames, audio.rate) for audio in references.values())
    frames = _frames(length, rate, window_s, hop_s)
    sources = Signals(tuple(references.values()), 0, length)
    guesses = Signals(tuple(estimates[name] for name in references), 0, length)
    if framewise_filters:
        parts = _framewise(sources, guesses, frames, filter_samples, threads, progress)
    else:
        parts = _filtered_alike(sources, guesses, frames, filter_samples, threads, progress)
    progress(1.0, "scored")
    true, wrong, spatial, filtered, interference, explained, artifacts = parts
    return BssScores(
        names=tuple(references),
        times_s=np.array([number * hop_s if number else 0.0 for number in range(frames.count)]),
        durations_s=np.full(frames.count, min(window_s, length / rate)),
        sdr=_decibels(true, wrong),
        isr=_decibels(true, spatial),
        sir=_decibels(filtered, interference),
        sar=_decibels(explained, artifacts),
    )


def silent_names(audios: Mapping[str, Audio]) -> tuple[str, ...]:
    """Names of signals that are zero throughout."""
    return tuple(name for name, audio in audios.items() if Signals((audio,), 0, audio.frames).any_silent())


def check_signals(
    references: Mapping[str, Audio], estimates: Mapping[str, Audio], *, fit_lengths: bool = False
) -> None:
    """Refuse signals that cannot be compared: other names, rates, channels or lengths."""
    if not references:
        raise ParameterError("there is nothing to compare: give at least one true source")
    missing, more = sorted(set(references) - set(estimates)), sorted(set(estimates) - set(references))
    if missing or more:
        raise ParameterError(
            f"true sources and estimates have the same names; without an estimate: {', '.join(missing) or 'none'}; "
            f"without a true source: {', '.join(more) or 'none'}"
        )
    first_name, first = next(iter(references.items()))
    for kind, audios in (("true", references), ("estimated", estimates)):
        for name, audio in audios.items():
            _check_alike(f"the {kind} {name}", audio, f"the true {first_name}", first)
            if audio.frames != first.frames and not (fit_lengths and kind == "estimated"):
                raise ParameterError(
                    f"the {kind} {name} has {audio.frames} samples and the true {first_name} {first.frames}; "
                    f"check that they begin together, and cut both to one length"
                    + (", or let the estimates be fitted (fit_lengths)" if kind == "estimated" else "")
                )


def _check_alike(what: str, audio: Audio, other: str, first: Audio) -> None:
    if audio.rate != first.rate:
        raise ParameterError(f"{what} has {audio.rate} Hz and {other} {first.rate} Hz; resample one of them")
    if audio.channels != first.channels:
        raise ParameterError(
            f"{what} has {audio.channels} channels and {other} {first.channels}; compare signals of equal channels"
        )


def refuse_silence(references: Mapping[str, Audio], estimates: Mapping[str, Audio]) -> None:
    """BSSEval is not defined for silence."""
    for kind, audios in (("true", references), ("estimated", estimates)):
        names = silent_names(audios)
        if names:
            raise ParameterError(
                f"the {kind} {', '.join(names)} is silent throughout, for which BSSEval is not defined; "
                f"leave it out of both the true sources and the estimates"
            )


def _frames(length: int, rate: int, window_s: float, hop_s: float) -> Frames:
    """The frames of museval: cut down to samples, no incomplete last one, a single one if the window is longer."""
    if not (window_s > 0 and hop_s > 0):
        raise ParameterError(f"windows and hops last more than 0 s, not {window_s} s and {hop_s} s; try 1")
    if window_s * rate >= length:
        return Frames(length, length, 1)
    window = int(window_s * rate)
    hop = int(hop_s * rate) if math.isfinite(hop_s) else 0
    if window < 1 or hop < 1:
        raise ParameterError(f"windows of {window_s} s every {hop_s} s are no whole samples at {rate} Hz; try 1")
    return Frames(window, hop, (length - window + hop) // hop)


def _filtered_alike(
    sources: Signals, estimates: Signals, frames: Frames, taps: int, threads: int | None, progress: Progress
) -> Floats:
    """Energies (7, J, T) with the same filters for all frames."""
    making, using = part_of(progress, 0.0, 0.6), part_of(progress, 0.6, 1.0)
    filters = distortion_filters(sources, estimates, taps, threads=threads, progress=making)
    return energies(sources, estimates, frames, filters, threads=threads, progress=using)


def _framewise(
    sources: Signals, estimates: Signals, frames: Frames, taps: int, threads: int | None, progress: Progress
) -> Floats:
    """Energies (7, J, T) with filters made for each frame."""
    total = np.full((7, len(sources.audios), frames.count), np.nan)
    for number in range(frames.count):
        stage = part_of(progress, number / frames.count, (number + 1) / frames.count)
        source, estimate = frames.at(sources, number), frames.at(estimates, number)
        if not (source.any_silent() or estimate.any_silent()):
            alone = Frames(source.samples, source.samples, 1)
            total[..., number : number + 1] = _filtered_alike(source, estimate, alone, taps, threads, stage)
    return total


def _decibels(numerator: Floats, denominator: Floats) -> Floats:
    """Ratios of energies in dB: inf where nothing is wrong, NaN where there is nothing to compare."""
    with np.errstate(divide="ignore", invalid="ignore"):
        figures = 10 * np.log10(numerator / denominator)
    return np.where(denominator == 0, np.inf, figures)

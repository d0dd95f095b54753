"""Noise of a lossy copy relative to the mix, from the signs of its phases that differ from those of the print."""

from __future__ import annotations

import numpy as np

from unbraid.core.informed.matching import frames as fr
from unbraid.core.informed.matching.fine import Reading
from unbraid.core.informed.matching.frames import BANDS, Doubles
from unbraid.core.informed.matching.mixprint import MixPrint
from unbraid.core.informed.matching.verdict import Differences

NO_NOISE = 1e-10
SPREAD = (0.5, 1.0, 0.5)
"""Weights of a band and its neighbours, each of which has few signs."""

TYPICAL_DB = -5.0
"""A band's ratio of powers below that of its typical bin: weak bins are noisier (measured over four codecs)."""

MOST = 1.0


def noise_ratios(mix_print: MixPrint, readings: list[Reading], differences: Differences) -> Doubles:
    """(kinds, BANDS) noise-to-signal power ratios: what phases and what levels tell.

    For Gaussian signal and noise, signs differ in a part p = arctan(sqrt(ratio)) / pi. A kind without probes has the
    ratios of the other one.
    """
    band = fr.band_of(fr.probe_hz(mix_print.rate))
    kinds = fr.kinds(mix_print.channels)
    wrong, signs = np.zeros((len(kinds), BANDS)), np.zeros((len(kinds), BANDS))
    inside = (band >= 0) & (band < BANDS)
    for reading in readings:
        count = 2 - reading.agrees.sum(axis=0)
        np.add.at(wrong[reading.probe.kind], band[inside], count[inside])
        np.add.at(signs[reading.probe.kind], band[inside], 2)
    for kind in kinds:
        if not signs[kind].any():
            wrong[kind], signs[kind] = wrong.sum(axis=0), signs.sum(axis=0)
    wrong = np.stack([np.convolve(row, SPREAD, "same") for row in wrong])
    signs = np.stack([np.convolve(row, SPREAD, "same") for row in signs])
    part = np.minimum((wrong + 0.05) / (signs + 0.1), 0.49)
    ratio = np.square(np.tan(np.pi * part)) * 10 ** (TYPICAL_DB / 10)
    levels = np.square(10 ** (differences.tone_db / 20) - 1) + np.square(differences.dynamics_db * np.log(10) / 20)
    return np.asarray(np.clip(np.where(wrong > 0, ratio, 0.0) + levels, NO_NOISE, MOST))

"""Which exponent suits a song: how well |x|^alpha of the mix is the sum of |s_j|^alpha of its stems.

Models of sources are added up as if spectrograms were additive; for music they nearly are around alpha = 1, and
power spectrograms are clearly not (A. Liutkus and R. Badeau, Generalized Wiener filtering with fractional power
spectrograms, ICASSP 2015, section 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.audio import Audio
from unbraid.core.cpu import coarse_threads, cores, slices
from unbraid.core.dsp.stft import Spectrum, StftParams, stft
from unbraid.core.errors import ParameterError
from unbraid.core.progress import Progress, silent_progress

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

ALPHAS = tuple(float(alpha) for alpha in np.linspace(0.2, 2.0, 50))
WINDOW_S, OVERLAP = 0.08, 0.8

ROUNDING = 1e-6
"""Share of the loudest bin of a frame, or stem of a bin, below which single precision resolves nothing."""

FRAMES = 2048
"""Frames that are looked at: the averages of all of them differ by about one percent."""

BLOCK_FRAMES = 16
"""Frames of a block: pictures of it stay in the processor's cache."""

ROWS = 5
"""Sums that are kept for each alpha."""


@dataclass(frozen=True, eq=False)
class Additivity:
    """Discrepancies between the mix's alpha-spectrogram and the sum of its stems', one for each of `alphas`; all (A,).

    power: mean of |p^alpha - sum of p_j^alpha|^(1/alpha), relative to the mean of p (L_alpha).
    itakura_saito: mean of r - log r - 1 with r = p^alpha / sum of p_j^alpha.
    kullback_leibler: mean of p^alpha log r - p^alpha + sum of p_j^alpha, in units of the mean of p.
    None depends on the loudness of the song.
    """

    alphas: Doubles
    power: Doubles
    itakura_saito: Doubles
    kullback_leibler: Doubles

    @property
    def best(self) -> dict[str, float]:
        """The alpha at which each discrepancy is least, by its name."""
        return {
            name: float(self.alphas[np.argmin(getattr(self, name))])
            for name in ("power", "itakura_saito", "kullback_leibler")
        }


def measure(
    stems: Mapping[str, Audio],
    *,
    alphas: Sequence[float] = ALPHAS,
    window_s: float = WINDOW_S,
    overlap: float = OVERLAP,
    frames: int = FRAMES,
    progress: Progress = silent_progress,
) -> Additivity:
    """How additive the alpha-spectrograms of true stems are; the mix is their sum. Silent bins do not count.

    stems: two or more, of one rate, length and number of channels. alphas: above 0, at most 2. window_s, overlap: the
    transform. frames: of a longer song about so many are looked at, in blocks spread evenly over it.
    """
    _check(stems, alphas)
    given = list(stems.values())
    params = _transform(given[0].rate, window_s, overlap)
    total = params.frames(given[0].frames)
    step = BLOCK_FRAMES * max(1, round(total / max(1, frames)))
    sums = np.zeros((ROWS, len(alphas)))
    for first in range(0, total, step):
        progress(first / total, "comparing spectrograms")
        count = min(BLOCK_FRAMES, total - first)
        sums += _sums([stft(stem.samples, params, first=first, frames=count) for stem in given], alphas)
    progress(1.0, "comparing spectrograms")
    return _averages(np.asarray(alphas, np.float64), *np.maximum(sums, 0))


def _averages(alphas: Doubles, bins: Doubles, magnitude: Doubles, *discrepancies: Doubles) -> Additivity:
    bins, magnitude = np.where(bins > 0, bins, 1), np.where(magnitude > 0, magnitude, 1)
    power, itakura_saito, kullback_leibler = discrepancies
    return Additivity(
        alphas, power / magnitude, itakura_saito / bins, kullback_leibler / (bins * (magnitude / bins) ** alphas)
    )


def _check(stems: Mapping[str, Audio], alphas: Sequence[float]) -> None:
    if len(stems) < 2:
        raise ParameterError(f"{len(stems)} stem was given; additivity is about two or more that make up a mix")
    shapes = {(audio.rate, audio.frames, audio.channels) for audio in stems.values()}
    if len(shapes) > 1:
        raise ParameterError("stems have one rate, length and number of channels; align them first")
    if not len(alphas) or not all(0 < alpha <= 2 for alpha in alphas):
        raise ParameterError(f"alphas are above 0 and at most 2, not {list(alphas)}; try 0.2 to 2")


def _transform(rate: int, window_s: float, overlap: float) -> StftParams:
    if not 0 <= overlap < 1:
        raise ParameterError(f"frames overlap by a share from 0 to below 1, not {overlap}; try {OVERLAP}")
    window = max(16, 2 * round(window_s * rate / 2))
    return StftParams(window, max(1, round(window * (1 - overlap))))


def _sums(spectra: Sequence[Spectrum], alphas: Sequence[float]) -> Doubles:
    """Sums over bins of a block for each alpha, (ROWS, A): their number, p, the three discrepancies."""
    magnitudes = [np.abs(spectrum.T) for spectrum in spectra]
    mix = np.abs(sum(spectrum.T for spectrum in spectra))
    loudest = np.maximum.reduce(magnitudes)
    heard = loudest > np.float32(ROUNDING) * loudest.max(axis=2, keepdims=True)
    if not heard.any():
        return np.zeros((ROWS, len(alphas)))
    loudest = loudest[heard]
    with np.errstate(divide="ignore"):
        stems = [np.log(magnitude[heard] / loudest) for magnitude in magnitudes]
    whole = np.log(np.maximum(mix[heard] / loudest, np.float32(ROUNDING)))
    logarithms = (np.log(loudest), whole, *stems)
    rows = coarse_threads(lambda part: _discrepancies(logarithms, alphas[part]), slices(len(alphas), cores()))
    return np.array([(len(whole), mix[heard].sum(), *row) for part in rows for row in part], np.float64).T


def _discrepancies(logarithms: Sequence[Floats], alphas: Sequence[float]) -> list[tuple[float, float, float]]:
    """The last of `_sums` for each alpha. logarithms of the loudest magnitude and of mix and stems over it: (n,)."""
    loudness, whole = logarithms[:2]
    rows = []
    for alpha, (scale, mix, *stems) in zip(alphas, _raised(logarithms, alphas), strict=True):
        total = stems[0] + stems[1]
        for stem in stems[2:]:
            total += stem
        ratio = np.float32(alpha) * whole - np.log(total)
        apart = mix - total
        with np.errstate(divide="ignore"):
            power = np.exp(np.log(np.abs(apart)) / np.float32(alpha) + loudness)
        itakura_saito = mix / total - ratio - 1
        kullback_leibler = scale * (mix * ratio - apart)
        rows.append((float(power.sum()), float(itakura_saito.sum()), float(kullback_leibler.sum())))
    return rows


def _raised(logarithms: Sequence[Floats], alphas: Sequence[float]) -> Iterator[list[Floats]]:
    """exp(alpha l) of all arrays l for one alpha after another; equal steps cost a product, not an exponential."""
    values: list[Floats] = []
    factors, step, before = values, 0.0, 0.0
    for alpha in alphas:
        if round(alpha - before, 9) != step:
            step = round(alpha - before, 9)
            factors = [np.exp(np.float32(step) * logarithm) for logarithm in logarithms]
        values = [value * factor for value, factor in zip(values, factors, strict=True)] if values else list(factors)
        before = alpha
        yield values

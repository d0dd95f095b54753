"""What the encoder of the image codec needs to know of a block: how wrong any filter would be in each band and frame.

The error sum_j |y_j - W_j x|^2 of a band and frame with filters W_j that depend on the palette and the places only is
linear in the sums of x x^H and x y_j^H over its bins. So each colour is tried everywhere by one matrix product, and
what a colour or a place should be is found from sums over all the places it is used in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unbraid.core.dsp.stft import stft
from unbraid.core.informed.parametric.filtering_kernels import LIFT
from unbraid.core.informed.parametric.grid import Grid
from unbraid.core.informed.parametric.spatial import Covariances, levels

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Statistics:
    """Of one block. sums: (B, T, n) of x x^H and x y_j^H. power: (B, T) of all images, mean over bins and channels.

    energy: (J,) of each image. covariance: (J, I, I) sums of y_j y_j^H, of each spatial band's rows (S, J, I, I).
    """

    sums: Floats
    power: Doubles
    energy: Doubles
    covariance: npt.NDArray[np.complex128]


def statistics(mix: Samples, images: Sequence[Samples], grid: Grid, frames: range, spatial: Integers) -> Statistics:
    """Statistics of a block of frames. mix, images: (N, I). spatial: the spatial band of each band, (B,)."""
    x = stft(mix, grid.stft, first=frames.start, frames=len(frames), threads=1)
    _, count, channels = x.shape
    starts = grid.edges[:-1]
    pairs = [x[:, :, i] * x[:, :, k].conj() for i in range(channels) for k in range(channels)]
    power = np.zeros((grid.bands, count))
    energy = np.zeros(len(images))
    covariance = np.zeros((int(spatial[-1]) + 1, len(images), channels, channels), np.complex128)
    firsts = np.searchsorted(spatial, np.arange(len(covariance)))
    for j, image in enumerate(images):
        y = stft(image, grid.stft, first=frames.start, frames=len(frames), threads=1)
        for i in range(channels):
            for k in range(channels):
                pairs.append(x[:, :, i] * y[:, :, k].conj())
                rows = np.add.reduceat((y[:, :, i] * y[:, :, k].conj()).sum(1), starts)
                covariance[:, j, i, k] = np.add.reduceat(rows, firsts)
        own = (y.real**2 + y.imag**2).sum(2)
        power += grid.pool(own) / channels
        energy[j] = own.sum()
    sums = np.empty((grid.bands, count, 2 * len(pairs)), np.float32)
    for number, pair in enumerate(pairs):
        total = np.add.reduceat(pair, starts, axis=0)
        sums[:, :, number], sums[:, :, len(pairs) + number] = total.real, total.imag
    return Statistics(sums, power, energy, covariance)


def gains(palette: Integers, R: Covariances) -> npt.NDArray[np.complex128]:
    """Filters W (S, K, J, I, I) of each colour of a palette (K, J) with covariances (S, J, I, I)."""
    v = levels()[palette]
    bands, sources, channels, _ = R.shape
    C = (v @ R.reshape(bands, sources, -1)).reshape(bands, -1, channels, channels)
    W = np.empty((bands, len(v), sources, channels, channels), np.complex128)
    if channels == 1:
        W[..., 0, 0] = v / C[:, :, 0]
        return W
    lift = LIFT * (C[..., 0, 0] + C[..., 1, 1])
    p, q, a, b = C[..., 0, 0] + lift, C[..., 1, 1] + lift, C[..., 0, 1], C[..., 1, 0]
    inverse = [[q, -a], [-b, p]]
    weight = v / (p * q - a * b)[..., None]
    for i in range(2):
        for k in range(2):
            left, right = R[:, None, :, i, 0] * inverse[0][k][..., None], R[:, None, :, i, 1] * inverse[1][k][..., None]
            W[..., i, k] = weight * (left + right)
    return W


def errors(palette: Integers, R: Covariances, priorities: Doubles) -> Doubles:
    """What the sums are multiplied with to give the error but for the images' energy, (S, K, n).

    R: (S, J, I, I). priorities: (J,) how much the error of each source counts.
    """
    W = gains(palette, R)
    bands, colours, sources, channels, _ = W.shape
    own = np.empty((bands, colours, channels, channels), np.complex128)
    weighted = W * priorities[:, None, None]
    for m in range(channels):
        for n in range(channels):
            own[:, :, m, n] = (weighted[..., m] * W[..., n].conj()).sum((2, 3))
    weights = np.empty((bands, colours, channels**2 * (1 + sources)), np.complex128)
    weights[..., : channels**2] = own.reshape(bands, colours, -1)
    weights[..., channels**2 :] = -2 * np.swapaxes(weighted, 3, 4).reshape(bands, colours, -1)
    return np.concatenate([weights.real, -weights.imag], -1)


def distortions(sums: Floats, palette: Integers, R: Covariances, spatial: Integers, priorities: Doubles) -> Floats:
    """Error of each colour everywhere, (B, T, K), but for a constant. sums: (B, T, n). R: (S, J, I, I)."""
    result = np.empty((*sums.shape[:2], len(palette)), np.float32)
    weights = errors(palette, R, priorities).astype(np.float32)
    for s in range(len(R)):
        rows = slice(*np.searchsorted(spatial, [s, s + 1]))
        result[rows] = sums[rows] @ weights[s].T
    return result


def sums_of_colours(sums: Floats, labels: Integers, colours: int, spatial: Integers, bands: int) -> Doubles:
    """Sums over all the places of each colour, (S, K, n), of a block."""
    keys = (spatial[:, None] * colours + labels).ravel()
    flat = sums.reshape(-1, sums.shape[2])
    order = np.argsort(keys, kind="stable")
    used, firsts = np.unique(keys[order], return_index=True)
    result = np.zeros((bands * colours, sums.shape[2]))
    result[used] = np.add.reduceat(flat[order], firsts, axis=0, dtype=np.float64)
    return result.reshape(bands, colours, -1)

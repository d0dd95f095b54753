"""Components of the parametric layer as the producer sees them: sounds that stems are made of, named and muted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from unbraid.core.errors import ParameterError
from unbraid.core.informed.dial import Layer
from unbraid.core.informed.fitting import Fit
from unbraid.core.informed.parametric import ntf
from unbraid.core.informed.parametric.filtering import estimate
from unbraid.core.informed.parametric.layer import NtfLayer
from unbraid.core.informed.parametric.ntf import NtfBlock, NtfDictionary
from unbraid.core.informed.parametric.spatial import Covariances

Doubles = npt.NDArray[np.float64]

EDGES = (0.05, 0.95)
"""Shares of a component's energy below its lowest and its highest frequency."""


def layers_of(fit: Fit, names: Sequence[str], edits: Sequence[Layer] = ()) -> tuple[Layer, ...]:
    """The components of all sources, the loudest of each first; `edits` say what was done to them."""
    if not isinstance(fit.layer, NtfLayer):
        return ()
    dictionary, known = fit.layer.dictionary, {layer.number: layer for layer in edits}
    widths = np.diff(dictionary.grid.edges)[:, None]
    spectra = np.square(dictionary.template_values) * widths
    played = sum(np.square(dictionary.activation_table[block.activations]).sum(axis=0) for block in fit.components)
    energy = spectra.sum(axis=0) * played
    whole = np.bincount(dictionary.source, energy, minlength=dictionary.sources)
    low, high = _ranges(spectra, dictionary.grid.centres_hz)
    found = []
    for k in sorted(range(dictionary.components), key=lambda k: (int(dictionary.source[k]), -energy[k])):
        source = int(dictionary.source[k])
        share = float(energy[k] / whole[source]) if whole[source] > 0 else 0.0
        name = dictionary.names[k] if dictionary.names else ""
        layer = Layer(k, names[source], name, share, float(low[k]), float(high[k]))
        if k in known:
            layer = replace(layer, name=known[k].name, is_muted=known[k].is_muted)
        found.append(layer)
    return tuple(found)


def _ranges(spectra: Doubles, centres_hz: Doubles) -> tuple[Doubles, Doubles]:
    """Frequencies between which most of each spectrum lies, (K,) twice."""
    grown = np.cumsum(spectra, axis=0) / np.maximum(spectra.sum(axis=0), 1e-300)
    low, high = (np.argmax(grown >= edge, axis=0) for edge in EDGES)
    return centres_hz[low], centres_hz[high]


def edited(fit: Fit, edits: Sequence[Layer], names: Sequence[str]) -> Fit:
    """The layer with names for its components, and without muted ones: what they held is the remainder's."""
    if not isinstance(fit.layer, NtfLayer):
        return fit
    dictionary = fit.layer.dictionary
    known = {layer.number: layer for layer in edits}
    if any(not 0 <= number < dictionary.components for number in known):
        raise ParameterError("these layers belong to another curve; compute it again and edit its layers")
    labels = [known[k].name if k in known else "" for k in range(dictionary.components)]
    muted = [k for k in range(dictionary.components) if k in known and known[k].is_muted]
    parameters: ntf.Parameters = (dictionary, list(fit.components))
    if any(labels):
        parameters = ntf.renamed(parameters, labels)
    if muted:
        hidden = names.index("residual") if "residual" in names else None
        parameters = (
            ntf.without_components(parameters, muted) if hidden is None else ntf.moved(parameters, muted, hidden)
        )
    return Fit.of_components(fit.layer, *parameters)


def alone(fit: Fit, number: int, mix: npt.NDArray[np.float32], start: int, stop: int) -> npt.NDArray[np.float32]:
    """What one component takes of samples `start` to `stop` of the mix, (stop - start, I)."""
    layer = fit.layer
    if not isinstance(layer, NtfLayer) or not 0 <= number < layer.dictionary.components:
        raise ParameterError(f"there is no component {number} in this layer; compute the curve again")
    owner = int(layer.dictionary.source[number])
    source = layer.dictionary.source.copy()
    source[number] = layer.dictionary.sources
    apart = replace(layer.dictionary, source=source, sources=layer.dictionary.sources + 1)
    R = layer.places.covariances()
    R = np.concatenate([R, R[:, owner : owner + 1]], axis=1)
    size, blocks = layer.grid.block_frames, fit.components

    def model(first: int, last: int) -> list[tuple[Doubles, Covariances]]:
        pieces = []
        for block in range(min(first // size, len(blocks) - 1), min((last - 1) // size, len(blocks) - 1) + 1):
            v = _powers(apart, blocks[block])
            pieces.append((v[:, max(0, first - block * size) : last - block * size], R))
        return pieces

    return np.asarray(estimate(mix, layer.grid, model, start=start, stop=stop)[-1])


def _powers(dictionary: NtfDictionary, block: NtfBlock) -> Doubles:
    """Powers, with components in any order."""
    order = np.argsort(dictionary.source, kind="stable")
    chosen = replace(dictionary, source=dictionary.source[order], templates=dictionary.templates[:, order])
    return ntf.powers(chosen, NtfBlock(block.activations[:, order]))

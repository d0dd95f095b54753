"""Nonnegative matrix factorisation: spectra that come and go."""

from unbraid.plugins.nmf.drums import NmfDrums
from unbraid.plugins.nmf.multichannel import NmfMultichannel
from unbraid.plugins.nmf.nmf import Nmf

__all__ = ["Nmf", "NmfDrums", "NmfMultichannel"]

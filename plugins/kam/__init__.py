"""Kernel additive modelling: sources described by what their spectrograms look like nearby."""

from unbraid.plugins.kam.kam import Kam

__all__ = ["Kam"]

"""REPET: one repeating period for the whole song."""

from unbraid.plugins.repet.repet import Repet

__all__ = ["Repet"]

"""Adaptive REPET: a repeating period that varies along the song."""

from unbraid.plugins.repet_adaptive.adaptive import RepetAdaptive

__all__ = ["RepetAdaptive"]

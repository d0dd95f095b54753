"""Harmonic / percussive separation by median filtering, and a variant with voice."""

from unbraid.plugins.hpss.hpss import HPSS

__all__ = ["HPSS"]

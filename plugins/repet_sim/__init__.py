"""REPET-SIM: a background that repeats without a period."""

from unbraid.plugins.repet_sim.sim import RepetSim

__all__ = ["RepetSim"]

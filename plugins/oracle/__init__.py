"""Oracles: what a mask or a filter can reach at best, from the true stems that are given as references."""

from unbraid.plugins.oracle.beads import OracleBeads
from unbraid.plugins.oracle.masks import OracleBinary, OraclePhase, OracleRatio, OracleTruncated, OracleWiener
from unbraid.plugins.oracle.multichannel import OracleMultichannel

__all__ = [
    "OracleBeads",
    "OracleBinary",
    "OracleMultichannel",
    "OraclePhase",
    "OracleRatio",
    "OracleTruncated",
    "OracleWiener",
]

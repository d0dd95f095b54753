"""Common signal extraction: what several versions of one soundtrack share."""

from unbraid.plugins.common.common import Common

__all__ = ["Common"]

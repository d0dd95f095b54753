"""What a region that the user marks has in common with the places like it."""

from unbraid.plugins.marked.marked import Marked

__all__ = ["Marked"]

"""Stems by other recordings of them: copies, estimates, an instrumental, another take."""

from unbraid.plugins.referenced.referenced import Referenced

__all__ = ["Referenced"]

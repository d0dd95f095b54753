"""KAMIR: microphones of a live recording without the bleed of the others."""

from unbraid.plugins.kamir.kamir import Kamir

__all__ = ["Kamir"]

"""What lies at one place of the stereo image, and the rest."""

from unbraid.plugins.center.center import Center

__all__ = ["Center"]

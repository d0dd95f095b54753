"""The residual layer: what the parametric layer misses of the stems, coded to any quality."""

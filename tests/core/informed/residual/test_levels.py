"""Tables that bitstreams depend on never change."""

import hashlib

import numpy as np

from unbraid.core.informed.residual.levels import RECIPROCALS, STEPS, WEIGHTS, nearest_step, nearest_weight


def test_tables_are_frozen():
    digest = hashlib.sha256(STEPS.tobytes() + WEIGHTS.tobytes() + RECIPROCALS.tobytes()).hexdigest()
    assert digest == "48c541727031954511c82acf18cb4640b4e9a20ea3ae3af1d7df4e98c7a9b32a"


def test_steps_halve_every_octave():
    assert STEPS[0] == 64 and STEPS[-1] == 2.0**-26
    np.testing.assert_allclose(STEPS[32:] * 2, STEPS[:-32], rtol=1e-15)
    assert WEIGHTS[40] == 1


def test_the_nearest_is_found():
    assert [nearest_step(STEPS[i]) for i in (0, 100, 1024)] == [0, 100, 1024]
    assert nearest_weight(1.0) == 40
    assert nearest_weight(1.9) == 44

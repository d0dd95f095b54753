import numpy as np
import pytest

from unbraid.app.spectrogram.colours import (
    LIGHT_BITS,
    LIGHT_STEPS,
    colormap,
    colormap_names,
    light_curve,
    light_table,
    table,
    to_light,
)
from unbraid.core.errors import ParameterError


def lightness(rgb: np.ndarray) -> np.ndarray:
    """CIE L* of colours (n, 3) uint8."""
    luminance = to_light(rgb / 255) @ np.array([0.2126, 0.7152, 0.0722])
    return np.where(luminance > 0.008856, 116 * np.cbrt(luminance) - 16, 903.3 * luminance)


@pytest.mark.parametrize("name", colormap_names())
def test_lightness_grows_with_level(name: str) -> None:
    steps = np.diff(lightness(colormap(name)))
    assert (steps <= 0.2).all() if name.startswith("inverse") else (steps >= -0.2).all()
    assert abs(steps.sum()) > 55


def test_an_unknown_map_is_refused_with_those_there_are() -> None:
    with pytest.raises(ParameterError, match="magma"):
        colormap("jet")


def test_tables_go_from_floor_to_top() -> None:
    pixels = table("grey", -10, 80)
    assert pixels[0] == pixels[60] == 0xFF000000 and pixels[220] == pixels[255] == 0xFFFFFFFF
    assert 0x70 < pixels[140] & 0xFF < 0x90


@pytest.mark.parametrize("colour", ["#009E73", "#D55E00", "#CC79A7", "#56B4E9"])
def test_light_of_a_stem_is_dark_at_the_floor_and_grows(colour: str) -> None:
    light = light_table(colour, -10, 80)
    mask = np.uint64((1 << LIGHT_BITS) - 1)
    parts = np.stack([(light >> np.uint64(s)) & mask for s in (2 * LIGHT_BITS, LIGHT_BITS, 0)], axis=1).astype(int)
    assert (parts[:60] == 0).all() and parts.max() < LIGHT_STEPS
    shown = light_curve()[parts]
    assert (np.diff(lightness(shown.astype(float))) >= -0.3).all()
    assert lightness(shown[255:].astype(float))[0] > 65

import pytest

from unbraid.core.errors import ParameterError
from unbraid.core.notes import note_and_cents, note_hz, note_name, note_number, note_text


def test_every_note_has_the_frequency_of_its_number() -> None:
    for number in range(140):
        assert note_number(note_hz(number)) == pytest.approx(number)
        assert note_and_cents(note_hz(number)) == (note_name(number), 0)


def test_names_and_cents_are_those_of_tuners() -> None:
    assert note_text(440) == "A4"
    assert note_and_cents(261.6256) == ("C4", 0)
    assert note_text(523.25 * 2 ** (3 / 1200)) == "C5 +3 c"
    assert note_text(note_hz(61.4)) == "C♯4 +40 c"
    assert note_text(note_hz(59.8)) == "C4 −20 c"
    assert note_name(0) == "C-1"
    assert note_and_cents(432, a4_hz=432) == ("A4", 0)


def test_no_frequency_has_no_note() -> None:
    with pytest.raises(ParameterError, match="above 0 Hz"):
        note_number(0)

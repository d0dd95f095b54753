import pytest

pytestmark = pytest.mark.gui


def test_letters_stand_on_their_colours_beside_the_overview(view) -> None:
    legend = view.legend
    assert [layer.letter for layer, _ in legend.places()] == ["H", "L"]
    image = legend.grab().toImage()
    for layer, place in legend.places():
        assert image.pixelColor(int(place.x()) + 2, int(place.center().y())).name() == layer.colour.lower()
        assert legend.rect().contains(place.toRect())
    assert legend.toolTip() == "H  High\nL  Low" and legend.accessibleDescription()


def test_as_many_as_have_room(make_view, a_song) -> None:
    song = a_song(1.0)
    view = make_view([*song, *song[1:] * 10])
    places = view.legend.places()
    assert 9 <= len(places) < 22 and all(view.legend.rect().contains(place.toRect()) for _, place in places)
    assert view.legend.toolTip().count("\n") == 21


def test_a_mix_alone_needs_no_legend(make_view, a_song) -> None:
    assert make_view(a_song(1.0)[:1]).legend.places() == []

"""What is exported is what is heard, or what the stems are."""

from __future__ import annotations

import math
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import signals

from unbraid.core import audio_files, material
from unbraid.core.audio import Audio
from unbraid.core.audio_files import Tags, WriteOptions
from unbraid.core.document.state import Equaliser, Marker, Strip
from unbraid.core.errors import AudioFileError
from unbraid.core.export import Export
from unbraid.core.material import Material, Rendered
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.mixing.part import Part

NAMES = ("drums", "bass", "vocals")
STRIPS = {
    "drums": Strip(gain_db=-6.0, pan=0.5),
    "bass": Strip(invert=True, equaliser=Equaliser(low_db=6.0)),
    "vocals": Strip(mute=True),
}
FLOAT = WriteOptions(bits="32f")


def made(strips: dict[str, Strip] | None = None, *, residual: Strip | None = None, master_db: float = 0.0) -> Material:
    stems = {name: signals.noise(seconds=0.5, seed=k) for k, name in enumerate(NAMES)}
    rest = signals.noise(seconds=0.5, seed=9)
    song = Audio(sum(audio.samples for audio in stems.values()) + rest.samples, rest.rate)
    parts = tuple(Part(f"s{k}", stems[name], (strips or {}).get(name, Strip())) for k, name in enumerate(NAMES))
    return Material(
        "Lied", Mixdown(song, parts, residual or Strip(), master_db), NAMES, leaves_residual=True,
        colours={"drums": "#009E73"}, markers=(Marker(0.25, "Refrain & <Ende>\0"),),
        tags=Tags({"title": "Lied", "date": "1999"}),
    )  # fmt: skip


def close(a: Audio | np.ndarray, b: Audio | np.ndarray, within: float = 1e-6) -> bool:
    first, second = (x.samples if isinstance(x, Audio) else x for x in (a, b))
    return bool(np.abs(first - second).max() < within)


def test_stems_as_they_are_add_up_to_the_song(tmp_path: Path) -> None:
    song = made(STRIPS, master_db=-3.0)
    sounds = song.sounds(Export(tmp_path))
    assert list(sounds) == [*NAMES, "residual"]
    assert sounds["drums"] is song.mixdown.parts[0].audio, "nothing is copied"
    assert close(sum(audio.samples for audio in sounds.values()), song.song)


def test_stems_as_heard_add_up_to_the_remix(tmp_path: Path) -> None:
    song = made(STRIPS, residual=Strip(gain_db=-2.0), master_db=-3.0)
    wanted = Export(tmp_path, as_heard=True)
    assert song.stems(wanted) == ("drums", "bass", "residual"), "vocals are not heard"
    sounds = song.sounds(wanted)
    remix = song.sounds(replace(wanted, what="remix"))["remix"]
    assert close(sum(audio.samples for audio in sounds.values()), remix)


def test_a_solo_is_exported_as_it_is_heard(tmp_path: Path) -> None:
    song = made({"bass": Strip(solo=True, gain_db=-1.0)})
    wanted = Export(tmp_path, as_heard=True)
    assert song.stems(wanted) == ("bass",)
    assert close(song.sounds(wanted)["bass"], song.mixdown.render())


def test_a_remix_with_nothing_changed_is_the_song(tmp_path: Path) -> None:
    song = made()
    assert song.sounds(Export(tmp_path, what="remix"))["remix"] is song.song


@pytest.mark.parametrize("as_heard", [False, True])
def test_karaoke_is_the_mix_without_them(tmp_path: Path, as_heard: bool) -> None:
    song = made({"drums": Strip(gain_db=-6.0)} if as_heard else STRIPS)
    wanted = Export(tmp_path, what="karaoke", left_out=("vocals",), as_heard=as_heard)
    sound = song.sounds(wanted)["without vocals"]
    whole = song.mixdown.render() if as_heard else song.song
    assert close(sound.samples + song.mixdown.parts[2].audio.samples, whole)


def test_karaoke_of_a_soloed_voice_is_the_rest(tmp_path: Path) -> None:
    song = made({"vocals": Strip(solo=True)})
    sound = song.sounds(Export(tmp_path, what="karaoke", left_out=("vocals",), as_heard=True))["without vocals"]
    assert close(sound.samples + song.mixdown.parts[2].audio.samples, song.song)


def test_a_stem_file_holds_the_remix_and_what_it_is_made_of(tmp_path: Path) -> None:
    song = made(STRIPS)
    wanted = Export(tmp_path, what="stem_file", as_heard=True, write=WriteOptions(format="alac"))
    paths, report = material.export(song, song.plan(wanted))
    read = [audio_files.read(paths[0], stream=k).samples for k in range(5)]
    assert close(read[0], song.mixdown.render().samples * 10 ** (report.gain_db / 20), 1e-5)
    assert close(sum(read[1:]), read[0], 1e-5)


def xml(path: Path, name: str) -> ElementTree.Element:
    with zipfile.ZipFile(path) as container:
        return ElementTree.fromstring(container.read(name))


def from_project(path: Path) -> np.ndarray:
    """The mix that a workstation makes of a project file (its balance taken as ours)."""
    from unbraid.core.mixing.pan import balance

    root = xml(path, "project.xml")
    clips = {lane.get("track"): lane.find("Clips/Clip") for lane in root.findall("Arrangement/Lanes/Lanes")}
    soloed = any(channel.get("solo") == "true" for channel in root.iter("Channel"))
    total, master = 0.0, 1.0
    for track in root.findall("Structure/Track"):
        channel = track.find("Channel")
        volume = float(channel.find("Volume").get("value"))
        if channel.get("role") == "master":
            master = volume
            continue
        if not (channel.get("solo") == "true" if soloed else channel.find("Mute").get("value") == "false"):
            continue
        clip = clips[track.get("id")]
        assert (clip.get("time"), clip.get("playStart"), clip.get("contentTimeUnit")) == ("0.0", "0.0", "seconds")
        file = clip.find("Audio/File")
        place = path.parent / file.get("path")
        if file.get("external") != "true":
            with zipfile.ZipFile(path) as container:
                place = Path(container.extract(file.get("path"), path.parent / "inside"))
        sound = audio_files.read(place)
        assert sound.frames / sound.rate == pytest.approx(float(clip.get("duration")), abs=1e-9)
        pan = 2 * float(channel.find("Pan").get("value")) - 1
        total = total + sound.samples.astype(np.float64) * volume * balance(pan, 2)
    return total * master


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("bits", ["24", "32f"])
@pytest.mark.parametrize("as_heard", [False, True])
def test_a_workstation_plays_what_is_heard(tmp_path: Path, as_heard: bool, bits: str, inside: bool) -> None:
    song = made(STRIPS, residual=Strip(gain_db=-math.inf), master_db=2.0)
    wanted = Export(
        tmp_path, what="workstation", as_heard=as_heard, self_contained=inside, write=WriteOptions(bits=bits)
    )
    paths, _ = material.export(song, song.plan(wanted))
    assert [path.name for path in paths] == [
        "01 drums.wav", "02 bass.wav", "03 vocals.wav", "04 residual.wav", "Lied.dawproject",
    ]  # fmt: skip
    assert len({audio_files.probe(path).frames for path in paths[:-1]}) == 1
    assert close(from_project(paths[-1]), song.mixdown.render() if as_heard else song.song, 1e-5)


def test_a_gain_of_the_files_is_taken_back_by_the_master(tmp_path: Path) -> None:
    stems = {"a": signals.noise(seconds=0.2, level=0.6), "b": signals.noise(seconds=0.2, level=0.1, seed=1)}
    whole = Audio(stems["a"].samples + stems["b"].samples, 44100)
    parts = tuple(Part(name, audio) for name, audio in stems.items())
    song = Material("x", Mixdown(whole, parts), ("a", "b"))
    paths, report = material.export(song, song.plan(Export(tmp_path, what="workstation")))
    assert report.gain_db < -3.0
    assert close(from_project(paths[-1]), whole, 1e-5)


def test_the_project_file_follows_the_schema(tmp_path: Path) -> None:
    song = made({"vocals": Strip(mute=True)})
    paths, _ = material.export(song, song.plan(Export(tmp_path, what="workstation", as_heard=True)))
    root = xml(paths[-1], "project.xml")
    assert root.get("version") == "1.0"
    assert [child.tag for child in root] == ["Application", "Transport", "Structure", "Arrangement", "Scenes"]
    assert [child.tag for child in root.find("Arrangement")] == ["Lanes", "Markers"]
    assert [child.tag for child in root.find("Structure/Track/Channel")] == ["Mute", "Pan", "Volume"]
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)
    masters = [channel.get("id") for channel in root.iter("Channel") if channel.get("role") == "master"]
    assert {channel.get("destination") for channel in root.iter("Channel")} == {*masters, None}
    marker = root.find("Arrangement/Markers/Marker")
    assert (marker.get("time"), marker.get("name")) == ("0.25", "Refrain & <Ende>")
    assert root.find("Structure/Track").get("color") == "#009E73"
    assert [(child.tag, child.text) for child in xml(paths[-1], "metadata.xml")] == [
        ("Title", "Lied"),
        ("Year", "1999"),
    ]


def test_nothing_is_computed_again_for_another_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    song, kept = made(STRIPS), Rendered()
    (tmp_path / "file").touch()
    planned = song.plan(Export(tmp_path / "new", what="remix", write=FLOAT))
    (tmp_path / "new").touch()  # after the plan was made
    with pytest.raises((AudioFileError, OSError)):
        material.export(song, planned, kept)
    monkeypatch.setattr(Mixdown, "render", lambda *_, **__: pytest.fail("computed again"))
    elsewhere = song.plan(Export(tmp_path / "other", what="remix", extension="flac"))
    paths, _ = material.export(song, elsewhere, kept)
    assert audio_files.probe(paths[0]).frames == song.song.frames


def test_another_mixer_is_computed_anew(tmp_path: Path) -> None:
    kept = Rendered()
    first, second = made(STRIPS), made({})
    wanted = Export(tmp_path, what="remix")
    assert kept.get(first, wanted) is kept.get(first, replace(wanted, extension="flac"))
    assert kept.get(second, wanted)["remix"] is second.song


def test_a_document_gives_all_it_has(tmp_path: Path) -> None:
    from unbraid.core import mapped_wav
    from unbraid.core.document.media import MediaPool
    from unbraid.core.document.state import Project, Song, Stem

    pool = MediaPool(tmp_path / "pool")
    ids = []
    for k in range(3):
        sound = signals.noise(seconds=0.1, seed=k)
        mapped_wav.create(tmp_path / "x.wav", sound.frames, 2, 44100)[:] = sound.samples
        ids.append(pool.adopt(tmp_path / "x.wav"))
    cover = pool.add_blob(b"\x89PNG\r\n\x1a\n", ".cover")
    song = Song(ids[0], "Lied", 4410, 2, 44100, bits=16, tags=(("title", "T"),), cover=cover, cover_mime="image/png")
    stems = (Stem("s1", "vocals", ids[1], Strip(mute=True), colour="#123456"), Stem("s2", "vocals", ids[2]))
    project = Project(song=song, stems=stems, markers=(Marker(0.05, "A"),))
    given = material.of_project(project, pool, leaves_residual=True, colour=lambda name: "#000000")
    assert (given.name, given.names, given.bits) == ("Lied", ("vocals", "vocals 2"), "16")
    assert given.stems(Export(tmp_path, as_heard=True)) == ("vocals 2", "residual")
    assert (given.tags.text, given.tags.cover) == ({"title": "T"}, b"\x89PNG\r\n\x1a\n")
    assert len(given.plan(Export(tmp_path / "out")).files) == 3
    assert given.colours == {"vocals": "#123456", "vocals 2": "#000000"}
    pool.close()

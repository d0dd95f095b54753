import pytest

from unbraid.core.errors import ParameterError
from unbraid.core.folders import preset_folder
from unbraid.core.kam import presets


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("UNBRAID_DATA", str(tmp_path))
    preset_folder().mkdir(parents=True)
    return preset_folder()


def test_ours_are_there():
    assert {"voice", "karaoke", "drums", "four", "live_loop", "dialogue", "paper2014"} <= set(presets.names())
    assert presets.load("voice").stems == ("vocals", "accompaniment")
    assert presets.load("four").stems == ("vocals", "drums", "bass", "other")


def test_a_preset_of_the_user_has_a_name_and_may_replace_ours(folder):
    text = presets.text_of("drums").replace("Drums, steady tones, voice", "My drums")
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    assert "mine" in presets.names()
    assert presets.load("mine").title == "My drums"
    (folder / "drums.toml").write_text(text, encoding="utf-8")
    assert presets.load("drums").title == "My drums"
    assert presets.names().count("drums") == 1


def test_any_file_may_be_given(tmp_path):
    path = tmp_path / "Eigenes – Préréglage.toml"
    path.write_text(presets.text_of("voice"), encoding="utf-8")
    assert presets.load(str(path)).stems == ("vocals", "accompaniment")


@pytest.mark.parametrize("name", ["nothing", "../voice", "", "/etc/passwd", "voice.toml"])
def test_what_is_not_there_is_refused(name):
    with pytest.raises(ParameterError, match="there are: dialogue|cannot be read"):
        presets.load(name)


def test_files_that_are_no_presets_are_refused(tmp_path):
    path = tmp_path / "bad.toml"
    for content, says in ((b"\xff\xfe", "no text"), (b"[[stage]]", "cannot be used"), (b"x" * 300_000, "kB")):
        path.write_bytes(content)
        with pytest.raises(ParameterError, match=says):
            presets.load(str(path))

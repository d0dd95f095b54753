"""What the README tells people to do works."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from unbraid.resources import demo_song

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_ten_lines_of_python_separate_a_song(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len([line for line in snippet.splitlines() if line.strip()]) <= 10
    with demo_song() as demo:
        samples, rate = soundfile.read(str(demo), frames=5 * 44100)
    soundfile.write(str(tmp_path / "song.flac"), samples, rate)
    monkeypatch.chdir(tmp_path)
    exec(compile(snippet, "README.md", "exec"), {})
    assert "vocals" in capsys.readouterr().out
    stems = [soundfile.read(str(path))[0] for path in tmp_path.glob("song - *.flac")]
    assert len(stems) == 2
    assert np.abs(sum(stems) - samples).max() < 1e-6 + 2 / 2**23


def test_every_page_it_links_to_is_there() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_command_it_shows_is_one() -> None:
    shown = set(re.findall(r"unbraid (separate|remix|batch|info|methods|demo|doctor|[a-z]+) ", README)) - {"today"}
    source = (ROOT / "app" / "cli" / "__init__.py").read_text(encoding="utf-8")
    assert {name for name in shown if f"{name}.{name}" in source} >= {"separate", "remix", "batch", "info", "methods"}

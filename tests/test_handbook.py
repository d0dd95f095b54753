"""The chapter on the window is of the window as it is."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

pytest.importorskip("PySide6")

DOCS = Path(__file__).parent.parent / "docs"
LARGEST_BYTES = 450_000


def _script():
    spec = importlib.util.spec_from_file_location("window_pictures", DOCS / "pictures" / "make_window_pictures.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_keys_is_that_of_the_window() -> None:
    text = (DOCS / "window.md").read_text(encoding="utf-8")
    assert _script().with_keys(text) == text, "run docs/pictures/make_window_pictures.py keys"
    assert "| `Space` |" in text and "Ctrl + wheel" in text


def test_every_picture_is_shown_and_small() -> None:
    text = (DOCS / "window.md").read_text(encoding="utf-8") + (DOCS.parent / "README.md").read_text(encoding="utf-8")
    shown = {Path(path).name for path in re.findall(r"\((?:docs/)?pictures/window/([^)]+)\)", text)}
    files = {path.name: path.stat().st_size for path in (DOCS / "pictures" / "window").glob("*.png")}
    assert set(files) == shown
    assert max(files.values()) < LARGEST_BYTES
    script = (DOCS / "pictures" / "make_window_pictures.py").read_text(encoding="utf-8")
    assert all(f'"{Path(name).stem}"' in script for name in files)

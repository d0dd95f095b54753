"""Finds every text that the window shows: literals given to tr, trn, mark, and those in the table of settings."""

from __future__ import annotations

import ast
import json
import string
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
CATALOGS = ROOT / "resources" / "translations"
FIRST_ARGUMENTS = {"tr": 1, "trn": 2, "mark": 1}


def code() -> list[Path]:
    """The files of the application, without the one that translates."""
    return [path for path in sorted((ROOT / "app").rglob("*.py")) if path.name != "translation.py"]


def texts() -> dict[str, str]:
    """Literal -> where it stands."""
    found: dict[str, str] = {}
    for path in code():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for text in _of_call(node):
                    found.setdefault(text, f"{path.relative_to(ROOT)}:{node.lineno}")
    return found


def not_literal() -> list[str]:
    """Calls of tr, trn and mark whose text is no literal."""
    wrong = []
    for path in code():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node) in FIRST_ARGUMENTS:
                wanted = node.args[: FIRST_ARGUMENTS[_name(node)]]
                if len(wanted) < FIRST_ARGUMENTS[_name(node)] or not all(map(_is_text, wanted)):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    return wrong


def catalog(code: str) -> dict[str, dict[str, str]]:
    """A catalog's sections: `texts` of the window, `known` texts of the engine."""
    data: dict[str, dict[str, str]] = json.loads((CATALOGS / f"{code}.json").read_text(encoding="utf-8"))
    return data


def placeholders(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _of_call(node: ast.Call) -> Iterator[str]:
    name = _name(node)
    if name in FIRST_ARGUMENTS:
        yield from (arg.value for arg in node.args[: FIRST_ARGUMENTS[name]] if _is_text(arg))
    elif name == "setting":
        yield from (arg.value for arg in node.args[2:4] if _is_text(arg))
        for keyword in node.keywords:
            if keyword.arg in ("unit", "title", "help") and _is_text(keyword.value):
                yield keyword.value.value
            if keyword.arg == "choices" and isinstance(keyword.value, ast.Dict):
                yield from (value.value for value in keyword.value.values if _is_text(value))


def _name(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(node.value)

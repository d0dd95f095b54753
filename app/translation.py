"""Every text of the window passes here: the English text is the key, a catalog gives the other languages.

A key is always a literal, so that a test can find it: `tr("Open…")`, with values `tr("{count} files", count=3)`.
`mark` says that a literal in a table will be translated when it is shown; `tr_known` translates texts that come
from elsewhere (titles of methods and parameters, names of stems) where a translation is known.
"""

from __future__ import annotations

import json
import logging
from importlib import resources
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from PySide6.QtCore import QCoreApplication

logger = logging.getLogger(__name__)

SYSTEM = "system"
"""The language setting that follows the desktop."""

_NAMES = {"en": "English", "de": "Deutsch", "fr": "Français"}
_DECIMAL_COMMA = {"de", "fr"}
_ZERO_IS_ONE = {"fr"}


class _Current:
    """The language in use and its catalog; English needs none."""

    code = "en"
    texts: ClassVar[dict[str, str]] = {}


def languages() -> dict[str, str]:
    """Codes of the languages there are, each with its name in itself."""
    return dict(_NAMES)


def current() -> str:
    """The code of the language in use."""
    return _Current.code


def use_language(code: str) -> str:
    """Show texts in `code` from now on; "system" asks the desktop, unknown codes give English. Returns the code."""
    if code == SYSTEM:
        code = system_language()
    _Current.code = code if code in _NAMES else "en"
    _Current.texts = catalog(_Current.code)
    return _Current.code


def system_language() -> str:
    """The first of the desktop's languages that we have."""
    from PySide6.QtCore import QLocale

    for name in QLocale.system().uiLanguages():
        short = name.replace("_", "-").partition("-")[0].lower()
        if short in _NAMES:
            return short
    return "en"


def catalog(code: str) -> dict[str, str]:
    """English text -> translation; empty for English and where the file cannot be read."""
    if code == "en" or code not in _NAMES:
        return {}
    try:
        text = (resources.files("unbraid.resources") / "translations" / f"{code}.json").read_text(encoding="utf-8")
        data = json.loads(text)
        return {**data["known"], **data["texts"]}
    except (OSError, ValueError, KeyError) as problem:
        logger.warning("the texts in %s could not be read (%s); English is shown", _NAMES[code], problem)
        return {}


def tr(text: str, /, **values: object) -> str:
    """`text` in the language in use, with its `{placeholders}` filled in."""
    return _fill(_Current.texts.get(text, text), text, values)


def trn(one: str, many: str, n: int, /, **values: object) -> str:
    """`one` or `many` as the language in use counts `n`, which fills `{n}`."""
    is_one = n == 1 or (n == 0 and _Current.code in _ZERO_IS_ONE)
    return tr(one if is_one else many, n=n, **values)


def tr_known(text: str) -> str:
    """A text of the engine or of a plugin in the language in use, or as it is where nobody has translated it."""
    return _Current.texts.get(text, text)


def mark(text: str) -> str:
    """`text` itself: says that this literal of a table is translated where it is shown."""
    return text


def number(value: float, decimals: int = 1, *, sign: bool = False) -> str:
    """A number as the language writes it: `-3.0` or `-3,0`, with a true minus sign; `-∞` for minus infinity."""
    if value in (float("inf"), float("-inf")):
        return "−∞" if value < 0 else "∞"
    text = f"{value:{'+' if sign else ''}.{decimals}f}"
    if not text.strip("+-0."):
        text = text.lstrip("+-")
    text = text.replace("-", "−")
    return text.replace(".", ",") if _Current.code in _DECIMAL_COMMA else text


def install_qt_translations(app: QCoreApplication) -> bool:
    """Qt's own dialogs and numbers in the language in use; returns whether Qt has texts for it."""
    from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator

    code = _Current.code
    QLocale.setDefault(QLocale.system() if system_language() == code else QLocale(code))
    for old in app.findChildren(QTranslator):
        app.removeTranslator(old)
        old.deleteLater()
    translator = QTranslator(app)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if code == "en" or not translator.load(f"qtbase_{code}", folder):
        translator.deleteLater()
        return code == "en"
    return app.installTranslator(translator)


def _fill(text: str, english: str, values: dict[str, object]) -> str:
    """The text with its values; a translation that does not fit them gives way to the English text."""
    if not values:
        return text
    try:
        return text.format(**values)
    except (KeyError, IndexError, ValueError):
        logger.warning("the translation of %r does not fit its values", english)
        return english.format(**values)

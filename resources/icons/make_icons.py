"""Writes phosphor.ttf and phosphor.json: of the icon font Phosphor (MIT) only the signs that the window shows.

    npm pack phosphor-icons@1.3.2 && tar xzf phosphor-icons-1.3.2.tgz
    python resources/icons/make_icons.py package

Later releases of that package carry a font with misplaced outlines. The names come from `ICONS` in app/theme/icons.py:
run it again when that changes. Needs fontTools, which comes with matplotlib.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(package: Path) -> None:
    """Cut the font down; keep its licence beside it."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    from unbraid.app.theme.icons import ICONS

    styles = (package / "src" / "css" / "phosphor-codes.css").read_text(encoding="utf-8")
    codes = dict(re.findall(r'\.ph-([\w-]+):before\s*{\s*content:\s*"\\(\w+)"', styles))
    wanted = {name: int(codes[name], 16) for name in sorted(set(ICONS.values()))}
    font = TTFont(package / "src" / "font" / "Phosphor.ttf", recalcTimestamp=False)
    cutter = Subsetter(Options(layout_features=[], glyph_names=False, hinting=False, name_IDs=[0, 1, 2, 5, 9, 11, 13]))
    cutter.populate(unicodes=wanted.values())
    cutter.subset(font)
    font.save(HERE / "phosphor.ttf")
    (HERE / "phosphor.json").write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")
    shutil.copyfile(package / "LICENSE", HERE / "LICENSE-phosphor.txt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

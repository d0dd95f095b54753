"""What the page says about points of the curve: rates, sizes, qualities."""

from __future__ import annotations

import math
from collections.abc import Sequence

from unbraid.app import theme
from unbraid.app.export.files_table import shown_size
from unbraid.app.session.encoding_streams import rate_text
from unbraid.app.translation import number, tr
from unbraid.core.informed.dial import CurvePoint

BYTES = 125
"""In a kilobit."""


def size_words(kbps: float, duration_s: float) -> str:
    """How large the side-information of a song is."""
    return shown_size(round(BYTES * kbps * duration_s))


def quality_words(db: float) -> str:
    """A signal-to-distortion ratio; a dash for a stem that is silent."""
    return tr("{db} dB", db=number(db)) if math.isfinite(db) else "–"


def summary(point: CurvePoint, duration_s: float) -> str:
    """A point in one line."""
    return tr(
        "{rate} kbit/s, {size}, {quality} on average",
        rate=rate_text(point.rate_kbps), size=size_words(point.rate_kbps, duration_s),
        quality=quality_words(point.mean_db),
    )  # fmt: skip


def reading(point: CurvePoint, names: Sequence[str]) -> str:
    """A point with the quality of each stem."""
    stems = [f"{theme.stem_title(name)} {quality_words(db)}" for name, db in zip(names, point.sdr_db, strict=True)]
    mean = tr("on average {quality}", quality=quality_words(point.mean_db))
    rate = tr("{rate} kbit/s", rate=rate_text(point.rate_kbps))
    return tr("{rate}: {values}", rate=rate, values=", ".join([*stems, mean]))

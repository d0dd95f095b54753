"""Kernel additive modelling by presets: what each source looks like nearby, in a file that anyone may edit."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

from unbraid.core.audio import Audio
from unbraid.core.kam import backfitting, presets
from unbraid.core.kam.model import Model
from unbraid.core.separation.contract import Progress, SeparatorInfo, param
from unbraid.core.separation.guide import Guide


@dataclass(frozen=True)
class Kam:
    """Kernel backfitting of a preset's sources (Liutkus et al., 2014)."""

    info: ClassVar = SeparatorInfo(
        "kam",
        "Kernel additive modelling",
        targets=(),
        summary="Sources by what they look like nearby: steady, short, repeating, similar, sung. A preset says which.",
        paper="A. Liutkus, D. Fitzgerald, Z. Rafii, B. Pardo and L. Daudet, Kernel additive models for source "
        "separation, IEEE TSP 62(16), 2014",
        guide=("regions", "repetitions", "kernels", "pitches", "masks", "references"),
        memory_mb_per_minute=320.0,
    )
    preset: str = param(
        "voice",
        "Preset",
        help="A name that `unbraid presets` lists, or a TOML file of your own.",
        suggestions=presets.names,
    )
    iterations: int = param(0, "Iterations", 0, 50, help="Of every stage; 0: as the preset says.")
    rank: int = param(
        0, "Compression", 0, 500, help="Components that spectrograms are kept with; 0: as the preset says."
    )

    def targets(self, guide: Guide) -> tuple[str, ...]:
        """The stems of the preset."""
        return self._model().stems

    def separate(self, mix: Audio, guide: Guide, progress: Progress) -> dict[str, Audio]:
        """The stems of the preset."""
        return backfitting.separate(mix, self._model(), guide, progress)

    def _model(self) -> Model:
        model = presets.load(self.preset)
        changes = {name: value for name in ("iterations", "rank") if (value := getattr(self, name))}
        return dataclasses.replace(model, stages=tuple(dataclasses.replace(s, **changes) for s in model.stages))

"""A method's card in words: what it makes, what it needs, how fast it was here, who thought of it."""

from __future__ import annotations

from collections.abc import Mapping

from unbraid.app.theme import stem_title
from unbraid.app.translation import number, tr, tr_known
from unbraid.core.separation.registry import Card


def card_words(card: Card, speeds: Mapping[str, float]) -> str:
    """Several lines; the error of a method that cannot be loaded."""
    info = card.info
    if info is None:
        return card.error
    lines = [tr_known(info.summary)] if info.summary else []
    targets = card.targets or info.targets
    if targets:
        lines.append(tr("Stems: {names}", names=", ".join(map(stem_title, targets))))
    if info.bandwidth_hz:
        lines.append(tr("Works up to {limit} kHz; what is above goes to the residual.",
                        limit=number(info.bandwidth_hz / 1000)))  # fmt: skip
    speed = speeds.get(card.name)
    lines.append(
        tr("Speed on this machine: {speed} times real time", speed=number(speed))
        if speed
        else tr("Speed on this machine: not measured yet")
    )
    lines.append(
        tr("Needs the whole song in memory") if info.context_s is None else tr("Works in blocks, however long the song")
    )
    if info.paper:
        lines.append(info.paper)
    lines.append(tr("From {origin}, licence {licence}", origin=card.origin, licence=info.licence))
    return "\n".join(lines)

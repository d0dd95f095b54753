"""A document as it sounds: the mixdown of its song and stems."""

from __future__ import annotations

from dataclasses import replace

from unbraid.core.document.media import MediaPool
from unbraid.core.document.state import NEUTRAL, Project, Song, Stem
from unbraid.core.errors import ProjectFileError
from unbraid.core.mixing.mixdown import Mixdown
from unbraid.core.mixing.part import Part


def mixdown_of(project: Project, pool: MediaPool, before: Mixdown | None = None) -> Mixdown:
    """What is heard and exported. Stems whose media is missing are left out: the residual strip has them then.

    before: the mixdown it takes the place of; what that has filtered already is used again.
    """
    if project.song is None:
        raise ProjectFileError("there is no song in this project; open one first")
    if not pool.has(project.song.media):
        raise ProjectFileError(f"the sound of {project.song.name} is missing; show where it is (File, Relink media)")
    song = pool.audio(project.song.media)
    parts = tuple(Part(stem.id, pool.audio(stem.media), stem.strip) for stem in sounding(project, pool))
    residual = project.residual if parts else NEUTRAL
    if before is not None and before.song is song:
        return replace(before, parts=parts, residual=residual, master_db=project.master_db)
    return Mixdown(song, parts, residual, project.master_db)


def sounding(project: Project, pool: MediaPool) -> tuple[Stem, ...]:
    """The stems whose media is there and fits the song."""
    if project.song is None:
        return ()
    return tuple(stem for stem in project.stems if pool.has(stem.media) and _fits(project.song, stem, pool))


def _fits(song: Song, stem: Stem, pool: MediaPool) -> bool:
    audio = pool.audio(stem.media)
    return (audio.frames, audio.channels, audio.rate) == (song.frames, song.channels, song.rate)

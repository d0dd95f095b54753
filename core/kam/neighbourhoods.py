"""From a kernel to its neighbours in a song, one function for each kind."""

from __future__ import annotations

from collections.abc import Sequence

from unbraid.core.errors import ParameterError
from unbraid.core.kam import kernels, patterns, repeats
from unbraid.core.kam.comb import comb
from unbraid.core.kam.neighbours import Neighbourhood, joined
from unbraid.core.kam.surroundings import Surroundings
from unbraid.core.progress import Progress, part_of, silent_progress
from unbraid.core.separation.guide import Region


def neighbourhood(kernel: kernels.Kernel, song: Surroundings, progress: Progress = silent_progress) -> Neighbourhood:
    """The neighbours that a kernel gives to the places of a song."""
    match kernel:
        case kernels.Vertical():
            return patterns.vertical(kernel, song)
        case kernels.Horizontal():
            return patterns.horizontal(kernel, song)
        case kernels.Cross():
            return patterns.cross(kernel, song)
        case kernels.Diagonal():
            return patterns.diagonal(kernel, song)
        case kernels.Drawn():
            return patterns.drawn(kernel, song)
        case kernels.Periodic():
            return repeats.periodic(kernel, song, progress)
        case kernels.Similar():
            return repeats.similar(kernel, song, progress)
        case kernels.Repetitions():
            return repeats.repetitions(kernel, song)
        case kernels.Comb():
            return comb(kernel, song, progress)
        case kernels.Union():
            return _union(kernel.members, song, progress)
    raise ParameterError(f"a kernel of kind {kernel.kind} names no neighbours one by one")


def _union(members: Sequence[kernels.Kernel], song: Surroundings, progress: Progress) -> Neighbourhood:
    steps = [part_of(progress, i / len(members), (i + 1) / len(members)) for i in range(len(members))]
    return joined([neighbourhood(member, song, step) for member, step in zip(members, steps, strict=True)])


def regions_of(kernel: kernels.InRegion, song: Surroundings) -> Sequence[Region]:
    """The regions of a kernel: its own, or those of the guide."""
    if kernel.regions:
        return kernel.regions
    found = [r for r in song.guide.regions if not kernel.target or r.target == kernel.target]
    if not found:
        whose = f" for {kernel.target}" if kernel.target else ""
        raise ParameterError(f"the guide has no region{whose}: paint one, or give regions to the kernel")
    return found

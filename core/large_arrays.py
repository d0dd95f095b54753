"""Arrays that may be as long as a song: in memory while short, mapped from a nameless file when long."""

from __future__ import annotations

import os
import tempfile

import numpy as np
import numpy.typing as npt

from unbraid.core.folders import working_folder

IN_MEMORY_BYTES = 256 << 20
"""Up to here memory is used: six minutes of stereo at 44.1 kHz are half of it."""


def empty(shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """A writable float32 array of any content; beyond 256 MiB the system may move it to the disk when memory is short.

    The file has no name, lies in the working folder and is gone with the array.
    """
    size = 4 * int(np.prod(shape))
    if size <= IN_MEMORY_BYTES:
        return np.empty(shape, np.float32)
    with tempfile.TemporaryFile(dir=working_folder()) as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)  # a full disk is an error here, not a crash while writing
        else:
            file.truncate(size)
        return np.memmap(file, np.float32, mode="r+", shape=shape)

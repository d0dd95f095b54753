"""Compiled loops where numba is there, and the decision which engine works.

Machine code is kept between runs: beside the module for kernels written by hand, in the user's cache folder for
generated ones. What cannot be kept (read-only folders, damaged files) is compiled in memory.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sys
import threading
from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from types import ModuleType
from typing import Literal, ParamSpec, cast

from unbraid.core import atomic
from unbraid.core.errors import ParameterError
from unbraid.core.folders import cache_folder

logger = logging.getLogger(__name__)

Engine = Literal["auto", "compiled", "scipy"]
"""auto: compiled loops if numba works, else scipy and numpy; both give the same result."""

ENGINE_VARIABLE = "UNBRAID_ENGINE"
"""Environment variable that decides for "auto"."""

Kernel = Callable[..., None]
P = ParamSpec("P")


@lru_cache(maxsize=1)
def compiler_works() -> bool:
    """Whether numba can be imported; it refuses numpy versions that it does not know."""
    try:
        import numba  # noqa: F401
    except Exception as error:
        logger.warning("numba is not available, filters are slower: %s", error)
        return False
    return True


def use_compiled(engine: Engine) -> bool:
    """Whether the compiled loops are to be used."""
    choice = os.environ.get(ENGINE_VARIABLE, "auto") if engine == "auto" else engine
    if choice not in ("auto", "compiled", "scipy"):
        raise ParameterError(f"the engine is auto, compiled or scipy, not {choice!r}")
    return choice == "compiled" or (choice == "auto" and compiler_works())


def compiled(function: Callable[P, None]) -> Callable[P, None]:
    """The function as machine code that runs without the GIL, compiled when first called, kept on disk if possible.

    Not numba's parallel mode: its threads do not go together with ours. Floats may be reordered: no NaN, no infinities.
    """
    lock = threading.Lock()  # one compilation, however many threads come first

    @lru_cache(maxsize=1)
    def machine_code() -> Callable[P, None]:
        from numba import njit

        try:
            return cast(Callable[P, None], njit(nogil=True, fastmath=True, cache=True)(function))
        except RuntimeError:  # no folder that can be written
            return cast(Callable[P, None], njit(nogil=True, fastmath=True)(function))

    @wraps(function)
    def call(*arguments: P.args, **named: P.kwargs) -> None:
        with lock:
            code = machine_code()
        code(*arguments, **named)

    return call


def kernel_folder() -> Path:
    """Where generated kernels are kept."""
    return cache_folder() / "kernels"


def kernel_from_source(name: str, source: str, warm_up: Callable[[Kernel], object]) -> Kernel:
    """The function `kernel` of a source text, compiled; `warm_up` calls it once with the types it is used with.

    Only our own text is executed. A file of the same content is there for numba, which keeps machine code beside it.
    """
    stem = f"{name}_{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    try:
        path = kernel_folder() / f"{stem}.py"
        _store(path, source)
        kernel = compiled(_define(source, str(path), stem))
        warm_up(kernel)
    except Exception as error:
        logger.warning("kernel %s is compiled in memory: %s", name, error)
        _forget(stem)
        kernel = compiled(_define(source, f"<{stem}>", stem))
        warm_up(kernel)
    return kernel


def _define(source: str, filename: str, stem: str) -> Kernel:
    """`kernel` of a module made from the text; numba looks for the module by name when it loads machine code."""
    module = ModuleType(f"unbraid_kernel_{stem}")
    sys.modules[module.__name__] = module
    exec(compile(source, filename, "exec"), module.__dict__)
    return cast(Kernel, module.kernel)


def _store(path: Path, source: str) -> None:
    """Write the text unless it is there already; two processes may do so at once."""
    if path.is_file() and path.read_bytes() == source.encode():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_text(path, source, overwrite=True)


def _forget(stem: str) -> None:
    """Remove what was kept of a kernel that could not be loaded."""
    with contextlib.suppress(OSError):
        for file in kernel_folder().rglob(f"{stem}*"):
            file.unlink(missing_ok=True)

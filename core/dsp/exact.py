"""Compiled loops whose results are the same bits as the plain Python they are written in.

`compiled.py` lets numba reorder sums for speed; here nothing is reordered and nothing contracted, so integers and IEEE
floats (with +, -, *, / and sqrt only) come out equal with and without numba, on any machine. Kernels call each other:
those that are called are marked `jitable`, those that are called from outside `exact`.

Machine code is kept between runs. numba alone would keep it too long: it looks at the file of the kernel only, not at
those of the functions it calls. So it is kept under a digest of the kernel's whole meaning: its bytecode, the values of
the globals it reads, and the same of every function it calls.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import logging
import threading
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np

from unbraid.core import atomic
from unbraid.core.dsp.compiled import kernel_folder, use_compiled
from unbraid.core.errors import UnbraidError

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

KEPT = 3
"""Versions of one kernel that stay on disk."""

_lock = threading.RLock()
_waiting: list[Callable[..., Any]] = []


def jitable(function: Callable[P, R]) -> Callable[P, R]:
    """The function itself; numba learns to call it when the first `exact` one is compiled."""
    with _lock:
        _waiting.append(function)
    return function


def exact(function: Callable[P, R]) -> Callable[P, R]:
    """The function compiled when first called, or as it is where there is no numba (or UNBRAID_ENGINE=scipy)."""
    code: Callable[P, R] | None = None
    kept = True

    @wraps(function)
    def call(*arguments: P.args, **named: P.kwargs) -> R:
        nonlocal code, kept
        if not use_compiled("auto"):
            return function(*arguments, **named)
        if code is None:
            with _lock:
                if code is None:
                    code = _machine_code(function)
        used = code
        try:
            return used(*arguments, **named)
        except ArithmeticError:  # of the kernel's own
            raise
        except Exception as error:  # while numba unpacks what was kept, before the kernel starts
            with _lock:
                if code is used and not kept:
                    raise
                if kept:
                    logger.warning("kernel %s is compiled anew: %s", function.__name__, error)
                    _sweep(_name(function), 0)
                    code, kept = _in_memory(function), False
            return code(*arguments, **named)

    call.plain = function  # type: ignore[attr-defined]
    return call


def _machine_code(function: Callable[P, R]) -> Callable[P, R]:
    """The function for numba, kept on disk where a folder can be written."""
    from numba import njit
    from numba.extending import register_jitable

    while _waiting:
        register_jitable(_waiting.pop())
    try:
        return cast(Callable[P, R], njit(nogil=True, cache=True)(_at_home(cast(FunctionType, function))))
    except (OSError, RuntimeError, UnbraidError) as error:
        logger.info("kernel %s is compiled in memory: %s", function.__name__, error)
        return _in_memory(function)


def _in_memory(function: Callable[P, R]) -> Callable[P, R]:
    """The function for numba, compiled in each run."""
    from numba import njit

    return cast(Callable[P, R], njit(nogil=True)(function))


def _at_home(function: FunctionType) -> FunctionType:
    """The function as if it stood in a file named after its digest: beside that file numba keeps the machine code."""
    name = _name(function)
    path = kernel_folder() / f"{name}-{digest(function)[:24]}.py"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_text(path, Path(inspect.getfile(function)).read_text(encoding="utf-8"), overwrite=True)
        _sweep(name, KEPT)
    moved = FunctionType(
        function.__code__.replace(co_filename=str(path)), function.__globals__, function.__name__, function.__defaults__
    )
    moved.__module__, moved.__qualname__ = function.__module__, function.__qualname__
    return moved


def _name(function: Callable[..., Any]) -> str:
    """What the files of a kernel begin with."""
    return f"{function.__module__}.{function.__qualname__}".replace("<locals>", "local")


def _sweep(name: str, keep: int) -> None:
    """Remove all but the newest versions of a kernel."""
    with contextlib.suppress(OSError):
        files = sorted(kernel_folder().glob(f"{name}-*.py"), key=lambda path: path.stat().st_mtime)
        for old in files[: max(len(files) - keep, 0)]:
            for kept in (kernel_folder() / "__pycache__").glob(f"{old.stem}.*"):
                kept.unlink(missing_ok=True)
            old.unlink(missing_ok=True)


def digest(function: Callable[..., Any]) -> str:
    """SHA-256 of all that the machine code of a kernel follows from, in hexadecimal digits."""
    import numba

    meaning = hashlib.sha256(f"{numba.__version__} {np.__version__}".encode())
    for part in _meaning(function, set()):
        meaning.update(len(part).to_bytes(8, "little") + part)
    return meaning.hexdigest()


def _meaning(function: Callable[..., Any], told: set[Callable[..., Any]]) -> Iterator[bytes]:
    """The function's bytecode and the globals it reads, functions among them told once each."""
    told.add(function)
    if not isinstance(function, FunctionType) or function.__closure__:
        raise TypeError(f"{function!r} cannot be a kernel: it has to be a function of a module, without a closure")
    yield f"def {function.__module__}.{function.__qualname__} {function.__defaults__!r}".encode()
    for code in _codes(function.__code__):
        yield code.co_code + repr((code.co_names, code.co_varnames, code.co_exceptiontable)).encode()
        yield repr([constant for constant in code.co_consts if not isinstance(constant, CodeType)]).encode()
        for name in code.co_names:
            if name in function.__globals__:
                yield name.encode()
                yield from _global(name, function.__globals__[name], told)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A function's code and that of the comprehensions within."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _global(name: str, value: object, told: set[Callable[..., Any]]) -> Iterator[bytes]:
    """What a global means to a kernel."""
    if isinstance(value, FunctionType):
        if value not in told:
            yield from _meaning(value, told)
    elif isinstance(value, np.ndarray):
        yield f"array {value.dtype.str} {value.shape}".encode() + value.tobytes()
    elif isinstance(value, bool | int | float | tuple | np.generic):
        yield f"{type(value).__name__} {value!r}".encode()
    elif isinstance(value, ModuleType) and value.__name__.partition(".")[0] != "unbraid":
        yield f"module {value.__name__}".encode()
    elif isinstance(value, type | BuiltinFunctionType | np.ufunc):
        yield f"known {value!r}".encode()
    else:
        raise TypeError(f"a kernel cannot read {name}, a {type(value).__name__}: import numbers and functions by name")

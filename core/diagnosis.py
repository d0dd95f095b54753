"""What this installation can do and what it lacks, in words that say what to install."""

from __future__ import annotations

import importlib
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Literal

from unbraid.core import cpu
from unbraid.core.folders import cache_folder
from unbraid.core.separation import registry
from unbraid.core.tasks import machine_memory_bytes


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. state: ok, missing (works without) or broken (does not work)."""

    topic: str
    state: Literal["ok", "missing", "broken"]
    text: str


def findings() -> Iterator[Finding]:
    """All findings, each looked at when it is asked for."""
    return (check() for check in (_machine, _folders, _files, _video, _compiled, _sound, _window, _separators, _torch))


def _machine() -> Finding:
    memory = machine_memory_bytes() / 2**30
    text = f"unbraid {version('unbraid')}, Python {platform.python_version()}, {platform.system()}, "
    return Finding("machine", "ok", text + f"{cpu.cores()} cores, {memory:.0f} GiB memory")


def _folders() -> Finding:
    folder = cache_folder()
    free = shutil.disk_usage(folder).free / 2**30
    state: Literal["ok", "broken"] = "ok" if free > 1 else "broken"
    return Finding("work folder", state, f"{folder}, {free:.1f} GiB free (an hour of stereo needs about 4)")


def _files() -> Finding:
    return _library("files", "soundfile", lambda m: f"libsndfile {m.__libsndfile_version__}", "broken")


def _video() -> Finding:
    return _library("video, m4a", "av", lambda m: f"PyAV {m.__version__}", "broken")


def _compiled() -> Finding:
    hint = "missing: the same results, several times slower; pip install numba"
    return _library("fast loops", "numba", lambda m: f"numba {m.__version__}", "missing", hint)


def _sound() -> Finding:
    hint = "PortAudio is missing: nothing can be played; on Debian and Ubuntu: apt install libportaudio2"

    def devices(module: object) -> str:
        outputs = [d["name"] for d in module.query_devices() if d["max_output_channels"] > 0]  # type: ignore[attr-defined]
        return f"{len(outputs)} output devices" if outputs else "no output device; export works without"

    return _library("sound", "sounddevice", devices, "missing", hint)


def _window() -> Finding:
    hint = "Qt cannot load; `sh setup-system.sh` in the source folder says which system library is missing"
    return _library("window", "PySide6.QtWidgets", lambda m: f"PySide {version('PySide6-Essentials')}", "broken", hint)


def _torch() -> Finding:
    hint = (
        'not installed, needed by network separators only: pip install "unbraid[networks]" (see README for CPU and GPU)'
    )
    return _library("networks", "torch", lambda m: f"torch {m.__version__}", "missing", hint)


def _separators() -> Finding:
    cards = list(registry.cards())
    broken = [f"{card.name}: {card.error}" for card in cards if card.info is None]
    if broken:
        return Finding("separators", "broken", "; ".join(broken))
    return Finding("separators", "ok", ", ".join(card.name for card in cards))


def _library(
    topic: str,
    module: str,
    describe: Callable[..., str],
    otherwise: Literal["missing", "broken"],
    hint: str = "",
) -> Finding:
    try:
        return Finding(topic, "ok", describe(importlib.import_module(module)))
    except (ImportError, OSError) as error:
        return Finding(topic, otherwise, f"{hint} ({error})" if hint else str(error))

"""The programs the demo song is made with: looked for first, so that nothing fails half way."""

import importlib.util
import shutil
from pathlib import Path

SOUNDFONTS = (
    Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"),
    Path("/usr/share/soundfonts/FluidR3_GM.sf2"),
    Path("/usr/local/share/soundfonts/FluidR3_GM.sf2"),
    Path("/opt/homebrew/share/soundfonts/FluidR3_GM.sf2"),
)
"""Where distributions put the soundfont."""

PROGRAMS = {"espeak-ng": "espeak-ng", "fluidsynth": "fluidsynth"}
"""Program -> Debian package."""

MODULES = ("mido", "numpy", "pyworld", "scipy", "soundfile")


class MissingToolError(Exception):
    """Something the demo song needs is not installed; the message is the command that installs it."""


def soundfont() -> Path:
    """The FluidR3 GM soundfont."""
    for path in SOUNDFONTS:
        if path.is_file():
            return path
    raise MissingToolError("FluidR3_GM.sf2 not found: sudo apt-get install --no-install-recommends fluid-soundfont-gm")


def check_tools() -> None:
    """Raise MissingToolError with the exact commands when a program, soundfont or module is missing."""
    packages = [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    if not any(path.is_file() for path in SOUNDFONTS):
        packages.append("fluid-soundfont-gm")
    modules = [module for module in MODULES if importlib.util.find_spec(module) is None]
    commands = []
    if packages:
        commands.append("sudo apt-get install --no-install-recommends " + " ".join(packages))
    if modules:
        commands.append("pip install " + " ".join(modules))
    if commands:
        raise MissingToolError("The demo song needs more tools. Install them with\n  " + "\n  ".join(commands))

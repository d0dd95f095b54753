"""Make the demo song: `python resources/demo_source/make_demo.py [folder]` (default: resources/demo)."""

import sys
import tempfile
from pathlib import Path

from tools import MissingToolError, check_tools

DEMO = Path(__file__).resolve().parent.parent / "demo"


def main(arguments: list[str]) -> int:
    """Check the tools, make the stems, write the files; returns the exit status."""
    try:
        check_tools()
    except MissingToolError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    # only now: these import the tools just checked
    from mixdown import mastered, quantised, write_flacs
    from stems import all_stems

    folder = Path(arguments[0]) if arguments else DEMO
    with tempfile.TemporaryDirectory() as scratch:
        stems = all_stems(Path(scratch), report=lambda text: sys.stdout.write(f"{text}\n"))
    size = write_flacs(quantised(mastered(stems)), folder)
    sys.stdout.write(f"{folder}: {size / 1e6:.2f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

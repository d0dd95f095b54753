"""How long the command line takes to answer, beside Python doing nothing and other programs' imports.

    python bench/start.py [--rounds 10]

Least and median wall time of whole processes. The other programs are measured by what their command lines import.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import subprocess
import sys
import time

CASES = {
    "python, nothing": ["-c", "pass"],
    "unbraid --help": ["-m", "unbraid.app", "--help"],
    "unbraid separate --help": ["-m", "unbraid.app", "separate", "--help"],
    "unbraid --version": ["-m", "unbraid.app", "--version"],
    "import numpy": ["-c", "import numpy"],
    "import librosa, used": ["-c", "import librosa; librosa.stft"],
    "import torch": ["-c", "import torch"],
}


def seconds(arguments: list[str]) -> float:
    """Wall time of one process."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    print("| command | least, s | median, s |\n|---|---|---|")
    for name, arguments in CASES.items():
        module = name.split()[1].strip(",") if name.startswith("import") else "unbraid.app"
        if importlib.util.find_spec(module) is None:
            print(f"| {name} | not installed | |")
            continue
        times = [seconds(arguments) for _ in range(rounds)]
        print(f"| {name} | {min(times):.3f} | {statistics.median(times):.3f} |", flush=True)


if __name__ == "__main__":
    main()

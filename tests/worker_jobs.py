"""Functions that tests run in a worker process."""

from __future__ import annotations

import os
import sys


def process_id(progress: object) -> int:
    return os.getpid()


def describe_worker(progress: object) -> tuple[set[int], dict[str, str], set[str]]:
    """Before any separator has run: threads of each BLAS, the environment, and what is loaded."""
    import numpy as np
    from threadpoolctl import threadpool_info

    loaded = set(sys.modules)
    np.ones((8, 8)) @ np.ones((8, 8))
    threads = {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}
    return threads, dict(os.environ), loaded


def add(a: int, b: int, progress: object) -> int:
    return a + b


def sleep_forever(progress: object) -> None:
    """Work that never asks whether it is cancelled."""
    import time

    while True:
        time.sleep(0.05)

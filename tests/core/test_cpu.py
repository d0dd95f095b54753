from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbraid.core import cpu


def test_results_come_in_order() -> None:
    assert cpu.coarse_threads(lambda x: x * x, range(20), threads=4) == [x * x for x in range(20)]


def test_work_is_spread_over_threads() -> None:
    together = threading.Barrier(2)
    assert cpu.coarse_threads(lambda _: together.wait(10) >= 0, range(2), threads=2) == [True, True]


def test_the_first_error_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        cpu.coarse_threads(lambda x: 1 // x, [1, 0, 2], threads=2)


@given(st.integers(0, 1000), st.integers(1, 50))
def test_slices_cover_once(length: int, parts: int) -> None:
    assert [i for s in cpu.slices(length, parts) for i in range(s.start, s.stop)] == list(range(length))


def test_matrix_products_stay_on_one_thread() -> None:
    import numpy as np
    from threadpoolctl import threadpool_info

    with cpu.one_blas_thread():
        np.ones((4, 4)) @ np.ones((4, 4))
        assert {p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"} == {1}


def test_work_may_need_threads_itself() -> None:
    def inner(n: int) -> int:
        return sum(cpu.coarse_threads(lambda x: x * n, range(5), threads=3))

    assert cpu.coarse_threads(inner, range(40), threads=4) == [10 * n for n in range(40)]


def test_any_thread_may_ask() -> None:
    found: list[list[int]] = []
    askers = [
        threading.Thread(target=lambda: found.append(cpu.coarse_threads(lambda x: x + 1, range(50), threads=2)))
        for _ in range(6)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(20)
    assert found == [list(range(1, 51))] * 6


def test_threads_are_kept() -> None:
    def names() -> set[int]:
        together = threading.Barrier(2)
        return set(cpu.coarse_threads(lambda _: together.wait(10) * 0 + threading.get_ident(), range(2), threads=2))

    assert len(set().union(*(names() for _ in range(50)))) <= cpu.MOST_KEPT + 1


def test_nothing_more_is_begun_after_an_error() -> None:
    begun: list[int] = []

    def work(n: int) -> None:
        begun.append(n)
        if n == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cpu.coarse_threads(work, range(10_000), threads=2)
    assert len(begun) < 10_000

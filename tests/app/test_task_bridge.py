from __future__ import annotations

import threading

import pytest

from unbraid.app.task_bridge import TaskBridge

pytestmark = pytest.mark.gui


def run_elsewhere(work) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_calls_of_other_threads_are_done_on_ours_in_their_order(qtbot) -> None:
    bridge, done = TaskBridge(), []
    run_elsewhere(lambda: [bridge.soon(lambda k=k: done.append((k, threading.current_thread()))) for k in range(50)])
    assert not done, "not at once"
    qtbot.waitUntil(lambda: len(done) == 50)
    assert done == [(k, threading.main_thread()) for k in range(50)]


def test_calls_of_our_own_thread_wait_as_well(qtbot) -> None:
    bridge, done = TaskBridge(), []
    bridge.soon(done.append, 1)
    assert not done
    qtbot.waitUntil(lambda: done == [1])


def test_what_was_handed_over_can_be_done_now(qtbot) -> None:
    bridge, done = TaskBridge(), []
    run_elsewhere(lambda: bridge.soon(done.append, 1))
    bridge.flush()
    assert done == [1]
    bridge.flush()
    qtbot.wait(1)
    assert done == [1]


def test_once_closed_nothing_comes(qtbot) -> None:
    bridge, done = TaskBridge(), []
    run_elsewhere(lambda: bridge.soon(done.append, "before"))
    bridge.close()
    run_elsewhere(lambda: bridge.soon(done.append, "after"))
    qtbot.wait(10)
    assert not done


def test_many_threads_hand_over_while_it_is_closed_and_deleted(qtbot) -> None:
    """A worker may be late: it must neither fail nor call what is gone."""
    for _ in range(20):
        bridge, failed = TaskBridge(), []

        def hand_over(bridge=bridge, failed=failed) -> None:
            try:
                for _ in range(200):
                    bridge.soon(int)
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=hand_over) for _ in range(3)]
        for thread in threads:
            thread.start()
        bridge.close()
        bridge.deleteLater()
        qtbot.wait(1)
        for thread in threads:
            thread.join()
        assert not failed

"""Dead Qt objects are destroyed in the thread they live in."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

from PySide6.QtCore import QObject

from ui.collector import QtThreadCollector


def _leave_a_dead_cycle() -> list[int]:
    """A cycle nothing refers to, with a Qt object in it; the list gets the thread that destroys it."""
    destroyed_in: list[int] = []
    dead: dict[str, Any] = {"object": QObject()}
    dead["itself"] = dead
    weakref.finalize(dead["object"], lambda: destroyed_in.append(threading.get_ident()))
    return destroyed_in


def _allocate_in_another_thread() -> None:
    def allocate() -> None:
        kept: list[list[int]] = [[] for _ in range(20 * (gc.get_threshold()[0] + 1) * (gc.get_threshold()[1] + 1))]
        kept.clear()

    thread = threading.Thread(target=allocate)
    thread.start()
    thread.join()


def test_another_threads_allocations_leave_a_dead_qt_object_to_this_one(qt_loop: Any) -> None:
    gc.collect()
    with QtThreadCollector() as collector:
        destroyed_in = _leave_a_dead_cycle()
        _allocate_in_another_thread()
        assert destroyed_in == []
        while not destroyed_in:
            kept: list[list[int]] = [[] for _ in range(gc.get_threshold()[0] + 1)]
            collector.look()
            del kept
        assert destroyed_in == [threading.get_ident()]


def test_what_is_left_at_the_end_is_collected_and_python_collects_again(qt_loop: Any) -> None:
    assert gc.isenabled()
    with QtThreadCollector():
        assert not gc.isenabled()
        destroyed_in = _leave_a_dead_cycle()
    assert destroyed_in == [threading.get_ident()]
    assert gc.isenabled()

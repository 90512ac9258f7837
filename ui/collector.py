"""Cyclic garbage is collected in Qt's own thread, never in another one.

Python collects wherever an allocation passes the threshold. A pool's thread that happens to do so destroys the Qt
objects of every dead cycle it finds, outside the thread they live in, and the process ends with a segmentation fault
(a Qt object may only be deleted in its own thread: Qt's manual, "Threads and QObjects").
"""

from __future__ import annotations

import gc
from types import TracebackType

from PySide6.QtCore import QTimer

LOOK_EVERY_MS = 100


class QtThreadCollector:
    """While it is open, Python's own collection is off and a timer of this thread takes its place.

    It follows Python's thresholds, so it collects as often as the allocations ask for. Open and close it in the thread
    of the application object.
    """

    def __init__(self) -> None:
        self._timer = QTimer()
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._was_on = False

    def __enter__(self) -> QtThreadCollector:
        self._was_on = gc.isenabled()
        gc.disable()
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.stop()
        # What the window left behind must be gone before another thread may collect again.
        gc.collect()
        if self._was_on:
            gc.enable()

    def look(self) -> None:
        """Collect the oldest generation that is past its threshold."""
        for generation in (2, 1, 0):
            threshold = gc.get_threshold()[generation]
            if threshold and gc.get_count()[generation] > threshold:
                gc.collect(generation)
                return

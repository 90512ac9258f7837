"""Every controller over every trace: a list of sessions, in the same order whatever the number of processes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from abr import controller
from abr.simulate.fast import simulate
from abr.simulate.model import SessionResult, SessionSettings
from abr.trace.model import Trace
from abr.video.model import VideoTable

CHUNKS_WORTH_A_PROCESS = 60_000
"""A process takes about half a second to start, in which this many chunks are simulated."""


@dataclass(frozen=True, slots=True)
class Suite:
    """What to compare, over what."""

    traces: tuple[Trace, ...]
    controllers: tuple[str, ...]
    video: VideoTable
    settings: SessionSettings = field(default_factory=SessionSettings)

    @property
    def chunk_count(self) -> int:
        """Chunks to be simulated in all."""
        return len(self.traces) * len(self.controllers) * len(self.video.sizes_bytes)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One session of a suite. `controller` is the name as asked for, `fixed:3` rather than `fixed`."""

    controller: str
    trace: str
    family: str
    result: SessionResult


Told = Callable[[int, int], None]
"""Called with traces done and traces in all."""


def run_suite(suite: Suite, jobs: int | None = None, told: Told | None = None) -> list[Outcome]:
    """All sessions, trace by trace. `jobs` None: as many processes as pay off, up to the cores."""
    tasks = [(suite, trace) for trace in suite.traces]
    workers = min(jobs if jobs is not None else _worthwhile(suite), len(tasks))
    outcomes: list[Outcome] = []
    if workers <= 1:
        for done, task in enumerate(tasks, 1):
            outcomes += _sessions(*task)
            _tell(told, done, len(tasks))
        return outcomes
    lean = Suite((), suite.controllers, suite.video, suite.settings)
    # Spawned, not forked: the same on every system, and no thread of ours is copied half-way.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        batch = max(1, len(tasks) // (4 * workers))
        batches = pool.map(_sessions, [lean] * len(tasks), suite.traces, chunksize=batch)
        for done, sessions in enumerate(batches, 1):
            outcomes += sessions
            _tell(told, done, len(tasks))
    return outcomes


def _worthwhile(suite: Suite) -> int:
    from os import cpu_count

    return max(1, min(cpu_count() or 1, suite.chunk_count // CHUNKS_WORTH_A_PROCESS))


def _sessions(suite: Suite, trace: Trace) -> list[Outcome]:
    return [
        Outcome(name, trace.name, trace.family, simulate(controller.create(name), trace, suite.video, suite.settings))
        for name in suite.controllers
    ]


def _tell(told: Told | None, done: int, total: int) -> None:
    if told is not None:
        told(done, total)

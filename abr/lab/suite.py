"""Every controller over every trace and film: the same cells in the same order, whatever the number of processes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field, replace
from multiprocessing import active_children, get_context
from multiprocessing.process import BaseProcess
from signal import SIG_IGN, SIGINT, signal
from threading import current_thread, main_thread

from abr import controller
from abr.checked import ControllerFailed
from abr.lab import plain
from abr.lab.store import Kept, Store, controller_key
from abr.optimum.model import Optimum
from abr.qoe.score import Film, score
from abr.qoe.session import SessionMetrics, session_metrics
from abr.simulate.fast import simulate
from abr.simulate.model import SessionResult, SessionSettings
from abr.trace.model import Trace
from abr.video.model import VideoTable

OPTIMUM = "optimum (plan)"
"""The controller's name of the session that knows the future."""
CHUNKS_WORTH_A_PROCESS = 20_000
"""A process takes about half a second to start, in which this many chunks are simulated."""
CHUNKS_WORTH_AN_OPTIMUM = 30_000
QUEUED_PER_WORKER = 3

Search = Callable[[Trace, VideoTable, SessionSettings, str], Optimum]
"""The search for the best in hindsight: trace, film, settings, name of the score."""
Told = Callable[[int, int], None]
"""Called with cells done and cells in all."""


@dataclass(frozen=True, slots=True)
class Suite:
    """What to compare, over what. Films have names of their own; `search` None leaves the optimum out."""

    traces: tuple[Trace, ...]
    controllers: tuple[str, ...]
    films: tuple[VideoTable, ...]
    settings: SessionSettings = field(default_factory=SessionSettings)
    qoe: str = "lin"
    search: Search | None = None

    @property
    def cells(self) -> list[tuple[int, int]]:
        """Trace and film of every cell, by position: trace after trace."""
        return [(trace, film) for trace in range(len(self.traces)) for film in range(len(self.films))]

    @property
    def chunk_count(self) -> int:
        """Chunks to be simulated in all, a search for an optimum counted as so many of them."""
        chunks = sum(len(film.sizes_bytes) for film in self.films) * len(self.traces) * len(self.controllers)
        return chunks + (CHUNKS_WORTH_AN_OPTIMUM * len(self.cells) if self.search is not None else 0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One session in numbers. `controller` is as tables show it: `fixed:3`, or the name that a plug-in says."""

    controller: str
    score: float
    metrics: SessionMetrics


@dataclass(frozen=True, slots=True)
class Cell:
    """One trace with one film, by their positions in the suite: an outcome per controller, in the suite's order.

    `optimum` is the plan's session, and `upper` what no session exceeds; None where they were not searched for.
    """

    trace: int
    film: int
    outcomes: tuple[Outcome, ...]
    optimum: Outcome | None = None
    upper: float | None = None


def run_suite(
    suite: Suite, jobs: int | None = None, told: Told | None = None, store: Store | None = None
) -> list[Cell]:
    """All cells, in order. What `store` has is taken from there, and what is new goes there at once.

    `jobs` None: as many processes as pay off, up to the cores. ControllerFailed: a plug-in did.
    """
    cells = suite.cells
    workers = min(jobs if jobs is not None else _worthwhile(suite), len(cells))
    done: dict[tuple[int, int], Cell] = {}
    with closing(_here(suite, store) if workers <= 1 else _spread(suite, store, workers)) as arriving:
        for cell in arriving:
            done[cell.trace, cell.film] = cell
            if told is not None:
                told(len(done), len(cells))
    return [done[it] for it in cells]


def kept_sessions(suite: Suite, store: Store, cell: Cell) -> list[tuple[str, SessionResult]]:
    """The sessions of a finished cell by the names of their controllers, the optimum's last."""
    trace, film = suite.traces[cell.trace], suite.films[cell.film]
    kept = store.load(store.path(trace, film, suite.settings))
    sessions = [
        (outcome.controller, plain.session_of(kept.sessions[controller_key(spec)], film))
        for spec, outcome in zip(suite.controllers, cell.outcomes, strict=True)
    ]
    if cell.optimum is not None:
        sessions.append((OPTIMUM, plain.optimum_of(kept.optima[suite.qoe], film).session))
    return sessions


def play_cell(suite: Suite, trace_index: int, film_index: int, trace: Trace, store: Store | None) -> Cell:
    """Every session of one trace and film that is not kept already."""
    film = suite.films[film_index]
    results, best = _play(suite, trace, film, None) if store is None else _keeping(suite, trace, film, store)
    names = map(controller.label, suite.controllers)
    outcomes = tuple(_outcome(suite, name, film, it) for name, it in zip(names, results, strict=True))
    if best is None:
        return Cell(trace_index, film_index, outcomes)
    plan = replace(_outcome(suite, OPTIMUM, film, best.session), score=best.score)
    return Cell(trace_index, film_index, outcomes, plan, best.upper)


_Played = tuple[list[SessionResult], Optimum | None]


def _keeping(suite: Suite, trace: Trace, film: VideoTable, store: Store) -> _Played:
    path = store.path(trace, film, suite.settings)
    kept = store.load(path)
    known = len(kept.sessions) + len(kept.optima)
    played = _play(suite, trace, film, kept)
    if len(kept.sessions) + len(kept.optima) > known:
        store.save(path, kept)
    return played


def _play(suite: Suite, trace: Trace, film: VideoTable, kept: Kept | None) -> _Played:
    return [_session(suite, it, trace, film, kept) for it in suite.controllers], _optimum(suite, trace, film, kept)


def _session(suite: Suite, spec: str, trace: Trace, film: VideoTable, kept: Kept | None) -> SessionResult:
    key = controller_key(spec)
    if kept is not None and key in kept.sessions:
        return plain.session_of(kept.sessions[key], film)
    try:
        result = simulate(controller.create(spec), trace, film, suite.settings)
    except ControllerFailed as error:
        raise ControllerFailed(f"{error} (trace {trace.name}, film {film.name})") from error
    if kept is not None:
        kept.sessions[key] = plain.plain_session(result)
    return result


def _optimum(suite: Suite, trace: Trace, film: VideoTable, kept: Kept | None) -> Optimum | None:
    if suite.search is None:
        return None
    if kept is not None and suite.qoe in kept.optima:
        return plain.optimum_of(kept.optima[suite.qoe], film)
    found = suite.search(trace, film, suite.settings, suite.qoe)
    if kept is not None:
        kept.optima[suite.qoe] = plain.plain_optimum(found)
    return found


def _outcome(suite: Suite, name: str, film: VideoTable, result: SessionResult) -> Outcome:
    return Outcome(name, score(result, suite.qoe, Film.of(film)), session_metrics(result))


def _here(suite: Suite, store: Store | None) -> Generator[Cell, None, None]:
    for trace, film in suite.cells:
        yield play_cell(suite, trace, film, suite.traces[trace], store)


_Lean = tuple[Suite, "Store | None"]
_shared: list[_Lean] = []
"""In a worker: what all its cells have in common, sent once."""


def _spread(suite: Suite, store: Store | None, workers: int) -> Generator[Cell, None, None]:
    lean = replace(suite, traces=())
    strangers = active_children()
    # Spawned, not forked: the same on every system, and no thread of ours is copied half-way.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(lean, store))
    left = deque(suite.cells)
    running: set[Future[Cell]] = set()
    finished = False
    try:
        while left or running:
            # A few at a time: a queue that holds them all would have to be emptied before anything could end.
            while left and len(running) < QUEUED_PER_WORKER * workers:
                trace, film = left.popleft()
                running.add(pool.submit(_work, trace, film, suite.traces[trace]))
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
        finished = True
    finally:
        _end(pool, [] if finished else [it for it in active_children() if it not in strangers])


def _end(pool: ProcessPoolExecutor, unfinished: list[BaseProcess]) -> None:
    """Close the pool. What is under way in `unfinished` is lost, which harms nothing: files are written whole."""
    main = current_thread() is main_thread()
    # An impatient second Ctrl-C would leave workers behind.
    before = signal(SIGINT, SIG_IGN) if main else None
    try:
        for process in unfinished:
            process.kill()
        pool.shutdown(wait=True, cancel_futures=True)
    finally:
        if main:
            signal(SIGINT, before)


def _begin(suite: Suite, store: Store | None) -> None:
    # Ctrl-C reaches the whole group; the parent alone decides what becomes of it.
    signal(SIGINT, SIG_IGN)
    _shared[:] = [(suite, store)]


def _work(trace_index: int, film_index: int, trace: Trace) -> Cell:
    suite, store = _shared[0]
    return play_cell(suite, trace_index, film_index, trace, store)


def _worthwhile(suite: Suite) -> int:
    from os import cpu_count

    return max(1, min(cpu_count() or 1, suite.chunk_count // CHUNKS_WORTH_A_PROCESS))

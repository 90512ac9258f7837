"""An asyncio event loop in virtual time: it never waits, and the same seed gives the same run on every machine.

Time stands still while anything is ready, and then jumps to the next timer. Timers that are due at one instant run in
an order drawn from the seed; everything else runs first come first served, as asyncio promises. Nothing here depends
on addresses or hash seeds: tasks hash by their number, so that asyncio's own sets of tasks iterate in one order.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import heapq
import math
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, copy_context
from random import Random
from threading import get_ident
from typing import Any, NoReturn, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

MOST_STEPS_AT_ONCE = 100_000
"""Callbacks without time moving on; a session has a few dozen."""
STEPS_TO_END = 100_000
LARGEST_GARBAGE = 64
"""So many cancelled timers may wait in the heap, or as many as live ones."""


class LoopError(RuntimeError):
    """What a virtual loop refuses to go on with.

    LoopError
    |- Deadlock   nothing is scheduled, and what was to be done is not done
    |- Livelock   callbacks follow one another and time does not move, or the bound on steps is reached
    |- Leaked     the run is over, and tasks, timers or errors that nobody looked at are left
    `- NotVirtual a thread, a socket or a process was asked for: they live in real time
    """


class Deadlock(LoopError):
    pass


class Livelock(LoopError):
    pass


class Leaked(LoopError):
    pass


class NotVirtual(LoopError):
    pass


class _Handle(asyncio.Handle):
    """Asyncio's handle, made in half the time."""

    __slots__ = ()
    _repr = _source_traceback = None

    def __init__(self, callback: Any, args: Any, loop: Any, context: Context) -> None:
        self._callback = callback
        self._args = args
        self._loop = loop
        self._context = context
        self._cancelled = False


class _TimerHandle(asyncio.TimerHandle):
    """The same for timers; `_scheduled` while it is in the heap."""

    __slots__ = ()
    _repr = _source_traceback = None

    def __init__(self, when: float, callback: Any, args: Any, loop: Any, context: Context) -> None:
        self._when = when
        self._scheduled = True
        self._callback = callback
        self._args = args
        self._loop = loop
        self._context = context
        self._cancelled = False

    def cancel(self) -> None:
        if not self._cancelled:
            self._cancelled = True
            self._callback, self._args = None, ()
            if self._scheduled:
                self._loop._timer_cancelled()


class _Task(asyncio.Task[Any]):
    """A task whose hash is its number on the loop and not its address."""

    number = 0

    def __hash__(self) -> int:
        return self.number


class VirtualLoop(asyncio.AbstractEventLoop):
    """See the module. `seed` None keeps timers of one instant in the order in which they were set.

    `most_steps` bounds the callbacks of the whole run.
    """

    def __init__(self, seed: int | None = None, *, start_s: float = 0.0, most_steps: int | None = None) -> None:
        self._now_s = start_s
        self._chance = None if seed is None else Random(seed)
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, _TimerHandle]] = []
        self._serial = 0
        self._tasks_made = 0
        self._cancelled = 0
        self._steps_left = math.inf if most_steps is None else most_steps
        self._running = self._stopping = self._closed = False
        self._thread = get_ident()
        self._unseen: list[str] = []

    # ---- time

    def time(self) -> float:
        """Virtual seconds."""
        return self._now_s

    @property
    def resolution_s(self) -> float:
        """Timers nearer than this are of one instant: one ulp of now, since a fixed span is lost to rounding late."""
        return math.ulp(self._now_s)

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        handle = _Handle(callback, args, self, copy_context() if context is None else context)
        self._ready.append(handle)
        return handle

    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        if get_ident() != self._thread:
            raise NotVirtual("a virtual loop hears only its own thread: another one's timing cannot be repeated")
        if self._closed:
            raise RuntimeError("the loop is closed")
        return self.call_soon(callback, *args, context=context)

    def call_later(
        self, delay: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now_s + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        if when != when:
            raise ValueError("an instant is a number")
        handle = _TimerHandle(when, callback, args, self, copy_context() if context is None else context)
        self._serial += 1
        heapq.heappush(self._timers, (when, self._serial, handle))
        return handle

    def _timer_cancelled(self) -> None:
        self._cancelled += 1
        if self._cancelled > LARGEST_GARBAGE and 2 * self._cancelled > len(self._timers):
            self._timers = [entry for entry in self._timers if not entry[2]._cancelled]
            heapq.heapify(self._timers)
            self._cancelled = 0

    # ---- tasks

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Generator[Any, None, T] | Coroutine[Any, Any, T], **options: Any) -> asyncio.Task[T]:
        task = _Task.__new__(_Task)
        # Before it is initialised: that puts it into asyncio's set of tasks.
        self._tasks_made = task.number = self._tasks_made + 1
        _Task.__init__(task, coro, loop=self, **options)
        return task

    def run_in_executor(self, _executor: Any, func: Callable[..., Any], *_args: Any) -> NoReturn:  # type: ignore[override]
        raise NotVirtual(f"{_name(func)} was to run on a thread, which a virtual loop cannot repeat")

    # ---- running

    def run_until_complete(self, future: Any) -> Any:
        """Run until `future` is done, and answer with its result. Deadlock, Livelock: it never will be."""
        wanted = asyncio.ensure_future(future, loop=self)
        wanted.add_done_callback(self._end)
        try:
            self.run_forever()
        finally:
            wanted.remove_done_callback(self._end)
        if not wanted.done():
            raise RuntimeError("the loop was stopped before the end")
        return wanted.result()

    def run_forever(self) -> None:
        """Until `stop`. Deadlock, Livelock: there is no going on; an exception of a callback comes out as it is."""
        if self._closed or self._running:
            raise RuntimeError(f"the loop is {'closed' if self._closed else 'running already'}")
        self._running, self._stopping, self._thread = True, False, get_ident()
        before = events._get_running_loop()
        events._set_running_loop(self)
        try:
            self._run()
        finally:
            events._set_running_loop(before)
            self._running = False

    def _run(self) -> None:
        ready = self._ready
        take, steps_here = ready.popleft, 0
        while not self._stopping:
            if not ready:
                self._steps_left -= steps_here
                steps_here = 0
                self._jump()
                continue
            handle = take()
            if handle._cancelled:
                continue
            handle._context.run(handle._callback, *handle._args)  # type: ignore[attr-defined]
            steps_here += 1
            if steps_here > MOST_STEPS_AT_ONCE or steps_here > self._steps_left:
                raise Livelock(f"no end at {self._now_s:.9g} s: {_name(handle)} and {len(ready)} more; {self._left()}")

    def _jump(self) -> None:
        """Move time on to the next timer that still counts, and make everything due then ready."""
        timers, pop = self._timers, heapq.heappop
        while timers and timers[0][2]._cancelled:
            pop(timers)
            self._cancelled -= 1
        if not timers or timers[0][0] == math.inf:
            raise Deadlock(f"nothing is scheduled after {self._now_s:.9g} s; {self._left()}")
        if timers[0][0] > self._now_s:
            self._now_s = timers[0][0]
        limit_s = self._now_s + math.ulp(self._now_s)
        first = pop(timers)[2]
        first._scheduled = False
        if not timers or timers[0][0] > limit_s:
            self._ready.append(first)
            return
        due = [first]
        while timers and timers[0][0] <= limit_s:
            handle = pop(timers)[2]
            handle._scheduled = False
            if handle._cancelled:
                self._cancelled -= 1
            else:
                due.append(handle)
        if self._chance is not None and len(due) > 1:
            self._chance.shuffle(due)
        self._ready.extend(due)

    def pass_to(self, when: float) -> bool:
        """Be at `when` at once, if nothing at all is to happen before it or at it; for callbacks in a row."""
        timers = self._timers
        while timers and timers[0][2]._cancelled:
            heapq.heappop(timers)
            self._cancelled -= 1
        if self._ready or self._stopping or when < self._now_s:
            return False
        if timers and timers[0][0] <= when + math.ulp(when):
            return False
        self._now_s = when
        return True

    def _end(self, _future: asyncio.Future[Any]) -> None:
        self._stopping = True

    def stop(self) -> None:
        self._stopping = True

    def is_running(self) -> bool:
        return self._running

    def is_closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """End. Leaked: tasks, timers or unseen errors are left; they are named."""
        if self._closed:
            return
        self._closed = True
        timers = [_name(handle) for _, _, handle in sorted(self._timers) if not handle.cancelled()]
        waiting = [_name(handle) for handle in self._ready if not handle.cancelled()]
        tasks = self._pending()
        self._timers, self._ready = [], deque()
        found = {"tasks": [_name(task) for task in tasks], "timers": timers, "callbacks": waiting}
        found["unseen errors"] = self._unseen
        told = "; ".join(f"{what}: {', '.join(names)}" for what, names in found.items() if names)
        if told:
            raise Leaked(f"left at {self._now_s:.9g} s: {told}")

    async def shutdown_asyncgens(self) -> None:
        """Nothing: generators end with the tasks that they belong to."""

    # ---- what asyncio asks of a loop beside that

    def get_debug(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep what nobody looked at until `close`."""
        error = context.get("exception")
        self._unseen.append(f"{context.get('message', 'error')} ({error!r})")

    def _pending(self) -> list[asyncio.Task[Any]]:
        return sorted((task for task in asyncio.all_tasks(self)), key=hash)

    def _left(self) -> str:
        return "not done: " + (", ".join(_name(task) for task in self._pending()) or "nothing")


def run(main: Coroutine[Any, Any, T], seed: int | None = None, *, most_steps: int | None = None) -> T:
    """`asyncio.run` in virtual time, and strict: whatever `main` leaves behind is an error, its own error goes first.

    Deadlock, Livelock, Leaked: see `LoopError`.
    """
    loop = VirtualLoop(seed, most_steps=most_steps)  # type: ignore[abstract]  # asyncio itself leaves them unwritten
    try:
        result: T = loop.run_until_complete(main)
    except BaseException:
        _abandon(loop)
        raise
    try:
        loop.close()
    except Leaked:
        _abandon(loop)
        raise
    return result


def _abandon(loop: VirtualLoop) -> None:
    """End what a failed run left, so that nothing of it speaks up later: the first error is the one to be heard."""
    left = loop._pending()
    for task in left:
        task.cancel()
    loop._closed, loop._steps_left = False, STEPS_TO_END
    with contextlib.suppress(LoopError, asyncio.CancelledError):
        # The future of a gathering knows its loop from its tasks; without any it would look for one.
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    for task in loop._pending():
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    loop._timers, loop._ready, loop._unseen, loop._closed = [], deque(), [], True


def _name(what: object) -> str:
    """A task, handle or function by the name of its code."""
    if isinstance(what, asyncio.Task):
        return getattr(what.get_coro(), "__qualname__", "a task")
    if isinstance(what, asyncio.Handle):
        return _name(what._callback)  # type: ignore[attr-defined]
    if isinstance(what, functools.partial):  # asyncio.to_thread: the context's `run`, then what is run in it
        return _name(what.args[0] if what.args else what.func)
    owner = getattr(what, "__self__", None)
    if isinstance(owner, asyncio.Task):
        return _name(owner)
    return getattr(what, "__qualname__", type(what).__name__)

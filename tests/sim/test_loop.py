"""Virtual time: no waiting, one order for one seed, and no run that hangs or leaves something behind in silence."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from player.sim.loop import Deadlock, Leaked, Livelock, NotVirtual, VirtualLoop, run


async def forever() -> None:
    await asyncio.Event().wait()


async def test_the_real_loop_stays_as_it_was() -> None:
    assert not isinstance(asyncio.get_running_loop(), VirtualLoop)


def test_a_day_passes_at_once() -> None:
    async def main() -> float:
        await asyncio.sleep(86_400)
        return asyncio.get_running_loop().time()

    began_s = time.monotonic()
    assert run(main()) == 86_400
    assert time.monotonic() - began_s < 5


def test_asyncio_is_all_there() -> None:
    async def after(delay_s: float) -> float:
        await asyncio.sleep(delay_s)
        return delay_s

    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        seen = list(await asyncio.gather(after(3), after(1)))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                await forever()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(after(k)) for k in range(4)]
        queue: asyncio.Queue[float] = asyncio.Queue()
        loop.call_later(5, queue.put_nowait, 7.0)
        loop.call_soon_threadsafe(queue.put_nowait, 6.0)
        return [*seen, *(task.result() for task in tasks), await queue.get(), await queue.get(), loop.time()]

    assert run(main()) == [3, 1, 0, 1, 2, 3, 6, 7, 13]


def test_a_timer_that_is_due_late_in_time_fires_all_the_same() -> None:
    async def main() -> float:
        await asyncio.sleep(3e15)
        for _ in range(3):
            await asyncio.sleep(1e-3)
        return asyncio.get_running_loop().time()

    assert run(main()) == 3e15


def order(seed: int | None) -> str:
    said: list[str] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        for name in "abcdefgh":
            loop.call_at(1.0, said.append, name)
        await asyncio.sleep(2)

    run(main(), seed)
    return "".join(said)


def test_timers_of_one_instant_run_in_the_seeds_order() -> None:
    assert order(None) == "abcdefgh"
    assert order(1) == order(1) != "abcdefgh"
    assert len({order(seed) for seed in range(5)}) == 5


def test_sets_of_tasks_have_one_order() -> None:
    async def main() -> list[str]:
        tasks = {asyncio.ensure_future(asyncio.sleep(9 - k, str(k))) for k in range(9)}
        done, _ = await asyncio.wait(tasks)
        return [task.result() for task in done]

    assert run(main()) == [str(k) for k in range(9)]


def test_a_deadlock_names_who_waits() -> None:
    with pytest.raises(Deadlock, match="after 0 s; not done: forever"):
        run(forever())


def test_a_circle_that_takes_no_time_is_ended() -> None:
    async def main() -> None:
        while True:  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0)

    with pytest.raises(Livelock, match="no end at 0 s"):
        run(main())


def test_the_steps_of_a_run_can_be_bounded() -> None:
    async def main() -> None:
        for _ in range(100):
            await asyncio.sleep(1)

    run(main(), most_steps=1000)
    with pytest.raises(Livelock):
        run(main(), most_steps=50)


async def _leave_a_task() -> None:
    asyncio.ensure_future(forever())  # noqa: RUF006
    await asyncio.sleep(1)


async def _leave_a_timer() -> None:
    asyncio.get_running_loop().call_later(60, forever)


async def _leave_an_error() -> None:
    async def fail() -> None:
        raise ValueError("nobody looked")

    asyncio.ensure_future(fail())  # noqa: RUF006
    await asyncio.sleep(1)


@pytest.mark.parametrize(
    ("leave", "named"),
    [
        (_leave_a_task, "tasks: forever"),
        (_leave_a_timer, "timers: forever"),
        (_leave_an_error, "unseen errors: .*nobody looked"),
    ],
)
def test_what_is_left_behind_is_named(leave: Callable[[], Awaitable[None]], named: str) -> None:
    with pytest.raises(Leaked, match=named):
        run(leave())  # type: ignore[arg-type]


def test_a_cancelled_timer_is_no_leak() -> None:
    async def main() -> None:
        for _ in range(1000):
            asyncio.get_running_loop().call_later(60, forever).cancel()

    run(main())


def test_threads_are_refused() -> None:
    async def main() -> None:
        await asyncio.to_thread(print)

    with pytest.raises(NotVirtual, match="print was to run on a thread"):
        run(main())


def test_an_error_of_the_main_task_comes_out_as_itself_and_ends_the_rest() -> None:
    ended: list[str] = []

    async def other() -> None:
        try:
            await forever()
        finally:
            await asyncio.sleep(1)
            ended.append("other")

    async def main() -> None:
        task = asyncio.ensure_future(other())
        await asyncio.sleep(1)
        raise ZeroDivisionError(task)

    with pytest.raises(ZeroDivisionError):
        run(main())
    assert ended == ["other"]


def test_time_is_passed_at_once_only_when_nothing_is_to_happen_on_the_way() -> None:
    async def main() -> list[tuple[bool, float]]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        said: list[tuple[bool, float]] = []

        def look() -> None:
            said.extend((loop.pass_to(at_s), loop.time()) for at_s in (2.0, 1.5, 3.0, 4.0))

        loop.call_at(1.0, look)
        loop.call_at(2.5, forever).cancel()
        await asyncio.sleep(3.0)
        return said

    # To 2 s; never back; not to the sleeper's instant, nor past it.
    assert run(main()) == [(True, 2.0), (False, 2.0), (False, 2.0), (False, 2.0)]


def test_a_timer_that_is_cancelled_after_it_rang_is_not_counted_as_garbage() -> None:
    async def main() -> int:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        for _ in range(200):
            timer = loop.call_later(1.0, int)
            await asyncio.sleep(2.0)
            timer.cancel()
        return loop._cancelled

    assert run(main()) == 0

"""Suites: the same whatever the number of processes, kept between runs, held against the best in hindsight."""

from __future__ import annotations

import itertools
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path

import pytest

from abr import controller
from abr.lab import ALL, OPTIMUM, UPPER, Suite, run_suite, summarise
from abr.lab.plain import plain_session, session_of
from abr.lab.store import Store
from abr.lab.suite import kept_sessions
from abr.model import Decision, Ladder, Observation, Reason, ReasonCode, Rung
from abr.optimum.model import Optimum
from abr.qoe.score import Film, score
from abr.simulate import SessionSettings, simulate
from abr.trace import Step, Trace, builtin, builtin_names
from abr.video import VideoTable, builtin_film, vbr

LADDER = Ladder((Rung(300_000), Rung(900_000), Rung(2_000_000)))
SHORT = vbr(LADDER, 4, 2.0, 1, name="short")


class Planned:
    """Plays a list of rungs."""

    name = "planned"

    def __init__(self, plan: tuple[int, ...]) -> None:
        self.plan = plan

    def decide(self, observation: Observation) -> Decision:
        return Decision(self.plan[observation.chunk_index], Reason(ReasonCode.PLAN, "planned"))


def by_force(trace: Trace, video: VideoTable, settings: SessionSettings, qoe: str) -> Optimum:
    """The best of all plans, each played."""
    plans = itertools.product(range(len(video.ladder)), repeat=len(video.sizes_bytes))
    played = [(plan, simulate(Planned(plan), trace, video, settings)) for plan in plans]
    plan, best = max(played, key=lambda it: score(it[1], qoe, Film.of(video)))
    top = score(best, qoe, Film.of(video))
    return Optimum(qoe, top, top, plan, best)


def links(*rates_kbps: int, family: str = "made") -> tuple[Trace, ...]:
    return tuple(
        Trace([Step(3.0, rate * 1e3, 0.05), Step(2.0, rate * 2e3, 0.05)], name=f"{rate}", family=family)
        for rate in rates_kbps
    )


def counting(folder: Path) -> str:
    """A plug-in that writes a line for every session it begins."""
    log = folder / "begun"
    log.touch()
    file = folder / "counting.py"
    file.write_text(
        "from pathlib import Path\n"
        "from abr.model import Decision, Reason, ReasonCode\n"
        f"LOG = Path({str(log)!r})\n"
        "class Counting:\n"
        "    name = 'counting'\n"
        "    def decide(self, seen):\n"
        "        if seen.chunk_index == 0:\n"
        "            LOG.write_text(LOG.read_text() + 'x')\n"
        "        return Decision(1, Reason(ReasonCode.FIXED, 'counted'))\n"
    )
    return f"{file}:Counting"


def begun(folder: Path) -> int:
    return len((folder / "begun").read_text())


def test_several_processes_give_what_one_gives() -> None:
    films = (builtin_film(1), replace(builtin_film(2), name="two"))
    suite = Suite(tuple(builtin(name) for name in builtin_names()), ("bola-e", "fixed:2"), films)
    assert run_suite(suite, jobs=2) == run_suite(suite, jobs=1)


def test_a_session_survives_being_kept_to_the_last_bit() -> None:
    trace, film = builtin("evenflow-commute"), builtin_film()
    result = simulate(controller.create("dynamic"), trace, film, SessionSettings(abandonment=True))
    again = session_of(plain_session(result), film)
    assert again == replace(result, chunks=again.chunks)
    assert [c.reason.text for c in again.chunks] == [c.reason.text for c in result.chunks]
    assert [replace(c, reason=result.chunks[0].reason) for c in again.chunks] == [
        replace(c, reason=result.chunks[0].reason) for c in result.chunks
    ]


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path) -> None:
    suite = Suite(links(400, 900, 2500), ("dynamic", counting(tmp_path)), (SHORT,), search=by_force)
    store = Store.at(tmp_path / "sessions")

    def interrupt(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_suite(suite, 1, interrupt, store)
    assert begun(tmp_path) == 2
    cells = run_suite(suite, 1, None, store)
    assert begun(tmp_path) == 3
    assert cells == run_suite(suite, 1)


def test_an_interruption_leaves_no_process_behind_and_loses_nothing_that_was_finished(tmp_path: Path) -> None:
    suite = Suite(links(*range(400, 440)), ("dynamic",), (SHORT,))
    store = Store.at(tmp_path / "sessions")

    def interrupt(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_suite(suite, 2, interrupt, store)
    assert active_children() == []
    assert len(list((tmp_path / "sessions").glob("*.json.gz"))) >= 3
    assert run_suite(suite, 1, None, store) == run_suite(suite, 1)


def test_one_more_controller_plays_only_that_one(tmp_path: Path) -> None:
    suite = Suite(links(400, 900), (counting(tmp_path),), (SHORT,))
    store = Store.at(tmp_path / "sessions")
    run_suite(suite, 1, None, store)
    more = replace(suite, controllers=(*suite.controllers, "bola-e"))
    assert [len(cell.outcomes) for cell in run_suite(more, 1, None, store)] == [2, 2]
    assert begun(tmp_path) == 2
    assert [name for name, _ in kept_sessions(more, store, run_suite(more, 1, None, store)[0])] == [
        "counting",
        "bola-e",
    ]


@pytest.mark.parametrize("what", ["trace", "film", "settings", "source"])
def test_what_the_numbers_rest_on_changed_so_it_is_played_anew(what: str, tmp_path: Path) -> None:
    suite = Suite(links(400), (counting(tmp_path),), (SHORT,))
    store = Store.at(tmp_path / "sessions")
    run_suite(suite, 1, None, store)
    changed = {
        "trace": replace(suite, traces=links(401)),
        "film": replace(suite, films=(vbr(LADDER, 4, 2.0, 2),)),
        "settings": replace(suite, settings=SessionSettings(buffer_cap_s=20.0)),
        "source": suite,
    }[what]
    if what == "source":
        file = tmp_path / "counting.py"
        file.write_text(file.read_text() + "# changed\n")
    run_suite(changed, 1, None, store)
    assert begun(tmp_path) == 2


def test_a_damaged_file_is_no_result(tmp_path: Path) -> None:
    suite = Suite(links(400), (counting(tmp_path),), (SHORT,))
    store = Store.at(tmp_path / "sessions")
    first = run_suite(suite, 1, None, store)
    (file,) = (tmp_path / "sessions").iterdir()
    file.write_bytes(file.read_bytes()[:40])
    assert run_suite(suite, 1, None, store) == first
    store.forget()
    assert list((tmp_path / "sessions").iterdir()) == []


def test_no_controller_exceeds_the_best_in_hindsight_and_its_rows_say_so() -> None:
    suite = Suite(links(400, 900, 2500), ("dynamic", "bba-0", "fixed:1"), (SHORT,), search=by_force)
    cells = run_suite(suite, 1)
    assert all(it.score <= (cell.upper or 0) + 1e-12 for cell in cells for it in cell.outcomes)
    rows = summarise(suite, cells, "dynamic", 1)
    assert {row.controller for row in rows} == {"dynamic", "bba-0", "fixed:1", OPTIMUM, UPPER}
    whole = [row for row in rows if row.family == ALL]
    assert [row.score.mean for row in whole] == sorted((row.score.mean for row in whole), reverse=True)
    (best,) = (row for row in whole if row.controller == OPTIMUM)
    for row in whole:
        if row.share is not None and row.share.of_means is not None:
            assert row.share.of_means.mean == pytest.approx(row.score.mean / best.score.mean)
            assert row.share.of_means.mean <= 1.0 + 1e-12


def test_a_share_of_nothing_is_left_out_and_counted() -> None:
    """On a link of 20 kbit/s even the best stalls for so long that it scores below 0."""
    suite = Suite(links(20, 2500), ("fixed",), (SHORT,), search=by_force)
    cells = run_suite(suite, 1)
    assert [(cell.optimum.score > 0) if cell.optimum else None for cell in cells] == [False, True]
    row = next(row for row in summarise(suite, cells, "fixed", 1) if row.controller == "fixed")
    assert row.share is not None
    assert row.share.left_out == 1
    assert row.share.of_means is None
    assert row.share.mean is not None
    assert cells[1].optimum is not None
    assert row.share.mean.mean == pytest.approx(cells[1].outcomes[0].score / cells[1].optimum.score)


def test_the_unit_of_an_interval_is_the_trace_not_the_session() -> None:
    films = tuple(replace(SHORT, name=f"copy {k}") for k in range(8))
    traces = links(400, 900, 2500)
    one, many = Suite(traces, ("dynamic",), films[:1]), Suite(traces, ("dynamic",), films)
    (single,) = (row for row in summarise(one, run_suite(one, 1), "dynamic", 1) if row.family == ALL)
    (copied,) = (row for row in summarise(many, run_suite(many, 1), "dynamic", 1) if row.family == ALL)
    assert copied.sessions == 24
    assert (copied.score.low, copied.score.high) == pytest.approx((single.score.low, single.score.high))


def test_the_reference_is_compared_with_nobody_and_its_twin_is_the_same() -> None:
    suite = Suite(links(400, 900, 2500), ("fixed:1", "fixed:0", "fixed"), (SHORT,))
    rows = {row.controller: row for row in summarise(suite, run_suite(suite, 1), "fixed", 1) if row.family == ALL}
    assert rows["fixed"].difference is None
    twin, other = rows["fixed:0"].difference, rows["fixed:1"].difference
    assert twin is not None
    assert (twin.mean, twin.low, twin.high, twin.p) == (0.0, 0.0, 0.0, 1.0)
    assert other is not None
    assert other.mean == pytest.approx(rows["fixed:1"].score.mean - rows["fixed"].score.mean)

"""How good the estimators are: each one's estimate before every chunk against what the link then gave.

The truth is the trace's own: its mean rate over the next transfer (first byte to last), and over the next seconds from
the request on. An estimator that was told nothing yet, or a stretch without any bit, is left out and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

from abr.controller import Controller
from abr.controllers.fixed import Fixed
from abr.estimators.named import estimator
from abr.model import Decision, Ladder, Observation, Rung
from abr.simulate.fast import simulate
from abr.simulate.model import SessionSettings
from abr.trace.model import Trace
from abr.trace.synthetic import step
from abr.video.model import VideoTable

TRANSFER = "transfer"
HORIZON = "horizon"


@dataclass(frozen=True, slots=True)
class Point:
    """One chunk: when it was decided, what the link then gave, and what each estimator had said (None: nothing yet)."""

    index: int
    decided_at_s: float
    transfer_bps: float
    horizon_bps: float
    estimates_bps: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """One estimator against one truth (`transfer` or `horizon`), over `count` chunks.

    `mape`: the mean of |estimate - truth| / truth; `bias`: the mean of (estimate - truth) / truth, above 0 when it
    promises too much; both as shares, None where nothing could be compared. `over` and `under` count the chunks for
    which it promised more, or less, than came.
    """

    estimator: str
    truth: str
    count: int
    left_out: int
    mape: float | None
    bias: float | None
    over: int
    under: int


@dataclass(frozen=True, slots=True)
class Report:
    """One session, all estimators: every chunk, and two rows (`transfer`, `horizon`) per estimator."""

    trace: str
    video: str
    controller: str
    estimators: tuple[str, ...]
    horizon_s: float
    points: tuple[Point, ...]
    rows: tuple[Accuracy, ...]


class _Listening:
    """A controller that lets the estimators see what it sees."""

    def __init__(self, controller: Controller, names: Sequence[str]) -> None:
        self._controller, self._estimators = controller, [estimator(name) for name in names]
        self.name = controller.name
        self.said: dict[int, tuple[float, tuple[float | None, ...]]] = {}
        own = getattr(controller, "abandon", None)
        if own is not None:
            self.abandon = own

    def decide(self, observation: Observation) -> Decision:
        estimates = tuple(it.update(observation.samples) for it in self._estimators)
        self.said[observation.chunk_index] = (observation.now_s, estimates)
        return self._controller.decide(observation)


def accuracy(
    controller: Controller,
    trace: Trace,
    video: VideoTable,
    names: Sequence[str],
    settings: SessionSettings | None = None,
    horizon_s: float = 10.0,
) -> Report:
    """Play the session and compare. ValueError: a name that means no estimator, or settings that could never play."""
    if not horizon_s > 0.0:
        raise ValueError(f"a horizon is longer than 0 s, not {horizon_s:g}")
    listening = _Listening(controller, names)
    result = simulate(listening, trace, video, settings)
    points = []
    for chunk in result.chunks:
        decided_at_s, estimates = listening.said[chunk.index]
        transfer_bps = _mean_bps(trace, chunk.first_byte_at_s, chunk.finished_at_s)
        horizon_bps = _mean_bps(trace, chunk.requested_at_s, chunk.requested_at_s + horizon_s)
        points.append(Point(chunk.index, decided_at_s, transfer_bps, horizon_bps, estimates))
    rows = [
        _row(
            name,
            truth,
            [(it.estimates_bps[i], it.transfer_bps if truth == TRANSFER else it.horizon_bps) for it in points],
        )
        for i, name in enumerate(names)
        for truth in (TRANSFER, HORIZON)
    ]
    return Report(trace.name, video.name, controller.name, tuple(names), horizon_s, tuple(points), tuple(rows))


def pooled(reports: Sequence[Report], name: str, truth: str) -> Accuracy:
    """One estimator over several sessions, every chunk alike."""
    pairs = [
        (
            point.estimates_bps[report.estimators.index(name)],
            point.transfer_bps if truth == TRANSFER else point.horizon_bps,
        )
        for report in reports
        for point in report.points
    ]
    return _row(name, truth, pairs)


def _mean_bps(trace: Trace, start_s: float, end_s: float) -> float:
    return trace.bits_between(start_s, end_s) / (end_s - start_s) if end_s > start_s else trace.rate_at(start_s)


def _row(name: str, truth: str, pairs: Sequence[tuple[float | None, float]]) -> Accuracy:
    errors = [(said - came) / came for said, came in pairs if said is not None and came > 0.0]
    count = len(errors)
    return Accuracy(
        name,
        truth,
        count,
        len(pairs) - count,
        fsum([abs(error) for error in errors]) / count if count else None,
        fsum(errors) / count if count else None,
        sum(error > 0.0 for error in errors),
        sum(error < 0.0 for error in errors),
    )


@dataclass(frozen=True, slots=True)
class StepSettings:
    """A link at one rate for `hold_s`, then at another for as long, under a film of a steady bit rate.

    The film takes `load` of the lower rate, in chunks of `chunk_s`. An estimator has reacted once it has gone `share`
    of the way.
    """

    before_bps: float
    after_bps: float
    hold_s: float = 240.0
    latency_s: float = 0.05
    chunk_s: float = 2.0
    load: float = 0.5
    share: float = 0.9

    def __post_init__(self) -> None:
        if min(self.before_bps, self.after_bps) <= 0.0 or self.before_bps == self.after_bps:
            raise ValueError(f"a step goes from one rate above 0 to another, not {self.before_bps} to {self.after_bps}")
        if not 0.0 < self.load < 1.0 or not 0.0 < self.share <= 1.0 or self.hold_s < 2.0 * self.chunk_s:
            raise ValueError(f"a step needs a load and a share within (0, 1), and time for some chunks, not {self}")


@dataclass(frozen=True, slots=True)
class StepResponse:
    """What a step did to one estimator.

    `reaction_s` and `reaction_chunks`: from the step to the first decision with an estimate `share` of the way, and the
    transfers that ended in between; None when it never got there. `overshoot`: how far it went past the new rate at
    most, as a share of that rate.
    """

    estimator: str
    before_bps: float
    after_bps: float
    reaction_s: float | None
    reaction_chunks: int | None
    overshoot: float


def step_responses(names: Sequence[str], settings: StepSettings) -> tuple[StepResponse, ...]:
    """Every estimator on the same step."""
    it = settings
    trace = step([it.before_bps, it.after_bps], it.hold_s, latency_s=it.latency_s)
    bitrate_bps = max(1, round(it.load * min(it.before_bps, it.after_bps)))
    size_bytes = max(1, round(bitrate_bps * it.chunk_s / 8.0))
    # The session outlasts both halves; what lies beyond them is not looked at.
    chunks = int(2.0 * it.hold_s / it.chunk_s) + 20
    video = VideoTable("steady", it.chunk_s, Ladder((Rung(bitrate_bps),)), ((size_bytes,),) * chunks)
    listening = _Listening(Fixed(), names)
    simulate(listening, trace, video, SessionSettings(buffer_cap_s=max(30.0, 3.0 * it.chunk_s)))
    said = [row for row in listening.said.values() if it.hold_s < row[0] < 2.0 * it.hold_s]
    return tuple(_response(name, [(at_s, row[i]) for at_s, row in said], it) for i, name in enumerate(names))


def _response(name: str, said: Sequence[tuple[float, float | None]], it: StepSettings) -> StepResponse:
    up = 1.0 if it.after_bps > it.before_bps else -1.0
    goal_bps = it.before_bps + it.share * (it.after_bps - it.before_bps)
    reaction_s: float | None = None
    chunks: int | None = None
    beyond_bps = 0.0
    for number, (at_s, estimate_bps) in enumerate(said, 1):
        if estimate_bps is None:
            continue
        if reaction_s is None and up * (estimate_bps - goal_bps) >= 0.0:
            reaction_s, chunks = at_s - it.hold_s, number
        beyond_bps = max(beyond_bps, up * (estimate_bps - it.after_bps))
    return StepResponse(name, it.before_bps, it.after_bps, reaction_s, chunks, beyond_bps / it.after_bps)

"""Evenflow: plans over what the link may do, knowing that every later choice will know more.

Before each chunk three things are asked. What may the next transfers' rates be: a distribution, learnt in the session
over a prior from recordings (`abr/estimators/distribution.py`), the latency apart. What is each rung worth then, the
rest of the film included: value iteration over the buffer, the rate and the last rung, with the manifest's own sizes
for the chunks ahead (`planning/recourse.py`). Which is worth most: ties go to the lower rung.

The objective is an argument. By default it is QoE_lin: Mbit/s, less what changes between neighbours, less the top
rung's rate for every second of standstill. `evenflow:log` plans for the logarithm of the rate, `evenflow:quality` for
the film's measured quality where it has any. Hysteresis is nothing but the price of a change in the objective.

While a chunk is in flight the same plan answers whether a lower rung, fetched anew, is worth more than the rest of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log

from abr import wording
from abr.abandonment import TIE_S, Outlook, abandoned_words, is_never_late
from abr.controller import register
from abr.controllers.planning.recourse import Fineness, Planner, Task
from abr.controllers.planning.worth import MICRO, StallPrices, WorthMemory
from abr.controllers.throughput import first_decision
from abr.estimators.distribution import Bank, BankSettings, Law
from abr.estimators.latency import latency_s
from abr.model import Decision, Ladder, Observation, Progress, Reason, ReasonCode, RungIndex

UTILITIES = ("lin", "log", "quality")
LEAST_MANIFEST = 16
"""Fewer chunks ahead than this say too little about the film's mean sizes."""

LOOKED_AT_S = 0.5
"""A transfer's rate says nothing before."""
SAFE = 2.0
"""A chunk that would take the buffer's length over this many times is let alone: nobody has to plan then."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What is good: a chunk's `utility` (one of `UTILITIES`), and the prices in its unit.

    `stall`: of a second of standstill; None is the top rung's utility (for measured quality, Puffer's 20 dB, or 100 of
    VMAF). `step`: of each unit that two neighbours differ by. `switch`: of any change of rung.
    """

    utility: str = "lin"
    stall: float | None = None
    step: float = 1.0
    switch: float = 0.0

    def __post_init__(self) -> None:
        if self.utility not in UTILITIES:
            raise ValueError(f"a utility is one of {', '.join(UTILITIES)}, not {self.utility!r}")
        if min(self.stall or 0.0, self.step, self.switch) < 0.0:
            raise ValueError(f"prices are 0 or more, not {self}")


@dataclass(frozen=True, slots=True)
class Settings:
    """The objective, the link's models, and how finely to plan."""

    weights: Weights = field(default_factory=Weights)
    bank: BankSettings = field(default_factory=BankSettings)
    fineness: Fineness = field(default_factory=Fineness)


@register("evenflow")
class Evenflow:
    """One session's plans."""

    name = "evenflow"

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._bank = Bank(self._settings.bank)
        self._quality = WorthMemory(StallPrices())
        self._planner: Planner | None = None
        self._planned: tuple[Law, float] | None = None
        """The law of the latest plan, and the speed that it was made for."""

    @classmethod
    def from_argument(cls, argument: str) -> Evenflow:
        """`evenflow:log` by name: another utility."""
        return cls(Settings(Weights(argument)))

    def decide(self, observation: Observation) -> Decision:
        speed = max(observation.speed, 0.01)
        chunk_s = observation.chunk_duration_s / speed
        self._bank.update(observation.samples, chunk_s)
        task = self._task(observation, speed)
        if self._bank.last is None:
            return first_decision(observation)
        law = self._bank.law(chunk_s)
        values = self._planner_for(chunk_s, observation.buffer_cap_s / speed, len(task.mean_sizes)).values(law, task)
        self._planned = law, speed
        chosen = int(values.argmax())
        reason, band_bps = self._reason(observation, chosen, law, task, chunk_s), (law.rate_bps(0.1), law.rate_bps(0.9))
        return Decision(chosen, reason, law.rate_bps(0.5), band_bps=band_bps)

    def abandon(self, progress: Progress) -> Decision | None:
        """What to fetch instead of the chunk in flight, where that is worth more than its rest.

        The transfer so far counts as the latest rate, from which the link goes on by the law of the plan.
        """
        import numpy as np

        rate_bps, planner, planned = _rate_so_far_bps(progress), self._planner, self._planned
        if not rate_bps or planner is None or planned is None or not 0 < progress.rung < planner.key[2]:
            return None
        law, speed = planned
        rest_bytes, buffer_s = progress.total_bytes - progress.received_bytes, progress.buffer_s / speed
        rest_s = 8.0 * rest_bytes / rate_bps
        if progress.playing and SAFE * rest_s <= buffer_s:
            return None
        sizes = np.array(progress.sizes_bytes[: progress.rung + 1], dtype=float)
        values = planner.instead(law.after(log(rate_bps)), sizes, rest_bytes, buffer_s)
        chosen = int(values.argmax())
        if values[chosen] <= values[-1]:
            return None
        facts = (progress.ladder, progress.rung, chosen, rest_s, progress.buffer_s if progress.playing else None)
        return Decision(chosen, Reason(ReasonCode.ABANDONED, abandoned_words, facts), rate_bps)

    def never_abandons(self, outlook: Outlook) -> bool:
        """What `abandon` cannot act on: it would be too short, or too well buffered at the link's slowest."""
        if outlook.rung == 0 or outlook.transfer_s < LOOKED_AT_S - TIE_S:
            return True
        speed = 1.0 if self._planned is None else self._planned[1]
        left_s = (outlook.buffer_s - outlook.latency_s - outlook.transfer_s) / (SAFE * speed)
        return outlook.playing and is_never_late(
            outlook.size_bytes, outlook.slowest_bps, left_s, outlook.chunk_duration_s
        )

    @property
    def planner_steps(self) -> int:
        """The work done so far, in steps of value iteration."""
        return 0 if self._planner is None else self._planner.steps

    def _planner_for(self, chunk_s: float, cap_s: float, rungs: int) -> Planner:
        if self._planner is None or self._planner.key != (chunk_s, cap_s, rungs):
            self._planner = Planner(chunk_s, cap_s, rungs, self._settings.fineness)
        return self._planner

    def _task(self, seen: Observation, speed: float) -> Task:
        import numpy as np

        rungs = seen.highest_allowed + 1
        nominal = [rate * seen.chunk_duration_s / 8.0 for rate in seen.ladder.bitrates_bps]
        count = self._settings.fineness.ahead
        if seen.chunks_left is not None:
            count = max(1, min(count, seen.chunks_left))
        told = list(seen.sizes_bytes[:count])
        sizes = np.array(told + [nominal] * (count - len(told)), dtype=float)[:, :rungs]
        many = len(seen.sizes_bytes) >= LEAST_MANIFEST
        mean = np.array(seen.sizes_bytes, dtype=float).mean(axis=0) if many else np.array(nominal)
        worths, before, stall = self._worths(seen, count)
        rows = np.array(worths)[:, :rungs]
        return Task(
            sizes,
            rows,
            mean[:rungs],
            rows.mean(axis=0),
            stall,
            self._settings.weights.step,
            self._settings.weights.switch,
            before,
            seen.previous_rung,
            seen.buffer_s / speed,
            latency_s(seen.samples),
            seen.chunks_left,
            not seen.playing and seen.previous_rung is None,
        )

    def _worths(self, seen: Observation, count: int) -> tuple[list[list[float]], float | None, float]:
        """Of the coming chunks by rung, of the chunk before, and of a second of standstill."""
        weights, rates = self._settings.weights, seen.ladder.bitrates_bps
        if weights.utility == "quality":
            worth = self._quality(seen, count)
            rows = [[it / MICRO for it in row] for row in worth.rows]
            before = None if worth.before is None else worth.before / MICRO
            return rows, before, worth.stall / MICRO if weights.stall is None else weights.stall
        row = [it / 1e6 for it in rates] if weights.utility == "lin" else [log(it / rates[0]) for it in rates]
        stall = row[-1] if weights.stall is None else weights.stall
        return [row] * count, None if seen.previous_rung is None else row[seen.previous_rung], stall

    def _reason(self, seen: Observation, chosen: RungIndex, law: Law, task: Task, chunk_s: float) -> Reason:
        held = chosen == seen.previous_rung
        above = min(chosen + 1, seen.highest_allowed)
        spare_s = max(chunk_s - task.latency_s, 0.1 * chunk_s)
        needed_bps = 8.0 * float(task.sizes[0][above]) / spare_s
        chance = law.chance_above(needed_bps)
        facts = (seen.ladder, chosen, above, held, seen.buffer_s, needed_bps, chance)
        return Reason(ReasonCode.HOLD if held else ReasonCode.PLAN, plan_words, facts)


def _rate_so_far_bps(progress: Progress) -> float:
    """Of the transfer in flight, its latency left out; 0 while it says nothing."""
    if progress.first_byte_at_s is None:
        return 0.0
    transfer_s = progress.now_s - progress.first_byte_at_s
    return 8.0 * progress.received_bytes / transfer_s if transfer_s >= LOOKED_AT_S - TIE_S else 0.0


def plan_words(
    ladder: Ladder, chosen: RungIndex, above: RungIndex, held: bool, buffer_s: float, needed_bps: float, chance: float
) -> str:
    """The sentence: what is buffered, what the next rung up needs to keep the buffer level, and how likely that is."""
    what = f"hold {wording.rung(ladder, chosen)}" if held else wording.rung(ladder, chosen)
    which = wording.rung(ladder, above) if above != chosen else "it"
    likely = f"{100.0 * chance:.0f} % likely"
    return f"{what}: {wording.seconds(buffer_s)} buffered, {which} needs {wording.rate(needed_bps)}, {likely}"

"""What is made wrong in `evidence.py`: the link, the film on the clock, or what a controller gets to see."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import cycle
from random import Random

from abr.controller import Controller
from abr.model import Decision, Observation, ThroughputSample
from abr.trace import Step, Trace
from abr.video import VideoTable


class Seeing:
    """A controller behind spectacles: it sees what `glass` makes of each observation."""

    def __init__(self, worn_by: Controller, glass: Callable[[Observation], Observation]) -> None:
        self.name = worn_by.name
        self._worn_by, self._glass = worn_by, glass

    def decide(self, observation: Observation) -> Decision:
        return self._worn_by.decide(self._glass(observation))


def wrong_sizes(seen: Observation) -> Observation:
    """Each size that the manifest tells is off by up to a fifth, and always in the same way."""

    def off(chunk: int, rung: int, size: int) -> int:
        return max(1, round(size * Random(1000 * chunk + rung).uniform(0.8, 1.25)))

    rows = enumerate(seen.sizes_bytes, seen.chunk_index)
    told = tuple(tuple(off(chunk, rung, size) for rung, size in enumerate(row)) for chunk, row in rows)
    return replace(seen, sizes_bytes=told)


def twice_as_fast(seen: Observation) -> Observation:
    """The viewer watches at double speed: what lasts a second on the wall is two seconds of film."""
    film = {"chunk_duration_s": 2 * seen.chunk_duration_s, "buffer_s": 2 * seen.buffer_s}
    return replace(seen, speed=2.0, buffer_cap_s=2 * seen.buffer_cap_s, **film)


def limited(seen: Observation) -> Observation:
    """Every third transfer came no faster than its server sent it: at 1.2 times the chunk's own rate."""
    return _samples(seen, 3, lambda sample: max(sample.transfer_s, seen.chunk_duration_s / 1.2))


def cached(seen: Observation) -> Observation:
    """Every fifth transfer came from a cache nearby, ten times as fast."""
    return _samples(seen, 5, lambda sample: sample.transfer_s / 10.0)


def _samples(seen: Observation, every: int, lasting: Callable[[ThroughputSample], float]) -> Observation:
    # By its request, so that a transfer is the same however often it is looked at.
    def changed(sample: ThroughputSample) -> ThroughputSample:
        if round(1000 * sample.requested_at_s) % every:
            return sample
        return replace(sample, finished_at_s=sample.first_byte_at_s + lasting(sample))

    return replace(seen, samples=tuple(changed(sample) for sample in seen.samples))


def slow_answers(trace: Trace) -> Trace:
    """Every round trip takes twice as long."""
    return _steps(trace, ((step.duration_s, step.rate_bps, 2 * step.latency_s) for step in trace.steps))


def competing(trace: Trace) -> Trace:
    """Another flow takes half of the link, for about 15 s at a time and as long not."""
    rng, taken, left_s = Random(7), cycle((1.0, 0.5)), 0.0
    share, rows = next(taken), []
    for step in trace.steps:
        rest_s = step.duration_s
        while rest_s > 1e-9:
            if left_s <= 1e-9:
                share, left_s = next(taken), rng.uniform(10.0, 20.0)
            part_s = min(rest_s, left_s)
            rows.append((part_s, share * step.rate_bps, step.latency_s))
            rest_s, left_s = rest_s - part_s, left_s - part_s
    return _steps(trace, rows)


def _steps(trace: Trace, rows: Iterable[tuple[float, float, float]]) -> Trace:
    return Trace([Step(*row) for row in rows], name=trace.name, family=trace.family)


def half_as_long(film: VideoTable) -> VideoTable:
    """The film on the wall's clock at double speed."""
    return replace(film, chunk_duration_s=film.chunk_duration_s / 2)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong: with the link, with the film on the clock, or with what the controller gets to see."""

    link: Callable[[Trace], Trace] | None = None
    film: Callable[[VideoTable], VideoTable] | None = None
    glass: Callable[[Observation], Observation] | None = None


TROUBLES = {
    "as it is": Trouble(),
    "sizes wrong by up to 20 %": Trouble(glass=wrong_sizes),
    "round trips doubled": Trouble(link=slow_answers),
    "watched at double speed": Trouble(film=half_as_long, glass=twice_as_fast),
    "a competing flow": Trouble(link=competing),
    "a third of the samples limited by the server": Trouble(glass=limited),
    "a fifth of the samples from a cache": Trouble(glass=cached),
}

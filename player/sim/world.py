"""A world: everything that one seed stands for, from film and network to what goes wrong and what the viewer does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from abr.model import Ladder, Rung
from abr.trace.model import Trace
from abr.trace.synthetic import builtin, builtin_names, markov, outage
from abr.video.generate import vbr
from abr.video.model import VideoTable
from player.fetch.transport import Request
from player.sim.edges import Answer, Hook, down, saying

CONTROLLERS = ("throughput", "bba-0", "bola-e", "robust-mpc", "dynamic")
RATES_BPS = (200_000, 450_000, 900_000, 1_800_000, 3_200_000, 5_800_000)
KINDS = ("down", "silent", "busy", "broken", "missing", "late", "truncated", "network")
LIE_BYTES = 500_000
"""What a body that breaks off claims to be long; within what the player takes a playlist to be."""
ACTS = ("pause", "seek", "speed", "cap", "close")


@dataclass(frozen=True, slots=True)
class Fault:
    """From `from_s` until `until_s` of the evening, `edge` (None: all of them) behaves like `kind`."""

    kind: str
    edge: int | None
    from_s: float
    until_s: float

    def __str__(self) -> str:
        where = "every edge" if self.edge is None else f"edge {self.edge}"
        return f"{self.from_s:7.1f} s  {where} {self.kind} until {self.until_s:.1f} s"


@dataclass(frozen=True, slots=True)
class Act:
    """What the viewer does; `value` is a position, a speed, a rung, or how long a pause lasts."""

    at_s: float
    what: str
    value: float

    def __str__(self) -> str:
        return f"{self.at_s:7.1f} s  viewer: {self.what} {self.value:g}"


@dataclass(frozen=True, slots=True)
class World:
    """Drawn by `World.draw(seed)`: the same on every machine.

    `edges` servers hold the film. Everything that goes wrong is over some day, and edge 0 never says that the title is
    not there: so every evening can be played to its end.
    """

    seed: int
    video: VideoTable
    trace: Trace
    controller: str
    edges: int
    buffer_cap_s: float
    faults: tuple[Fault, ...]
    acts: tuple[Act, ...]

    @classmethod
    def draw(cls, seed: int) -> World:
        """Swarm style: each kind of fault, and of act, is wholly absent from about half of all worlds."""
        rng = Random(seed)
        chunk_s, count = rng.choice((1.0, 2.0, 4.0)), rng.randint(5, 60)
        low = rng.randint(0, 2)
        ladder = Ladder(tuple(Rung(rate) for rate in RATES_BPS[low : rng.randint(low + 1, len(RATES_BPS))]))
        video = vbr(ladder, count, chunk_s, rng.randrange(1000), name=f"film {seed}")
        edges = rng.randint(1, 3)
        kinds = [kind for kind in KINDS if rng.random() < 0.5]
        return cls(
            seed,
            video,
            _trace(rng),
            rng.choice(CONTROLLERS),
            edges,
            rng.choice((6.0, 12.0, 30.0, 60.0)),
            _faults(rng, kinds, edges, video.duration_s),
            _acts(rng, [act for act in ACTS if rng.random() < 0.4], video),
        )

    @property
    def quiet_from_s(self) -> float:
        """When nothing goes wrong any more."""
        return max((fault.until_s for fault in self.faults), default=0.0)

    def hook(self, edge: int) -> Hook:
        """How one server behaves."""
        faults = [fault for fault in self.faults if fault.edge in (None, edge)]

        def behave(path: str, request: Request, now_s: float) -> Answer | None:
            for fault in faults:
                if fault.from_s <= now_s < fault.until_s:
                    return BEHAVIOUR[fault.kind](path, request, now_s)
            return None

        return behave

    def story(self) -> list[str]:
        """What the seed stands for, in lines."""
        film, rates = self.video, [rung.bitrate_bps // 1000 for rung in self.video.ladder.rungs]
        return [
            f"world {self.seed}: {len(film.sizes_bytes)} chunks of {film.chunk_duration_s:g} s at {rates} kbit/s",
            f"  {self.trace.name}, {self.trace.mean_bps / 1e6:.2f} Mbit/s; {self.edges} edges; {self.controller}, "
            f"{self.buffer_cap_s:g} s of buffer",
            *(f"  {fault}" for fault in self.faults),
            *(f"  {act}" for act in self.acts),
        ]


def _trace(rng: Random) -> Trace:
    if rng.random() < 0.4:
        trace = builtin(rng.choice(builtin_names()))
    else:
        levels = sorted(rng.choice((300e3, 600e3, 1.2e6, 2.5e6, 5e6, 12e6, 40e6)) for _ in range(4))
        trace = markov(levels, rng.choice((1.0, 5.0, 20.0)), 120.0, rng, latency_s=rng.choice((0.01, 0.05, 0.2)))
    if rng.random() < 0.3:
        trace = outage(trace, rng.uniform(1.0, 60.0), rng.uniform(1.0, 40.0))
    return trace


def _faults(rng: Random, kinds: list[str], edges: int, film_s: float) -> tuple[Fault, ...]:
    faults = []
    for _ in range(rng.randint(0, 6) if kinds else 0):
        kind = rng.choice(kinds)
        at_s = round(rng.uniform(0.0, film_s), 3)
        # One that is at fault leaves another to go to; with a single edge only the network can be at fault.
        edge = rng.randrange(edges)
        until_s = round(at_s + rng.choice((0.5, 3.0, 20.0, 60.0)), 3)
        if kind == "missing" and edge == 0:
            continue
        faults.append(Fault(kind, None if kind == "network" else edge, at_s, until_s))
    return tuple(sorted(faults, key=lambda fault: (fault.from_s, fault.until_s, fault.kind)))


def _acts(rng: Random, kinds: list[str], video: VideoTable) -> tuple[Act, ...]:
    values: dict[str, Callable[[], float]] = {
        "pause": lambda: rng.choice((0.5, 5.0, 1800.0)),
        "seek": lambda: round(rng.uniform(0.0, video.duration_s), 3),
        "speed": lambda: rng.choice((0.25, 0.5, 1.5, 2.0, 4.0)),
        "cap": lambda: float(rng.randrange(len(video.ladder))),
        "close": lambda: 0.0,
    }
    acts = []
    for _ in range(rng.randint(0, 5) if kinds else 0):
        what = rng.choice(kinds)
        acts.append(Act(round(rng.uniform(0.0, video.duration_s), 3), what, values[what]()))
    return tuple(sorted(acts, key=lambda act: (act.at_s, act.what, act.value)))


async def _silence() -> Answer:
    await asyncio.Event().wait()
    raise AssertionError("nobody ends it")


class _Broken:
    """A body of which a little comes, and then the connection is gone."""

    def __init__(self) -> None:
        self._left = 3

    def __aiter__(self) -> _Broken:
        return self

    async def __anext__(self) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise StopAsyncIteration
        return bytes(2000)


def _truncated(_path: str, request: Request, _now_s: float) -> Answer:
    length, start = request.length_bytes or LIE_BYTES, request.offset_bytes or 0
    headers = {"content-length": str(length), "content-range": f"bytes {start}-{start + length - 1}/*"}
    return Answer(206 if request.length_bytes is not None else 200, headers=headers, pieces=_Broken())


BEHAVIOUR: dict[str, Hook] = {
    "down": down,
    "network": down,
    "busy": saying(503, {"retry-after": "2"}),
    "broken": saying(500),
    "missing": saying(404),
    "late": lambda _path, _request, _now_s: Answer(503, held_s=5.0),
    "silent": lambda _path, _request, _now_s: Answer(later=_silence()),
    "truncated": _truncated,
}

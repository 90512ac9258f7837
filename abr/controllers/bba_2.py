"""BBA-2: the buffer decides, over the sizes of the chunks to come; while the session starts, the chunks' speed does.

Source: Huang et al., "A Buffer-Based Approach to Rate Adaptation", SIGCOMM 2014, sections 5 and 6 (from the paper's
definitions; no public implementation was found to check against). From BBA-1, a map from the buffer level to a chunk
size: within the reservoir the lowest rung, from there a straight line from the lowest rung's mean chunk to the
highest one's, which is reached at 0.9 of the buffer; a rung is left only when the map has passed the size of the next
chunk at a neighbour. The reservoir is what the lowest rung would lose over the next two buffers' worth of chunks on a
link of just its bit rate. After the start every chunk that fills the buffer while it is below 0.75 moves the map a
little to the right, for outages. BBA-2's start: the rung goes up by one whenever a chunk has gained more buffer than
0.875 of its duration, a share that falls in a straight line to 0.5 at the map's end; until a chunk takes longer than
it plays, or the map asks for more.

The paper's buffer holds 240 s of 4 s chunks; a session here holds less, so what the paper gives in seconds is a share
of the buffer: the reservoir at most 140 of the 216 s at which its map ends, the outage protection 0.4 s a chunk and
80 s at most of 240 s. The least reservoir, 8 s there, is two chunks. The map ends at the most that a decision can see
(the cap less a chunk) where that is below 0.9 of the cap. A seek starts anew.

Ties as in BBA-0: at a neighbour's very size the map has passed it, and the rung strictly inside is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum

from abr import wording
from abr.controller import register
from abr.controllers.bba_0 import LATE_S, reservoir_words, step
from abr.controllers.throughput import first_decision
from abr.model import Decision, Ladder, Observation, Reason, ReasonCode, RungIndex, ThroughputSample


@dataclass(frozen=True, slots=True)
class Settings:
    """Shares: of the cap (`map_end`, `outage_*`), of the map's end (`most_reservoir`), of a chunk (`gain_*`)."""

    map_end: float = 0.9
    least_reservoir_chunks: float = 2.0
    most_reservoir: float = 140.0 / 216.0
    lookahead_caps: float = 2.0
    gain_when_empty: float = 0.875
    gain_at_end: float = 0.5
    outage_per_chunk: float = 0.4 / 240.0
    outage_most: float = 80.0 / 240.0
    outage_below: float = 0.75

    def __post_init__(self) -> None:
        if not 0.0 < self.most_reservoir < 1.0 or not 0.0 < self.map_end <= 1.0:
            raise ValueError(f"a reservoir ends within the map, and the map within the buffer, not {self}")


@register("bba-2")
class Bba2:
    """Chunk map, reservoir from the chunks to come, outage protection, and the quick start."""

    name = "bba-2"

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._starting = True
        self._outage_s = 0.0
        self._index = -1
        self._newest: ThroughputSample | None = None

    def decide(self, observation: Observation) -> Decision:
        seen = observation
        if not 0 <= seen.chunk_index - self._index <= 1:
            self._starting, self._outage_s = True, 0.0
        self._index = seen.chunk_index
        if seen.previous_rung is None or not seen.samples:
            return first_decision(seen)
        previous = min(seen.previous_rung, seen.highest_allowed)
        gain_s = seen.chunk_duration_s / seen.speed - seen.samples[-1].duration_s
        fresh, self._newest = seen.samples[-1] is not self._newest, seen.samples[-1]
        end_s = self._end_s(seen)
        reservoir_s = self._reservoir_s(seen, end_s)
        mapped = self._mapped(seen, previous, reservoir_s, end_s)
        if self._starting and gain_s >= 0.0:
            quick = self._quick(seen, previous, gain_s, end_s, fresh)
            if mapped.rung <= quick.rung:
                return quick
        self._starting = False
        if fresh and gain_s > 0.0 and seen.buffer_s < self._settings.outage_below * seen.buffer_cap_s:
            most_s = self._settings.outage_most * seen.buffer_cap_s
            self._outage_s = min(most_s, self._outage_s + self._settings.outage_per_chunk * seen.buffer_cap_s)
        return mapped

    def _quick(self, seen: Observation, previous: RungIndex, gain_s: float, end_s: float, fresh: bool) -> Decision:
        """One rung up when the last chunk came fast enough for the buffer there is."""
        it = self._settings
        share = it.gain_when_empty - (it.gain_when_empty - it.gain_at_end) * min(1.0, seen.buffer_s / end_s)
        needed_s = share * seen.chunk_duration_s / seen.speed
        rung = min(previous + 1, seen.highest_allowed) if fresh and gain_s > needed_s else previous
        return Decision(rung, Reason(ReasonCode.STARTUP, quick_words, (seen.ladder, rung, gain_s, needed_s)))

    def _mapped(self, seen: Observation, previous: RungIndex, reservoir_s: float, end_s: float) -> Decision:
        allowed = seen.highest_allowed
        if seen.buffer_s <= reservoir_s:
            return Decision(0, Reason(ReasonCode.BUFFER, reservoir_words, (seen.buffer_s, reservoir_s)))
        sizes = [seen.size_of(rung) for rung in range(allowed + 1)]
        rates, share = seen.ladder.bitrates_bps, min(1.0, (seen.buffer_s - reservoir_s) / (end_s - reservoir_s))
        target_bytes = (rates[0] + share * (rates[allowed] - rates[0])) * seen.chunk_duration_s / 8.0
        chosen = allowed if share == 1.0 else step(sizes, previous, target_bytes)
        held = chosen == seen.previous_rung
        facts = (seen.ladder, chosen, seen.buffer_s, target_bytes, held)
        return Decision(chosen, Reason(ReasonCode.HOLD if held else ReasonCode.BUFFER, size_words, facts))

    def _end_s(self, seen: Observation) -> float:
        reach_s = seen.buffer_cap_s - seen.chunk_duration_s - LATE_S
        return max(min(self._settings.map_end * seen.buffer_cap_s, reach_s), 1e-3)

    def _reservoir_s(self, seen: Observation, end_s: float) -> float:
        chunk_s, lowest_bps = seen.chunk_duration_s, seen.ladder.bitrates_bps[0]
        count = int(self._settings.lookahead_caps * seen.buffer_cap_s / chunk_s)
        coming = seen.sizes_bytes[:count]
        lost_s = 8.0 * fsum([sizes[0] for sizes in coming]) / lowest_bps - chunk_s * len(coming)
        wanted_s = max(lost_s, self._settings.least_reservoir_chunks * chunk_s) + self._outage_s
        return min(wanted_s, self._settings.most_reservoir * end_s)


def quick_words(ladder: Ladder, rung: RungIndex, gain_s: float, needed_s: float) -> str:
    """The sentence of the start."""
    gained = (
        f"the last chunk gained {wording.seconds(max(0.0, gain_s))} of buffer, {wording.seconds(needed_s)} are needed"
    )
    return f"{wording.rung(ladder, rung)} while starting: {gained} to go up"


def size_words(ladder: Ladder, chosen: RungIndex, buffer_s: float, target_bytes: float, held: bool) -> str:
    """The sentence of the map."""
    text = f"{wording.seconds(buffer_s)} buffered maps to a chunk of {target_bytes / 1000:.0f} kB"
    return f"hold: {text}, not past the next rung's" if held else f"{wording.rung(ladder, chosen)}: {text}"

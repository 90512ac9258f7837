"""Scores: one number a session, per chunk, so that films of different lengths compare.

Every score here has one shape, which the offline optimum relies on:

    score = (sum_k u_k(q_k) - sum_k change(k-1 -> k) - penalty(stall, start-up)) / chunks

with u the chunk's utility at its rung, a change that costs by the step in utility or by the count, and a penalty that
never falls as the stall time grows. Sources and constants:

| name | utility | change | penalty | source |
| --- | --- | --- | --- | --- |
| lin | Mbit/s | step | top rung's utility x stall s | Yin 2015, Pensieve 2017 (4.3 on its ladder) |
| log | ln(b / b_0) | step | top rung's utility x stall s | Pensieve 2017 (2.66 = ln(4300 / 300)) |
| hd | 1, 2, 3, 12, 15, 20 by rung | step | 8 x stall s | Pensieve 2017; ladders of six rungs only |
| mpc | kbit/s | step | 3000 x (stall + start-up) s | Yin, Jindal, Sekar, Sinopoli, SIGCOMM 2015 |
| ssim | SSIM in dB, measured | step | 20 x stall s | Puffer's code (abr_algo.cc, mpc.hh); the paper says 100 |
| vmaf | VMAF / 20, measured | step | 5 x stall s | ours: the same shape, for films that come with VMAF |
| soda | ln(b / b_0) / ln(b_top / b_0) | count, over N - 1 | 10 x share of time stalled | SODA, SIGCOMM 2024, 6.1.1 |
| sabre | ln(b / b_0) | none | gp 5 x stall s / chunk s | Sabre's "time average score", gamma p = 5 |

The stall weight of lin and log is the top rung's utility: a second of standstill costs what a second at the top rung
gives, on any ladder. The start-up is free except in `mpc`, as in the sources; it is a column of its own. The first
chunk counts (Pensieve's reports leave it out).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum, log
from typing import Any

from abr.model import Ladder, RungIndex
from abr.simulate.model import SessionResult
from abr.video.model import VideoTable


class ScoreError(ValueError):
    """The score does not exist, or is not defined for this film; the message says what would do."""


@dataclass(frozen=True, slots=True)
class Film:
    """What a score needs to know of a film. `qualities[k][q]` are there when they were measured."""

    ladder: Ladder
    chunk_duration_s: float
    chunks: int
    qualities: tuple[tuple[float, ...], ...] = ()
    quality_name: str = ""

    @classmethod
    def of(cls, video: VideoTable) -> Film:
        return cls(video.ladder, video.chunk_duration_s, len(video.sizes_bytes), video.qualities, video.quality_name)


Rows = Sequence[Sequence[float]]
"""`rows[k][q]`: one number for every chunk and rung."""


@dataclass(frozen=True, slots=True)
class Qoe:
    """One score, by its parts. `stall_weight(film)` and `startup_weight(film)` are per second, in units of utility."""

    name: str
    unit: str
    utilities: Callable[[Film], Rows]
    stall_weight: Callable[[Film], float]
    startup_share: float = 0.0
    """The start-up's weight, as a share of the stall's."""
    step_weight: float = 1.0
    """What a change costs for each unit of utility between the two chunks."""
    switch_weight: Callable[[Film], float] = lambda _: 0.0
    """What a change costs however large it is."""
    stall_as_share: bool = False
    """The stall time counts as a share of stall and play time, times the number of chunks."""

    def penalty(self, film: Film, stall_s: Any, startup_s: Any) -> Any:
        """Non-decreasing in `stall_s` and `startup_s`, which are numbers, or arrays of one shape."""
        weight = self.stall_weight(film)
        if self.stall_as_share:
            played_s = film.chunk_duration_s * film.chunks
            return weight * film.chunks * stall_s / (stall_s + played_s)
        return weight * (stall_s + self.startup_share * startup_s)

    def stall_slope(self, film: Film) -> float:
        """What the first second of stall costs; a penalty is concave, so no later second costs more."""
        weight = self.stall_weight(film)
        return weight / film.chunk_duration_s if self.stall_as_share else weight

    def score(self, film: Film, rungs: Sequence[RungIndex], stall_s: float, startup_s: float = 0.0) -> float:
        """The score per chunk of the rungs played, in the order of the film; there is at least one."""
        rows = self.utilities(film)
        got = [rows[k][rung] for k, rung in enumerate(rungs)]
        steps = self.step_weight * fsum(abs(b - a) for a, b in pairwise(got))
        switches = self.switch_weight(film) * sum(a != b for a, b in pairwise(rungs))
        penalty = float(self.penalty(film, stall_s, startup_s))
        return (fsum(got) - steps - switches - penalty) / len(got)


def _same(of: Callable[[Ladder], tuple[float, ...]]) -> Callable[[Film], Rows]:
    """Utilities that are the same for every chunk."""
    return lambda film: (of(film.ladder),) * film.chunks


def _mbps(ladder: Ladder) -> tuple[float, ...]:
    return tuple(rate / 1e6 for rate in ladder.bitrates_bps)


def _kbps(ladder: Ladder) -> tuple[float, ...]:
    return tuple(rate / 1e3 for rate in ladder.bitrates_bps)


def _log(ladder: Ladder) -> tuple[float, ...]:
    return tuple(log(rate / ladder.bitrates_bps[0]) for rate in ladder.bitrates_bps)


def _normal(ladder: Ladder) -> tuple[float, ...]:
    # One rung is as good as it gets.
    return tuple(u / _log(ladder)[-1] for u in _log(ladder)) if len(ladder) > 1 else (1.0,)


HD = (1.0, 2.0, 3.0, 12.0, 15.0, 20.0)


def _hd(ladder: Ladder) -> tuple[float, ...]:
    if len(ladder) != len(HD):
        raise ScoreError(f"the score hd is defined for ladders of six rungs, not of {len(ladder)}; lin and log fit any")
    return HD


def _measured(name: str, scale: float) -> Callable[[Film], Rows]:
    def rows(film: Film) -> Rows:
        if film.quality_name != name:
            have = f"it has {film.quality_name}" if film.quality_name else "it has none"
            raise ScoreError(f"this score needs a film with measured {name} per chunk; {have}")
        return tuple(tuple(scale * value for value in row) for row in film.qualities)

    return rows


_QOES = {
    qoe.name: qoe
    for qoe in (
        Qoe("lin", "Mbit/s", _same(_mbps), lambda film: _mbps(film.ladder)[-1]),
        Qoe("log", "ln", _same(_log), lambda film: _log(film.ladder)[-1]),
        Qoe("hd", "points", _same(_hd), lambda _: 8.0),
        Qoe("mpc", "kbit/s", _same(_kbps), lambda _: 3000.0, startup_share=1.0),
        Qoe("ssim", "dB", _measured("ssim_db", 1.0), lambda _: 20.0),
        Qoe("vmaf", "VMAF/20", _measured("vmaf", 0.05), lambda _: 5.0),
        Qoe(
            "soda",
            "share",
            _same(_normal),
            lambda _: 10.0,
            step_weight=0.0,
            switch_weight=lambda film: film.chunks / max(1, film.chunks - 1),
            stall_as_share=True,
        ),
        Qoe("sabre", "ln", _same(_log), lambda film: 5.0 / film.chunk_duration_s, step_weight=0.0),
    )
}


def score_names() -> tuple[str, ...]:
    """The scores there are."""
    return tuple(_QOES)


def qoe(name: str) -> Qoe:
    """The score called `name`. ScoreError: there is none."""
    if name not in _QOES:
        raise ScoreError(f"there is no score {name!r}; there are: {', '.join(_QOES)}")
    return _QOES[name]


def score(result: SessionResult, name: str, film: Film | None = None) -> float:
    """The session's score per chunk. `film` is needed by the scores that rest on a measured quality.

    A session with seeks plays other chunks than the film's in their order; each counts with its own utility.
    """
    film = film or Film(result.ladder, result.chunk_duration_s, len(result.chunks))
    if film.qualities:
        rows = tuple(film.qualities[chunk.index] for chunk in result.chunks)
        film = Film(film.ladder, film.chunk_duration_s, len(rows), rows, film.quality_name)
    stall_s = fsum(stall.duration_s for stall in result.stalls)
    return qoe(name).score(film, [chunk.rung for chunk in result.chunks], stall_s, result.startup_s)


def score_of(
    ladder: Ladder, chunk_duration_s: float, rungs: Sequence[RungIndex], stall_s: float, startup_s: float, name: str
) -> float | None:
    """The score of rungs played by the product; None where the score is not defined for such a title."""
    try:
        return qoe(name).score(Film(ladder, chunk_duration_s, len(rungs)), rungs, stall_s, startup_s)
    except ScoreError:
        return None

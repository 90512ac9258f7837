"""Scores: one number a session, per chunk, so that films of different lengths compare.

QoE = mean R_k - mu * stall seconds / chunks - sum |R_k - R_{k-1}| / chunks (Yin et al., SIGCOMM 2015; Mao et al.,
Pensieve, SIGCOMM 2017). `lin`: R in Mbit/s. `log`: R = ln(b / b_0). mu is the top rung's R, which is Pensieve's 4.3
and 2.66 on its ladder: a second of standstill costs what a second at the top rung gives. The start-up costs nothing
here; it is a column of its own. The first chunk counts (Pensieve's reports leave it out).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import fsum, log

from abr.model import Ladder, RungIndex
from abr.simulate.model import SessionResult


def _lin(ladder: Ladder) -> tuple[float, ...]:
    return tuple(rate / 1e6 for rate in ladder.bitrates_bps)


def _log(ladder: Ladder) -> tuple[float, ...]:
    return tuple(log(rate / ladder.bitrates_bps[0]) for rate in ladder.bitrates_bps)


_QUALITIES: dict[str, Callable[[Ladder], tuple[float, ...]]] = {"lin": _lin, "log": _log}


def score_names() -> tuple[str, ...]:
    """The scores there are."""
    return tuple(_QUALITIES)


def score(result: SessionResult, name: str) -> float:
    """The session's score per chunk."""
    stall_s = fsum(stall.duration_s for stall in result.stalls)
    return score_of(result.ladder, [chunk.rung for chunk in result.chunks], stall_s, name)


def score_of(ladder: Ladder, rungs: Sequence[RungIndex], stall_s: float, name: str) -> float:
    """The score per chunk of the rungs played, in the order of the title; there is at least one."""
    quality = _QUALITIES[name](ladder)
    got = [quality[rung] for rung in rungs]
    change = fsum(abs(b - a) for a, b in pairwise(got))
    return (fsum(got) - quality[-1] * stall_s - change) / len(got)

"""A controller of others under watch: what it answers is checked, what it raises is told with its name and chunk."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from math import isfinite
from operator import index as as_index
from pathlib import Path
from typing import Any

from abr.model import Decision, Observation, Progress, Reason, ReasonCode, RungIndex


class ControllerFailed(RuntimeError):
    """A controller raised, or answered what is no answer; the message names it, the chunk, and what is wrong."""


class Checked:
    """Passes everything on, and holds the answers to what docs/controllers.md asks."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.name: str = inner.name
        if callable(getattr(inner, "abandon", None)):
            # Only then: a controller without a rule of its own gets the common one.
            self.abandon: Callable[[Progress], Decision | None] = self._abandon
        self._chunk = 0

    def decide(self, observation: Observation) -> Decision:
        self._chunk = observation.chunk_index
        answer = self._call(self._inner.decide, observation)
        return self._sound(answer, observation.highest_allowed, observation.ladder.top)

    def _abandon(self, progress: Progress) -> Decision | None:
        answer = self._call(self._inner.abandon, progress)
        return None if answer is None else self._sound(answer, progress.ladder.top, progress.ladder.top)

    def _call(self, act: Callable[[Any], Any], seen: Any) -> Any:
        try:
            return act(seen)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(last.filename).name}:{last.lineno}"
            raise self._failed(f"raised {type(error).__name__}: {error} ({place})") from error

    def _sound(self, answer: Any, allowed: RungIndex, top: RungIndex) -> Decision:
        """The answer, its sentence already made: a lazy one could still fail when nobody can name the culprit."""
        if not isinstance(answer, Decision):
            raise self._failed(f"answered {_short(answer)} where abr.model.Decision is asked for")
        rung = self._rung(answer.rung, allowed, top)
        if not _is_number(answer.wait_s) or answer.wait_s < 0:
            raise self._failed(f"asked for a wait of {_short(answer.wait_s)}; seconds from 0 on are asked for")
        if answer.estimate_bps is not None and (not _is_number(answer.estimate_bps) or answer.estimate_bps < 0):
            raise self._failed(f"estimated {_short(answer.estimate_bps)}; bit/s from 0 on, or None, are asked for")
        estimate_bps = None if answer.estimate_bps is None else float(answer.estimate_bps)
        return Decision(rung, self._reason(answer.reason), estimate_bps, float(answer.wait_s))

    def _rung(self, rung: Any, allowed: RungIndex, top: RungIndex) -> RungIndex:
        try:
            chosen = as_index(rung)
        except TypeError:
            raise self._failed(f"chose rung {_short(rung)}, which is no whole number") from None
        if not 0 <= chosen <= top:
            raise self._failed(f"chose rung {chosen} of a ladder with rungs 0 to {top}")
        if chosen > allowed:
            raise self._failed(f"chose rung {chosen} where observation.highest_allowed is {allowed}")
        return chosen

    def _reason(self, reason: Any) -> Reason:
        if not isinstance(reason, Reason) or not isinstance(reason.code, ReasonCode):
            raise self._failed(f"gave {_short(reason)} as its reason; abr.model.Reason(ReasonCode..., words) is one")
        try:
            text = reason.text
        except Exception as error:
            raise self._failed(f"has a reason whose words cannot be made: {type(error).__name__}: {error}") from error
        if not isinstance(text, str):
            raise self._failed(f"has a reason whose words are {_short(text)}, not a sentence")
        return Reason(reason.code, text)

    def _failed(self, what: str) -> ControllerFailed:
        return ControllerFailed(f"controller {self.name!r}, chunk {self._chunk}: {what}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and isfinite(value)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

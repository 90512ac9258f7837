"""What an estimator is, and how it tells the transfers that it has not seen yet."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from abr.model import ThroughputSample

Samples = tuple[ThroughputSample, ...]
"""Finished transfers, oldest first; a longer session may have lost its oldest ones."""


@runtime_checkable
class Estimator(Protocol):
    """One session's estimate. It remembers; the same samples in the same order give the same answers."""

    def update(self, samples: Samples) -> float | None:
        """Take in what is new at the end of `samples` and answer bits per second; None before anything is measured."""
        ...


def unseen(samples: Samples, newest: ThroughputSample | None) -> Samples:
    """The samples that came after `newest`, all of them when it is not among them (any more)."""
    for position in range(len(samples), 0, -1):
        if samples[position - 1] is newest or samples[position - 1] == newest:
            return samples[position:]
    return samples

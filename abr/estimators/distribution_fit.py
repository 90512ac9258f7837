"""Fits the prior of `distribution.py` to recordings: `python -m abr.estimators.distribution_fit TRACES... > FILE`.

Each recording is cut into sessions of `TRANSFERS` windows of 2, 4 and 8 s, whose mean rates stand for transfers. What
is sought is the weight of each scale under which the sessions are likeliest; every family (the folder that a
recording lies in) counts alike. Source of the method: expectation maximisation for mixture weights (Dempster, Laird,
Rubin, Journal of the Royal Statistical Society B 39(1), 1977).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from math import exp, fsum, log

from abr.estimators.distribution import Bank, BankSettings
from abr.trace import Trace, expand, read_trace

WINDOWS_S = (2.0, 4.0, 8.0)
TRANSFERS = 30
SESSIONS_MOST = 4
"""Of one recording for each window, so that long recordings do not outweigh the others."""
LEAST_SHARE = 0.02
"""A window of an outage counts as this share of the recording's mean rate."""
ROUNDS = 60

Weights = tuple[float, ...]


def fit(traces: Sequence[Trace], settings: BankSettings | None = None) -> Weights:
    """The prior's weight of each scale; they sum to 1. ValueError: no recording is long enough for a session."""
    settings = settings or BankSettings()
    families: dict[str, list[list[float]]] = {}
    for trace in traces:
        likelihoods = [it for span_s in WINDOWS_S for it in _sessions(trace, span_s, settings)]
        families.setdefault(trace.family, []).extend(likelihoods)
    families = {name: rows for name, rows in families.items() if rows}
    if not families:
        raise ValueError(f"no recording lasts {TRANSFERS * WINDOWS_S[0]:g} s, so there is nothing to fit to")
    weights = [1.0] * len(settings.spreads)
    for _ in range(ROUNDS):
        weights = _round(weights, families)
    return tuple(weights)


def module_text(weights: Weights, spreads: Sequence[float]) -> str:
    """`distribution_prior.py` with these weights."""
    listed = ", ".join(f"{it:.4f}" for it in weights)
    return TEMPLATE.format(spreads=", ".join(f"{it:g}" for it in spreads), weights=listed)


def main(arguments: Sequence[str]) -> int:
    """Files and folders of recordings in; the module's text out."""
    traces = [read_trace(file) for file in expand(list(arguments))]
    sys.stdout.write(module_text(fit(traces), BankSettings().spreads))
    return 0


def _sessions(trace: Trace, span_s: float, settings: BankSettings) -> list[list[float]]:
    """The logarithm of each scale's likelihood, for each session."""
    whole = replace(settings, prior=(1.0,) * len(settings.spreads), memory=1.0)
    found = []
    count = min(int(trace.duration_s / (span_s * TRANSFERS)), SESSIONS_MOST)
    for session in range(count):
        bank = Bank(whole)
        for place in range(session * TRANSFERS, (session + 1) * TRANSFERS):
            bits = trace.bits_between(place * span_s, (place + 1) * span_s)
            bank.add(log(max(bits / span_s, LEAST_SHARE * trace.mean_bps)), span_s)
        found.append(list(bank.evidence))
    return found


def _round(prior: Sequence[float], families: dict[str, list[list[float]]]) -> list[float]:
    """One step of expectation maximisation."""
    shares = []
    for rows in families.values():
        for row in rows:
            top = max(row)
            weights = [it * exp(one - top) for it, one in zip(prior, row, strict=True)]
            total = fsum(weights) * len(rows) * len(families)
            shares.append([it / total for it in weights])
    return [fsum(column) for column in zip(*shares, strict=True)]


TEMPLATE = '''"""The prior of the scales, from recordings: `python -m abr.estimators.distribution_fit TRACES...`."""

SPREADS = ({spreads})
"""The scales of a step of ln(rate)."""
WEIGHTS = ({weights})
"""The share of sessions that each scale fits best, families of recordings counted alike."""
'''

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The figures of `evidence.py` as Markdown tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import fsum
from typing import Any


def tables(found: dict[str, Any], quantiles: Sequence[float]) -> str:
    """All parts that were made, one after the other."""
    parts: list[str] = []
    for metric, by_who in found.get("scores", {}).items():
        parts += [f"## Share of the optimum under {metric} (stall ratio)", _families(by_who)]
        parts += [f"### Switches a session, mean Mbit/s ({metric})", _families(by_who, _switches, mean=None)]
        parts += [f"### evenflow's 95 % intervals ({metric})", _intervals(next(iter(by_who.values())))]
    if "differences" in found:
        parts += ["## evenflow less each peer, share of the optimum [95 %]", _differences(found["differences"])]
    if "troubles" in found:
        parts += ["## Mean share of the optimum with one thing wrong (stall ratio)", _troubles(found["troubles"])]
    if "forecasts" in found:
        parts += ["## Share of transfers below each quantile", _forecasts(found["forecasts"], quantiles)]
    if "ablation" in found:
        parts += ["## evenflow with one part changed: share (stall ratio)", _families(found["ablation"])]
    return "\n\n".join(parts)


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _share(it: dict[str, Any]) -> str:
    return f"{it['share']:.3f} ({100 * it['stall_ratio']:.2f} %)"


def _switches(it: dict[str, Any]) -> str:
    return f"{it['switches']:.0f}, {it['mean_mbps']:.2f}"


def _families(
    by_who: dict[str, Any], cell: Callable[[dict[str, Any]], str] = _share, mean: str | None = "share"
) -> str:
    families = list(next(iter(by_who.values())))
    rows = [[family, *(cell(it[family]) for it in by_who.values())] for family in families]
    if mean is not None:
        rows.append(["mean", *(f"{fsum(it[family][mean] for family in families) / len(families):.4f}"
                               for it in by_who.values())])  # fmt: skip
    return _markdown(["family", *by_who], rows)


def _intervals(own: dict[str, Any]) -> str:
    rows = [
        [family, f"{it['interval'][0]:.3f} to {it['interval'][1]:.3f}", str(it["recordings"])]
        for family, it in own.items()
    ]
    return _markdown(["family", "95 % of the mean", "recordings"], rows)


def _differences(found: dict[str, Any]) -> str:
    families = list(next(iter(found.values())))

    def cell(it: dict[str, float]) -> str:
        return f"{it['mean']:+.3f} [{it['low']:+.3f}, {it['high']:+.3f}]"

    return _markdown(
        ["family", *found], [[family, *(cell(it[family]) for it in found.values())] for family in families]
    )


def _troubles(found: dict[str, Any]) -> str:
    who = list(next(iter(found.values())))
    return _markdown(["what is wrong", *who], [[name, *(_share(it[one]) for one in who)] for name, it in found.items()])


def _forecasts(found: dict[str, Any], quantiles: Sequence[float]) -> str:
    head = ["family", "transfers", *(f"{100 * share:.0f} %" for share in quantiles)]
    rows = [
        [family, str(it["transfers"]), *(f"{100 * below:.0f} %" for below in it["below"])]
        for family, it in found.items()
    ]
    count = sum(it["transfers"] for it in found.values())
    pooled = [fsum(it["transfers"] * it["below"][at] for it in found.values()) / count for at in range(len(quantiles))]
    return _markdown(head, [*rows, ["all", str(count), *(f"{100 * below:.0f} %" for below in pooled)]])

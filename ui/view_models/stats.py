"""The statistics overlay: rows that have a value, a minute of history, and the same as text for a support request."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from player.engine.snapshot import Snapshot, Status
from ui.view_models import formatting
from ui.view_models.playback import rung_name

WINDOW_S = 60.0
SAMPLE_EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class StatRow:
    """A line: what it is, its value, and what that means (a tool tip)."""

    label: str
    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the session; `at_s` is the window's own monotonic clock."""

    at_s: float
    throughput_bps: float
    rung_bps: float
    buffer_s: float
    stalled: bool
    band_bps: tuple[float, float] = (0.0, 0.0)


class History:
    """The last minute, for the graph."""

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self.window_s = window_s
        self._samples: deque[Sample] = deque()

    def add(self, now_s: float, snapshot: Snapshot) -> bool:
        """Remember this look unless one was just taken. Says whether it did."""
        if self._samples and now_s - self._samples[-1].at_s < SAMPLE_EVERY_S:
            return False
        self._samples.append(
            Sample(
                now_s,
                snapshot.throughput_bps or 0.0,
                _rung_bps(snapshot, snapshot.shown_rung),
                snapshot.buffer_s,
                snapshot.status is Status.STALLED,
                snapshot.band_bps or (0.0, 0.0),
            )
        )
        while now_s - self._samples[0].at_s > self.window_s:
            self._samples.popleft()
        return True

    def graph(self) -> dict[str, list[float]]:
        """Series in 0..1: x is the age across the window (1 = now), rates share one scale, the buffer has its own."""
        if not self._samples:
            return {"x": [], "throughput": [], "rung": [], "buffer": [], "stalled": [], "low": [], "high": []}
        now_s = self._samples[-1].at_s
        top_bps = self._top_bps()
        top_s = max(1.0, *(s.buffer_s for s in self._samples)) * 1.1
        return {
            "x": [1 - (now_s - s.at_s) / self.window_s for s in self._samples],
            "throughput": [min(1.0, s.throughput_bps / top_bps) for s in self._samples],
            "rung": [s.rung_bps / top_bps for s in self._samples],
            "buffer": [s.buffer_s / top_s for s in self._samples],
            "stalled": [float(s.stalled) for s in self._samples],
            "low": [min(1.0, s.band_bps[0] / top_bps) for s in self._samples],
            "high": [min(1.0, s.band_bps[1] / top_bps) for s in self._samples],
        }

    def top_rate(self) -> str:
        """What the graph's upper edge stands for."""
        return formatting.rate(self._top_bps()) if self._samples else ""

    def _top_bps(self) -> float:
        """The scale fits the rungs: a link far above them is cut off, or their steps could not be seen."""
        rung_bps = max(s.rung_bps for s in self._samples)
        throughput_bps = max(s.throughput_bps for s in self._samples)
        return max(1.0, min(throughput_bps, 2 * rung_bps) if rung_bps else throughput_bps, rung_bps) * 1.1


def stat_rows(snapshot: Snapshot) -> tuple[StatRow, ...]:
    """The lines that have something to say."""
    rows = (StatRow(label, make(snapshot), meaning) for label, make, meaning in _ROWS)
    return tuple(row for row in rows if row.value)


def as_text(title: str, snapshot: Snapshot) -> str:
    """What `copy` puts on the clipboard."""
    lines = [f"Evenflow \u00b7 {title}", f"At {formatting.clock(snapshot.position_s)}, {snapshot.status.value}"]
    lines += [f"{row.label}: {row.value}" for row in stat_rows(snapshot)]
    if snapshot.problem is not None:
        lines.append(f"Problem: {snapshot.problem.code}: {snapshot.problem.message}")
    return "\n".join(lines)


def _playing(snapshot: Snapshot) -> str:
    details = snapshot.output
    parts = []
    if snapshot.shown_rung is not None and snapshot.shown_rung < len(snapshot.rungs):
        rung = snapshot.rungs[snapshot.shown_rung]
        parts.append(f"{rung.width}\u00d7{rung.height}")
    for name in ("video_codec", "codec"):
        if details.get(name):
            parts.append(str(details[name]).split(" ", 1)[0])
            break
    hardware = details.get("hwdec")
    if hardware:
        parts.append("software decoding" if hardware == "no" else f"decoded by {hardware}")
    return " \u00b7 ".join(parts)


def _rung(snapshot: Snapshot) -> str:
    if snapshot.shown_rung is None or not snapshot.rungs:
        return ""
    text = f"{snapshot.shown_rung + 1} of {len(snapshot.rungs)} \u00b7 "
    text += formatting.rate(_rung_bps(snapshot, snapshot.shown_rung))
    if snapshot.fixed_rung is not None:
        return text + " (fixed by you)"
    cap = rung_name(snapshot, snapshot.rung_cap)
    return text + (f" (at most {cap})" if cap else "")


def _rung_bps(snapshot: Snapshot, rung: int | None) -> float:
    if rung is None or not 0 <= rung < len(snapshot.rungs):
        return 0.0
    return float(snapshot.rungs[rung].bitrate_bps)


def _throughput(snapshot: Snapshot) -> str:
    if not snapshot.throughput_bps:
        return ""
    text = formatting.rate(snapshot.throughput_bps)
    text += f" \u00b7 counted on {formatting.rate(snapshot.estimate_bps)}" if snapshot.estimate_bps else ""
    if snapshot.band_bps is not None:
        low_bps, high_bps = snapshot.band_bps
        text += f", likely {formatting.rate(low_bps)} to {formatting.rate(high_bps)}"
    return text


def _buffer(snapshot: Snapshot) -> str:
    text = f"{snapshot.buffer_s:.1f} s"
    text += f" of {snapshot.buffer_target_s:.0f} s" if snapshot.buffer_target_s else ""
    if snapshot.stall_count:
        text += f" \u00b7 stalls {snapshot.stall_count} ({snapshot.stall_s:.1f} s)"
    return text


def _next_choice(snapshot: Snapshot) -> str:
    chosen = rung_name(snapshot, snapshot.fetching_rung)
    return ": ".join(part for part in (chosen, snapshot.decision_text) if part)


def _frames(snapshot: Snapshot) -> str:
    details = snapshot.output
    parts = []
    fps = details.get("fps")
    if isinstance(fps, int | float) and fps > 0:
        parts.append(f"{fps:.4g} fps")
    decoder = _count(details, "frames_dropped_decoder", "dropped_decoder")
    shown = _count(details, "frames_dropped_output", "dropped_output", "frames_dropped")
    if decoder is not None or shown is not None:
        parts.append(f"dropped {decoder or 0} decoding, {shown or 0} showing")
    return " \u00b7 ".join(parts)


def _count(details: dict[str, object], *names: str) -> int | None:
    return next((value for name in names if isinstance(value := details.get(name), int)), None)


def _network(snapshot: Snapshot) -> str:
    if not snapshot.bytes_fetched:
        return ""
    text = formatting.size(snapshot.bytes_fetched)
    text += f" ({formatting.size(snapshot.bytes_wasted)} unused)" if snapshot.bytes_wasted else ""
    return text + (f" from {snapshot.edge}" if snapshot.edge else "")


_ROWS: tuple[tuple[str, Callable[[Snapshot], str], str], ...] = (
    ("Playing", _playing, "Picture size, coding and who decodes it"),
    ("Rung", _rung, "Which step of the quality ladder is on the screen, and its bit rate"),
    ("Throughput", _throughput, "How fast the last chunk came, what is counted on, and where 8 in 10 would be"),
    ("Buffer", _buffer, "How much is ready to play, of how much is wanted; how often playback had to wait"),
    ("Next choice", _next_choice, "What is fetched next, and why"),
    ("Chosen by", lambda s: s.controller, "The rule that picks the rung"),
    ("Frames", _frames, "Frame rate, and frames that could not be shown in time"),
    ("Network", _network, "What was fetched, and from which edge"),
)

"""The player page as words and choices: one engine snapshot in, everything the page shows out."""

from __future__ import annotations

from dataclasses import dataclass

from player.engine.snapshot import Snapshot, Status, TrackChoice
from ui.view_models import formatting

SPEEDS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
REWIND_ON_RESUME_S = 10.0
"""Who comes back after a day wants the last moments again before the new ones."""
NEAR_END = 0.97
LAST_KEEP_S = 0.5
"""A seek to the very end stops this far before it, so that the film ends by playing."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A line of a menu. `value` is what is handed back when it is taken."""

    value: str
    label: str
    detail: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class PlayerView:
    """What the page shows now."""

    status: str = Status.OPENING.value
    position_s: float = 0.0
    duration_s: float = 0.0
    buffered_from_s: float = 0.0
    buffered_to_s: float = 0.0
    paused: bool = False
    waiting: bool = True
    waiting_text: str = "Opening"
    ended: bool = False
    failed: bool = False
    clock: str = "0:00 / 0:00"
    quality_label: str = "Quality"
    quality_why: str = ""
    speed: float = 1.0
    problem_title: str = ""
    problem_text: str = ""
    problem_code: str = ""


def player_view(snapshot: Snapshot) -> PlayerView:
    """The page for this snapshot."""
    status = snapshot.status
    problem = snapshot.problem
    return PlayerView(
        status=status.value,
        position_s=snapshot.position_s,
        duration_s=snapshot.duration_s,
        buffered_from_s=snapshot.buffered_from_s,
        buffered_to_s=max(snapshot.buffered_to_s, snapshot.position_s),
        paused=status is Status.PAUSED,
        waiting=status in (Status.OPENING, Status.STALLED, Status.SEEKING),
        waiting_text=_waiting_text(snapshot),
        ended=status is Status.ENDED,
        failed=status is Status.FAILED,
        clock=f"{formatting.clock(snapshot.position_s)} / {formatting.clock(snapshot.duration_s)}",
        quality_label=_quality_label(snapshot),
        quality_why=snapshot.decision_text,
        speed=snapshot.speed,
        problem_title=problem.message if problem else "",
        problem_text=problem.advice if problem else "",
        problem_code=problem.code if problem else "",
    )


def _waiting_text(snapshot: Snapshot) -> str:
    if snapshot.problem is not None and snapshot.problem.attempt:
        return f"Reconnecting\u2026 attempt {snapshot.problem.attempt}"
    if snapshot.status is Status.OPENING:
        return "Opening"
    if snapshot.status is Status.SEEKING:
        return f"Going to {formatting.clock(snapshot.position_s)}"
    if snapshot.throughput_bps:
        return f"Buffering \u00b7 {formatting.rate(snapshot.throughput_bps)}"
    return "Buffering"


def _quality_label(snapshot: Snapshot) -> str:
    if snapshot.fixed_rung is not None:
        return rung_name(snapshot, snapshot.fixed_rung)
    shown = rung_name(snapshot, snapshot.shown_rung)
    return f"Auto {shown}" if shown else "Auto"


def rung_name(snapshot: Snapshot, rung: int | None) -> str:
    """`1080p`, or nothing when the rung is not known."""
    if rung is None or not 0 <= rung < len(snapshot.rungs):
        return ""
    return formatting.lines(snapshot.rungs[rung].height)


def quality_choices(snapshot: Snapshot) -> tuple[Choice, ...]:
    """Auto first, then the rungs from the top."""
    shown = rung_name(snapshot, snapshot.shown_rung)
    auto = Choice("", "Auto", f"now {shown}" if shown else "", snapshot.fixed_rung is None)
    rungs = tuple(
        Choice(
            str(rung.index),
            formatting.lines(rung.height),
            formatting.rate(rung.bitrate_bps),
            snapshot.fixed_rung == rung.index,
        )
        for rung in sorted(snapshot.rungs, key=lambda rung: rung.index, reverse=True)
    )
    return (auto, *rungs)


def audio_choices(snapshot: Snapshot) -> tuple[Choice, ...]:
    return tuple(_track(track) for track in snapshot.audio)


def subtitle_choices(snapshot: Snapshot) -> tuple[Choice, ...]:
    """Off first; nothing at all when the film has no subtitles."""
    if not snapshot.subtitles:
        return ()
    off = Choice("", "Off", "", not any(track.selected for track in snapshot.subtitles))
    return (off, *(_track(track) for track in snapshot.subtitles))


def _track(track: TrackChoice) -> Choice:
    return Choice(track.id, track.name or track.language, track.language if track.name else "", track.selected)


def speed_choices(speed: float) -> tuple[Choice, ...]:
    return tuple(
        Choice(str(factor), formatting.speed(factor), "normal" if factor == 1.0 else "", abs(factor - speed) < 0.01)
        for factor in SPEEDS
    )


def next_speed(speed: float, step: int) -> float:
    """The neighbouring speed of the list, or the outermost."""
    nearest = min(range(len(SPEEDS)), key=lambda index: abs(SPEEDS[index] - speed))
    return SPEEDS[max(0, min(len(SPEEDS) - 1, nearest + step))]


def following(choices: tuple[Choice, ...]) -> str | None:
    """The value after the chosen one, round and round; None when there is nothing to change to."""
    if len(choices) < 2:
        return None
    chosen = next((index for index, choice in enumerate(choices) if choice.chosen), -1)
    return choices[(chosen + 1) % len(choices)].value


def seek_target(position_s: float, duration_s: float) -> float:
    """A wished place, kept inside the film."""
    return max(0.0, min(position_s, max(0.0, duration_s - LAST_KEEP_S)))


def resume_at(saved_s: float | None, duration_s: float) -> float | None:
    """Where to begin when the viewer comes back: a little before, or from the start (None) near either end."""
    if not saved_s or saved_s < 5.0 or (duration_s and saved_s > NEAR_END * duration_s):
        return None
    return max(0.0, saved_s - REWIND_ON_RESUME_S)

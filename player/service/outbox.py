"""Resume points that the gateway has not confirmed yet: kept on disk, so that none is lost."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

from player.service.model import (
    BadAnswer,
    Fields,
    NotFound,
    RateLimited,
    ResumePoint,
    SignInNeeded,
    Unreachable,
    read_resume_point,
)
from player.service.tokens import write_private

MOST_POINTS = 500
LARGEST_BYTES = 2**20

Put = Callable[[ResumePoint], Awaitable[None]]


class HistoryOutbox:
    """The newest resume point of each profile and title, as JSON lines in `path`, until it is delivered.

    A point is on disk before it is sent, and leaves only when the gateway has taken it (or knows no such title).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._points = _read(path)
        self.unsaved: OSError | None = None
        """Why the last change could not be written; the points are still held in memory."""

    @property
    def pending(self) -> tuple[ResumePoint, ...]:
        """What waits, oldest event first."""
        return tuple(sorted(self._points.values(), key=lambda point: point.event_at_s))

    def add(self, point: ResumePoint) -> None:
        """Remember a point; an older event than the one remembered changes nothing."""
        known = self._points.get(_key(point))
        if known is None or known.event_at_s <= point.event_at_s:
            self._points[_key(point)] = point
            for oldest in self.pending[: max(0, len(self._points) - MOST_POINTS)]:
                del self._points[_key(oldest)]
            self._write()

    def position_s(self, title_id: str, profile_id: str = "") -> float | None:
        """Where the title was left, if that is still to be delivered."""
        point = self._points.get((profile_id, title_id))
        return None if point is None else point.position_s

    def forget(self, title_id: str, profile_id: str = "") -> None:
        """As if the title had never been begun."""
        if self._points.pop((profile_id, title_id), None) is not None:
            self._write()

    async def flush(self, put: Put, profile_id: str = "") -> int:
        """Deliver what waits of this profile; how many were. A point that names no profile is everybody's.

        Stops at the first sign that the gateway cannot take more now.
        """
        delivered = 0
        for point in self.pending:
            if point.profile_id not in ("", profile_id):
                continue
            try:
                await put(point)
            except (Unreachable, SignInNeeded, RateLimited):
                break
            except (NotFound, BadAnswer):
                # The gateway will never take it: a title that is gone, a point that it calls nonsense.
                self._drop(point)
            else:
                delivered += 1
                self._drop(point)
        return delivered

    def _drop(self, point: ResumePoint) -> None:
        """Forget it, unless a newer one has come meanwhile."""
        if self._points.get(_key(point)) == point:
            del self._points[_key(point)]
            self._write()

    def _write(self) -> None:
        lines = [json.dumps(_to_wire(point)) for point in self.pending]
        try:
            write_private(self._path, "".join(f"{line}\n" for line in lines).encode())
            self.unsaved = None
        except OSError as error:
            self.unsaved = error


def _key(point: ResumePoint) -> tuple[str, str]:
    return point.profile_id, point.id


def _to_wire(point: ResumePoint) -> dict[str, object]:
    fields = asdict(point)
    fields["event_at"] = fields.pop("event_at_s")
    return fields


def _read(path: Path) -> dict[tuple[str, str], ResumePoint]:
    """The points in a file; a line that is not one is skipped, the others count."""
    points: dict[tuple[str, str], ResumePoint] = {}
    try:
        raw = path.read_bytes()[:LARGEST_BYTES]
    except OSError:
        return points
    for line in raw.decode("utf-8", "replace").splitlines()[:MOST_POINTS]:
        try:
            point = read_resume_point(Fields(json.loads(line), ""))
        except (ValueError, RecursionError, BadAnswer):
            continue
        known = points.get(_key(point))
        if known is None or known.event_at_s <= point.event_at_s:
            points[_key(point)] = point
    return points

"""Tells the servers how the session fares: CMCD on every request that leaves the engine."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from player.fetch.transport import Purpose, Request
from player.output.sink import SinkState
from player.presentation.model import Rendition, Segment
from player.telemetry import cmcd
from player.telemetry.cmcd import ClientData, ObjectType, State

if TYPE_CHECKING:
    from player.engine.session import Session

MEDIA = frozenset({"a", "v", "av"})
ENOUGH_FACTOR = 2.0
"""A server that sends no faster than `rtp` must not hide from the estimates that a higher rung would fit."""
ENOUGH_BUFFER_SHARE = 0.5
"""Below this share of the buffer's cap, nothing is fast enough, and `rtp` is not sent."""

OTHER = Purpose()
MANIFEST = Purpose("m")
CAPTIONS = Purpose("c")
KEY = Purpose("k")


def piece(
    kind: ObjectType, rendition: Rendition, segment: Segment, following: Segment | None, top_bps: int | None = None
) -> Purpose:
    """What a segment is for; `following` is the one that is likely to be asked for after it."""
    span, uri = None, None
    if following is not None:
        uri = cmcd.relative(following.uri, segment.uri)
        part = following.byte_range
        span = (part.offset_bytes, part.offset_bytes + part.length_bytes - 1) if part and uri else None
    rate_bps = rendition.bitrate_bps or None
    return Purpose(kind, rate_bps, top_bps, segment.start_s, segment.duration_s, uri, span)


def section(piece: Rendition | Segment) -> Purpose:
    """What an initialisation section is for; the segment after it may be in the same file."""
    rendition = piece if isinstance(piece, Rendition) else None
    following = rendition.segments[0] if rendition and rendition.segments else piece if rendition is None else None
    init = piece.init
    uri = cmcd.relative(following.uri, init.uri) if isinstance(following, Segment) and init is not None else None
    return Purpose("i", rendition.bitrate_bps or None if rendition else None, next_uri=uri)


class Teller:
    """Puts one session's CMCD on its requests. `how` is `headers` or `query`."""

    def __init__(self, session: Session, how: str, version: int) -> None:
        self._session = session
        self._how = how
        self._version = version
        self._stalls_told: dict[str, int] = {}
        self._start_told = False
        self._sequence = 0
        title = session.source.title
        # An address may carry secrets; its hash tells titles apart just as well.
        self._content_id = hashlib.sha256(title.encode()).hexdigest()[:32] if "://" in title else title

    def __call__(self, request: Request) -> Request:
        """The request with everything told that is known now."""
        data = self._data(request.purpose or OTHER)
        if self._how == "query":
            return replace(request, uri=cmcd.with_argument(request.uri, data, self._version))
        return replace(request, headers={**request.headers, **cmcd.headers(data, self._version)})

    def _data(self, about: Purpose) -> ClientData:
        session, state = self._session, self._session.sink.state()
        media = about.object_type in MEDIA
        buffer_s = session.buffer_s(state)
        startup = not state.started or state.seeking or state.stalled
        sequence, self._sequence = self._sequence, self._sequence + 1
        # The words that only version 2 knows are not written in version 1.
        return ClientData(
            object_type=cast(ObjectType, about.object_type),  # the stations know nothing of one another
            bitrate_bps=about.bitrate_bps,
            top_bitrate_bps=about.top_bitrate_bps,
            duration_s=about.duration_s,
            buffer_s=buffer_s if media else None,
            deadline_s=self._deadline_s(about, state) if media else None,
            throughput_bps=self._throughput_bps(),
            max_throughput_bps=None if startup or not media else self._enough_bps(about, buffer_s),
            starved=self._starved(about, state) if media else False,
            startup=startup,
            next_uri=about.next_uri,
            next_range=about.next_range,
            content_id=self._content_id,
            session_id=session.log.session_id,
            streaming_format="d" if session.source.manifest_uri.partition("?")[0].endswith(".mpd") else "h",
            live=None if session.opened is None else session.opened.presentation.live,
            speed=0.0 if state.paused and state.started else session.speed,
            state=_state(state),
            sequence=sequence,
            start_delay_s=self._start_delay_s(),
        )

    def _throughput_bps(self) -> float | None:
        """What the next decision rests on; before there was one, what was measured last."""
        session = self._session
        if session.decision is not None and session.decision.estimate_bps is not None:
            return session.decision.estimate_bps
        return session.samples[-1].goodput_bps if session.samples else None

    def _deadline_s(self, about: Purpose, state: SinkState) -> float | None:
        if about.start_s is None:
            return None
        return max(about.start_s - state.position_s, 0.0) / self._session.speed

    def _enough_bps(self, about: Purpose, buffer_s: float) -> float | None:
        settings = self._session.settings
        if about.top_bitrate_bps is None or buffer_s < ENOUGH_BUFFER_SHARE * settings.buffer_cap_s:
            return None
        return ENOUGH_FACTOR * about.top_bitrate_bps * max(self._session.speed, 1.0)

    def _starved(self, about: Purpose, state: SinkState) -> bool:
        """Whether playing stood still since the last request of its kind, or stands now."""
        count, told = len(self._session.stalls()), self._stalls_told.get(about.object_type, 0)
        self._stalls_told[about.object_type] = count
        return count > told or (state.started and state.stalled)

    def _start_delay_s(self) -> float | None:
        """Once, with the first request after the first picture."""
        startup_s = self._session.log.startup_s
        if self._start_told or startup_s is None:
            return None
        self._start_told = True
        return startup_s


def _state(state: SinkState) -> State:
    if state.ended:
        return "e"
    if state.seeking:
        return "k"
    if not state.started:
        return "s"
    if state.paused:
        return "a"
    return "r" if state.stalled else "p"

"""One Representation in one Period: what it is, and how its segments are addressed."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from player.presentation.dash.addresses import base_of
from player.presentation.dash.tree import Manifest, Node
from player.presentation.families import audio_rank, family_of
from player.presentation.segment import ByteRange, Container, Resource, Segment

HIGHEST_BPS = 10_000_000_000
LARGEST_SIDE = 16_384
HIGHEST_TIMESCALE = 10**9
_RATE = re.compile(r"(\d{1,6})(?:/(\d{1,6}))?")
_CONTAINERS = {
    "video/mp4": Container.FMP4,
    "audio/mp4": Container.FMP4,
    "application/mp4": Container.FMP4,
    "video/mp2t": Container.MPEG_TS,
    "audio/mp2t": Container.MPEG_TS,
    "text/vtt": Container.WEBVTT,
}


@dataclass(frozen=True, slots=True)
class Span:
    """A Period's place in the presentation."""

    number: int
    start_s: float
    duration_s: float

    @property
    def end_s(self) -> float:
        return self.start_s + self.duration_s


@dataclass(frozen=True, slots=True)
class IndexReference:
    """Where a Representation's segment index is (SegmentBase), and what the segments found in it need."""

    uri: str
    byte_range: ByteRange
    init: Resource | None
    offset_s: float


@dataclass(frozen=True, slots=True)
class Encoding:
    """One Representation in one Period. Its segments are known, or an index has to be read for them."""

    id: str
    bitrate_bps: int
    codecs: str
    width: int
    height: int
    frame_rate: float
    container: Container
    span: Span
    segments: tuple[Segment, ...] = ()
    index: IndexReference | None = None

    @property
    def family(self) -> int | None:
        return family_of(self.codecs, bool(self.height))

    @property
    def sound(self) -> int:
        return audio_rank(self.codecs)


class Inherited:
    """The nodes that a Representation's attributes come from, the innermost first (Representation to Period)."""

    def __init__(self, manifest: Manifest, period: Node, adaptation: Node, representation: Node) -> None:
        self.manifest = manifest
        self.representation = representation
        self._nodes = (representation, adaptation, period)
        outer = base_of(manifest, manifest.uri, (manifest.mpd,))
        self.base = base_of(manifest, outer, (period, adaptation, representation))

    def common(self, name: str) -> Any:
        """An attribute of the Representation, or of the AdaptationSet around it."""
        found = (getattr(node, name, None) for node in self._nodes[:2])
        return next((value for value in found if value is not None), None)

    def addressing(self) -> tuple[str, list[Node]]:
        """Which of the three ways the innermost node has, and the nodes of that way, the innermost first (5.3.9.1)."""
        for depth, node in enumerate(self._nodes):
            for way in ("segment_templates", "segment_lists", "segment_bases"):
                if getattr(node, way, None):
                    return way, [getattr(n, way)[0] for n in self._nodes[depth:] if getattr(n, way, None)]
        return "", []


def told(nodes: list[Node], name: str) -> Any:
    """The innermost node's value."""
    return next((value for node in nodes if (value := getattr(node, name, None)) is not None), None)


def describe(inherited: Inherited, span: Span) -> Encoding:
    """What the Representation is, without its segments.

    Raises: `PresentationError`.
    """
    manifest, representation = inherited.manifest, inherited.representation
    mime = (inherited.common("mime_type") or "").split(";")[0].strip().lower()
    return Encoding(
        id=(representation.id or "")[:128],
        bitrate_bps=manifest.whole(representation.bandwidth, "a Representation's bandwidth", HIGHEST_BPS, 1),
        codecs=(inherited.common("codecs") or "")[:256],
        width=manifest.whole(inherited.common("width") or 0, "a width", LARGEST_SIDE),
        height=manifest.whole(inherited.common("height") or 0, "a height", LARGEST_SIDE),
        frame_rate=_frame_rate(inherited.common("frame_rate")),
        container=_CONTAINERS.get(mime, Container.UNTOLD),
        span=span,
    )


def _frame_rate(text: str | None) -> float:
    match = _RATE.fullmatch(text or "")
    if match is None or (match[2] and not int(match[2])):
        return 0.0
    rate = int(match[1]) / int(match[2] or 1)
    return rate if math.isfinite(rate) else 0.0

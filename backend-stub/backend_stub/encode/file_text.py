"""Text subtitles of a user's own file as WebVTT: the words and their times; styling is left behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av

from backend_stub.encode.images import clock
from backend_stub.encode.model import SubtitleTrack, TitlePlan
from backend_stub.encode.probe import opened

_ASS_FIELDS_BEFORE_TEXT = 8


def webvtt(plan: TitlePlan, track: SubtitleTrack) -> str:
    """The track as WebVTT, on the picture's clock."""
    cues = []
    with opened(Path(plan.source)) as container:
        stream = container.streams[track.stream_index]
        video = container.streams.video[0]
        zero_s = float((video.start_time or 0) * video.time_base)
        for begin_s, end_s, text in _cues(container, stream):
            if text and end_s - zero_s > 0:
                cues.append(f"{clock(max(0.0, begin_s - zero_s))} --> {clock(end_s - zero_s)}\n{text}\n")
    return "WEBVTT\n\n" + "\n".join(cues)


def _cues(container: Any, stream: Any) -> Iterator[tuple[float, float, str]]:
    for packet in container.demux(stream):
        if packet.pts is None:
            continue
        begin_s = float(packet.pts * packet.time_base)
        length_s = float((packet.duration or 0) * packet.time_base) or 3.0
        try:
            parts = [words(part) for part in packet.decode()]
        except av.FFmpegError:
            continue
        yield begin_s, begin_s + length_s, "\n".join(part for part in parts if part)


def words(subtitle: Any) -> str:
    """The plain words of one decoded subtitle: FFmpeg gives all text kinds as an ASS event line."""
    ass = getattr(subtitle, "ass", b"")
    line = ass.decode("utf-8", "replace") if isinstance(ass, bytes) else str(ass)
    text = line.split(",", _ASS_FIELDS_BEFORE_TEXT)[-1]
    text = re.sub(r"\{[^}]*\}", "", text).replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ")
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A blank line would end the cue.
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())

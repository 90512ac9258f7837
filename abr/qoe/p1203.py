"""A session as input for ITU-T P.1203, mode 0: what the standalone model (itu-p1203 on GitHub) reads.

Form: `I11` audio segments, `I13` video segments (kbit/s, seconds, `WIDTHxHEIGHT`), `I23` stalls as [media second,
duration] with the initial loading as the one at 0, `IGen` the device (ITU-T P.1203, 2017; examples/mode0*.json of
itu-p1203 1.x). The model itself may be used for research only and is no part of Evenflow; its reader runs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from abr.simulate.model import SessionResult

STREAM_ID = 1


class P1203Error(ValueError):
    """The session lacks what the model needs; the message says what."""


@dataclass(frozen=True, slots=True)
class Viewing:
    """What no size table tells. `audio_bps` 0: the film counts as silent (`I11` stays empty)."""

    fps: float = 24.0
    video_codec: str = "h264"
    audio_codec: str = "aaclc"
    audio_bps: int = 0
    display: str = "1920x1080"
    device: str = "pc"
    distance: str = "150cm"


DEFAULT = Viewing()


def p1203_input(result: SessionResult, viewing: Viewing = DEFAULT) -> dict[str, Any]:
    """The session as the standalone model's JSON. P1203Error: the ladder says no picture sizes."""
    if any(rung.width <= 0 or rung.height <= 0 for rung in result.ladder.rungs):
        raise P1203Error(
            f"{result.video}: its ladder says no width and height, which P.1203 needs; "
            "builtin:film and encoded titles say them"
        )
    loading = [[0, result.startup_s]] if result.startup_s > 0 else []
    return {
        "I11": {"segments": _audio(result, viewing), "streamId": STREAM_ID},
        "I13": {"segments": _video(result, viewing), "streamId": STREAM_ID},
        "I23": {
            "stalling": loading + [[stall.media_s, stall.duration_s] for stall in result.stalls],
            "streamId": STREAM_ID,
        },
        "IGen": {
            "device": viewing.device,
            "displaySize": viewing.display,
            "viewingDistance": viewing.distance,
        },
    }


def _video(result: SessionResult, viewing: Viewing) -> list[dict[str, Any]]:
    chunk_s = result.chunk_duration_s
    return [
        {
            "bitrate": 8.0 * chunk.size_bytes / chunk_s / 1e3,
            "codec": viewing.video_codec,
            "duration": chunk_s,
            "fps": viewing.fps,
            "resolution": f"{result.ladder[chunk.rung].width}x{result.ladder[chunk.rung].height}",
            "start": position * chunk_s,
        }
        for position, chunk in enumerate(result.chunks)
    ]


def _audio(result: SessionResult, viewing: Viewing) -> list[dict[str, Any]]:
    if not viewing.audio_bps:
        return []
    length_s = result.chunk_duration_s * len(result.chunks)
    return [{"bitrate": viewing.audio_bps / 1e3, "codec": viewing.audio_codec, "duration": length_s, "start": 0}]

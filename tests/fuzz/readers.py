"""The readers of what comes from the network, each as one function of bytes, with its seeds and its bounds.

Memory, per byte of input: a playlist's line of thirteen bytes becomes a dictionary of the m3u8 library and a segment of
ours, which is 192 bytes for each of them at most; steering manifests and WebVTT stay within 64, sidx boxes within 32.
"""

from __future__ import annotations

from pathlib import Path

from fuzzing import Reader

from player.presentation.errors import PresentationError
from player.presentation.hls import parse_media, parse_multivariant
from player.presentation.live import reload
from player.presentation.model import Rendition
from player.presentation.webvtt import check_webvtt
from player.steering.content_steering import SteeringError, parse_steering

STREAMS = Path(__file__).parent.parent / "presentation" / "streams"
BASE = "https://cdn.example/t/v?token=a"
VARIABLES = {"host": "h.example"}
HLS_TAGS = tuple(
    tag.encode()
    for tag in (
        "\n#EXTINF:4,\na.ts\n", "\n#EXT-X-DISCONTINUITY\n", "\n#EXT-X-ENDLIST\n", "\n#EXT-X-GAP\n",
        '\n#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0x1\n', "\n#EXT-X-KEY:METHOD=NONE\n", '\n#EXT-X-MAP:URI="i"\n',
        "\n#EXT-X-BYTERANGE:10@0\n", "\n#EXT-X-BYTERANGE:10\n", "\n#EXT-X-BITRATE:100\n",
        "\n#EXT-X-MEDIA-SEQUENCE:5\n", "\n#EXT-X-DISCONTINUITY-SEQUENCE:5\n", "\n#EXT-X-TARGETDURATION:4\n",
        "\n#EXT-X-PLAYLIST-TYPE:EVENT\n", "\n#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n", "\n#EXT-X-I-FRAMES-ONLY\n",
        '\n#EXT-X-DEFINE:NAME="a",VALUE="b"\n', '\n#EXT-X-DEFINE:IMPORT="host"\n',
        '\n#EXT-X-DEFINE:QUERYPARAM="token"\n',
        "\n#EXT-X-PROGRAM-DATE-TIME:2026-01-02T03:04:05Z\n", '\n#EXT-X-PART:DURATION=1,URI="p"\n',
        "\n#EXT-X-START:TIME-OFFSET=-1\n", '\n#EXT-X-DATERANGE:ID="a"\n', "\n#EXT-X-SERVER-CONTROL:HOLD-BACK=12\n",
        "\n#EXT-X-STREAM-INF:BANDWIDTH=100\nv\n", '\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="n"\n',
        '\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="i"\n', '\n#EXT-X-CONTENT-STEERING:SERVER-URI="s"\n',
        ',PATHWAY-ID="B"', ",RESOLUTION=1x1", ',CODECS="avc1"', "{$a}", "#EXTM3U\n",
        "#EXT-X-CUE-OUT:1", "#EXT-X-TILES:",
    )
)  # fmt: skip


def _files(*patterns: str) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for pattern in patterns for path in sorted(STREAMS.glob(pattern)))


def _multivariant(data: bytes) -> object:
    return parse_multivariant(data.decode("utf-8", "replace"), BASE)


def _media(data: bytes) -> object:
    """The playlist alone, and as what a live one became."""
    text = data.decode("utf-8", "replace")
    found = parse_media(text, BASE, VARIABLES)
    return reload(_LIVE, text, BASE, VARIABLES), found


def _live() -> Rendition:
    found = parse_media((STREAMS / "media-live.m3u8").read_text(encoding="utf-8"), BASE)
    return Rendition("v0", 1, "", found.segments, uri=BASE, reloading=found.reloading)


_LIVE = _live()
_STEERING = (
    b'{"VERSION":1,"TTL":300,"RELOAD-URI":"https://s.example/x","PATHWAY-PRIORITY":["A","B"],"PATHWAY-CLONES":'
    b'[{"BASE-ID":"A","ID":"C","URI-REPLACEMENT":{"HOST":"c.example","PARAMS":{"t":"1"}}}]}',
)
_WEBVTT = (
    b"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n1\n00:00:01.000 --> 00:00:02.500 align:start\nHi\n",
    b"\xef\xbb\xbfWEBVTT - title\n\nSTYLE\n::cue { color: red }\n\nNOTE x\n\n01:00.000 --> 01:02.000\n<v A>one\ntwo\n",
)

READERS = {
    reader.name: reader
    for reader in (
        Reader("hls-multivariant", _multivariant, (PresentationError,), _files("multi-*"), HLS_TAGS, 192),
        Reader("hls-media", _media, (PresentationError,), _files("media-*"), HLS_TAGS, 192),
        Reader("webvtt", check_webvtt, (PresentationError,), _WEBVTT, (b"-->", b"\n\n", b"WEBVTT", b"00:01.000")),
        Reader(
            "steering",
            lambda data: parse_steering(data, BASE),
            (SteeringError,),
            _STEERING,
            (b"[", b"{", b'"a":', b"[" * 5000, b'"', b"1e999", b"NaN", b"null", b"true"),
        ),
    )
}

"""The readers of what comes from the network, each as one function of bytes, with its seeds and its bounds.

Memory, per byte of input: a playlist's line of thirteen bytes becomes a dictionary of the m3u8 library and a segment of
ours, which is 192 bytes for each of them at most, and 2 MiB beside; steering manifests and WebVTT stay within 64. What
a few characters of an MPD may mean is bounded by itself (120,000 segments, 16 Mi characters of addresses): 96 MiB and
256 a byte. A segment index has 50,000 entries at most, 24 MiB and 64 a byte.
"""

from __future__ import annotations

import struct
from pathlib import Path

from fuzzing import Reader

from player.presentation.dash.load import assemble, parse_mpd
from player.presentation.dash.sidx import parse_sidx, read_index
from player.presentation.errors import PresentationError
from player.presentation.hls import parse_media, parse_multivariant
from player.presentation.live import reload
from player.presentation.model import ByteRange, Rendition, Segment
from player.presentation.webvtt import joined
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

DASH_TOKENS = tuple(
    token.encode()
    for token in (
        '<Period duration="PT1S">', "</Period>", '<S t="0" d="1" r="-1"/>', '<S d="9" r="3"/>', ' duration="1"',
        ' timescale="90000"', "<SegmentTimeline>", "</SegmentTimeline>", ' presentationTimeOffset="9"',
        '<AdaptationSet mimeType="audio/mp4">', "</AdaptationSet>", '<Representation id="x" bandwidth="1"/>',
        '<SegmentBase indexRange="0-99"/>', "<BaseURL>x/</BaseURL>", '<Initialization range="0-9"/>', ' start="PT1S"',
        '<SegmentURL mediaRange="0-9"/>', "$Number%05d$", "$Time$", "$$", "<!DOCTYPE a>", "<!ENTITY a 'b'>", "&a;",
        "<![CDATA[", "<!--", "-->", "<?x?>", ' xlink:href="x"', ' xmlns:xlink="http://www.w3.org/1999/xlink"',
        "<a>" * 20, ' contentType="text"', ' mimeType="text/vtt"', ' codecs="hvc1"', ' type="dynamic"',
        "<ContentProtection/>", '<MPD mediaPresentationDuration="PT9H">', "</MPD>",
        ' endNumber="3"', ' startNumber="3"',
        "PT0.0000001S",
    )
)  # fmt: skip


def index_box(entries: list[tuple[int, int, bool]], version: int = 0, time: int = 0, after: int = 0) -> bytes:
    """A segment index box; each entry is (size, duration, is it a further index)."""
    body = struct.pack(">B3xII", version, 1, 1000) + struct.pack(">QQ" if version else ">II", time, after)
    body += struct.pack(">HH", 0, len(entries))
    body += b"".join(struct.pack(">III", size | int(more) << 31, length, 0) for size, length, more in entries)
    return struct.pack(">I4s", len(body) + 8, b"sidx") + body


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


def _dash(data: bytes) -> object:
    """The MPD, with one and the same index for whatever needs one."""
    plan = parse_mpd(data.decode("utf-8", "replace"), BASE)
    return assemble(plan, [_INDEX] * len(plan.unread))


def _sidx(data: bytes) -> object:
    """The index alone, then followed through a file that is the input over and over."""

    async def fetch(uri: str, span: ByteRange) -> bytes:
        return data[span.offset_bytes % (len(data) or 1) :][: span.length_bytes] or data

    first = parse_sidx(data, 0, BASE)
    try:
        read_index(BASE, ByteRange(0, 4096), fetch).send(None)
    except StopIteration as done:
        return first, done.value
    raise AssertionError("it waits for nothing here")


def _webvtt(data: bytes) -> object:
    segment = Segment(1, BASE, 6.0, 6.0)
    return joined([(segment, data)]), joined([(segment, data)], {0: 10.0})


_LIVE = _live()
_INDEX = parse_sidx(index_box([(5000, 2000, False), (7000, 2000, False), (300, 2000, False)]), 0)
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
        Reader(
            "hls-media",
            _media,
            (PresentationError,),
            _files("media-[!d]*", "media-define*"),
            HLS_TAGS,
            192,
            refused=_files("media-delta*"),
        ),
        Reader("dash", _dash, (PresentationError,), _files("*.mpd"), DASH_TOKENS, 256, 96 * 2**20, 2.0, 60e-6),
        Reader(
            "sidx",
            _sidx,
            (PresentationError,),
            (index_box([(5000, 2000, False), (7000, 2000, False)]), index_box([(500, 40, False)] * 40, 1, 2**40)),
            (b"sidx", b"\0\0\0\1", b"styp", b"\0\0\0\1free", b"\x80" + bytes(7), b"\xff" * 8),
            64,
            24 * 2**20,
            refused=(
                index_box([(500, 40, True), (400, 20, True)], 0, 3, 7),
                index_box([(44, 40, True)] * 2) + index_box([(10, 40, False)]),
            ),
        ),
        Reader(
            "webvtt", _webvtt, (PresentationError,), _WEBVTT, (b"-->", b"\n\n", b"WEBVTT", b"00:01.000 --> 00:02.000\n")
        ),
        Reader(
            "steering",
            lambda data: parse_steering(data, BASE),
            (SteeringError,),
            _STEERING,
            (b"[", b"{", b'"a":', b"[" * 5000, b'"', b"1e999", b"NaN", b"null", b"true"),
        ),
    )
}

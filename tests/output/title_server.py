"""A title on a real HTTP server: the ladder as HLS, the same pictures and sound as one MP4, and every request noted."""

from __future__ import annotations

import contextlib
import io
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import media_ladder

MASTER = "master.m3u8"
FILM = "film.mp4"
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def write_title(ladder: media_ladder.Ladder, folder: Path) -> None:
    """The ladder's files under `folder`, and its top rung with the sound as one MP4 whose index comes first."""
    (folder / MASTER).write_text(_master(len(ladder.video_inits)))
    for rung, init in enumerate(ladder.video_inits):
        _write_rendition(folder / f"v{rung}", init, ladder.video[rung], media_ladder.CHUNK_S)
    _write_rendition(folder / "a", ladder.audio_init, ladder.audio, media_ladder.AUDIO_SEGMENT_S)
    top = ladder.video_inits[-1] + b"".join(ladder.video[-1])
    write_one_file(top, ladder.audio_init + b"".join(ladder.audio), folder / FILM)


def write_one_file(video: bytes, audio: bytes, path: Path) -> None:
    """Two fragmented files copied sample by sample into a plain MP4."""
    with (
        av.open(io.BytesIO(video)) as pictures,
        av.open(io.BytesIO(audio)) as sound,
        av.open(path, "w", format="mp4", options={"movflags": "faststart"}) as film,
    ):
        streams = [film.add_stream_from_template(source.streams[0]) for source in (pictures, sound)]
        packets = [
            (float(packet.dts * packet.time_base), stream, packet)
            for source, stream in zip((pictures, sound), streams, strict=True)
            for packet in source.demux()
            if packet.dts is not None
        ]
        for _, stream, packet in sorted(packets, key=lambda item: item[0]):
            packet.stream = stream
            film.mux(packet)


def _write_rendition(folder: Path, init: bytes, segments: tuple[bytes, ...], length_s: float) -> None:
    folder.mkdir()
    (folder / "init.mp4").write_bytes(init)
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{round(length_s)}", "#EXT-X-PLAYLIST-TYPE:VOD"]
    lines.append('#EXT-X-MAP:URI="init.mp4"')
    left_s = media_ladder.DURATION_S
    for number, segment in enumerate(segments):
        (folder / f"s{number}.m4s").write_bytes(segment)
        lines += [f"#EXTINF:{max(min(length_s, left_s), 0.001):.6f},", f"s{number}.m4s"]
        left_s -= length_s
    (folder / "playlist.m3u8").write_text("\n".join([*lines, "#EXT-X-ENDLIST", ""]))


def _master(rungs: int) -> str:
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    lines.append('#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",DEFAULT=YES,URI="a/playlist.m3u8"')
    width, height = media_ladder.SIZE
    for rung in range(rungs):
        told = f'BANDWIDTH={(rung + 1) * 400_000},RESOLUTION={width}x{height},CODECS="avc1.42c01e,mp4a.40.2"'
        lines += [f'#EXT-X-STREAM-INF:{told},AUDIO="a"', f"v{rung}/playlist.m3u8"]
    return "\n".join([*lines, ""])


class TitleServer:
    """Serves a folder on loopback, byte ranges included. Use as a context manager.

    `requests` and `answered` are paths in their order; `hold(path)` says whether to keep one waiting until `release`.
    """

    def __init__(self, folder: Path) -> None:
        self.requests: list[str] = []
        self.answered: list[str] = []
        self.hold: Callable[[str], bool] = lambda _path: False
        self.held = threading.Event()
        self._released = threading.Event()
        self._files = {
            f"/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in folder.rglob("*") if path.is_file()
        }
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="title", daemon=True)

    def __enter__(self) -> TitleServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def uri(self, name: str = MASTER) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/{name}"

    def release(self) -> None:
        """Answer what is held, and hold nothing any more."""
        self.hold = lambda _path: False
        self._released.set()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1  # head and body in one write

            def do_GET(self) -> None:
                owner._answer(self)

            def handle(self) -> None:
                with contextlib.suppress(OSError):  # who asked is gone
                    super().handle()

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.requests.append(handler.path)
        if self.hold(handler.path):
            self.held.set()
            self._released.wait()
        body = self._files.get(handler.path)
        if body is None:
            handler.send_error(404)
            return
        first, last = 0, len(body) - 1
        asked = _RANGE.fullmatch(handler.headers.get("Range", ""))
        if asked:
            first = int(asked[1])
            last = min(int(asked[2] or last), last)
        handler.send_response(206 if asked else 200)
        if asked:
            handler.send_header("Content-Range", f"bytes {first}-{last}/{len(body)}")
        handler.send_header("Accept-Ranges", "bytes")
        handler.send_header("Content-Length", str(last - first + 1))
        handler.end_headers()
        self.answered.append(handler.path)
        handler.wfile.write(body[first : last + 1])

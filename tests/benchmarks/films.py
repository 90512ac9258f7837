"""A film for measurements: encoded once in some seconds, served as HLS by a process of its own for as long as asked.

python -P tests/benchmarks/films.py FOLDER PORT-FILE    (started by the benchmarks that need one)
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FPS, CHUNK_S = 24, 2.0
TIMESCALE = 12_288  # what FFmpeg's muxer makes of 24 pictures a second


def encode(folder: Path, width: int, height: int, chunks: int, rate_bps: int) -> None:
    """Write `init.mp4`, a fragment a chunk, `whole.mp4` and `film.json`: moving noise that fills the rate."""
    import av
    import numpy as np

    out, rng = io.BytesIO(), np.random.default_rng(1)
    options = {"movflags": "empty_moov+default_base_moof+frag_keyframe"}
    grain = rng.integers(96, 160, (height * 3 // 2, width + 64), np.uint8)
    per_chunk = int(FPS * CHUNK_S)
    with av.open(out, "w", format="mp4", options=options) as container:
        coding = {"preset": "veryfast", "g": str(per_chunk), "keyint_min": str(per_chunk), "sc_threshold": "0"}
        stream = container.add_stream("libx264", rate=FPS, options=coding | {"bf": "0"})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = width, height, "yuv420p", rate_bps
        stream.time_base = Fraction(1, FPS)
        for number in range(chunks * per_chunk):
            shift = number % 64
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(grain[:, shift : shift + width]), format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    init, fragments = _split(out.getvalue())
    (folder / "init.mp4").write_bytes(init)
    for index, fragment in enumerate(fragments):
        (folder / f"{index}.m4s").write_bytes(fragment)
    (folder / "whole.mp4").write_bytes(out.getvalue())
    told = {"width": width, "height": height, "rate_bps": rate_bps, "chunks": len(fragments)}
    (folder / "film.json").write_text(json.dumps(told))


def _split(data: bytes) -> tuple[bytes, list[bytes]]:
    """The initialisation section, and every moof with its mdat."""
    init, fragments, at = b"", [], 0
    while at < len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        box = data[at : at + size]
        if kind == b"moof":
            fragments.append(box)
        elif fragments and kind == b"mdat":
            fragments[-1] += box
        elif not fragments:
            init += box
        at += size
    return init, fragments


def at_place(fragment: bytes, seconds_on: float) -> bytes:
    """The fragment that much later on the film's clock: its tfdt (ISO 14496-12 section 8.8.12), version 1."""
    at = fragment.index(b"tfdt") + 4
    if fragment[at] != 1:
        raise ValueError("a tfdt of version 1 was expected")
    time_at = at + 4
    later = int.from_bytes(fragment[time_at : time_at + 8], "big") + round(seconds_on * TIMESCALE)
    return fragment[:time_at] + later.to_bytes(8, "big") + fragment[time_at + 8 :]


def _playlist(chunks: int) -> str:
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-PLAYLIST-TYPE:VOD", f"#EXT-X-TARGETDURATION:{round(CHUNK_S)}"]
    lines += ['#EXT-X-MAP:URI="init.mp4"']
    for index in range(chunks):
        lines += [f"#EXTINF:{CHUNK_S},", f"{index}.m4s"]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


class _Handler(BaseHTTPRequestHandler):
    """`/N/master.m3u8`: the film as one of N chunks, its own over and over."""

    protocol_version = "HTTP/1.1"
    folder = Path()

    def do_GET(self) -> None:
        _, count, name = self.path.split("/")
        film = json.loads((self.folder / "film.json").read_text())
        if name == "master.m3u8":
            size = f"RESOLUTION={film['width']}x{film['height']}"
            stream = f'#EXT-X-STREAM-INF:BANDWIDTH={film["rate_bps"]},{size},CODECS="avc1.640028"'
            body = f"#EXTM3U\n#EXT-X-VERSION:7\n{stream}\nv.m3u8\n".encode()
        elif name == "v.m3u8":
            body = _playlist(int(count)).encode()
        elif name.endswith(".m4s"):
            turn, index = divmod(int(name.partition(".")[0]), film["chunks"])
            fragment = (self.folder / f"{index}.m4s").read_bytes()
            body = at_place(fragment, turn * film["chunks"] * CHUNK_S)
        else:
            body = (self.folder / "init.mp4").read_bytes()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served(width: int, height: int, chunks: int, rate_bps: int) -> Iterator[tuple[str, Path]]:
    """A film encoded into a folder that goes again, and served: (base URI, folder)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        encode(folder, width, height, chunks, rate_bps)
        port_file = folder / "port"
        server = subprocess.Popen([sys.executable, __file__, name, str(port_file)])
        try:
            end_s = time.monotonic() + 20
            while not port_file.exists() or not port_file.read_text():
                if time.monotonic() > end_s:
                    raise TimeoutError("the film's server did not start")
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port_file.read_text()}", folder
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    _Handler.folder = Path(sys.argv[1])
    listening = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    Path(sys.argv[2]).write_text(str(listening.server_address[1]))
    listening.serve_forever()

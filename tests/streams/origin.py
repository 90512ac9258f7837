"""A small real HTTP server: files that may depend on the time, byte ranges, and what was asked of it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

File = bytes | Callable[[], "bytes | None"]
"""A body, or what makes one at the moment of asking; None: not there."""


class Origin:
    """Serves `files` by path while in use as a context manager; `asked` are the paths requested, in order."""

    def __init__(self, files: Mapping[str, File]) -> None:
        self.files = dict(files)
        self.asked: list[str] = []
        origin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = self.path.partition("?")[0].lstrip("/")
                origin.asked.append(path)
                file = origin.files.get(path)
                body = file() if callable(file) else file
                self._answer(body)

            def _answer(self, body: bytes | None) -> None:
                status, body = (404, b"") if body is None else (200, body)
                asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
                if asked and status == 200:
                    first, last = int(asked[1]), int(asked[2] or len(body) - 1)
                    status, whole, body = 206, len(body), body[first : last + 1]
                self.send_response(status)
                if status == 206:
                    self.send_header("Content-Range", f"bytes {first}-{first + len(body) - 1}/{whole}")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing is printed."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Origin:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def uri(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/{path}"

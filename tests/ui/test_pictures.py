"""Pictures are fetched once and then come from the disk, also after a restart, and never beyond the bound."""

from __future__ import annotations

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QImage
from PySide6.QtQml import QQmlComponent, QQmlEngine
from PySide6.QtQuick import QQuickItem

from ui.bridge.pictures import PictureCache
from ui.collector import QtThreadCollector


class Gallery(ThreadingHTTPServer):
    """A server on which every path is the same picture, and what it was asked for."""

    def __init__(self, body: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Painting)
        self.body = body
        self.asked: list[str] = []

    def __enter__(self) -> Gallery:
        self._serving = threading.Thread(target=self.serve_forever)
        self._serving.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._serving.join()
        self.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Painting(BaseHTTPRequestHandler):
    server: Gallery

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200)
        self.send_header("content-type", "image/png")
        self.send_header("content-length", str(len(self.server.body)))
        self.send_header("cache-control", "public, max-age=86400")
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        return None


async def show(base: str, name: str, folder: Path, most_bytes: int) -> None:
    """A window's engine loads a picture, as a page would, and ends."""
    factory = PictureCache(folder, most_bytes)
    engine = QQmlEngine()
    engine.setNetworkAccessManagerFactory(factory)
    component = QQmlComponent(engine)
    picture = "asynchronous: true; cache: false; property bool there: status === Image.Ready"
    qml = f'import QtQuick\nImage {{ {picture}; source: "{base}/{name}.png" }}'
    component.setData(qml.encode(), QUrl())
    item = component.create()
    assert isinstance(item, QQuickItem), component.errorString()
    async with asyncio.timeout(10):
        while not item.property("there"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    item.deleteLater()
    engine.deleteLater()


def test_a_picture_is_fetched_once_for_all_starts(qt_loop: Any, tmp_path: Path) -> None:
    image = QImage(64, 64, QImage.Format.Format_RGB32)
    image.fill(0x336699)
    assert image.save(str(tmp_path / "one.png"))

    async def three_starts(base: str) -> None:
        for _ in range(3):
            await show(base, "poster", tmp_path / "cache", 10**7)

    with Gallery((tmp_path / "one.png").read_bytes()) as shown, QtThreadCollector():
        qt_loop.run_until_complete(three_starts(shown.url))
    assert shown.asked == ["/poster.png"]


def test_the_oldest_pictures_go_when_the_bound_is_reached(qt_loop: Any, tmp_path: Path) -> None:
    image = QImage(200, 200, QImage.Format.Format_RGB32)
    for x in range(200):
        for y in range(200):
            image.setPixel(x, y, (x * y * 2654435761) & 0xFFFFFF)
    assert image.save(str(tmp_path / "one.png"))
    body = (tmp_path / "one.png").read_bytes()

    async def many(base: str) -> None:
        for n in range(12):
            await show(base, f"poster{n}", tmp_path / "cache", 4 * len(body))

    with Gallery(body) as shown, QtThreadCollector():
        qt_loop.run_until_complete(many(shown.url))
    assert len(shown.asked) == 12
    held = sum(path.stat().st_size for path in (tmp_path / "cache").rglob("*") if path.is_file())
    assert 0 < held <= 5 * len(body)

"""The seek bar's preview pictures: the cue file is fetched once, bounded; QML crops the sheets by itself."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QUrl
from PySide6.QtNetwork import QNetworkAccessManager, QNetworkReply, QNetworkRequest

from ui.view_models.sprites import Sprites, parse_sprites

_LARGEST_BYTES = 2 * 2**20
_TIMEOUT_MS = 10_000


class SpriteSheet(QObject):
    """Previews of the title that plays; without them the bar shows the time only."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._network = QNetworkAccessManager(self)
        self._network.setTransferTimeout(_TIMEOUT_MS)
        self._reply: QNetworkReply | None = None
        self._sprites = Sprites([])

    def load(self, url: str | None) -> None:
        self.clear()
        if url is None:
            return
        reply = self._reply = self._network.get(QNetworkRequest(QUrl(url)))
        reply.downloadProgress.connect(lambda got, _: reply.abort() if got > _LARGEST_BYTES else None)
        reply.finished.connect(lambda: self._finished(reply))

    def clear(self) -> None:
        reply, self._reply = self._reply, None
        self._sprites = Sprites([])
        if reply is not None:
            reply.abort()

    def _finished(self, reply: QNetworkReply) -> None:
        if reply is self._reply and reply.error() is QNetworkReply.NetworkError.NoError:
            text = bytes(reply.readAll().data()).decode("utf-8", "replace")
            self._sprites = parse_sprites(text, reply.url().toString())
        if reply is self._reply:
            self._reply = None
        reply.deleteLater()

    def tile(self, position_s: float) -> dict[str, Any]:
        """What to crop for this place; empty when there is none."""
        tile = self._sprites.at(position_s)
        if tile is None:
            return {}
        return {"url": tile.url, "x": tile.x, "y": tile.y, "width": tile.width, "height": tile.height}

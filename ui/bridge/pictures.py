"""Posters and backdrops stay on disk between starts, within a bound; the server is asked again when they are stale."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtNetwork import QNetworkAccessManager, QNetworkDiskCache
from PySide6.QtQml import QQmlNetworkAccessManagerFactory

MOST_PICTURE_BYTES = 100 * 2**20
TRANSFER_TIMEOUT_MS = 20_000


class PictureCache(QQmlNetworkAccessManagerFactory):
    """QML loads pictures through it, on a thread of Qt's own.

    What each answer's Cache-Control allows is kept (RFC 9111); beyond `most_bytes` the oldest go.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_PICTURE_BYTES) -> None:
        super().__init__()
        self._folder, self._most_bytes = folder, most_bytes

    def create(self, parent: QObject) -> QNetworkAccessManager:
        # Both belong to `parent`, so that they end in the thread that they live in, not in Python's.
        manager = QNetworkAccessManager(parent)
        manager.setTransferTimeout(TRANSFER_TIMEOUT_MS)
        cache = QNetworkDiskCache(manager)
        cache.setCacheDirectory(str(self._folder))
        cache.setMaximumCacheSize(self._most_bytes)
        manager.setCache(cache)
        return manager

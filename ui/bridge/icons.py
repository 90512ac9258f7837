"""`image://icon/play/F2F4F8`: our SVG icons in any colour, drawn by QtSvg at the size asked for."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtQuick import QQuickImageProvider
from PySide6.QtSvg import QSvgRenderer

ICONS = Path(__file__).parent.parent / "assets" / "icons"
_DEFAULT_PX = 24


def draw_icon(name: str, colour: str, size: QSize) -> QImage:
    """The icon as an image with transparency; an unknown name gives an empty one."""
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    path = ICONS / f"{Path(name).name}.svg"
    if path.is_file():
        svg = path.read_text(encoding="utf-8").replace("currentColor", f"#{colour.lstrip('#')[-6:]}")
        painter = QPainter(image)
        QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size.width(), size.height()))
        painter.end()
    return image


class IconProvider(QQuickImageProvider):
    """Registered as `icon`; Qt caches what it draws."""

    def __init__(self) -> None:
        super().__init__(QQuickImageProvider.ImageType.Image)

    def requestImage(self, id: str, size: QSize, requestedSize: QSize) -> QImage:  # noqa: A002, N802, N803
        name, _, colour = id.partition("/")
        asked = requestedSize if requestedSize.isValid() else QSize(_DEFAULT_PX, _DEFAULT_PX)
        image = draw_icon(name, colour or "F2F4F8", asked)
        size.setWidth(image.width())
        size.setHeight(image.height())
        return image

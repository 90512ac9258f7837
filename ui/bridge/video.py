"""The film's picture inside the Qt Quick scene: a framebuffer that the output's renderer draws into.

Rules that keep it from hanging or aborting: the basic render loop (a Python renderer deadlocks the threaded one), the
render context made before the first file is loaded and freed with the GL context current before the output closes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QOpenGLContext
from PySide6.QtOpenGL import QOpenGLFramebufferObject
from PySide6.QtQuick import QQuickFramebufferObject, QQuickItem, QQuickOpenGLUtils

from ui.ports import Renderer, RendererFactory


class VideoSurface(QQuickFramebufferObject):
    """One output's picture. `ready` is emitted once its render context exists; then a file may be loaded."""

    ready = Signal()
    failed = Signal(str)
    _frame = Signal()

    def __init__(self, sink: Any, make: RendererFactory, parent: QQuickItem) -> None:
        super().__init__(parent)
        self.setObjectName("videoSurface")
        self.setTextureFollowsItemSize(True)
        # mpv draws the way OpenGL counts rows, from the bottom up.
        self.setMirrorVertically(True)
        self._sink = sink
        self._make = make
        self._renderer: Renderer | None = None
        self._released = False
        self._frame.connect(self.update, Qt.ConnectionType.QueuedConnection)

    def createRenderer(self) -> QQuickFramebufferObject.Renderer:  # noqa: N802
        # Kept here as well: the scene alone does not keep the Python half alive.
        self._frame_renderer = _FrameRenderer(self)
        return self._frame_renderer

    def draw(self, fbo: QOpenGLFramebufferObject) -> None:
        """Called with the GL context current."""
        if self._released:
            return
        if self._renderer is None and not self._make_renderer():
            return
        assert self._renderer is not None
        size = fbo.size()
        self._renderer.render(size.width(), size.height(), fbo.handle())
        QQuickOpenGLUtils.resetOpenGLState()

    def _make_renderer(self) -> bool:
        try:
            self._renderer = self._make(self._sink, gl_address, self._on_update)
        except Exception as error:  # whatever the graphics driver and libmpv find to say is for the viewer
            self._released = True
            self.failed.emit(str(error))
            return False
        self.ready.emit()
        return True

    def _on_update(self) -> None:
        """On a thread of the output's: only post."""
        if not self._released:
            self._frame.emit()

    def swapped(self) -> None:
        """The frame reached the screen."""
        if self._renderer is not None and not self._released:
            self._renderer.report_swap()

    def release(self, make_current: Callable[[], Callable[[], None]]) -> None:
        """Free the render context; idempotent. `make_current` makes a GL context current and says how to leave it."""
        if self._released and self._renderer is None:
            return
        self._released = True
        renderer, self._renderer = self._renderer, None
        if renderer is not None:
            leave = make_current()
            try:
                renderer.free()
            finally:
                leave()


class _FrameRenderer(QQuickFramebufferObject.Renderer):
    def __init__(self, surface: VideoSurface) -> None:
        super().__init__()
        self._surface = surface

    def render(self) -> None:
        self._surface.draw(self.framebufferObject())


def gl_address(name: bytes | str) -> int:
    """The address of a GL function in the current context, as libmpv asks for it."""
    context: QOpenGLContext | None = QOpenGLContext.currentContext()
    if context is None:
        return 0
    raw = name if isinstance(name, bytes) else name.encode()
    return int(context.getProcAddress(QByteArray(raw)) or 0)

"""The Qt window itself: set-up before Qt starts, fonts, icons, and the stage on which a film's picture is put."""

from __future__ import annotations

import asyncio
import locale
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QUrl
from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication, QImage, QOpenGLContext, QSurfaceFormat
from PySide6.QtQml import QQmlApplicationEngine
from PySide6.QtQuick import QQuickItem, QQuickWindow, QSGRendererInterface
from PySide6.QtQuickControls2 import QQuickStyle

from ui.bridge.icons import IconProvider
from ui.bridge.pictures import PictureCache
from ui.bridge.shell import Shell
from ui.bridge.video import VideoSurface
from ui.machine import PACKAGES, MachineMissing
from ui.ports import RendererFactory, StageFailed

HERE = Path(__file__).parent
READY_TIMEOUT_S = 10.0


def prepare_qt(argv: list[str], *, opengl: bool = True) -> QGuiApplication:
    """The application object, with everything set that must be set before it or before the first window."""
    # A Python renderer and Qt's threaded loop deadlock over the interpreter lock.
    os.environ["QSG_RENDER_LOOP"] = "basic"
    os.environ["LC_NUMERIC"] = "C"
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    if opengl:
        QQuickWindow.setGraphicsApi(QSGRendererInterface.GraphicsApi.OpenGL)
        surface_format = QSurfaceFormat.defaultFormat()
        surface_format.setSwapInterval(1)
        QSurfaceFormat.setDefaultFormat(surface_format)
    QQuickStyle.setStyle("Basic")
    existing = QGuiApplication.instance()
    app = existing if isinstance(existing, QGuiApplication) else QGuiApplication(argv)
    # Qt sets the locale from the environment; libmpv refuses any decimal sign but a point.
    locale.setlocale(locale.LC_NUMERIC, "C")
    app.setApplicationName("evenflow")
    app.setApplicationDisplayName("Evenflow")
    app.setDesktopFileName("org.evenflow.Evenflow")
    for font in sorted((HERE / "assets" / "fonts").glob("*.otf")):
        QFontDatabase.addApplicationFont(str(font))
    app.setFont(QFont("Inter"))
    return app


class Window:
    """The scene, loaded from QML around a shell. `pictures` is the folder that keeps them between starts."""

    def __init__(self, shell: Shell, pictures: Path | None = None) -> None:
        self._engine = QQmlApplicationEngine()
        if pictures is not None:
            self._pictures = PictureCache(pictures)
            self._engine.setNetworkAccessManagerFactory(self._pictures)
        self._engine.addImageProvider("icon", IconProvider())
        self._engine.addImportPath(str(HERE / "qml"))
        self._warnings: list[str] = []
        self._engine.warnings.connect(lambda found: self._warnings.extend(one.toString() for one in found))
        self._engine.setInitialProperties({"shell": shell})
        self._engine.load(QUrl.fromLocalFile(str(HERE / "qml" / "Main.qml")))
        roots = self._engine.rootObjects()
        if not roots or not isinstance(roots[0], QQuickWindow):
            raise RuntimeError("The window's pages cannot be loaded: " + "; ".join(self._warnings))
        self.view: QQuickWindow = roots[0]
        self._shell = shell
        shell.full_screen_changed.connect(self._follow_full_screen)

    @property
    def warnings(self) -> list[str]:
        """What QML complained about, for tests."""
        return self._warnings

    def show(self) -> None:
        self.view.show()

    def _follow_full_screen(self) -> None:
        if self._shell.property("fullScreen"):
            self.view.showFullScreen()
        else:
            self.view.showNormal()

    def item(self, name: str) -> QQuickItem | None:
        """An item of the scene by its object name, delegates included."""
        return find_item(self.view.contentItem(), name)

    def grab(self) -> QImage:
        """The whole window as it is drawn, picture included."""
        return self.view.grabWindow()

    def close(self) -> None:
        """Destroy the scene while its context can still be made current."""
        self.view.close()
        self._engine.deleteLater()
        QCoreApplication.sendPostedEvents(self._engine, QEvent.Type.DeferredDelete.value)
        QCoreApplication.processEvents()


def find_item(root: QQuickItem, name: str) -> QQuickItem | None:
    """Depth first; QObject's own search does not see a list view's delegates."""
    if root.objectName() == name:
        return root
    for child in root.childItems():
        found = find_item(child, name)
        if found is not None:
            return found
    return None


class VideoStage:
    """Puts one output's picture at a time behind the player's controls."""

    def __init__(self, window: Window, make: RendererFactory) -> None:
        self._window = window
        self._make = make
        self._surface: VideoSurface | None = None
        window.view.frameSwapped.connect(self._swapped)
        window.view.sceneGraphError.connect(lambda _, text: self._graphics_failed(text))
        self._mounted: asyncio.Future[None] | None = None

    async def mount(self, sink: Any) -> None:
        self.unmount()
        host = self._window.item("videoHost")
        assert host is not None, "Main.qml has a videoHost"
        surface = self._surface = VideoSurface(sink, self._make, host)
        mounted = self._mounted = asyncio.get_running_loop().create_future()
        surface.ready.connect(self._graphics_work, Qt.ConnectionType.QueuedConnection)
        surface.failed.connect(self._graphics_failed, Qt.ConnectionType.QueuedConnection)
        _fill(surface, host)
        surface.update()
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                await mounted
        except TimeoutError as error:
            raise StageFailed(f"The graphics driver did not start in {READY_TIMEOUT_S:.0f} s.") from error
        finally:
            self._mounted = None

    def _graphics_work(self) -> None:
        if self._mounted is not None and not self._mounted.done():
            self._mounted.set_result(None)

    def _graphics_failed(self, text: str) -> None:
        if self._mounted is not None and not self._mounted.done():
            self._mounted.set_exception(StageFailed(f"{text}. The packages are: {PACKAGES}."))

    def unmount(self) -> None:
        surface, self._surface = self._surface, None
        if surface is not None:
            surface.release(self._make_current)
            surface.setVisible(False)
            surface.setParentItem(None)  # type: ignore[arg-type]  # Qt's way to leave a scene
            surface.deleteLater()

    def _make_current(self) -> Callable[[], None]:
        """The scene's own context if it can be had: libmpv's objects live in it."""
        view = self._window.view
        context = view.rendererInterface().getResource(view, QSGRendererInterface.Resource.OpenGLContextResource)
        if not isinstance(context, QOpenGLContext) or QOpenGLContext.currentContext() is context:
            return lambda: None
        context.makeCurrent(view)
        return context.doneCurrent

    def _swapped(self) -> None:
        if self._surface is not None:
            self._surface.swapped()


class NoStage:
    """No picture at all: for tests, and for outputs that draw nothing."""

    async def mount(self, sink: Any) -> None:
        return None

    def unmount(self) -> None:
        return None


def _fill(item: QQuickItem, host: QQuickItem) -> None:
    def follow() -> None:
        item.setWidth(host.width())
        item.setHeight(host.height())

    host.widthChanged.connect(follow)
    host.heightChanged.connect(follow)
    item.destroyed.connect(lambda: (host.widthChanged.disconnect(follow), host.heightChanged.disconnect(follow)))
    follow()


def require_opengl() -> None:
    """Raise `MachineMissing` when no OpenGL context can be made, before a window would end the process for it."""
    context = QOpenGLContext()
    if not context.create():
        raise MachineMissing(
            "OpenGL does not work on this display, so no picture can be shown. "
            f"On Debian or Ubuntu: `apt install {PACKAGES} libgl1-mesa-dri`."
        )


class CloseGuard(QObject):
    """Turns the window's close button into a wish to close: the engine is stopped before the scene goes."""

    def __init__(self, then: Callable[[], None]) -> None:
        super().__init__()
        self._then = then

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Close:
            event.ignore()
            self._then()
            return True
        return False

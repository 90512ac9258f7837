"""From the command line to a window: the real gateway, the real engine, the real output, plugged together."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path, user_state_path
from PySide6.QtGui import QGuiApplication

from player.compose import Account, Order, desktop
from player.engine.remote import Remote
from player.engine.thread import EngineThread
from player.output.mpv import MpvSink
from player.output.mpv_library import MpvMissing, load_mpv
from player.output.mpv_render import GlRenderer
from player.service.client import GatewayClient
from player.service.known_home import KnownHome
from player.service.tokens import MemoryTokenStore
from ui import app
from ui.address import Address
from ui.machine import MachineMissing, check_window
from ui.ports import Service


def run(
    *,
    gateway_url: str,
    order: Order,
    title_id: str | None = None,
    seconds: float | None = None,
    screenshot: Path | None = None,
    auto_sign_in: tuple[str, str] | None = None,
    hwdec: str = "auto-safe",
    stats: bool = False,
    drive: app.Driver | None = None,
) -> tuple[int, dict[str, Any]]:
    """Open the window; answers its exit code and the report of the last session, empty when nothing was played.

    Without a gateway, `order.title` is an address that is played as it is. Raises `MachineMissing`.
    """
    check_window()
    _check_libmpv()
    tokens = MemoryTokenStore()
    outbox = user_state_path("evenflow", ensure_exists=True) / "resume-points.jsonl"
    cache = user_cache_path("evenflow", ensure_exists=True)
    known = KnownHome(cache / "pages")
    service: Service = Address(order.title)
    if gateway_url:
        service = GatewayClient(gateway_url, tokens, outbox=outbox, known=known)
    account = Account(gateway_url, tokens, outbox=outbox) if gateway_url else None
    starter = EngineStarter(replace(order, account=account, resume=False), hwdec)
    code = app.run(
        gateway_url=gateway_url or order.title,
        starter=starter,
        make_renderer=renderer,
        service=service,
        title_id=title_id,
        seconds=seconds,
        screenshot=screenshot,
        auto_sign_in=auto_sign_in,
        stats=stats,
        pictures=cache / "pictures",
        drive=drive,
    )
    return code, starter.report()


def renderer(sink: Any, get_proc_address: Any, on_update: Any) -> GlRenderer:
    """libmpv's picture in the window's OpenGL context; VA-API shares its surfaces only where it knows the display."""
    native = getattr(QGuiApplication.instance(), "nativeInterface", lambda: None)()
    display = native.display() if native is not None and hasattr(native, "display") else None
    wayland = "Wayland" in type(native).__name__
    return GlRenderer(
        sink,
        get_proc_address,
        on_update,
        wl_display=display if wayland else None,
        x11_display=None if wayland else display,
    )


def audio_outputs() -> str:
    """mpv's list of audio outputs; silence in real time where there is nothing to sound on.

    Left to itself on a Linux without sound, mpv tries every library there is, and each complains on the terminal.
    """
    if not sys.platform.startswith("linux"):
        return ""
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent"))
    server = "PULSE_SERVER" in os.environ or any((runtime / name).exists() for name in ("pulse/native", "pipewire-0"))
    card = any(Path("/dev/snd").glob("pcm*p"))
    return "pulse,pipewire,alsa,null" if server else "alsa,null" if card else "null"


def _check_libmpv() -> None:
    try:
        load_mpv()
    except MpvMissing as error:
        raise MachineMissing(str(error)) from error


class EngineStarter:
    """Starts a desktop session for every title that is opened."""

    def __init__(self, order: Order, hwdec: str) -> None:
        self._order, self._hwdec = order, hwdec
        self._last: EngineThread | None = None

    def open_sink(self) -> MpvSink:
        return MpvSink(vo="libmpv", ao=audio_outputs(), hwdec=self._hwdec)

    def start(self, title_id: str, sink: Any, start_at_s: float | None) -> Remote:
        order = self._order
        title = title_id if order.account else order.title
        # A window keeps trying: the viewer sees what is wrong and decides when it is enough.
        settings = replace(order.settings, start_at_s=start_at_s or 0.0, give_up_s=None, stop_after_s=None)
        self._last = desktop(replace(order, title=title, settings=settings), sink).start()
        return self._last

    def set_volume(self, sink: Any, percent: float) -> None:
        sink.set_volume(percent)

    def set_muted(self, sink: Any, muted: bool) -> None:
        sink.set_muted(muted)

    def report(self) -> dict[str, Any]:
        return self._last.report() if self._last else {}

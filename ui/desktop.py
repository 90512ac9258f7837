"""The real house behind the window: gateway client, engine and libmpv, put together for `ui.app.run`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from player import compose
from player.engine.remote import Remote
from player.output.mpv import MpvMissing, MpvSink
from player.output.mpv_render import GlRenderer
from player.service.client import GatewayClient
from player.service.tokens import MemoryTokenStore, TokenStore
from ui.app import run
from ui.machine import MachineMissing, check_window


@dataclass
class Desktop:
    """Starts the engine with a libmpv output. Each title gets an mpv core of its own, and ends it."""

    account: compose.Account
    controller: str = compose.DEFAULT_CONTROLLER
    hwdec: str = "auto-safe"
    audio_output: str = ""

    def open_sink(self) -> MpvSink:
        return MpvSink(vo="libmpv", ao=self.audio_output, hwdec=self.hwdec)

    def start(self, title_id: str, sink: MpvSink, start_at_s: float | None) -> Remote:
        order = compose.Order(title=title_id, account=self.account, controller=self.controller, resume=False)
        order = replace(order, settings=replace(order.settings, start_at_s=start_at_s or 0.0))
        return compose.desktop(order, sink).start()

    def set_volume(self, sink: MpvSink, percent: float) -> None:
        sink.set_volume(percent)

    def set_muted(self, sink: MpvSink, muted: bool) -> None:
        sink.set_muted(muted)


def open_window(
    *,
    gateway_url: str,
    title_id: str | None = None,
    seconds: float | None = None,
    screenshot: Path | None = None,
    auto_sign_in: tuple[str, str] | None = None,
    controller: str = compose.DEFAULT_CONTROLLER,
    hwdec: str = "auto-safe",
    audio_output: str = "",
    tokens: TokenStore | None = None,
    outbox: Path | None = None,
) -> int:
    """Open the window on this gateway and stay until it is closed. Returns an exit code; raises `MachineMissing`.

    One token store serves the window and the engine, so that a renewal by either is known to both.
    """
    check_window()
    _check_libmpv()
    store = tokens or MemoryTokenStore()
    account = compose.Account(gateway_url, store, outbox=outbox)
    return run(
        gateway_url=gateway_url,
        starter=Desktop(account, controller, hwdec, audio_output),
        make_renderer=GlRenderer,
        service=GatewayClient(gateway_url, store, outbox=outbox),
        title_id=title_id,
        seconds=seconds,
        screenshot=screenshot,
        auto_sign_in=auto_sign_in,
    )


def _check_libmpv() -> None:
    try:
        MpvSink(vo="null", ao="null").close()
    except MpvMissing as error:
        raise MachineMissing(str(error)) from error

"""Drawing with OpenGL: the one thing that a window needs of libmpv, so that it never imports it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from player.output.mpv import MpvSink


class GlRenderer:
    """libmpv's OpenGL render context. Create, render and free it on one thread, with the GL context current.

    `on_update` is called on an mpv thread when there is a new picture: only post it. `on_close` is called, on any
    thread, when the sink closes while this exists: post it, and call `free` on the thread that renders; mpv ends there.
    """

    def __init__(
        self,
        sink: MpvSink,
        get_proc_address: Callable[[str], int],
        on_update: Callable[[], None],
        on_close: Callable[[], None] | None = None,
        wl_display: int | None = None,
        x11_display: int | None = None,
    ) -> None:
        """Raises RuntimeError when libmpv cannot draw in the current context."""
        self._sink = sink
        self._on_close = on_close
        # mpv keeps this pointer as long as the context lives.
        self._address_of = sink.library.MpvGlGetProcAddressFn(lambda _data, name: get_proc_address(name.decode()) or 0)
        displays = {"wl_display": wl_display, "x11_display": x11_display}
        given = {name: value for name, value in displays.items() if value}
        try:
            self._context: Any = sink.library.MpvRenderContext(
                sink.player, "opengl", opengl_init_params={"get_proc_address": self._address_of}, **given
            )
        except Exception as error:  # python-mpv raises whatever its error table says
            raise RuntimeError(f"libmpv cannot draw with this OpenGL: {error}") from error
        self._context.update_cb = on_update
        sink.attach(self)

    def render(self, width: int, height: int, fbo: int, flip_y: bool = True) -> None:
        """Draw the picture of now into the framebuffer object; never waits for a display's refresh."""
        if self._context is not None:
            self._context.render(
                opengl_fbo={"w": width, "h": height, "fbo": fbo}, flip_y=flip_y, block_for_target_time=False
            )

    def report_swap(self) -> None:
        """The frame drawn last is on the screen."""
        if self._context is not None:
            self._context.report_swap()

    def on_closing(self) -> None:
        if self._on_close is not None:
            self._on_close()

    def free(self) -> None:
        """Give up the context, and end mpv when its sink is closed. Idempotent."""
        context, self._context = self._context, None
        if context is not None:
            context.update_cb = None
            context.free()
            self._sink.detach(self)

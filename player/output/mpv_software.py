"""Drawing without OpenGL: libmpv's software renderer into an array. For machines without GL, and for tests."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from player.output.mpv import MpvSink

# From libmpv's render.h; python-mpv does not know the software parameters.
_API_TYPE, _SIZE, _FORMAT, _STRIDE, _POINTER = 1, 17, 18, 19, 20
_UPDATE_FRAME = 1


class _Parameter(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_int), ("data", ctypes.c_void_p))


_UpdateFunction = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class SoftwareRenderer:
    """Pictures of a fixed size, 4 bytes a pixel (R, G, B, unused). One thread renders and frees.

    `on_update` and `on_close` as for `GlRenderer`. 720p at 30 pictures a second cost a fifth of a core.
    """

    def __init__(
        self,
        sink: MpvSink,
        width: int,
        height: int,
        on_update: Callable[[], None],
        on_close: Callable[[], None] | None = None,
    ) -> None:
        """Raises RuntimeError when libmpv refuses."""
        self._sink = sink
        self._on_close = on_close
        self._functions = _functions(sink.library.backend)
        self._context = ctypes.c_void_p()
        parameters = _parameters((_API_TYPE, ctypes.c_char_p(b"sw")))
        code = self._functions["create"](ctypes.byref(self._context), sink.player.handle, parameters)
        if code < 0:
            raise RuntimeError(f"libmpv cannot draw in software (error {code})")
        self.pixels: NDArray[np.uint8] = np.zeros((height, width, 4), np.uint8)
        self._keep = (
            (ctypes.c_int * 2)(width, height),
            ctypes.c_char_p(b"rgb0"),
            ctypes.c_size_t(width * 4),
        )
        size, layout, stride = self._keep
        self._target = _parameters(
            (_SIZE, size),
            (_FORMAT, layout),
            (_STRIDE, ctypes.pointer(stride)),
            (_POINTER, self.pixels.ctypes.data_as(ctypes.c_void_p)),
        )
        self._update = _UpdateFunction(lambda _data: on_update())
        self._functions["callback"](self._context, self._update, None)
        sink.attach(self)

    def render(self) -> bool:
        """Draw into `pixels` if there is a new picture; whether there was."""
        if not self._context or not self._functions["update"](self._context) & _UPDATE_FRAME:
            return False
        self._functions["render"](self._context, self._target)
        self._functions["swap"](self._context)
        return True

    def on_closing(self) -> None:
        if self._on_close is not None:
            self._on_close()

    def free(self) -> None:
        """Give up the context, and end mpv when its sink is closed. Idempotent."""
        if self._context:
            self._functions["free"](self._context)
            self._context = ctypes.c_void_p()
            self._sink.detach(self)


def _parameters(*pairs: tuple[int, Any]) -> ctypes.Array[_Parameter]:
    rows = [_Parameter(kind, ctypes.cast(value, ctypes.c_void_p)) for kind, value in pairs]
    return (_Parameter * (len(rows) + 1))(*rows, _Parameter(0, None))


def _functions(backend: Any) -> dict[str, Any]:
    context, pointer = ctypes.c_void_p, ctypes.POINTER(_Parameter)
    table: dict[str, tuple[str, Any, tuple[Any, ...]]] = {
        "create": ("create", ctypes.c_int, (ctypes.POINTER(context), context, pointer)),
        "render": ("render", ctypes.c_int, (context, pointer)),
        "update": ("update", ctypes.c_uint64, (context,)),
        "swap": ("report_swap", None, (context,)),
        "callback": ("set_update_callback", None, (context, _UpdateFunction, context)),
        "free": ("free", None, (context,)),
    }
    # Prototypes of our own: python-mpv has set others on the same functions.
    return {
        short: ctypes.CFUNCTYPE(result, *arguments)(("mpv_render_context_" + name, backend))
        for short, (name, result, arguments) in table.items()
    }

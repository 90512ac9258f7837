"""A viewer in a process of its own: the real window, used by its keys; prints what was seen as one JSON line."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx

from player.compose import Order
from ui import launch


async def until(holds: Callable[[], object], within_s: float = 60.0) -> None:
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110  the window's state tells nobody outside
            await asyncio.sleep(0.05)


def main(gateway_url: str, admin_token: str) -> None:
    told: dict[str, Any] = {"pages": []}
    closing_at_s = [0.0]

    def block_every_fetch() -> None:
        for edge in ("edge-a", "edge-b"):
            httpx.put(
                f"{gateway_url}/v1/admin/edges/{edge}/fault",
                headers={"Authorization": f"Bearer {admin_token}"},
                json={"delay_s": 60, "match": ".m4s"},
            ).raise_for_status()

    async def drive(shell: Any, window: Any) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        loop = asyncio.get_running_loop()

        def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
            # From a plain callback: QTest lets the window live for a moment, and tasks may go on in it.
            loop.call_soon(QTest.keyClick, window.view, key, modifier)

        def focused() -> str:
            item = window.view.activeFocusItem()
            return str(item.objectName()) if item is not None else ""

        page = shell.player_page
        window.view.requestActivate()
        await until(window.view.isActive)
        await until(lambda: shell.property("page") == "home" and focused() == "heroPlay")
        told["pages"].append(str(shell.property("page")))
        press(Qt.Key.Key_Return)
        await until(page.has_picture)
        told["pages"].append(str(shell.property("page")))
        told["duration_s"] = page.shown.duration_s
        press(Qt.Key.Key_5)
        await until(lambda: page.has_picture() and page.shown.position_s >= 0.5 * page.shown.duration_s)
        told["jumped_to_s"] = page.shown.position_s
        await asyncio.to_thread(block_every_fetch)
        press(Qt.Key.Key_1)
        await until(lambda: page.shown.position_s < 0.2 * page.shown.duration_s and page.shown.buffer_s < 1.0)
        told["buffer_when_closed_s"] = page.shown.buffer_s
        closing_at_s[0] = time.monotonic()
        press(Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)

    code, _ = launch.run(
        gateway_url=gateway_url, order=Order("demo"), auto_sign_in=("demo", "evenflow"), hwdec="no", drive=drive
    )
    told["closing_took_s"] = time.monotonic() - closing_at_s[0]
    told["threads_left"] = [t.name for t in threading.enumerate() if t.name == "engine"]
    print(json.dumps(told))
    sys.exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])

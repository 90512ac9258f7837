"""Plays a title through the real engine and libmpv without a picture (vo=null), and counts every decoded frame."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any

from player.compose import Order, desktop
from player.engine.settings import EngineSettings
from player.engine.snapshot import Snapshot
from player.engine.thread import EngineThread
from player.output.mpv import MpvSink

_FRAME = re.compile(r"n: *\d+ .*?pts_time:([-0-9.]+).*?checksum:([0-9A-F]+)")


@dataclass
class Seen:
    """What came out: (time, check sum of the picture) of each frame, the report, and the last snapshot."""

    frames: list[tuple[float, str]] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)
    snapshot: Snapshot | None = None

    @property
    def times_s(self) -> list[float]:
        return [at_s for at_s, _ in self.frames]


class Playing:
    """A session in the desktop setting, its frames counted by the showinfo filter in mpv's filter chain."""

    def __init__(self, uri: str, **settings: Any) -> None:
        self.seen = Seen()
        self._lock = threading.Lock()
        reserve = {"live_reserve_s": settings.pop("live_reserve_s")} if "live_reserve_s" in settings else {}
        self.sink = MpvSink(vo="null", ao="null", hwdec="no", on_log=self._log, **reserve)
        self.sink.player.set_loglevel("v")
        self.sink.player["framedrop"] = "no"
        self.sink.player["vf"] = "lavfi=[showinfo]"
        settings = {"give_up_s": 20.0, "speed": 4.0, **settings}
        self.remote: EngineThread = desktop(Order(uri, settings=EngineSettings(**settings)), self.sink).start()

    def to_the_end(self, within_s: float = 60.0) -> Seen:
        """Until the session is over."""
        try:
            assert self.remote.join(within_s), f"it hangs: {self.remote.snapshot()}"
        finally:
            self.remote.close()
        self.seen.report, self.seen.snapshot = self.remote.report(), self.remote.snapshot()
        return self.seen

    def _log(self, _level: str, _prefix: str, text: str) -> None:
        found = _FRAME.search(text)
        if found is not None:
            with self._lock:
                self.seen.frames.append((float(found[1]), found[2]))

"""What mpv tells of itself, kept for whoever asks: observed properties and events, never a question to mpv."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from player.output.stalls import Stall, StallLog

_PROPERTIES = (
    "time-pos",
    "seeking",
    "eof-reached",
    "paused-for-cache",
    "video-params",
    "video-codec",
    "hwdec-current",
    "estimated-vf-fps",
    "frame-drop-count",
    "decoder-frame-drop-count",
    "avsync",
    "audio-params",
    "audio-codec-name",
    "current-ao",
)


# Numbers of libmpv's client.h.
_COMMAND_REPLY, _END_FILE, _FILE_LOADED, _SEEK, _PLAYBACK_RESTART = 5, 7, 8, 20, 21
_END_BY_ERROR = 4
_SAME_PLACE_S = 1e-6


@dataclass(frozen=True, slots=True)
class Seen:
    """mpv at one moment."""

    position_s: float
    started: bool
    seeking: bool
    eof_reached: bool
    paused_for_cache: bool
    details: dict[str, object] = field(default_factory=dict)


class Watch:
    """Observes one mpv instance. Its handlers run on mpv's event thread and only write values down."""

    def __init__(self, player: Any, clock: Callable[[], float], on_file_loaded: Callable[[float], None]) -> None:
        self._player = player
        self._clock = clock
        self._on_file_loaded = on_file_loaded
        self._lock = threading.Lock()
        self._values: dict[str, Any] = {}
        self._stalls = StallLog()
        self._opened_at_s: float | None = None
        self._load_target_s = 0.0
        self._waits_for_restart = False
        self._reply_due: int | None = None
        self._seek_accepted = False
        self._restart_counts = False
        self._shown = False
        self._paused = False
        self.target_s = 0.0
        self.file_loaded = False
        self.startup_s: float | None = None
        self.failure = ""
        for name in _PROPERTIES:
            player.observe_property(name, self._on_property)
        player.register_event_callback(self._on_event)

    def opened(self, start_at_s: float) -> None:
        """A load is about to begin."""
        with self._lock:
            if self._opened_at_s is None:
                self._opened_at_s = self._clock()
            self.target_s = self._load_target_s = start_at_s
            self.file_loaded = False
            self.failure = ""
            self._begin_wait()

    def load_sent(self) -> float:
        """The load is sent; it begins where it was wanted last, seeks asked for meanwhile included."""
        with self._lock:
            self._load_target_s = self.target_s
            return self.target_s

    def seek_begun(self, target_s: float) -> None:
        """A seek is about to be sent; until it is carried out the playhead is where it leads."""
        with self._lock:
            self.target_s = target_s
            self._begin_wait()

    def send_seek(self, send: Callable[[], object]) -> None:
        """Send it. Under the lock, so that the reply is not handled before it is known whose it is."""
        with self._lock:
            self._reply_due = id(send())
            self._seek_accepted = False

    def set_paused(self, paused: bool) -> None:
        with self._lock:
            self._paused = paused
            self._note_stall()

    def closed(self) -> None:
        with self._lock:
            self._stalls.end(self._clock())

    def stalls(self) -> tuple[Stall, ...]:
        with self._lock:
            return self._stalls.stalls(self._clock())

    def look(self) -> Seen:
        with self._lock:
            seeking = self._shown and (self._waits_for_restart or bool(self._values.get("seeking")))
            position_s = self._values.get("time-pos")
            moved = position_s is not None and not self._waits_for_restart
            return Seen(
                position_s=max(0.0, float(position_s)) if moved and position_s is not None else self.target_s,
                started=self._shown,
                seeking=seeking,
                eof_reached=bool(self._values.get("eof-reached")) and not self._waits_for_restart,
                paused_for_cache=bool(self._values.get("paused-for-cache")),
                details=self._details(),
            )

    def _begin_wait(self) -> None:
        self._waits_for_restart = True
        self._reply_due = None
        self._seek_accepted = self._restart_counts = False
        self._stalls.end(self._clock())

    def _on_property(self, name: str, value: Any) -> None:
        with self._lock:
            self._values[name] = value
            if name == "paused-for-cache":
                self._note_stall()

    def _note_stall(self) -> None:
        now_s = self._clock()
        dry = bool(self._values.get("paused-for-cache")) and self._shown
        if dry and not self._paused and not self._waits_for_restart:
            self._stalls.begin(now_s, float(self._values.get("time-pos") or self.target_s))
        else:
            self._stalls.end(now_s)

    def _on_event(self, event: Any) -> None:
        kind = event.event_id.value
        if kind == _FILE_LOADED:
            with self._lock:
                self.file_loaded = True
                asked_s = self._load_target_s
                self._restart_counts = abs(asked_s - self.target_s) < _SAME_PLACE_S
            self._on_file_loaded(asked_s)
            return
        with self._lock:
            if kind == _COMMAND_REPLY:
                self._replied(event)
            elif kind == _SEEK:
                self._restart_counts |= self._seek_accepted
            elif kind == _PLAYBACK_RESTART:
                self._restarted()
            elif kind == _END_FILE:
                self.file_loaded = False
                self.failure = "mpv could not play the stream" if event.data.reason == _END_BY_ERROR else ""

    def _replied(self, event: Any) -> None:
        """mpv has taken a command. Seeks are carried out later and may be merged: the picture that counts is the first
        after a seek that began after the last one sent was taken."""
        if event.reply_userdata != self._reply_due:
            return
        self._reply_due = None
        self._seek_accepted = True
        if event.error < 0:
            self._waits_for_restart = False

    def _restarted(self) -> None:
        if not self.file_loaded or not self._restart_counts:
            return
        self._waits_for_restart = False
        if not self._shown:
            self._shown = True
            if self._opened_at_s is not None:
                self.startup_s = self._clock() - self._opened_at_s

    def _details(self) -> dict[str, object]:
        """In the words of the statistics overlay; what is not known is not there."""
        values = self._values
        picture = values.get("video-params") or {}
        sound = values.get("audio-params") or {}
        avsync_s = values.get("avsync")
        told: dict[str, object | None] = {
            "width": picture.get("w"),
            "height": picture.get("h"),
            "fps": values.get("estimated-vf-fps"),
            "codec": values.get("video-codec"),
            "hwdec": values.get("hwdec-current") or None,
            "dropped_decoder": values.get("decoder-frame-drop-count"),
            "dropped_output": values.get("frame-drop-count"),
            "avsync_ms": None if avsync_s is None else 1000.0 * float(avsync_s),
            "audio": _sound(values.get("audio-codec-name"), sound, values.get("current-ao")),
            "error": self.failure or None,
        }
        return {key: value for key, value in told.items() if value is not None}


def _sound(codec: Any, parameters: dict[str, Any], output: Any) -> str | None:
    if not codec:
        return None
    parts = [str(codec)]
    if parameters.get("samplerate"):
        parts.append(f"{parameters['samplerate']} Hz, {parameters.get('channel-count', '?')} channels")
    if output:
        parts.append(f"by {output}")
    return ", ".join(parts)

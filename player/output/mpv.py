"""The real output: libmpv, fed by a virtual Matroska file. libmpv is looked for when a sink is made, not at import."""

from __future__ import annotations

import locale
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from player.output.mpv_library import MpvMissing, load_mpv
from player.output.mpv_stream import StreamProtocol
from player.output.mpv_watch import Watch
from player.output.remux import ChunkMuxer
from player.output.sink import ChunkMedia, MediaError, SinkState, SubtitleFile, Timeline, Wanted
from player.output.stalls import Stall
from player.output.stream import BytesStream, ChunkStore, MatroskaStream
from player.output.virtual_matroska import RESERVE_S, VirtualMatroska

__all__ = ["MpvMissing", "MpvSink", "Renderer"]

_OPTIONS = {
    "config": "no",
    "ytdl": "no",
    "osc": "no",
    "terminal": "no",
    "input-default-bindings": "no",
    "input-vo-keyboard": "no",
    "load-scripts": "no",
    "idle": "yes",
    # cache=auto is off for custom protocols; one second is enough, since the buffer is the engine's.
    "cache": "yes",
    "cache-secs": "1",
    "demuxer-max-bytes": "64MiB",
    "demuxer-max-back-bytes": "0",
    "demuxer-seekable-cache": "no",
    "demuxer-donate-buffer": "no",
    "cache-pause-initial": "no",
    "cache-pause-wait": "0.3",
    "keep-open": "yes",
    "keep-open-pause": "no",
    "hr-seek": "yes",
    "rebase-start-time": "no",
    "video-timing-offset": "0",
    "sub-auto": "no",
    "audio-file-auto": "no",
    # A machine without a sound device plays in silence.
    "audio-fallback-to-null": "yes",
}
_END_MARGIN_S = 0.05
_SLOTS_LEFT = 8  # of a live title: enough for what mpv may ask for before the next look


class Renderer(Protocol):
    """Something that draws what a sink with vo=libmpv decodes; it must be freed before mpv ends."""

    def on_closing(self) -> None:
        """The sink is closing (any thread): call `free` soon, on the thread that renders."""
        ...


@dataclass(slots=True)
class _Load:
    """One file as mpv sees it: a title, or the same title in another language."""

    timeline: Timeline
    muxer: ChunkMuxer
    store: ChunkStore
    uri: str


class MpvSink:
    """A `Sink` that decodes with libmpv. Thread-safe; no method waits for media.

    `vo` is "libmpv" (a `GlRenderer` or `SoftwareRenderer` draws; loading waits until one is attached) or "null".
    `ao` is mpv's list of audio outputs, empty for its own choice; "null" for silence in real time. `live_reserve_s`:
    how much of a live title is laid out ahead; one that goes on for longer is loaded again, in place.
    """

    def __init__(
        self,
        *,
        vo: str = "libmpv",
        ao: str = "",
        hwdec: str = "auto-safe",
        clock: Callable[[], float] = time.monotonic,
        on_log: Callable[[str, str, str], None] | None = None,
        live_reserve_s: float = RESERVE_S,
    ) -> None:
        """Raises `MpvMissing`."""
        self.library = load_mpv()
        locale.setlocale(locale.LC_NUMERIC, "C")  # Qt resets it, and libmpv refuses any other
        options = {**_OPTIONS, "vo": vo, "ao": ao, "hwdec": hwdec}
        self.player: Any = self.library.MPV(log_handler=on_log, loglevel="warn", **options)
        self._needs_renderer = vo == "libmpv"
        self._clock = clock
        self._reserve_s = live_reserve_s
        self._lock = threading.RLock()
        self._load: _Load | None = None
        self._loaded = False
        self._renderer: Renderer | None = None
        self._subtitles: SubtitleFile | None = None
        self._subtitle_uri = ""
        self._paused = False
        self._speed = 1.0
        self._closing = False
        self._terminated = False
        self._streams = StreamProtocol(self.library, self.player.handle)
        self.watch = Watch(self.player, clock, self._on_file_loaded)

    def open(self, timeline: Timeline, wanted: Wanted) -> None:
        """Begin a title. Raises `MediaError` when an initialisation section cannot be read."""
        muxer = ChunkMuxer(timeline)
        matroska = VirtualMatroska(timeline, muxer, self._reserve_s)
        with self._lock:
            if not self._closing:
                self._replace_load(timeline, muxer, ChunkStore(matroska, wanted, timeline.start_at_s))

    def _replace_load(self, timeline: Timeline, muxer: ChunkMuxer, store: ChunkStore) -> None:
        if self._load is not None:
            self._load.store.cancel()
            self._streams.withdraw(self._load.uri)
        uri = self._streams.offer(lambda: MatroskaStream(store))
        self._load = _Load(timeline, muxer, store, uri)
        self._loaded = False
        self.watch.opened(timeline.start_at_s)
        self._start_load()

    def extend(self, starts_s: Sequence[float], duration_s: float, open_end: bool) -> None:
        with self._lock:
            load = self._opened()
            load.timeline = replace(load.timeline, starts_s=tuple(starts_s), duration_s=duration_s, open_end=open_end)
            load.muxer.end_at(None if open_end else len(starts_s) - 1)
            load.store.extend(starts_s, open_end)
            if len(starts_s) > load.store.matroska.slot_count - _SLOTS_LEFT and open_end:
                self._load_again(load)

    def shift_s(self, discontinuity: int) -> float | None:
        return self._opened().muxer.placement.shift_s(discontinuity)

    def _load_again(self, load: _Load) -> None:
        """A live title has used up its slots: a new file at the same place, with the chunks that are here."""
        position_s = self.watch.look().position_s
        timeline = replace(load.timeline, start_at_s=position_s)
        self._replace_load(
            timeline,
            load.muxer,
            load.store.moved_to(VirtualMatroska(timeline, load.muxer, self._reserve_s), position_s),
        )

    def append(self, chunk: ChunkMedia) -> None:
        load = self._opened()
        if not 0 <= chunk.index < len(load.timeline.starts_s):
            raise MediaError(f"chunk {chunk.index} is none of the title's {len(load.timeline.starts_s)}")
        load.store.put(chunk.index, load.muxer.mux(chunk))

    def replace(self, chunk: ChunkMedia) -> bool:
        load = self._opened()
        return load.store.has(chunk.index) and load.store.replace(chunk.index, load.muxer.mux(chunk))

    def has(self, index: int) -> bool:
        return self._load is not None and self._load.store.has(index)

    def held_bytes(self) -> int:
        return 0 if self._load is None else self._load.store.held_bytes

    def evict(self, keep_from: int, keep_to: int) -> None:
        self._opened().store.evict(keep_from, keep_to)

    def seek(self, position_s: float) -> None:
        with self._lock:
            load = self._opened()
            target_s = min(max(position_s, 0.0), max(load.timeline.duration_s - _END_MARGIN_S, 0.0))
            self.watch.seek_begun(target_s)
            load.store.retarget(target_s)  # before the command: a read that waits must know that it is stale
            if self.watch.file_loaded:
                self._send_seek(target_s)

    def set_paused(self, paused: bool) -> None:
        self._paused = paused
        self.watch.set_paused(paused)
        self._send("set", "pause", "yes" if paused else "no")

    def set_speed(self, speed: float) -> None:
        if speed <= 0:
            raise ValueError(f"a speed is above 0, not {speed}")
        self._speed = speed
        self._send("set", "speed", f"{speed:.4f}")

    def set_volume(self, percent: float) -> None:
        """0 to 100; more amplifies, up to 130."""
        self._send("set", "volume", f"{min(max(percent, 0.0), 130.0):.1f}")

    def set_audio_delay(self, delay_s: float) -> None:
        self._send("set", "audio-delay", f"{delay_s:.3f}")

    def set_muted(self, muted: bool) -> None:
        self._send("set", "mute", "yes" if muted else "no")

    def frame_step(self) -> None:
        """One picture on, and pause."""
        self._paused = True
        self.watch.set_paused(True)
        self._send("frame-step")

    def frame_back_step(self) -> None:
        """One picture back, and pause."""
        self._paused = True
        self.watch.set_paused(True)
        self._send("frame-back-step")

    def show_subtitles(self, subtitles: SubtitleFile | None) -> None:
        with self._lock:
            self._subtitles = subtitles
            if self.watch.file_loaded:
                self._apply_subtitles()

    def screenshot(self) -> NDArray[np.uint8] | None:
        """The picture shown, without subtitles, as rows x columns x RGB; None when there is none.

        Waits for mpv's core: never call it on the thread that renders.
        """
        with self._lock:
            if self._closing:
                return None
            try:
                raw = self.player.command("screenshot-raw", "video")
            except (SystemError, ValueError, RuntimeError):
                return None
        rows = np.frombuffer(raw["data"], np.uint8).reshape(raw["h"], raw["stride"])
        pixels = rows[:, : raw["w"] * 4].reshape(raw["h"], raw["w"], 4)
        return np.ascontiguousarray(pixels[:, :, 2::-1])

    def state(self) -> SinkState:
        """Reads only what mpv has told already."""
        load = self._load
        seen = self.watch.look()
        if load is None:
            return SinkState(0.0, paused=self._paused, speed=self._speed)
        blocked = load.store.blocked
        waiting = seen.paused_for_cache or (blocked and (seen.seeking or not seen.started))
        ended = seen.eof_reached and not seen.seeking and load.store.last_was_taken
        ended = ended and seen.position_s >= load.timeline.starts_s[-1] - 1.0
        return SinkState(
            position_s=load.timeline.duration_s if ended else seen.position_s,
            paused=self._paused,
            stalled=waiting and not self._paused and not ended,
            started=seen.started,
            ended=ended,
            seeking=seen.seeking,
            speed=self._speed,
            details=seen.details,
        )

    def stalls(self) -> tuple[Stall, ...]:
        return self.watch.stalls()

    @property
    def reads_blocked(self) -> bool:
        """Whether mpv waits for a chunk now."""
        return self._load is not None and self._load.store.blocked

    @property
    def reads_cancelled(self) -> int:
        """How many reads of what is open were ended by closing."""
        return self._load.store.cancelled_reads if self._load else 0

    @property
    def startup_s(self) -> float | None:
        """From the first open to the first picture; None before."""
        return self.watch.startup_s

    def attach(self, renderer: Renderer) -> None:
        """A renderer exists: from now on a title may load."""
        with self._lock:
            self._renderer = renderer
            self._start_load()

    def detach(self, renderer: Renderer) -> None:
        """The renderer is freed; ends mpv when the sink was only waiting for that."""
        with self._lock:
            if self._renderer is renderer:
                self._renderer = None
            end_now = self._closing
        if end_now:
            self._terminate()

    def close(self) -> None:
        """Ends every read at once. With a renderer attached, mpv itself ends when that one is freed."""
        with self._lock:
            if self._closing:
                return
            self._send("stop")
            self._closing = True
            if self._load is not None:
                self._load.store.cancel()
            renderer = self._renderer
        self.watch.closed()
        if renderer is None:
            self._terminate()
        else:
            renderer.on_closing()

    def _terminate(self) -> None:
        with self._lock:
            if self._terminated:
                return
            self._terminated = True
        # Outside the lock: mpv's event thread, which is joined here, may want it.
        self.player.terminate()

    def _opened(self) -> _Load:
        if self._load is None:
            raise RuntimeError("the output has no title open")
        return self._load

    def _start_load(self) -> None:
        if self._load is None or self._loaded or self._closing or (self._needs_renderer and not self._renderer):
            return
        self._loaded = True
        self.player.loadfile(self._load.uri, "replace", start=f"{self.watch.load_sent():.6f}")

    def _on_file_loaded(self, asked_s: float) -> None:
        """mpv's event thread. A seek that was asked for while the file opened is sent now."""
        with self._lock:
            if self._load is not None and abs(self.watch.target_s - asked_s) > 1e-6:
                self._send_seek(self.watch.target_s)
            if self._subtitles is not None:
                self._apply_subtitles()

    def _apply_subtitles(self) -> None:
        self._send("sub-remove")
        if self._subtitle_uri:
            self._streams.withdraw(self._subtitle_uri)
            self._subtitle_uri = ""
        chosen = self._subtitles
        if chosen is not None:
            body = chosen.body
            self._subtitle_uri = self._streams.offer(lambda: BytesStream(body), ".vtt")
            self._send("sub-add", self._subtitle_uri, "select", chosen.name, chosen.language)

    def _send_seek(self, target_s: float) -> None:
        if not self._closing:
            self.watch.send_seek(lambda: self.player.command_async("seek", target_s, "absolute", "exact"))

    def _send(self, name: str, *arguments: object) -> None:
        with self._lock:
            if not self._closing:
                self.player.command_async(name, *arguments)

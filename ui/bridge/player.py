"""The player page, as QML sees it: one session at a time, opened on a stage, driven by actions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from PySide6.QtCore import Property, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication

from player.engine.remote import Remote
from player.engine.snapshot import Snapshot, Status
from player.service.model import Card, ServiceError
from ui.bridge.pages import Spawn
from ui.bridge.rows import RowsModel
from ui.bridge.sprites import SpriteSheet
from ui.ports import PlaybackStarter, Service, Stage, StageFailed
from ui.view_models import formatting
from ui.view_models import playback as words
from ui.view_models.stats import History, StatRow, as_text, stat_rows

REMEMBER_EVERY_S = 10.0


class PlayerPage(QObject):
    """Plays one title. `left` asks the shell for the page before; the session is closed by then or soon after."""

    changed = Signal()
    stats_changed = Signal()
    left = Signal()
    ended = Signal()
    said = Signal(str)
    _snapshot_came = Signal(object, object)

    def __init__(self, service: Service, starter: PlaybackStarter, spawn: Spawn, parent: QObject) -> None:
        super().__init__(parent)
        self._service, self._starter, self._spawn = service, starter, spawn
        self._stage: Stage | None = None
        self._remote: Remote | None = None
        self._sink: Any = None
        self._opening: asyncio.Event | None = None
        self._title_id, self._title, self._meta = "", "", ""
        self._still = ""
        self._resumed_s = 0.0
        self._snapshot = Snapshot()
        self._failure = ("", "")
        self._menu, self._stats_open = "", False
        self._volume, self._muted = 100.0, False
        self._remembered_at_s = 0.0
        self._sought_s: float | None = None
        self._history = History()
        self._sprites = SpriteSheet(self)
        self._models = {name: RowsModel(words.Choice, self) for name in ("quality", "audio", "subtitles", "speeds")}
        self._stat_rows = RowsModel(StatRow, self)
        self._last_subtitles: str | None = None
        self._snapshot_came.connect(self._on_snapshot, Qt.ConnectionType.QueuedConnection)
        self._sought_timer = QTimer(self)
        self._sought_timer.setSingleShot(True)
        self._sought_timer.setInterval(1500)
        self._sought_timer.timeout.connect(self._forget_sought)

    def use_stage(self, stage: Stage) -> None:
        self._stage = stage

    # Opening and closing

    def open(self, title_id: str, start_at_s: float | None) -> None:
        """Play this title from `start_at_s`; None asks the server where it was left."""
        self._title_id, self._title, self._meta, self._still = title_id, "", "", ""
        self._snapshot, self._failure, self._history = Snapshot(), ("", ""), History()
        self._resumed_s, self._menu, self._sought_s = 0.0, "", None
        self._remembered_at_s = time.monotonic()
        self._refresh()
        self._spawn(self._open(title_id, start_at_s))

    async def _open(self, title_id: str, start_at_s: float | None) -> None:
        self._opening = opening = asyncio.Event()
        try:
            granted = await self._service.playback(title_id)
            self._describe(granted.title)
            saved_s = granted.resume_position_s if start_at_s is None else start_at_s
            begin_s = words.resume_at(saved_s, granted.title.duration_s)
            if not self._title_id:  # closed meanwhile
                return
            self._sink = self._starter.open_sink()
            assert self._stage is not None
            await self._stage.mount(self._sink)
            remote = self._remote = self._starter.start(granted.title.id, self._sink, begin_s or 0.0)
            self._set_sound()
            self._resumed_s = begin_s or 0.0
            remote.subscribe(lambda snapshot: self._snapshot_came.emit(remote, snapshot))
            self._sprites.load(granted.sprites_url)
            if self._resumed_s:
                self.said.emit(f"Resumed at {formatting.clock(self._resumed_s)}")
        except ServiceError as error:
            self._fail(str(error), "Go back and try again.")
        except (StageFailed, OSError, RuntimeError) as error:
            self._fail("This film cannot be shown.", str(error))
        finally:
            opening.set()
            self._refresh()

    def _describe(self, card: Card) -> None:
        self._title, self._still = card.name, card.backdrop_url or card.still_url
        self._meta = " \u00b7 ".join(str(part) for part in (card.year, *card.genres[:2]) if part)
        self._title_id = card.id if self._title_id else ""
        self._refresh()

    def _fail(self, what: str, advice: str) -> None:
        self._failure = (what, advice)

    async def close(self) -> None:
        """End the session: keep the place, free the picture, then stop the engine off this thread."""
        self._title_id, title_id = "", self._title_id
        if self._opening is not None:
            await self._opening.wait()
        self._sprites.clear()
        remote, self._remote = self._remote, None
        sink, self._sink = self._sink, None
        if self._stage is not None:
            self._stage.unmount()
        if remote is not None:
            shown = self._snapshot
            await asyncio.to_thread(remote.close)
            if shown.duration_s:
                at_s = shown.duration_s if shown.status.value == "ended" else shown.position_s
                await self._service.remember(title_id, at_s, shown.duration_s)
        elif sink is not None:
            await asyncio.to_thread(sink.close)

    # Snapshots

    def _on_snapshot(self, remote: Remote, snapshot: Snapshot) -> None:
        if remote is not self._remote:
            return
        ended = snapshot.status.value == "ended" and self._snapshot.status.value != "ended"
        self._snapshot = snapshot
        if self._sought_s is not None and abs(snapshot.position_s - self._sought_s) < 1.5:
            self._forget_sought()
        self._models["quality"].show(words.quality_choices(snapshot))
        self._models["audio"].show(words.audio_choices(snapshot))
        self._models["subtitles"].show(words.subtitle_choices(snapshot))
        self._models["speeds"].show(words.speed_choices(snapshot.speed))
        now_s = time.monotonic()
        if self._history.add(now_s, snapshot) and self._stats_open:
            self._show_stats()
        if now_s - self._remembered_at_s > REMEMBER_EVERY_S and snapshot.status.value == "playing":
            self._remember()
        self.changed.emit()
        if ended:
            self.ended.emit()

    def _remember(self) -> None:
        self._remembered_at_s = time.monotonic()
        shown = self._snapshot
        if self._title_id and shown.duration_s:
            self._spawn(self._remember_at(self._title_id, shown.position_s, shown.duration_s))

    async def _remember_at(self, title_id: str, position_s: float, duration_s: float) -> None:
        await self._service.remember(title_id, position_s, duration_s)

    def _show_stats(self) -> None:
        self._stat_rows.show(stat_rows(self._snapshot))
        self.stats_changed.emit()

    # Actions: keys and buttons end here alike

    @Slot(str)
    @Slot(str, float)
    def act(self, action: str, argument: float = 0.0) -> None:
        """Do what a line of `ui.keys` or a button names."""
        command = _ACTIONS.get(action)
        if command is not None and self._title_id:
            command(self, argument)
            self._refresh()

    @Slot(str, str)
    def choose(self, menu: str, value: str) -> None:
        """Take a line of a menu."""
        if self._remote is None:
            return
        if menu == "quality":
            self._remote.fix_rung(int(value) if value else None)
        elif menu == "audio":
            self._remote.choose_audio(value)
        elif menu == "subtitles":
            self._remote.choose_subtitles(value or None)
        elif menu == "speeds":
            self._remote.set_speed(float(value))

    @Slot(float)
    def seek(self, position_s: float) -> None:
        """Go there; the bar stays where it was put until the engine has caught up."""
        if self._remote is None:
            return
        self._sought_s = words.seek_target(position_s, self._snapshot.duration_s)
        self._sought_timer.start()
        self._remote.seek(self._sought_s)
        self._refresh()

    def _forget_sought(self) -> None:
        self._sought_s = None
        self._refresh()

    @Slot(str)
    def openMenu(self, name: str) -> None:  # noqa: N802
        """Open this menu, or close it when it is open; an empty name closes."""
        self._menu = "" if name == self._menu else name
        self._refresh()

    @Slot(float)
    def setVolume(self, percent: float) -> None:  # noqa: N802
        self._volume, self._muted = max(0.0, min(100.0, percent)), False
        self._set_sound()
        self._refresh()

    @Slot(float, result="QVariantMap")
    def preview(self, position_s: float) -> dict[str, Any]:
        return self._sprites.tile(position_s)

    def escape(self) -> bool:
        """Close the innermost thing that is open. False when nothing was."""
        if self._menu:
            self._menu = ""
        elif self._stats_open:
            self._stats_open = False
        else:
            return False
        self._refresh()
        return True

    def _position_s(self) -> float:
        return self._sought_s if self._sought_s is not None else self._snapshot.position_s

    def _toggle_pause(self, _: float) -> None:
        if self._remote is not None:
            paused = self._snapshot.status.value == "paused"
            self._remote.set_paused(not paused)
            if not paused:
                self._remember()

    def _step_speed(self, step: float) -> None:
        if self._remote is not None:
            self._set_speed(words.next_speed(self._snapshot.speed, int(step)))

    def _set_speed(self, speed: float) -> None:
        if self._remote is not None:
            self._remote.set_speed(speed)
            self.said.emit(f"Speed {formatting.speed(speed)}")

    def _step_volume(self, step: float) -> None:
        self.setVolume(self._volume + step)
        self.said.emit(f"Volume {self._volume:.0f} %")

    def _toggle_mute(self, _: float) -> None:
        self._muted = not self._muted
        self._set_sound()
        self.said.emit("Muted" if self._muted else f"Volume {self._volume:.0f} %")

    def _set_sound(self) -> None:
        if self._sink is not None:
            self._starter.set_volume(self._sink, self._volume)
            self._starter.set_muted(self._sink, self._muted)

    def _next_track(self, menu: str, choices: tuple[words.Choice, ...]) -> None:
        value = words.following(choices)
        if value is not None:
            self.choose(menu, value)
            self.said.emit(next(choice.label for choice in choices if choice.value == value))

    def _toggle_subtitles(self, _: float) -> None:
        choices = words.subtitle_choices(self._snapshot)
        if not choices:
            self.said.emit("This film has no subtitles")
            return
        chosen = next((choice.value for choice in choices if choice.chosen), "")
        self._last_subtitles = chosen or self._last_subtitles
        known = {choice.value for choice in choices}
        wanted = self._last_subtitles if self._last_subtitles in known else choices[1].value
        self.choose("subtitles", "" if chosen else str(wanted))
        self.said.emit("Subtitles off" if chosen else "Subtitles on")

    @property
    def shown(self) -> Snapshot:
        """The session as it was seen last."""
        return self._snapshot

    def has_picture(self) -> bool:
        """Whether the film has begun to move."""
        return self._snapshot.status is Status.PLAYING and self._snapshot.position_s > 0

    def open_stats(self) -> None:
        """Show the statistics from the first picture on."""
        self._stats_open = True

    def _toggle_stats(self, _: float) -> None:
        self._stats_open = not self._stats_open
        self._show_stats()

    def _copy_stats(self, _: float) -> None:
        QGuiApplication.clipboard().setText(as_text(self._title, self._snapshot))
        self.said.emit("Statistics copied")

    def _lower_quality(self, _: float) -> None:
        rung = self._snapshot.shown_rung
        if self._remote is not None and rung:
            self._remote.fix_rung(rung - 1)

    # What QML reads

    def _refresh(self) -> None:
        self.changed.emit()

    def _state(self) -> dict[str, Any]:
        state = asdict(words.player_view(self._snapshot))
        position_s = self._position_s()
        state.update(
            position_s=position_s,
            clock=f"{formatting.clock(position_s)} / {formatting.clock(self._snapshot.duration_s)}",
            title=self._title,
            meta=self._meta,
            still=self._still,
            resumed_s=self._resumed_s,
            menu=self._menu,
            stats_open=self._stats_open,
            volume=self._volume,
            muted=self._muted,
            speed_label=formatting.speed(self._snapshot.speed),
            has_subtitles=bool(self._snapshot.subtitles),
            controller=self._snapshot.controller,
            can_lower=bool(self._snapshot.shown_rung),
        )
        if self._failure[0]:
            state.update(failed=True, waiting=False, problem_title=self._failure[0], problem_text=self._failure[1])
        return state

    def _graph(self) -> dict[str, Any]:
        return {**self._history.graph(), "top": self._history.top_rate()}

    def _model(name: str) -> Callable[[Any], QObject]:  # type: ignore[misc]  # noqa: N805
        return lambda self: self._models[name]

    state = Property("QVariantMap", _state, notify=changed)  # type: ignore[arg-type]
    graph = Property("QVariantMap", _graph, notify=stats_changed)  # type: ignore[arg-type]
    quality = Property(QObject, _model("quality"), constant=True)
    audio = Property(QObject, _model("audio"), constant=True)
    subtitles = Property(QObject, _model("subtitles"), constant=True)
    speeds = Property(QObject, _model("speeds"), constant=True)
    statRows = Property(QObject, lambda self: self._stat_rows, constant=True)  # noqa: N815

    @Slot(float, result=str)
    def clock(self, seconds: float) -> str:
        return formatting.clock(seconds)


_ACTIONS: dict[str, Callable[[PlayerPage, float], None]] = {
    "toggle-pause": PlayerPage._toggle_pause,
    "skip": lambda page, by_s: page.seek(page._position_s() + by_s),
    "seek-start": lambda page, _: page.seek(0.0),
    "seek-end": lambda page, _: page.seek(page._snapshot.duration_s),
    "seek-tenth": lambda page, part: page.seek(part * page._snapshot.duration_s),
    "speed-step": PlayerPage._step_speed,
    "speed-reset": lambda page, _: page._set_speed(1.0),
    "volume-step": PlayerPage._step_volume,
    "toggle-mute": PlayerPage._toggle_mute,
    "toggle-subtitles": PlayerPage._toggle_subtitles,
    "next-subtitles": lambda page, _: page._next_track("subtitles", words.subtitle_choices(page._snapshot)),
    "next-audio": lambda page, _: page._next_track("audio", words.audio_choices(page._snapshot)),
    "toggle-stats": PlayerPage._toggle_stats,
    "copy-stats": PlayerPage._copy_stats,
    "lower-quality": PlayerPage._lower_quality,
    "back": lambda page, _: page.left.emit(),
}

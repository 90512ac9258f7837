"""A service and a player for window tests: they answer at once, or when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from player.engine.remote import Listener
from player.engine.snapshot import RungChoice, Snapshot, Status, TrackChoice
from player.service.model import (
    Card,
    Home,
    Person,
    PinNeeded,
    Playback,
    Profile,
    Refused,
    ResumePoint,
    Row,
    ServiceError,
    SignInNeeded,
    TitleDetails,
)

LADDER = ((426, 240, 400_000), (640, 360, 800_000), (1280, 720, 2_400_000), (1920, 1080, 4_800_000))


def a_card(title_id: str, name: str, **more: Any) -> Card:
    return Card(id=title_id, name=name, duration_s=80.0, year=2026, genres=("Quiet",), maturity="All ages", **more)


FILMS = (
    a_card("lantern-river", "Lantern River", position_s=31.0, description="Paper lights drift down a slow river."),
    a_card("night-train", "Night Train"),
    a_card("paper-tide", "Paper Tide", state="encoding", progress=0.4),
)


class FakeService:
    """A gateway in memory."""

    def __init__(self, films: tuple[Card, ...] = FILMS) -> None:
        self.films = films
        self.problem: ServiceError | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.remembered: list[tuple[str, float, float]] = []
        self.signed_out = False
        self.closed = False
        self.household: tuple[Person, ...] = (Person("p1", "Demo", "amber"),)
        self.pins: dict[str, str] = {}
        self.listed: list[str] = []
        self.forgotten: list[str] = []
        self.searched: list[str] = []
        self.known: Home | None = None

    async def login(self, username: str, password: str) -> Profile:
        if password != "evenflow":
            raise SignInNeeded("The name or the password is wrong.")
        return Profile("p1", username.title())

    async def logout(self) -> None:
        self.signed_out = True

    def known_home(self) -> Home | None:
        return self.known

    async def people(self) -> tuple[Person, ...]:
        return self.household

    async def choose(self, profile_id: str, pin: str | None = None) -> Profile:
        person = self._open(profile_id, pin)
        return Profile(person.id, person.name, person.kids)

    async def add_person(self, name: str, *, kids: bool = False, pin: str | None = None) -> Person:
        if any(person.name == name for person in self.household):
            raise Refused(f"There is a profile {name!r} already; choose another name.")
        made = Person(f"p{len(self.household) + 1}", name, "teal", kids, pin is not None)
        self.household += (made,)
        if pin:
            self.pins[made.id] = pin
        return made

    async def change_person(self, profile_id: str, changes: Mapping[str, Any]) -> Person:
        person = self._open(profile_id, changes.get("current_pin"))
        changed = replace(person, name=changes["name"], kids=changes["kids"], locked=bool(changes.get("pin")))
        self.household = tuple(changed if one.id == profile_id else one for one in self.household)
        return changed

    async def remove_person(self, profile_id: str, pin: str | None = None) -> None:
        self._open(profile_id, pin)
        self.household = tuple(one for one in self.household if one.id != profile_id)

    def _open(self, profile_id: str, pin: str | None) -> Person:
        if self.pins.get(profile_id, pin) != pin:
            raise PinNeeded("That is not the PIN. Please try again.")
        return next(person for person in self.household if person.id == profile_id)

    async def titles(self) -> tuple[Card, ...]:
        return self.films

    async def search(self, typed: str) -> tuple[Card, ...]:
        self.searched.append(typed)
        await self.gate.wait()
        if self.problem is not None:
            raise self.problem
        return tuple(film for film in self.films if typed.casefold() in film.name.casefold())

    async def my_list(self) -> tuple[Card, ...]:
        return tuple(self._film(title_id) for title_id in reversed(self.listed))

    async def list_title(self, title_id: str, listed: bool) -> None:
        if listed:
            self.listed.append(title_id)
        else:
            self.listed.remove(title_id)
        self.films = tuple(replace(f, listed=f.id in self.listed) for f in self.films)

    async def history(self) -> tuple[ResumePoint, ...]:
        begun = [film for film in self.films if film.position_s and film.id not in self.forgotten]
        return tuple(ResumePoint(film.id, film.position_s or 0.0, film.duration_s, 1.0) for film in begun)

    async def forget_history(self, title_id: str) -> None:
        self.forgotten.append(title_id)

    async def home(self) -> Home:
        await self.gate.wait()
        if self.problem is not None:
            raise self.problem
        begun = tuple(film for film in self.films if film.position_s)
        rows = [Row("continue-watching", "Continue watching", "stills", begun)] if begun else []
        rows.append(Row("films", "Films", "posters", self.films))
        return Home(self.films[0] if self.films else None, tuple(rows))

    async def title(self, title_id: str) -> TitleDetails:
        return TitleDetails(self._film(title_id))

    def _film(self, title_id: str) -> Card:
        return next((film for film in self.films if film.id == title_id), self.films[0])

    async def playback(self, title_id: str) -> Playback:
        if self.problem is not None:
            raise self.problem
        film = self._film(title_id)
        return Playback(film, "http://edge/master.m3u8", 2e9, film.position_s or 0.0)

    async def remember(self, title_id: str, position_s: float, duration_s: float) -> bool:
        self.remembered.append((title_id, position_s, duration_s))
        self.films = tuple(replace(f, position_s=position_s) if f.id == title_id else f for f in self.films)
        return True

    async def aclose(self) -> None:
        self.closed = True


class FakeSink:
    """An output that counts how often it was closed."""

    def __init__(self) -> None:
        self.closed = 0
        self.volume = 100.0
        self.muted = False

    def close(self) -> None:
        self.closed += 1


class FakeRemote:
    """Obeys at once: every command makes the snapshot that a real session would soon publish."""

    def __init__(self, sink: FakeSink, start_at_s: float | None) -> None:
        self._sink = sink
        self.lagging = False
        self._listener: Listener | None = None
        self.shown = Snapshot(
            status=Status.PLAYING,
            position_s=start_at_s or 0.0,
            duration_s=80.0,
            buffered_to_s=(start_at_s or 0.0) + 18.0,
            buffer_s=18.0,
            buffer_target_s=30.0,
            shown_rung=2,
            fetching_rung=3,
            rungs=tuple(RungChoice(at, *step) for at, step in enumerate(LADDER)),
            controller="dynamic",
            decision_text="hold: buffer 18 s is enough for 1080p",
            estimate_bps=6_100_000.0,
            band_bps=(3_200_000.0, 8_900_000.0),
            throughput_bps=7_800_000.0,
            edge="edge-a",
            bytes_fetched=18_200_000,
            audio=(TrackChoice("a-en", "en", "English", True), TrackChoice("a-de", "de", "Deutsch", False)),
            subtitles=(TrackChoice("s-en", "en", "English", False), TrackChoice("s-de", "de", "Deutsch", False)),
            output={"hwdec": "no", "video_codec": "h264", "fps": 24.0, "dropped_decoder": 0, "dropped_output": 1},
        )

    def publish(self, **changes: Any) -> None:
        self.shown = replace(self.shown, **changes)
        if self._listener is not None:
            self._listener(self.shown)

    def subscribe(self, listener: Listener) -> None:
        self._listener = listener
        listener(self.shown)

    def seek(self, position_s: float) -> None:
        if not self.lagging:
            self.publish(position_s=position_s)

    def set_paused(self, paused: bool) -> None:
        self.publish(status=Status.PAUSED if paused else Status.PLAYING)

    def set_speed(self, speed: float) -> None:
        self.publish(speed=speed)

    def fix_rung(self, rung: int | None) -> None:
        self.publish(fixed_rung=rung, shown_rung=self.shown.shown_rung if rung is None else rung)

    def cap_rung(self, rung: int | None) -> None:
        self.publish(rung_cap=rung)

    def choose_audio(self, track_id: str) -> None:
        self.publish(audio=tuple(replace(t, selected=t.id == track_id) for t in self.shown.audio))

    def choose_subtitles(self, track_id: str | None) -> None:
        self.publish(subtitles=tuple(replace(t, selected=t.id == track_id) for t in self.shown.subtitles))

    def snapshot(self) -> Snapshot:
        return self.shown

    def report(self) -> dict[str, Any]:
        return {}

    def close(self, timeout_s: float = 5.0) -> None:
        self._sink.close()


class FakeStarter:
    """Remembers what was started."""

    def __init__(self) -> None:
        self.started: list[tuple[str, float | None]] = []
        self.sinks: list[FakeSink] = []
        self.remotes: list[FakeRemote] = []

    def open_sink(self) -> FakeSink:
        self.sinks.append(FakeSink())
        return self.sinks[-1]

    def start(self, title_id: str, sink: FakeSink, start_at_s: float | None) -> FakeRemote:
        self.started.append((title_id, start_at_s))
        self.remotes.append(FakeRemote(sink, start_at_s))
        return self.remotes[-1]

    def set_volume(self, sink: FakeSink, percent: float) -> None:
        sink.volume = percent

    def set_muted(self, sink: FakeSink, muted: bool) -> None:
        sink.muted = muted

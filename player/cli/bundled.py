"""The bundled backend as a child process: started, heard, and ended with us."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from player.cli.errors import CliError, ContentError, MachineError, UsageError

READY_WITHIN_S = 30.0
FILM_WITHIN_S = 60.0
# The encoder is faster than the film, but not at its very beginning: a small lead saves the first viewer a stall.
LEAD_CHUNKS = 4

OnFilm = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Served:
    """A backend that answers."""

    gateway_url: str
    edges: dict[str, str]
    admin_token: str = ""


class Bundled:
    """`python -m backend_stub serve` as a child; it ends when its stdin does, so never after us."""

    def __init__(
        self, data: Path | None = None, films: bool = True, edges: int = 2, token_life_s: float | None = None
    ) -> None:
        words = [sys.executable, "-m", "backend_stub", "serve", "--parent-pipe", "--edges", str(edges)]
        words += ["--port", "0", "--edge-port-base", "0"]
        words += ["--data", str(data)] if data else []
        words += [] if films else ["--no-films"]
        words += ["--token-life-s", str(token_life_s)] if token_life_s else []
        self._words = words
        self._lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._film_began = threading.Event()
        self.on_film: OnFilm = lambda _: None
        self.served: Served

    def __enter__(self) -> Bundled:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        try:
            self._process = subprocess.Popen(
                self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
            )
        except OSError as error:
            raise MachineError(f"The backend could not be started: {error}.", "evenflow doctor says more.") from error
        threading.Thread(target=self._read, name="backend-lines", daemon=True).start()
        try:
            self.served = self._await_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        process = self._process
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def await_film(self, within_s: float = FILM_WITHIN_S) -> None:
        """Until the first chunks of the first film are there (or the backend says that it was there already)."""
        if not self._film_began.wait(within_s):
            raise ContentError(
                f"The first demo film was not begun within {within_s:.0f} s.", "evenflow doctor says what is missing."
            )
        if self._process.poll() is not None:
            raise self._died()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError):
            for line in self._process.stdout:
                try:
                    event = json.loads(line)
                except ValueError:
                    continue
                if event.get("event") == "film":
                    self._heard_of(event)
                else:
                    self._lines.put(event)
        self._lines.put(None)
        self._film_began.set()

    def _heard_of(self, film: dict[str, Any]) -> None:
        if film.get("done_chunks", 0) >= LEAD_CHUNKS or film.get("state") == "ready":
            self._film_began.set()
        self.on_film(film)

    def _await_ready(self) -> Served:
        try:
            event = self._lines.get(timeout=READY_WITHIN_S)
        except queue.Empty:
            raise CliError(
                f"The backend said nothing for {READY_WITHIN_S:.0f} s.", "Try again; its log is above."
            ) from None
        if event is None:
            raise self._died()
        edges = {edge["id"]: edge["url"] for edge in event.get("edges", [])}
        return Served(str(event["gateway"]), edges, str(event.get("admin_token", "")))

    def _died(self) -> CliError:
        code = self._process.wait()
        kind = {2: UsageError, 3: ContentError, 4: MachineError}.get(code, CliError)
        return kind("The backend ended before it was ready.", "The lines above say why.")

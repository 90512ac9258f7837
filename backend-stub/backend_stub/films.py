"""Encoding beside serving: the pipeline on a thread of its own (its work is in worker processes), ended with us."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from backend_stub.encode import EncodeError, EncodeStopped, Progress, encode_demo_films

log = logging.getLogger(__name__)

_stdout = threading.Lock()


def say(event: Mapping[str, object]) -> None:
    """One JSON line on stdout; silently nothing when nobody reads any more."""
    with _stdout:
        try:
            sys.stdout.write(json.dumps(event) + "\n")
            sys.stdout.flush()
        except (BrokenPipeError, ValueError):
            log.debug("nobody reads stdout")


def say_progress(progress: Progress) -> None:
    """A film's progress as a JSON line."""
    say(
        {
            "event": "film",
            "id": progress.title_id,
            "done_chunks": progress.done_chunks,
            "chunk_count": progress.chunk_count,
            "state": progress.state,
        }
    )


class FilmMaker:
    """Encodes the demo films in the background until done or stopped. A failure is reported, serving goes on."""

    def __init__(self, objects_dir: Path) -> None:
        self._objects_dir = objects_dir
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="films", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    async def stop(self) -> None:
        """End within about a second; what is encoded stays."""
        self._stop.set()
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        try:
            encode_demo_films(self._objects_dir, on_progress=say_progress, stop=self._stop)
        except EncodeStopped:
            log.debug("encoding stopped")
        except EncodeError as error:
            log.error("the demo films are not complete: %s", error)
            say({"event": "film-error", "message": error.message, "advice": error.advice})
        except Exception as error:
            log.exception("the demo films are not complete")
            advice = "Start again to go on encoding; the log says more."
            say({"event": "film-error", "message": f"Encoding failed: {error}", "advice": advice})

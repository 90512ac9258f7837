"""Worker processes and the queue in front of them: jobs in order of importance, results as they come."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend_stub.encode.model import EncodeError, EncodeStopped, TitlePlan

_POLL_S = 0.1
_TRIES = 2


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work on one film."""

    kind: str
    plan: TitlePlan
    directory: Path
    arguments: dict[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """As it goes to a worker."""
        return json.dumps(
            {
                "kind": self.kind,
                "plan": self.plan.to_json(),
                "directory": str(self.directory),
                "arguments": self.arguments,
            }
        )


class _Worker:
    """One process; started when first needed, started anew when it died. Used by one thread, ended by any."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._ended = False

    def do(self, job: Job) -> None:
        """Do the job. Raises EncodeError, or EncodeStopped after `end`; a worker that dies gets one successor."""
        for _ in range(_TRIES):
            reply = self._ask(job.line())
            if reply:
                break
        else:
            raise EncodeError(
                f"The encoder died twice at {job.plan.name} ({job.kind} {job.arguments.get('chunk', '')}).",
                "The machine may be out of memory: close other programs, or use fewer workers.",
            )
        result = json.loads(reply)
        if not result["ok"]:
            raise EncodeError(result["message"], result["advice"])

    def _ask(self, line: str) -> str:
        """The worker's answer, or nothing when it died over it."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            reply = process.stdout.readline()
        except OSError:
            reply = ""
        if not reply:
            self.close()
        return reply

    def _running(self) -> subprocess.Popen[str]:
        with self._lock:
            if self._ended:
                raise EncodeStopped
            self._process = self._process or _start()
            return self._process

    def end(self) -> None:
        """From another thread: no more work, and what is under way is cut off."""
        with self._lock:
            self._ended = True
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """End the process and its pipes."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _start() -> subprocess.Popen[str]:
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    # One thread each: the workers are the parallelism. glibc is told to keep what it has: giving every frame's memory
    # back and taking it again costs 1 ms a frame in page faults.
    keep = str(512 << 20)
    environment = {
        **os.environ,
        "PYTHONPATH": path,
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MALLOC_TRIM_THRESHOLD_": keep,
        "MALLOC_MMAP_THRESHOLD_": keep,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "backend_stub.encode.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment,
        creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
    )


Outcome = tuple[Job, EncodeError | None]


def do_all(jobs: Sequence[Job], workers: int, stop: threading.Event) -> Iterator[Job]:
    """Do the jobs, the earlier ones first; yields each as it is done.

    Raises the first EncodeError, or EncodeStopped once `stop` is set; the workers are ended in any case.
    """
    waiting = deque(jobs)
    outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    crew = [_Worker() for _ in range(min(workers, len(waiting)))]
    threads = [threading.Thread(target=_labour, args=(each, waiting, outcomes), daemon=True) for each in crew]
    try:
        for thread in threads:
            thread.start()
        for _ in range(len(jobs)):
            job, error = _next(outcomes, stop)
            if error is not None:
                raise error
            yield job
    finally:
        for each in crew:
            each.end()
        for thread in threads:
            thread.join()


def _labour(worker: _Worker, waiting: deque[Job], outcomes: queue.SimpleQueue[Outcome]) -> None:
    """One worker's life: the next job until there is none, or until it is ended."""
    with contextlib.suppress(EncodeStopped, IndexError):
        while True:
            job = waiting.popleft()
            try:
                worker.do(job)
            except EncodeError as error:
                outcomes.put((job, error))
            else:
                outcomes.put((job, None))
    worker.close()


def _next(outcomes: queue.SimpleQueue[Outcome], stop: threading.Event) -> Outcome:
    while not stop.is_set():
        with contextlib.suppress(queue.Empty):
            return outcomes.get(timeout=_POLL_S)
    raise EncodeStopped

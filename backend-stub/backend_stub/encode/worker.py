"""`python -m backend_stub.encode.worker`: a process that does jobs, one JSON line in and one out for each.

It runs below the others in priority, and it ends by itself when its standard input does: whoever started it may be
killed in any way and leaves no orphan. A half-done job leaves nothing behind but a scratch file.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
from pathlib import Path

_NICENESS = 5


def main() -> None:
    """Read jobs until standard input ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Whatever prints, prints to stderr: stdout carries replies only.
    os.dup2(2, 1)
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(_NICENESS)
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        _serve(lines, replies)


def _read(lines: queue.SimpleQueue[str]) -> None:
    """Pass lines on; leave at once when nobody is there any more, even in the middle of a job."""
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)


def _serve(lines: queue.SimpleQueue[str], replies: object) -> None:
    from backend_stub.encode import jobs
    from backend_stub.encode.model import EncodeError, TitlePlan

    jobs.quiet()
    while True:
        job = json.loads(lines.get())
        reply: dict[str, object] = {"ok": True}
        try:
            jobs.run(job["kind"], TitlePlan.from_json(job["plan"]), Path(job["directory"]), job["arguments"])
        except EncodeError as error:
            reply = {"ok": False, "message": error.message, "advice": error.advice}
        except MemoryError:
            reply = {"ok": False, "message": "There is not enough memory to encode.", "advice": "Use fewer workers."}
        print(json.dumps(reply), file=replies, flush=True)  # type: ignore[call-overload]


if __name__ == "__main__":
    main()

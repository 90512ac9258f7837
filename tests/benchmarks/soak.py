"""Hours of playing on the real output (libmpv, vo=null), at the film's own speed: memory and threads while it lasts.

python -P tests/benchmarks/soak.py [--hours 6] [--every-s 600] [--json]

A small film is served over and over as one title of that length, by a process of its own. The first look is taken after
one `--every-s`. Exit code 1 when the process has grown by more than `LOG_BYTES_A_CHUNK` a chunk and `SLACK_BYTES` since
then, or holds more threads or chunks than at first. tests/sim/test_soak.py is the same in virtual time.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from player.compose import Order, desktop
from player.engine.settings import EngineSettings
from player.engine.thread import EngineThread
from player.output.mpv import MpvSink

sys.path.append(str(Path(__file__).parent))  # -P keeps it off
import films

FILM = (640, 360, 30, 600_000)
LOG_BYTES_A_CHUNK = 1000
SLACK_BYTES = 32 * 2**20
PAGE_BYTES = 4096


def look(remote: EngineThread, began_s: float) -> dict[str, Any]:
    """What the process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    seen = remote.snapshot()
    return {
        "at_s": round(time.monotonic() - began_s, 1),
        "position_s": round(seen.position_s, 1),
        "resident_bytes": pages * PAGE_BYTES,
        "threads": threading.active_count(),
        "open_files": len(list(Path("/proc/self/fd").iterdir())),
        "chunks_logged": len(remote.chunks_since(0)),
        "stalls": seen.stall_count,
        "cpu_s": round(time.process_time(), 2),
    }


def soak(base: str, hours: float, every_s: float) -> list[dict[str, Any]]:
    """Play that long; a look every `every_s`."""
    seconds = 3600.0 * hours
    settings = EngineSettings(stop_after_s=seconds)
    title = f"{base}/{int(seconds / films.CHUNK_S) + 60}/master.m3u8"
    sink = MpvSink(vo="null", ao="null", hwdec="no")
    remote = desktop(Order(title, controller="bba-0", settings=settings), sink).start()
    began_s, looks = time.monotonic(), []
    while not remote.join(every_s):
        looks.append(look(remote, began_s))
        print(json.dumps(looks[-1]), file=sys.stderr, flush=True)
    log = remote.log
    remote.close()
    if log is None or log.ended != "seconds":
        raise SystemExit(f"it did not last: {log.ended if log else 'no session'}: {log.problems[-1:] if log else ''}")
    return looks


def main() -> int:
    """Measure, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=6.0)
    parser.add_argument("--every-s", type=float, default=600.0)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with films.served(*FILM) as (base, _):
        looks = soak(base, args.hours, args.every_s)
    if len(looks) < 2:
        raise SystemExit("two looks are needed: more --hours, or a shorter --every-s")
    first, last = looks[0], looks[-1]
    chunks = last["chunks_logged"] - first["chunks_logged"]
    grown = last["resident_bytes"] - first["resident_bytes"]
    good = grown <= LOG_BYTES_A_CHUNK * chunks + SLACK_BYTES and last["threads"] <= first["threads"]
    if args.json:
        print(json.dumps({"looks": looks, "grown_bytes": grown, "chunks": chunks, "good": good}, indent=2))
    else:
        hours = (last["at_s"] - first["at_s"]) / 3600.0
        share = (last["cpu_s"] - first["cpu_s"]) / (last["at_s"] - first["at_s"])
        print(f"{hours:.2f} h, {chunks} chunks, {last['stalls']} stalls, {100 * share:.1f} % of a core")
        print(f"  resident: {first['resident_bytes'] / 2**20:.1f} MiB, then {last['resident_bytes'] / 2**20:.1f} MiB")
        print(
            f"  threads: {first['threads']}, then {last['threads']}; files: {first['open_files']}, {last['open_files']}"
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

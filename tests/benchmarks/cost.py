"""What the engine costs beside what it plays: its thread's CPU at 1080p, and mpv's own for the same file, in one run.

python -P tests/benchmarks/cost.py [--seconds N] [--json]

The film (1080p at 24 pictures a second, moving noise at 6 Mbit/s) comes from a server of its own process on loopback.
First the engine plays it through the real output (libmpv, vo=null) at speed 1; then mpv alone plays the same file.
Exit code 1 when the engine's thread takes more than 5 % of a core. Linux only (a thread's own CPU clock).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from player.compose import Order, desktop
from player.engine.settings import EngineSettings
from player.output.mpv import MpvSink

sys.path.append(str(Path(__file__).parent))  # -P keeps it off
import films

MOST_SHARE = 0.05
FILM = (1920, 1080, 15, 6_000_000)
ALONE = """
import sys, time
from player.output.mpv_library import load_mpv
mpv = load_mpv()
player = mpv.MPV(vo="null", ao="null", hwdec="no", terminal="no", config="no")
began_s, busy_s = time.monotonic(), time.process_time()
player.play(sys.argv[1])
player.wait_for_playback()
print(time.process_time() - busy_s, time.monotonic() - began_s)
player.terminate()
"""


def engine_cost(base: str, seconds: float) -> dict[str, Any]:
    """Play through the engine: CPU of its thread and of the whole process, over the time that it played."""
    sink = MpvSink(vo="null", ao="null", hwdec="no")
    settings = EngineSettings(stop_after_s=seconds)
    chunks = int(seconds / films.CHUNK_S) + 30
    remote = desktop(Order(f"{base}/{chunks}/master.m3u8", controller="evenflow", settings=settings), sink).start()
    thread = next(it for it in threading.enumerate() if it.name == "engine")
    assert thread.ident is not None
    clock = time.pthread_getcpuclockid(thread.ident)
    began_s, busy_s, engine_s = time.monotonic(), time.process_time(), 0.0
    while not remote.join(0.2):
        engine_s = time.clock_gettime(clock)
    remote.close()
    log = remote.log
    assert log is not None
    if log.ended != "seconds":
        raise SystemExit(f"the film did not play: {log.ended}: {log.problems[-1:]}")
    wall_s = time.monotonic() - began_s
    return {
        "played_s": round(log.played_s, 2),
        "engine_share": engine_s / wall_s,
        "process_share": (time.process_time() - busy_s) / wall_s,
        "stalls": len(log.stalls),
        "bytes_fetched": log.bytes_fetched,
    }


def alone_cost(film: Path) -> float:
    """The share of a core that mpv takes to play the same file by itself."""
    done = subprocess.run([sys.executable, "-P", "-c", ALONE, str(film)], capture_output=True, text=True, check=True)
    busy_s, wall_s = map(float, done.stdout.split())
    return busy_s / wall_s


def main() -> int:
    """Measure both and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with films.served(*FILM) as (base, folder):
        told = engine_cost(base, args.seconds)
        told["mpv_alone_share"] = alone_cost(folder / "whole.mp4")
    told["most_share"] = MOST_SHARE
    if args.json:
        print(json.dumps(told, indent=2))
    else:
        print(f"{told['played_s']:g} s of 1080p at speed 1, {told['stalls']} stalls")
        print(f"  the engine's thread: {100 * told['engine_share']:.2f} % of a core (at most {100 * MOST_SHARE:g} %)")
        print(f"  the whole process, decoding included: {100 * told['process_share']:.1f} %")
        print(f"  mpv alone with the same film: {100 * told['mpv_alone_share']:.1f} %")
    return 0 if told["engine_share"] <= MOST_SHARE else 1


if __name__ == "__main__":
    sys.exit(main())

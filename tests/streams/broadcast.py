"""A live title on the small server: its playlist grows with the clock, and slides when it is not an EVENT."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import corpus
import film_maker
from origin import File

CHUNK_S = 1.0


@dataclass
class Broadcast:
    """`total` chunks of transport stream, `at_once` of them there when it is first asked for, one more each second.

    `window`: how many the playlist keeps; None: all (EVENT). `stops_at`: it never has more than that many, and goes on
    as if more were to come. `sequence` is the number of its first chunk.
    """

    names: list[str]
    at_once: int = 4
    window: int | None = None
    stops_at: int | None = None
    sequence: int = 0
    began_s: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def there(self) -> int:
        """How many chunks have been made."""
        with self.lock:
            self.began_s = time.monotonic() if self.began_s is None else self.began_s
            made = self.at_once + int((time.monotonic() - self.began_s) / CHUNK_S)
        return min(made, len(self.names), self.stops_at or len(self.names))

    def playlist(self) -> bytes:
        made = self.there()
        first = 0 if self.window is None else max(made - self.window, 0)
        lines = [line for name in self.names[first:made] for line in (f"#EXTINF:{CHUNK_S},", name)]
        kind = "EVENT" if self.window is None else ""
        told = corpus.media(lines, made == len(self.names), kind=kind, sequence=self.sequence + first)
        return told.replace(b"TARGETDURATION:2", b"TARGETDURATION:1")


def chunks(video: film_maker.Track, *beside: film_maker.Track, seconds: int, name: str = "s") -> dict[str, File]:
    """Transport streams of a second each, on a clock that is not the playlist's."""
    return {
        f"{name}{k:02}.ts": film_maker.transport_stream(
            *(track.between(k, k + 1) for track in (video, *beside)), moved_s=1000.0
        )
        for k in range(seconds)
    }

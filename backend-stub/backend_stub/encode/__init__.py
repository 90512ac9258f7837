"""Films in, ladders out: the demo films drawn by ourselves, or a user's own file, as CMAF behind HLS playlists.

What a newcomer needs is on this page; everything else in this room is how::

    for title_id in DEMO_TITLE_IDS: ...                       # "lantern-river" is the first film
    encode_demo_films(objects_dir, on_progress=print)         # blocks; a second call does nothing
    title = encode_file(Path("holiday.mov"), objects_dir)     # blocks; raises EncodeError with advice

Both calls block, so a server runs them on a thread of its own and ends them by `stop.set()`: they then raise
`EncodeStopped` within about a second. Segments that exist are kept, so the next call goes on where this one stopped.
`on_progress` is called on threads of the pipeline, one call at a time, and must not block.
"""

from __future__ import annotations

from backend_stub.encode.model import (
    DEMO_TITLE_IDS,
    EncodedTitle,
    EncodeError,
    EncodeStopped,
    OnProgress,
    Progress,
    State,
)
from backend_stub.encode.titles import encode_demo_films, encode_file, find_titles

__all__ = [
    "DEMO_TITLE_IDS",
    "EncodeError",
    "EncodeStopped",
    "EncodedTitle",
    "OnProgress",
    "Progress",
    "State",
    "encode_demo_films",
    "encode_file",
    "find_titles",
]

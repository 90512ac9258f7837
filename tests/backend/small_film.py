"""A film of two rungs whose media is a few bytes: enough for everything that never decodes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

REVISION = "rev1"
SEGMENT = bytes(range(256)) * 4


def write_film(
    data_dir: Path, title_id: str = "lantern-river", *, chunks: int = 3, made: int = 3, **facts: Any
) -> Path:
    """A film of two rungs in which `made` of `chunks` chunks exist; ready when all do."""
    folder = data_dir / "objects" / "titles" / title_id / REVISION
    for rung in range(2):
        (folder / f"v{rung}").mkdir(parents=True, exist_ok=True)
        names = [f"s{index:05d}.m4s" for index in range(chunks)]
        listed = "".join(f"#EXTINF:2.0,\n{name}\n" for name in names)
        (folder / f"v{rung}" / "playlist.m3u8").write_text(f"#EXTM3U\n{listed}#EXT-X-ENDLIST\n")
        for name in names[:made]:
            (folder / f"v{rung}" / name).write_bytes(SEGMENT)
    (folder / "master.m3u8").write_text(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-STREAM-INF:BANDWIDTH=200000\nv0/playlist.m3u8\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=400000\nv1/playlist.m3u8\n"
    )
    (folder / "poster.jpg").write_bytes(b"\xff\xd8 a poster \xff\xd9")
    rungs = [
        {"width": 320, "height": 180, "bitrate_bps": 200_000},
        {"width": 640, "height": 360, "bitrate_bps": 400_000},
    ]
    title = {
        "id": title_id,
        "name": title_id.replace("-", " ").title(),
        "year": 2026,
        "duration_s": chunks * 2.0,
        "description": "A film of a test.",
        "maturity": "all",
        "genres": ["Quiet"],
        "languages": ["en"],
        "audio": [{"lang": "en", "name": "English"}],
        "subtitles": [],
        "rungs": rungs,
        "state": "ready" if made == chunks else "encoding",
        "chunk_count": chunks,
        "chunk_s": 2.0,
        **facts,
    }
    (folder / "title.json").write_text(json.dumps(title))
    return folder

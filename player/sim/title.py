"""A title that is a table of sizes: HLS playlists with byte ranges, and bodies that say how long they are."""

from __future__ import annotations

from abr.video.model import VideoTable

MASTER = "master.m3u8"
PLAYLIST = "playlist.m3u8"
MEDIA = "media.m4s"


class SizedBytes(bytes):
    """Bytes that nobody will read: as long as they claim, and nothing in them."""

    size_bytes = 0

    def __len__(self) -> int:
        return self.size_bytes

    @classmethod
    def of(cls, size_bytes: int) -> SizedBytes:
        made = cls()
        made.size_bytes = size_bytes
        return made


class SimTitle:
    """What a server has of one title: `files` by path, as text; media paths answer with any part of themselves.

    Only video: what the laboratory's films have. Sizes are told exactly, by the byte ranges.
    """

    def __init__(self, video: VideoTable) -> None:
        self.video = video
        self.sizes_bytes = {f"v{q}/{MEDIA}": sum(row[q] for row in video.sizes_bytes) for q in range(len(video.ladder))}
        self.files = {MASTER: self._master().encode()}
        for rung in range(len(video.ladder)):
            self.files[f"v{rung}/{PLAYLIST}"] = self._playlist(rung).encode()

    def _master(self) -> str:
        lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
        for index, rung in enumerate(self.video.ladder.rungs):
            picture = f",RESOLUTION={rung.width}x{rung.height}" if rung.height else ""
            lines += [f'#EXT-X-STREAM-INF:BANDWIDTH={rung.bitrate_bps}{picture},CODECS="avc1.640028"']
            lines += [f"v{index}/{PLAYLIST}"]
        return "\n".join([*lines, ""])

    def _playlist(self, rung: int) -> str:
        duration = f"#EXTINF:{self.video.chunk_duration_s!r},"
        lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-PLAYLIST-TYPE:VOD"]
        lines += [f"#EXT-X-TARGETDURATION:{max(1, round(self.video.chunk_duration_s))}"]
        offset = 0
        for row in self.video.sizes_bytes:
            lines += [f"#EXT-X-BYTERANGE:{row[rung]}@{offset}", duration, MEDIA]
            offset += row[rung]
        return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


_latest: list[SimTitle] = []


def title_of(video: VideoTable) -> SimTitle:
    """The title of a film; a sweep plays one film a thousand times, and its playlists are written once."""
    if not _latest or _latest[0].video is not video:
        _latest[:] = [SimTitle(video)]
    return _latest[0]

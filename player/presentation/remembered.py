"""Media playlists read before: the same text from the same address is not taken apart a second time.

A title that is opened again, a live playlist that has not moved on, and the thousand sessions of a sweep over one film
all read what was read already. What is kept is bounded: so many playlists, none longer than `LONGEST_TEXT`; with the
segments of each, that is 25 MB at the very most.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from player.presentation.media import MediaPlaylist, parse_media

MOST_PLAYLISTS = 16
LONGEST_TEXT = 256 * 2**10

_read = lru_cache(MOST_PLAYLISTS)(parse_media)


def forget() -> None:
    """Remember nothing any more."""
    _read.cache_clear()


def read_again(text: str, uri: str, variables: Mapping[str, str] | None = None) -> MediaPlaylist:
    """`parse_media`, remembered where no variable takes part. Raises: `PresentationError`, every time."""
    if variables or len(text) > LONGEST_TEXT:
        return parse_media(text, uri, variables)
    return _read(text, uri)

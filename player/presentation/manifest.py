"""A title's first file, of whatever kind: what it is shows in its first characters, not in its name."""

from __future__ import annotations

from player.presentation import hls
from player.presentation.dash.sidx import FetchRange
from player.presentation.errors import PresentationError
from player.presentation.hls import FetchText
from player.presentation.model import Presentation
from player.presentation.uris import shown

HEAD_CHARACTERS = 4096


async def load(uri: str, fetch_text: FetchText, fetch_range: FetchRange) -> Presentation:
    """The title at `uri`: an HLS playlist or a DASH MPD.

    Raises: `PresentationError`, and what the two callables raise.
    """
    text, uri = await fetch_text(uri)
    head = text.lstrip("\ufeff")[:HEAD_CHARACTERS]
    if head.startswith("#EXTM3U"):
        return await hls.read(text, uri, fetch_text)
    if head.lstrip().startswith("<") and "<html" not in head.lower():
        from player.presentation.dash import load as dash

        return await dash.read(text, uri, fetch_range)
    raise PresentationError(
        f"{shown(uri)} is neither an HLS playlist (it does not begin with #EXTM3U) nor a DASH MPD (no XML)."
    )

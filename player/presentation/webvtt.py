"""Is this a WebVTT file? Asked before any other program is given it."""

from __future__ import annotations

from player.presentation.playlist import PresentationError
from player.presentation.uris import shown

LARGEST_BYTES = 2 * 2**20
LONGEST_LINE = 8192


def check_webvtt(body: bytes, uri: str = "") -> str:
    """The text of a WebVTT file (W3C WebVTT section 4.1): UTF-8, bounded, with its signature.

    Raises: `PresentationError`.
    """

    def bad(why: str) -> PresentationError:
        return PresentationError(
            f"Unreadable subtitles {shown(uri)}: {why}.", "The film plays without them; choose other subtitles."
        )

    if len(body) > LARGEST_BYTES:
        raise bad(f"larger than {LARGEST_BYTES // 2**20} MiB")
    try:
        text = body.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise bad("not UTF-8 text") from error
    lines = text.splitlines()
    header = lines[0] if lines else ""
    if header != "WEBVTT" and not header.startswith(("WEBVTT ", "WEBVTT\t")):
        raise bad("the first line is not WEBVTT")
    if "\0" in text or any(len(line) > LONGEST_LINE for line in lines):
        raise bad("it holds a zero byte or an endless line")
    return text

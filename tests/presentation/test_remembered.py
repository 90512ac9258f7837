"""Playlists that were read before: the same value again, an error every time, and a bound on what is kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from player.presentation import remembered
from player.presentation.playlist import PresentationError
from player.presentation.remembered import LONGEST_TEXT, MOST_PLAYLISTS, read_again

URI = "http://edge.example/film/v0.m3u8"
TEXT = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\n0.m4s\n#EXT-X-ENDLIST\n"


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    remembered.forget()
    yield
    remembered.forget()


def test_the_same_text_from_the_same_address_is_the_same_value() -> None:
    first = read_again(TEXT, URI)
    assert read_again("".join(list(TEXT)), URI) is first
    elsewhere = read_again(TEXT, "http://other.example/film/v0.m3u8")
    assert elsewhere.segments[0].uri == "http://other.example/film/0.m4s"


def test_an_unreadable_one_is_unreadable_every_time() -> None:
    for _ in range(2):
        with pytest.raises(PresentationError):
            read_again("#EXTM3U\n#EXT-X-ENDLIST\n", URI)


def test_what_is_kept_is_bounded() -> None:
    first = read_again(TEXT, URI)
    for number in range(MOST_PLAYLISTS):
        read_again(TEXT, f"http://edge.example/{number}.m3u8")
    assert read_again(TEXT, URI) is not first
    long = TEXT.replace("#EXT-X-ENDLIST", "#" + "x" * 4000 + "\n#EXT-X-ENDLIST")
    long += ("#" + "y" * 4000 + "\n") * (LONGEST_TEXT // 4000)
    assert read_again(long, URI) is not read_again(long, URI)

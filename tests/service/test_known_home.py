"""The home page of last time: shown before the server answers, a viewer's own, and bounded."""

from __future__ import annotations

import stat
from pathlib import Path

from player.service.known_home import MOST_PAGES, KnownHome
from player.service.model import Card, Home, Row

CARD = Card("river", "Lantern River", 72.5, 2026, "A river.", "all", ("calm",), position_s=12.0, listed=True)
HOME = Home(CARD, (Row("films", "Films", "posters", (CARD,)),))


def test_what_was_saved_is_what_is_shown(tmp_path: Path) -> None:
    known = KnownHome(tmp_path / "cache")
    known.save("http://here/", "ada", HOME)
    assert KnownHome(tmp_path / "cache").load("http://here/", "ada") == HOME
    assert known.load("http://here/", "noor") is None
    assert known.load("http://there/", "ada") is None


def test_a_page_that_has_not_changed_is_not_written_again(tmp_path: Path) -> None:
    known = KnownHome(tmp_path)
    known.save("http://here/", "ada", HOME)
    (path,) = tmp_path.iterdir()
    path.unlink()
    known.save("http://here/", "ada", HOME)
    assert list(tmp_path.iterdir()) == []
    known.save("http://here/", "ada", Home(None, HOME.rows))
    assert list(tmp_path.iterdir()) == [path]


def test_nobody_else_can_read_it_and_its_name_tells_nothing(tmp_path: Path) -> None:
    KnownHome(tmp_path).save("http://here/", "../ada", HOME)
    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "ada" not in path.name


def test_a_damaged_file_is_no_page(tmp_path: Path) -> None:
    known = KnownHome(tmp_path)
    known.save("http://here/", "ada", HOME)
    (path,) = tmp_path.iterdir()
    for damage in (b"", b"{", b"[]", b'{"hero": 3}', b"[" * 200_000):
        path.write_bytes(damage)
        assert known.load("http://here/", "ada") is None


def test_there_are_never_more_than_so_many(tmp_path: Path) -> None:
    known = KnownHome(tmp_path)
    for n in range(MOST_PAGES + 5):
        known.save("http://here/", f"p{n}", HOME)
    assert len(list(tmp_path.iterdir())) == MOST_PAGES
    assert known.load("http://here/", f"p{MOST_PAGES + 4}") == HOME


def test_a_disk_that_takes_nothing_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    KnownHome(tmp_path / "file").save("http://here/", "ada", HOME)
    assert KnownHome(tmp_path / "file").load("http://here/", "ada") is None

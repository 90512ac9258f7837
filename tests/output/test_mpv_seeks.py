"""Seeks through the whole engine, a real server and libmpv: what is asked for before the picture is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import media_ladder
import pytest
from mpv_rig import Rig
from title_server import TitleServer, write_title

from player.compose import Order, desktop
from player.engine.settings import EngineSettings
from player.engine.thread import EngineThread

pytestmark = pytest.mark.needs_mpv
RUNG, START_S, CAP_S, BACK_S = 1, 20.0, 12.0, 6.0


@pytest.fixture(scope="module")
def title(ladder: media_ladder.Ladder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("title")
    write_title(ladder, folder)
    return folder


@contextmanager
def paused_with_a_full_buffer(title: Path) -> Iterator[tuple[Rig, EngineThread, TitleServer]]:
    """Played from 20 s to about 30 s and paused there, all that the shelf keeps being on it."""
    settings = EngineSettings(start_at_s=START_S, fixed_rung=RUNG, buffer_cap_s=CAP_S, back_buffer_s=BACK_S, speed=4.0)
    with TitleServer(title) as server, Rig() as rig:
        remote = desktop(Order(server.uri(), settings=settings), rig.sink).start()
        try:
            assert rig.wait(lambda: remote.snapshot().position_s > 30.0)
            remote.set_paused(True)
            assert rig.wait(lambda: remote.snapshot().status.value == "paused")
            assert rig.wait(lambda: remote.snapshot().buffer_s > CAP_S - media_ladder.CHUNK_S)
            # What the feed still has in hand arrives; then there is no room for more.
            assert rig.wait(lambda: len(server.requests) == len(server.answered) and remote.snapshot().buffer_s > 0)
            yield rig, remote, server
        finally:
            server.release()
            remote.close()


def see(rig: Rig, remote: EngineThread, to_s: float) -> None:
    """Seek there, and wait for that very frame."""
    since = len(rig.presented)
    remote.seek(to_s)
    assert rig.wait(lambda: rig.shown(round(to_s * media_ladder.FPS), since)), f"{to_s} s was never shown"


def test_inside_the_buffer_a_seek_needs_no_request_as_far_back_as_the_shelf_keeps_and_forward(title: Path) -> None:
    with paused_with_a_full_buffer(title) as (rig, remote, server):
        at_s = remote.snapshot().position_s
        asked = len(server.requests)
        # From here on the server answers nothing: a picture that needed it would not come.
        server.hold = lambda _path: True
        see(rig, remote, at_s - 1.0)
        see(rig, remote, at_s - BACK_S)
        assert server.requests[asked:] == [], "a seek backward leaves the buffer fuller than it may be"
        see(rig, remote, at_s + CAP_S - 2 * media_ladder.CHUNK_S)
        end = int((at_s + CAP_S - media_ladder.CHUNK_S) // media_ladder.CHUNK_S)
        later = [path for path in server.requests[asked:] if path.startswith("/v")]
        assert all(int(path.split("/s")[1].split(".")[0]) >= end for path in later), later


@pytest.mark.parametrize("to_s", [2.3, 50.3])
def test_outside_the_buffer_a_seek_needs_exactly_one_chunk_and_the_sound_beside_it(title: Path, to_s: float) -> None:
    with paused_with_a_full_buffer(title) as (rig, remote, server):
        chunk = int(to_s // media_ladder.CHUNK_S)
        sound = range(int(chunk * media_ladder.CHUNK_S / media_ladder.AUDIO_SEGMENT_S), chunk + 1)
        needed = {f"/v{RUNG}/s{chunk}.m4s", *(f"/a/s{number}.m4s" for number in sound)}
        asked, answered = len(server.requests), len(server.answered)
        server.hold = lambda path: path not in needed
        see(rig, remote, to_s)
        assert set(server.answered[answered:]) == needed
        assert server.requests[asked] == f"/v{RUNG}/s{chunk}.m4s"
        assert len(server.answered[answered:]) == len(needed), "something was fetched twice"

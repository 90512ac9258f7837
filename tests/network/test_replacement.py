"""Low chunks that wait are fetched again while there is room; the report tells what was shown and what was wasted."""

from __future__ import annotations

from collections import Counter
from typing import Any

from edges_rig import CHUNKS, Asked, Played, Said, Site
from virtual_rig import film, play

from abr.trace.model import Step, Trace
from player.engine.settings import EngineSettings
from player.output.null import NullSink
from player.output.sink import ChunkMedia

BAD_THEN_GOOD = Trace([Step(25.0, 1.5e6, 0.05), Step(400.0, 20e6, 0.05)], name="better")


def play_it(**settings: Any) -> Any:
    return play({"a": None}, trace=BAD_THEN_GOOD, video=film(60), replacement=True, **settings)


def test_what_came_low_is_shown_high_and_every_byte_is_accounted_for() -> None:
    evening = play_it()
    chunks = evening.log.chunks
    assert Counter(chunk.index for chunk in chunks) == Counter(range(60))
    again = [chunk for chunk in chunks if chunk.replaced_rung is not None]
    assert again
    assert all(chunk.rung > chunk.replaced_rung for chunk in again)
    kept = sum(chunk.size_bytes for chunk in chunks)
    playlists = evening.log.bytes_fetched - kept - evening.log.bytes_wasted
    assert 0 < playlists < 50_000, "what was fetched is what was shown, what was wasted, and the playlists"
    assert evening.report["stalls"] == []
    plain = play({"a": None}, trace=BAD_THEN_GOOD, video=film(60))
    assert evening.report["qoe"]["lin"] > plain.report["qoe"]["lin"]


def test_a_chunk_that_plays_soon_is_left_alone() -> None:
    evening = play_it(committed_s=12.0)
    again = [chunk for chunk in evening.log.chunks if chunk.replaced_rung is not None]
    plays_at_s = [evening.log.startup_s + 2.0 * chunk.index for chunk in again]
    assert again
    assert all(at_s - chunk.sample.requested_at_s >= 12.0 for at_s, chunk in zip(plays_at_s, again, strict=True))


def test_an_output_that_exchanges_nothing_is_asked_once_a_chunk() -> None:
    asked: list[int] = []

    class Stubborn(NullSink):
        def replace(self, chunk: ChunkMedia) -> bool:
            asked.append(chunk.index)
            return False

    evening = play({"a": None}, trace=BAD_THEN_GOOD, video=film(60), replacement=True, sink=Stubborn)
    assert asked
    assert len(asked) == len(set(asked))
    assert evening.report["ended"] == "end"
    assert all(chunk.replaced_rung is None for chunk in evening.log.chunks)


def test_a_viewers_own_choice_is_not_improved_upon() -> None:
    evening = play_it(fixed_rung=0)
    assert all(chunk.replaced_rung is None for chunk in evening.log.chunks)


def test_it_is_on_unless_it_is_turned_off() -> None:
    assert EngineSettings().replacement


async def test_on_real_sockets_the_better_copy_takes_the_low_ones_place(site: Site) -> None:
    def slow_at_first(asked: Asked) -> Said | None:
        index = asked.path.rpartition("/s")[2].removesuffix(".m4s")
        return Said(after_s=0.5) if asked.path.startswith("v0/s") and int(index) < 5 else None

    site.script = slow_at_first
    played = Played(site, speed=1.0, buffer_cap_s=12.0, committed_s=1.0)
    document = await played.play()
    assert document["ended"] == "end"
    assert sorted(chunk["index"] for chunk in document["chunks"]) == list(range(CHUNKS))
    pictures = Counter(path.split("/")[1] for path in site.paths() if path.startswith("v"))
    twice = [index for index in range(CHUNKS) if pictures[f"s{index}.m4s"] > 1]
    again = [chunk.index for chunk in played.log.chunks if chunk.replaced_rung is not None]
    assert again
    assert set(again) <= set(twice)
    assert not [index for index in range(CHUNKS) if site.paths().count(f"a/s{index}.m4s") > 1], "sound comes once"

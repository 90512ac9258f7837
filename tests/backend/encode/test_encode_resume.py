"""Runs that were stopped, damaged or done before."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from backend_stub.encode import layout
from backend_stub.encode.model import EncodeError, EncodeStopped, Progress, TitlePlan
from backend_stub.encode.titles import encode_plans, find_titles


def _stamps(folder: Path) -> dict[str, tuple[int, int]]:
    stats = {path: path.stat() for path in folder.rglob("*") if path.is_file()}
    return {str(path): (stat.st_mtime_ns, stat.st_ino) for path, stat in stats.items()}


def test_a_stopped_run_resumes_and_a_second_run_does_nothing(tiny_plan: TitlePlan, tmp_path: Path) -> None:
    stop = threading.Event()

    def stop_after_first_chunk(progress: Progress) -> None:
        if progress.done_chunks == 1:
            stop.set()

    with pytest.raises(EncodeStopped):
        encode_plans([tiny_plan], tmp_path, workers=1, stop=stop, on_progress=stop_after_first_chunk)
    folder = layout.title_dir(tmp_path, tiny_plan)
    assert find_titles(tmp_path)[0].state == "encoding"
    assert "s00001.m4s" in (folder / "v0" / "playlist.m3u8").read_text()
    first = layout.video_segment(folder, 0, 0)
    before = first.stat().st_ino

    encode_plans([tiny_plan], tmp_path, workers=1)
    assert find_titles(tmp_path)[0].state == "ready"
    assert first.stat().st_ino == before

    stamps = _stamps(folder)
    values: list[Progress] = []
    encode_plans([tiny_plan], tmp_path, workers=1, on_progress=values.append)
    assert _stamps(folder) == stamps
    assert [(value.state, value.done_chunks) for value in values] == [("ready", 2)]

    # A segment that was cut short under a run that had not ended is made again; a whole one is kept.
    first.write_bytes(first.read_bytes()[:-100])
    title = folder / "title.json"
    title.write_text(title.read_text().replace('"ready"', '"encoding"'))
    encode_plans([tiny_plan], tmp_path, workers=1)
    assert layout.whole_chunk(layout.read_segment(first), tiny_plan, 0, 1000)


def test_a_place_that_takes_no_files_is_named_with_advice(tiny_plan: TitlePlan, tmp_path: Path) -> None:
    (tmp_path / "titles").write_text("a file where a folder should be")
    with pytest.raises(EncodeError, match="could not be written") as caught:
        encode_plans([tiny_plan], tmp_path, workers=1)
    assert "--data" in caught.value.advice


def test_a_full_disk_is_called_a_full_disk() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(OSError, match="space") as caught, full.open("wb", buffering=0) as file:
        file.write(b"x")
    error = layout.disk_error(caught.value, Path("film") / "s00000.m4s")
    assert "disk is full" in error.message
    assert "kept" in error.advice


def test_another_setting_is_another_revision(tiny_plan: TitlePlan) -> None:
    from dataclasses import replace

    assert replace(tiny_plan, chunk_frames=96).revision() != tiny_plan.revision()

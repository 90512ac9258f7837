"""From a film to be made to a film on disk: the two entrances of the room, and the order in which work is done."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

from backend_stub.encode import layout, playlists
from backend_stub.encode.films import demo_plan
from backend_stub.encode.grid import audio_grid, chunk_seconds, frame_ticks, title_seconds
from backend_stub.encode.model import DEMO_TITLE_IDS, EncodedTitle, OnProgress, Progress, State, TitlePlan
from backend_stub.encode.pool import Job, do_all

#: So many chunks of the first film come before the pictures of the others: enough to begin watching.
_HEAD_CHUNKS = 3


def encode_demo_films(
    objects_dir: Path,
    *,
    on_progress: OnProgress | None = None,
    workers: int | None = None,
    stop: threading.Event | None = None,
    title_ids: Sequence[str] = DEMO_TITLE_IDS,
) -> list[EncodedTitle]:
    """Make the demo films that are not there yet; returns all of them, ready. `workers` defaults to the CPU count."""
    plans = [demo_plan(title_id) for title_id in title_ids]
    return encode_plans(plans, objects_dir, on_progress=on_progress, workers=workers, stop=stop)


def encode_file(
    path: Path,
    objects_dir: Path,
    *,
    title: str | None = None,
    on_progress: OnProgress | None = None,
    workers: int | None = None,
    stop: threading.Event | None = None,
) -> EncodedTitle:
    """Encode a user's own file; `title` defaults to a name made from the file's."""
    from backend_stub.encode.probe import plan_file

    plan = plan_file(path, title)
    return encode_plans([plan], objects_dir, on_progress=on_progress, workers=workers, stop=stop)[0]


def encode_plans(
    plans: Sequence[TitlePlan],
    objects_dir: Path,
    *,
    on_progress: OnProgress | None = None,
    workers: int | None = None,
    stop: threading.Event | None = None,
) -> list[EncodedTitle]:
    """Encode what the plans ask for and is not there. Raises EncodeError or EncodeStopped."""
    making = [_Making(plan, layout.title_dir(objects_dir, plan)) for plan in plans]
    report = on_progress or (lambda _: None)
    for each in making:
        if each.state == "ready":
            report(each.progress())
    unfinished = {each.plan.title_id: each for each in making if each.state != "ready"}
    jobs = _in_order([each.jobs() for each in unfinished.values()])
    for job in do_all(jobs, workers or os.cpu_count() or 1, stop or threading.Event()):
        each = unfinished[job.plan.title_id]
        each.done(job)
        if job.kind in ("prepare", "chunk") and each.prepared:
            report(each.progress())
        if each.complete():
            each.finish()
            report(each.progress())
    return [EncodedTitle(each.plan.title_id, each.plan.revision(), each.directory, each.state) for each in making]


def _in_order(films: list[list[Job]]) -> list[Job]:
    """The first film's beginning, then what the others show on the home page, then the rest, film by film."""
    heads = [_head(jobs, _HEAD_CHUNKS if number == 0 else 0) for number, jobs in enumerate(films)]
    head = [job for jobs in heads for job in jobs]
    rest = [job for jobs, done in zip(films, heads, strict=True) for job in jobs if job not in done]
    return head + rest


def _head(jobs: list[Job], chunks: int) -> list[Job]:
    """Of one film: playlists, the first chunks, and what makes it look and sound."""
    early = [job for job in jobs if job.kind in ("prepare", "pictures") or (chunks and job.kind == "sound")]
    return sorted(early + [job for job in jobs if job.kind == "chunk"][:chunks], key=_urgency)


def _urgency(job: Job) -> int:
    """Chunk 0 may begin before the playlists are written: two workers start at once."""
    first = job.kind == "chunk" and job.arguments["chunk"] == 0
    order = {"prepare": 0, "sound": 2, "pictures": 3, "sprites": 5}
    return 1 if first else order.get(job.kind, 4)


class _Making:
    """One film under way: what is missing, what has been done."""

    def __init__(self, plan: TitlePlan, directory: Path) -> None:
        self.plan = plan
        self.directory = directory
        self.prepared = False
        self.state: State = "ready" if self._is_ready() else "encoding"
        self._missing = {} if self.state == "ready" else self._missing_renditions()
        self._open_jobs = 0

    def jobs(self) -> list[Job]:
        """All that is left to do, in the order in which it is wanted."""
        jobs = [self._job("prepare")]
        if not self._has_sound():
            jobs.append(self._job("sound"))
        if not (self.directory / "poster.jpg").exists():
            jobs.append(self._job("pictures"))
        jobs += [self._job("chunk", chunk=chunk, rungs=rungs) for chunk, rungs in self._missing.items()]
        if not (self.directory / "sprites.vtt").exists():
            jobs.append(self._job("sprites"))
        self._open_jobs = len(jobs)
        return sorted(jobs, key=_urgency)

    def _job(self, kind: str, **arguments: object) -> Job:
        return Job(kind, self.plan, self.directory, arguments)

    def done(self, job: Job) -> None:
        """One job less."""
        self._open_jobs -= 1
        self.prepared = self.prepared or job.kind == "prepare"
        if job.kind == "chunk":
            del self._missing[job.arguments["chunk"]]

    def complete(self) -> bool:
        """Whether all jobs are done."""
        return self._open_jobs == 0

    def finish(self) -> None:
        """Write the playlists again, now with exact sizes, and drop older revisions of the same title."""
        playlists.write_playlists(self.plan, self.directory, "ready")
        self.state = "ready"
        for other in self.directory.parent.iterdir():
            if other != self.directory and other.is_dir():
                shutil.rmtree(other, ignore_errors=True)

    def progress(self) -> Progress:
        """How far it is."""
        plan = self.plan
        done = plan.chunk_count - len(self._missing)
        return Progress(plan.title_id, plan.revision(), plan.name, self.state, done, plan.chunk_count)

    def _is_ready(self) -> bool:
        """Whether an earlier run ended well and nothing has been taken away since."""
        return _state_of(self.directory) == "ready" and all(path.exists() for path in self._all_segments())

    def _all_segments(self) -> list[Path]:
        chunks = range(self.plan.chunk_count)
        video = [layout.video_segment(self.directory, r, c) for r in range(len(self.plan.rungs)) for c in chunks]
        return video + [layout.audio_segment(self.directory, t.lang, c) for t in self.plan.audio for c in chunks]

    def _missing_renditions(self) -> dict[int, list[int]]:
        """For each chunk the rungs whose segment is not there or not whole."""
        ticks = frame_ticks(self.plan.fps)
        missing: dict[int, list[int]] = {}
        for chunk in range(self.plan.chunk_count):
            for rung in range(len(self.plan.rungs)):
                found = layout.read_segment(layout.video_segment(self.directory, rung, chunk))
                if not layout.whole_chunk(found, self.plan, chunk, ticks):
                    missing.setdefault(chunk, []).append(rung)
        return missing

    def _has_sound(self) -> bool:
        """Whether all segments of all sound tracks are there and whole."""
        grid = audio_grid(self.plan.chunk_count, chunk_seconds(self.plan), title_seconds(self.plan))
        for track in self.plan.audio:
            for index, frames in enumerate(grid):
                found = layout.read_segment(layout.audio_segment(self.directory, track.lang, index))
                if found is None or len(found.sample_sizes) != len(frames):
                    return False
        return True


def find_titles(objects_dir: Path) -> list[EncodedTitle]:
    """Every film on disk, ready or being encoded; of several revisions of one title only the newest."""
    newest: dict[str, tuple[float, EncodedTitle]] = {}
    for path in objects_dir.glob("titles/*/*/title.json"):
        state, directory = _state_of(path.parent), path.parent
        with contextlib.suppress(OSError):
            changed_s = path.stat().st_mtime
            title_id = directory.parent.name
            if state is not None and changed_s > newest.get(title_id, (0.0, None))[0]:
                newest[title_id] = (changed_s, EncodedTitle(title_id, directory.name, directory, state))
    return sorted((title for _, title in newest.values()), key=_shelf_order)


def _shelf_order(title: EncodedTitle) -> tuple[int, str]:
    """Demo films in their order, then the others by name."""
    place = DEMO_TITLE_IDS.index(title.title_id) if title.title_id in DEMO_TITLE_IDS else len(DEMO_TITLE_IDS)
    return place, title.title_id


def _state_of(directory: Path) -> State | None:
    """What title.json says, or None when it is not there or not readable."""
    try:
        state = json.loads((directory / "title.json").read_text(encoding="utf-8"))["state"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return state if state in ("encoding", "ready") else None

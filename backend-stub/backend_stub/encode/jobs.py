"""What a worker does: one function a kind of job, plain data in, files out. Runs in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av

from backend_stub.encode import images, layout, playlists
from backend_stub.encode.boxes import avcc, read_fragment
from backend_stub.encode.codec import ChunkEncoder, audio_fragment, audio_init, encode_aac, video_fragment, video_init
from backend_stub.encode.grid import audio_grid, chunk_seconds, frame_ticks, title_seconds
from backend_stub.encode.model import EncodeError, TitlePlan
from backend_stub.encode.source import FrameSource, Scaler, burn_mark, open_source

_sources: dict[str, FrameSource] = {}


def run(kind: str, plan: TitlePlan, directory: Path, arguments: dict[str, Any]) -> None:
    """Do one job. Raises EncodeError when the film cannot be made."""
    match kind:
        case "prepare":
            prepare(plan, directory)
        case "chunk":
            encode_chunk(plan, directory, arguments["chunk"], arguments["rungs"])
        case "sound":
            encode_sound(plan, directory)
        case "pictures":
            images.write_pictures(plan, directory, _source(plan))
        case "sprites":
            images.write_sprites(plan, directory, _source(plan))
        case _:
            raise ValueError(f"no such job: {kind}")


def prepare(plan: TitlePlan, directory: Path) -> None:
    """All that can be known before the first frame: init segments, subtitles, playlists, title.json."""
    layout.sweep(directory)
    for index, rung in enumerate(plan.rungs):
        init = video_init(rung, plan.fps, plan.chunk_frames)
        layout.write_atomically(directory / f"v{index}" / "init.mp4", init)
    for track in plan.audio:
        layout.write_atomically(directory / f"a-{track.lang}" / "init.mp4", audio_init())
    for text, body in _subtitles(plan):
        layout.write_atomically(directory / f"s-{text}" / "subs.vtt", body)
    playlists.write_playlists(plan, directory, "encoding")


def encode_chunk(plan: TitlePlan, directory: Path, chunk: int, rungs: list[int]) -> None:
    """One chunk in the renditions that lack it: drawn or decoded once, scaled, encoded, checked, written.

    A rendition that fails its check is encoded once more; then the film is given up.
    """
    bad = _encode_renditions(plan, directory, chunk, rungs)
    if bad:
        bad = _encode_renditions(plan, directory, chunk, bad)
    if bad:
        sizes = ", ".join(f"{plan.rungs[rung].height}p" for rung in bad)
        raise EncodeError(
            f"Chunk {chunk} of {plan.name} ({sizes}) came out wrong twice.",
            "This is a fault of the encoder; run it again, and if it stays, reinstall the `av` package.",
        )


def _encode_renditions(plan: TitlePlan, directory: Path, chunk: int, rungs: list[int]) -> list[int]:
    """Encode; write what passes its check; return the rungs that did not."""
    encoders = {rung: ChunkEncoder(plan.rungs[rung], plan.fps, plan.chunk_frames) for rung in rungs}
    scaler = Scaler({rung: plan.rungs[rung] for rung in rungs})
    frames = plan.frames_of(chunk)
    for number, frame in zip(frames, _source(plan).frames(frames), strict=True):
        for rung, picture in scaler.scale(frame):
            burn_mark(plan, picture, number, rung)
            encoders[rung].encode(picture)
    bad = []
    for rung, encoder in encoders.items():
        data = video_fragment(encoder.finish(), chunk, frames.start, plan.fps)
        if _passes(plan, rung, chunk, encoder, data):
            layout.write_atomically(layout.video_segment(directory, rung, chunk), data)
        else:
            bad.append(rung)
    return bad


def _passes(plan: TitlePlan, rung: int, chunk: int, encoder: ChunkEncoder, data: bytes) -> bool:
    """Frame count, time, keyframe first, and the parameter sets that the init segment promises."""
    promised = avcc(video_init(plan.rungs[rung], plan.fps, plan.chunk_frames))
    # NAL unit type 5: the first sample must be an IDR picture, not merely be labelled so.
    start = data.index(b"mdat") + 4
    return (
        layout.whole_chunk(read_fragment(data), plan, chunk, frame_ticks(plan.fps))
        and data[start + 4] & 0x1F == 5
        and all(unit in promised for unit in encoder.parameter_sets())
    )


def encode_sound(plan: TitlePlan, directory: Path) -> None:
    """Every sound track that is not whole, side by side, so that the first segments of all come first."""
    tracks = [_sound_segments(plan, directory, index) for index in range(len(plan.audio))]
    while tracks:
        tracks = [track for track in tracks if next(track, None) is not None]


def _sound_segments(plan: TitlePlan, directory: Path, index: int) -> Iterator[int]:
    """Encode one track, writing segment by segment; yields the number of each segment written."""
    grid = audio_grid(plan.chunk_count, chunk_seconds(plan), title_seconds(plan))
    frames = encode_aac(_sound_blocks(plan, index), grid[-1].stop)
    for segment, wanted in enumerate(grid):
        samples = [next(frames) for _ in wanted]
        data = audio_fragment(samples, segment, wanted.start)
        layout.write_atomically(layout.audio_segment(directory, plan.audio[index].lang, segment), data)
        yield segment


def _sound_blocks(plan: TitlePlan, index: int) -> Iterator[Any]:
    if plan.is_demo:
        from backend_stub.encode.sound import blocks

        yield from blocks(plan.title_id, plan.audio[index].lang, float(title_seconds(plan)))
    else:
        from backend_stub.encode.file_sound import blocks as file_blocks

        yield from file_blocks(plan, index)


def _subtitles(plan: TitlePlan) -> Iterator[tuple[str, str]]:
    if plan.is_demo:
        from backend_stub.encode.subtitles import demo_webvtt

        for track in plan.subtitles:
            yield track.lang, demo_webvtt(plan.title_id, track.lang)
    elif plan.subtitles:
        from backend_stub.encode.file_text import webvtt

        for track in plan.subtitles:
            yield track.lang, webvtt(plan, track)


def _source(plan: TitlePlan) -> FrameSource:
    """The source of the plan's pictures; the last one used stays open, so that chunks in a row need no seek."""
    key = f"{plan.title_id}/{plan.source}"
    if key not in _sources:
        _sources.clear()
        _sources[key] = open_source(plan)
    return _sources[key]


def quiet() -> None:
    """FFmpeg speaks to nobody from a worker: what matters is raised."""
    av.logging.set_level(None)

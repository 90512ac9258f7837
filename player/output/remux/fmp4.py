"""CMAF/fMP4: an initialisation section to what a decoder must know, a media segment to its samples."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from player.output.remux.boxes import Box, Reader, walk
from player.output.remux.sound_entries import SOUND_KINDS, sound_entry
from player.output.remux.tracks import MAX_SAMPLES, Media, Sample, SampleDefaults, Stream, TrackInit, check_count
from player.output.sink import MediaError

__all__ = [
    "MAX_SAMPLES",
    "Sample",
    "SampleDefaults",
    "TrackInit",
    "demux",
    "parse_init",
    "parse_segment",
    "parse_tracks",
]

_VISUAL_FIELDS_BYTES = 78
_CONFIG_BOX = {"avc1": "avcC", "avc3": "avcC", "hvc1": "hvcC", "hev1": "hvcC", "av01": "av1C", "vp09": "vpcC"}
_NOT_SYNC = 0x10000
_MOST_TRACKS = 32


def parse_init(data: bytes) -> TrackInit:
    """The first track of an initialisation section that can be played. Raises `MediaError`."""
    return parse_tracks(data)[0]


def parse_tracks(data: bytes) -> tuple[TrackInit, ...]:
    """The tracks of an initialisation section (ISO/IEC 14496-12): the first of pictures, the first of sound.

    Raises: `MediaError` when none of them can be played.
    """
    view = memoryview(data)
    moov = next((box for box in walk(view, 0, len(view)) if box.kind == "moov"), None)
    if moov is None:
        raise MediaError("the initialisation section has no 'moov' box")
    traks = [box for box in moov.children() if box.kind == "trak"]
    if not traks or len(traks) > _MOST_TRACKS:
        raise MediaError(f"the initialisation section describes {len(traks)} tracks")
    found: list[TrackInit] = []
    refused: MediaError | None = None
    for trak in traks:
        try:
            init = _track(moov, trak, alone=len(traks) == 1)
        except MediaError as error:
            refused = refused or error
            continue
        if all(init.is_audio != other.is_audio for other in found):
            found.append(init)
    if not found:
        assert refused is not None
        raise refused
    return tuple(found)


def demux(data: bytes, tracks: tuple[TrackInit, ...]) -> Media:
    """A media segment, by the tracks of its initialisation section. Raises `MediaError`."""
    streams = {init.is_audio: Stream(init, parse_segment(data, init)) for init in tracks}
    return Media(streams.get(False), streams.get(True))


def _track(moov: Box, trak: Box, alone: bool) -> TrackInit:
    mdia = trak.child("mdia")
    timescale = _timescale(mdia.child("mdhd"))
    entry = next(mdia.child("minf").child("stbl").child("stsd").children(8), None)
    if entry is None:
        raise MediaError("the initialisation section describes no codec")
    track_id = _track_id(trak)
    # A lone track's fragments are taken whatever number they bear: packagers disagree with themselves.
    common = _Common(timescale, _edit_offset(trak), _defaults(moov, track_id, alone), 0 if alone else track_id)
    return _audio(entry, common) if entry.kind in SOUND_KINDS else _video(entry, common)


@dataclass(frozen=True, slots=True)
class _Common:
    timescale: int
    edit_offset: int
    defaults: SampleDefaults
    track_id: int


def _track_id(trak: Box) -> int:
    tkhd = trak.find("tkhd")
    if tkhd is None:
        return 0
    reader = tkhd.reader()
    version, _ = reader.version_and_flags()
    reader.skip(16 if version == 1 else 8)
    return reader.uint(4)


def _timescale(mdhd: Box) -> int:
    reader = mdhd.reader()
    version, _ = reader.version_and_flags()
    reader.skip(16 if version == 1 else 8)
    timescale = reader.uint(4)
    if timescale == 0:
        raise MediaError("the track's timescale is 0")
    return timescale


def _edit_offset(trak: Box) -> int:
    """Media time that shows at zero. Empty edits are ignored: ffmpeg writes them beside a media_time, and obeying
    both would shift every picture late."""
    edts = trak.find("edts")
    elst = edts.find("elst") if edts else None
    if elst is None:
        return 0
    reader = elst.reader()
    version, _ = reader.version_and_flags()
    width = 8 if version == 1 else 4
    for _ in range(min(reader.uint(4), 16)):
        reader.skip(width)
        media_time = int.from_bytes(reader.take(width), "big", signed=True)
        reader.skip(4)
        if media_time >= 0:
            return media_time
    return 0


def _defaults(moov: Box, track_id: int, alone: bool) -> SampleDefaults:
    mvex = moov.find("mvex")
    for trex in mvex.children() if mvex else ():
        if trex.kind != "trex":
            continue
        reader = trex.reader()
        reader.skip(4)
        if reader.uint(4) == track_id or alone:
            reader.skip(4)
            return SampleDefaults(reader.uint(4), reader.uint(4), reader.uint(4))
    return SampleDefaults()


def _video(entry: Box, common: _Common) -> TrackInit:
    config_kind = _CONFIG_BOX.get(entry.kind)
    if entry.kind in ("encv", "enca"):
        raise MediaError("the title is protected (common encryption), which is not played")
    if config_kind is None:
        raise MediaError(
            f"the codec {entry.kind!r} cannot be played; H.264, HEVC, AV1, VP9, AAC, MP3, AC-3, Opus and FLAC can"
        )
    fields = entry.reader()
    fields.skip(24)
    width, height = fields.uint(2), fields.uint(2)
    if not width or not height:
        raise MediaError(f"the picture size {width}x{height} cannot be")
    config = bytes(entry.child(config_kind, _VISUAL_FIELDS_BYTES).reader().take_all())
    return TrackInit(
        entry.kind,
        config,
        common.timescale,
        common.edit_offset,
        common.defaults,
        width,
        height,
        track_id=common.track_id,
    )


def _audio(entry: Box, common: _Common) -> TrackInit:
    sound = sound_entry(entry)
    return TrackInit(
        sound.codec,
        sound.config,
        common.timescale,
        common.edit_offset,
        common.defaults,
        sample_rate=sound.sample_rate,
        channels=sound.channels,
        track_id=common.track_id,
    )


def parse_segment(data: bytes, init: TrackInit) -> list[Sample]:
    """The samples of a media segment, in decode order. Raises `MediaError`."""
    view = memoryview(data)
    samples: list[Sample] = []
    media = False
    for box in list(walk(view, 0, len(view))):
        if box.kind == "moof":
            for traf in box.children():
                if traf.kind == "traf":
                    samples.extend(_fragment(traf, box.offset, init))
                    check_count(len(samples))
        media |= box.kind == "mdat"
    if not samples:
        raise MediaError("the segment holds no samples ('moof' is missing or empty)")
    if not media:
        raise MediaError("the segment has no 'mdat': the media itself is missing")
    return samples


def _fragment(traf: Box, moof_offset: int, init: TrackInit) -> list[Sample]:
    header = traf.child("tfhd").reader()
    if init.track_id not in (0, _fragment_track(traf)):
        return []
    base, defaults = _fragment_header(header, moof_offset, init.defaults)
    cursor = _Cursor(base, base, _decode_time(traf))
    samples: list[Sample] = []
    for trun in traf.children():
        if trun.kind == "trun":
            samples.extend(_run(trun, cursor, defaults, init))
            check_count(len(samples))
    return samples


@dataclass(slots=True)
class _Cursor:
    """Where the next sample of a fragment lies, in bytes and in media time."""

    base: int
    position: int
    time: int


def _run(trun: Box, cursor: _Cursor, defaults: SampleDefaults, init: TrackInit) -> Iterator[Sample]:
    reader = trun.reader()
    version, flags = reader.version_and_flags()
    count = reader.uint(4)
    check_count(count)
    if flags & 0x1:
        cursor.position = cursor.base + reader.int32()
    first_flags = reader.uint(4) if flags & 0x4 else None
    rows = _rows(reader, count, version, flags, defaults)
    for number, (duration, size_bytes, sample_flags, offset) in enumerate(rows):
        if number == 0 and first_flags is not None and not flags & 0x400:
            sample_flags = first_flags
        end = cursor.position + size_bytes
        if cursor.position < 0 or size_bytes == 0 or end > len(trun.data):
            raise MediaError(f"sample {number} lies outside the segment: truncated or corrupt")
        shown = cursor.time + offset - init.edit_offset
        yield Sample(
            decode_s=(cursor.time - init.edit_offset) / init.timescale,
            present_s=shown / init.timescale,
            key=not sample_flags & _NOT_SYNC,
            data=trun.data[cursor.position : end],
        )
        cursor.position = end
        cursor.time += duration


def _rows(
    reader: Reader, count: int, version: int, flags: int, defaults: SampleDefaults
) -> Iterator[tuple[int, int, int, int]]:
    """(duration, size, flags, composition offset) of each sample, the defaults where the run is silent."""
    present = [bool(flags & bit) for bit in (0x100, 0x200, 0x400, 0x800)]
    signed = "i" if version else "I"
    layout = struct.Struct(">" + "".join(c for c, there in zip("III" + signed, present, strict=True) if there))
    fallback = (defaults.duration, defaults.size_bytes, defaults.flags, 0)
    if not layout.size:
        for _ in range(count):
            yield fallback
        return
    for row in layout.iter_unpack(reader.take(count * layout.size)):
        told = iter(row)
        duration, size, bits, offset = (
            next(told) if there else value for there, value in zip(present, fallback, strict=True)
        )
        yield duration, size, bits, offset


def _fragment_track(traf: Box) -> int:
    reader = traf.child("tfhd").reader()
    reader.skip(4)
    return reader.uint(4)


def _fragment_header(reader: Reader, moof_offset: int, defaults: SampleDefaults) -> tuple[int, SampleDefaults]:
    _, flags = reader.version_and_flags()
    reader.skip(4)
    base = reader.uint(8) if flags & 0x1 else moof_offset
    if flags & 0x2:
        reader.skip(4)
    duration = reader.uint(4) if flags & 0x8 else defaults.duration
    size_bytes = reader.uint(4) if flags & 0x10 else defaults.size_bytes
    sample_flags = reader.uint(4) if flags & 0x20 else defaults.flags
    return base, SampleDefaults(duration, size_bytes, sample_flags)


def _decode_time(traf: Box) -> int:
    reader = traf.child("tfdt").reader()
    version, _ = reader.version_and_flags()
    return reader.uint(8 if version == 1 else 4)

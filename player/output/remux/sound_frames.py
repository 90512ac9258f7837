"""Frames of sound that say themselves where they end: AAC in ADTS, MPEG audio, AC-3 and E-AC-3."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from player.output.remux.tracks import check_count
from player.output.sink import MediaError

AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
MAX_SKIPPED_BYTES = 64 * 1024
"""Searched through for the next frame, in one segment."""

_AC3_RATES = (48000, 44100, 32000)
_AC3_KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
_AC3_CHANNELS = (2, 1, 2, 3, 3, 4, 4, 5)
_MPEG_RATES = (44100, 48000, 32000)
_MPEG1_KBPS = {
    1: (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
_MPEG2_KBPS = {
    1: (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    3: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


@dataclass(frozen=True, slots=True)
class FrameHead:
    """What a frame's header says. `config` is AAC's AudioSpecificConfig, empty for the others."""

    codec: str
    config: bytes
    sample_rate: int
    channels: int
    size_bytes: int
    samples: int


ReadHead = Callable[[bytes, int], "FrameHead | None"]
"""The head of the frame at an offset; None when no frame begins there, or the header isn't all there."""


@dataclass(frozen=True, slots=True)
class Run:
    """Bytes of sound in order; `time` is that of the first frame that begins in them, in 90 kHz ticks."""

    time: int | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame and its time in ticks of 90 kHz."""

    time: float
    head: FrameHead
    data: bytes


def adts_head(data: bytes, at: int) -> FrameHead | None:
    """AAC in an Audio Data Transport Stream (ISO/IEC 13818-7, 6.2)."""
    if len(data) - at < 7 or data[at] != 0xFF or data[at + 1] & 0xF6 != 0xF0:
        return None
    kind, rate_index = data[at + 2] >> 6, data[at + 2] >> 2 & 0xF
    channels = (data[at + 2] & 1) << 2 | data[at + 3] >> 6
    size_bytes = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
    if rate_index >= len(AAC_RATES) or size_bytes < 7:
        return None
    config = ((kind + 1) << 11 | rate_index << 7 | channels << 3).to_bytes(2, "big")
    blocks = (data[at + 6] & 3) + 1
    return FrameHead("mp4a", config, AAC_RATES[rate_index], channels or 2, size_bytes, 1024 * blocks)


def adts_prefix(config: bytes, size_bytes: int) -> bytes | None:
    """An ADTS header before a raw AAC frame; None when this AudioSpecificConfig does not fit one."""
    if len(config) < 2:
        return None
    word = int.from_bytes(config[:2], "big")
    kind, rate_index, channels = word >> 11, word >> 7 & 0xF, word >> 3 & 0xF
    total = size_bytes + 7
    if not 1 <= kind <= 4 or rate_index >= len(AAC_RATES) or not 1 <= channels <= 7 or total > 8191 or word & 7:
        return None
    third = (kind - 1) << 6 | rate_index << 2 | channels >> 2
    fourth = (channels & 3) << 6 | total >> 11
    return bytes((0xFF, 0xF1, third, fourth, total >> 3 & 0xFF, (total & 7) << 5 | 0x1F, 0xFC))


def mpeg_head(data: bytes, at: int) -> FrameHead | None:
    """MPEG-1 and MPEG-2 audio, layers I to III (ISO/IEC 11172-3, 2.4.2.3)."""
    if len(data) - at < 4 or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    version, layer = data[at + 1] >> 3 & 3, 4 - (data[at + 1] >> 1 & 3)
    kbps_index, rate_index, padding = data[at + 2] >> 4, data[at + 2] >> 2 & 3, data[at + 2] >> 1 & 1
    if version == 1 or layer == 4 or kbps_index in (0, 15) or rate_index == 3:
        return None
    rate = _MPEG_RATES[rate_index] >> (0 if version == 3 else 1 if version == 2 else 2)
    kbps = (_MPEG1_KBPS if version == 3 else _MPEG2_KBPS)[layer][kbps_index]
    samples = 384 if layer == 1 else 576 if layer == 3 and version != 3 else 1152
    slot, unit = (12_000, 4) if layer == 1 else (samples * 125, 1)
    size_bytes = (slot * kbps // rate + padding) * unit
    channels = 1 if data[at + 3] >> 6 == 3 else 2
    return FrameHead(f"mp{layer}", b"", rate, channels, size_bytes, samples)


def ac3_head(data: bytes, at: int) -> FrameHead | None:
    """AC-3 and E-AC-3 (ETSI TS 102 366, 4.3 and E.1.2); the two are told apart by their bit stream id."""
    if len(data) - at < 7 or data[at] != 0x0B or data[at + 1] != 0x77:
        return None
    if data[at + 5] >> 3 > 10:
        return _eac3_head(data, at)
    rate_index, size_index = data[at + 4] >> 6, data[at + 4] & 0x3F
    if rate_index == 3 or size_index >= 2 * len(_AC3_KBPS):
        return None
    rate = _AC3_RATES[rate_index]
    words = _AC3_KBPS[size_index // 2] * 96_000 // rate + (size_index & 1 if rate == 44100 else 0)
    mode = data[at + 6] >> 5
    # The low frequency channel's flag follows mix levels of which each is there for some modes only.
    skipped = 2 * (mode & 1 and mode != 1) + 2 * bool(mode & 4) + 2 * (mode == 2)
    low = data[at + 6] >> (4 - skipped) & 1 if skipped <= 4 else 0
    return FrameHead("ac-3", b"", rate, _AC3_CHANNELS[mode] + low, 2 * words, 1536)


def _eac3_head(data: bytes, at: int) -> FrameHead | None:
    dependent = data[at + 2] >> 6 == 1
    size_bytes = 2 * (((data[at + 2] & 7) << 8 | data[at + 3]) + 1)
    rate_index = data[at + 4] >> 6
    if rate_index == 3:
        half = data[at + 4] >> 4 & 3
        if half == 3:
            return None
        rate, blocks = _AC3_RATES[half] // 2, 6
    else:
        rate, blocks = _AC3_RATES[rate_index], (1, 2, 3, 6)[data[at + 4] >> 4 & 3]
    channels = _AC3_CHANNELS[data[at + 4] >> 1 & 7] + (data[at + 4] & 1)
    return FrameHead("ec-3", b"", rate, channels, size_bytes, 0 if dependent else 256 * blocks)


def frames(runs: Iterable[Run], read_head: ReadHead) -> Iterator[Frame]:
    """Every whole frame; a run without a time goes on from the one before, frames before the first time are lost.

    Raises: `MediaError` when there is next to nothing but bytes that are no frame.
    """
    pending, clock, skipped, count = b"", None, 0, 0
    for run in runs:
        data, at, told_at = pending + run.data, 0, len(pending)
        told: float | None = run.time
        while at < len(data):
            head = read_head(data, at)
            if head is None:
                if len(data) - at < 9:
                    break
                at, skipped = at + 1, skipped + 1
                if skipped > MAX_SKIPPED_BYTES:
                    raise MediaError("the sound holds no frames where frames belong")
                continue
            if at + head.size_bytes > len(data):
                break
            if told is not None and at >= told_at:
                clock, told = told, None
            if clock is not None:
                count += 1
                check_count(count)
                yield Frame(clock, head, data[at : at + head.size_bytes])
                clock += head.samples * 90_000 / head.sample_rate
            at += head.size_bytes
        pending = data[at:]
        # A frame that begins here and ends in the next run keeps the time told here.
        if told is not None and pending and at >= told_at:
            clock = told

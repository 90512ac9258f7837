"""MPEG transport streams (ISO/IEC 13818-1): a segment's packets to pictures and sound, each sample with its times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from player.output.remux.annexb import AvcReader, HevcReader
from player.output.remux.sound_frames import ReadHead, Run, ac3_head, adts_head, frames, mpeg_head
from player.output.remux.tracks import Media, Sample, SampleDefaults, Stream, TrackInit, check_count
from player.output.remux.ts_tables import Sections, entries, program_pids
from player.output.sink import MediaError

PACKET_BYTES = 188
TICKS = 90_000
WRAP_TICKS = 1 << 33
_SYNC = 0x47
_MOST_SYNC_LOSSES = 64
_PICTURES = {"avc1": AvcReader, "hvc1": HevcReader}
_SOUND: dict[str, ReadHead] = {"mp4a": adts_head, "mpeg": mpeg_head, "ac-3": ac3_head, "ec-3": ac3_head}


@dataclass(frozen=True, slots=True)
class Packet:
    """One payload of a packetised elementary stream; times in ticks, as they are written, or None."""

    present: int | None
    decode: int | None
    data: bytes
    random_access: bool


@dataclass(slots=True)
class _Elementary:
    """The payloads of one PID, put together."""

    codec: str
    packets: list[Packet] = field(default_factory=list)
    parts: list[memoryview] = field(default_factory=list)
    counter: int = -1
    random_access: bool = False
    last_payload: memoryview | bytes = b""

    def flush(self) -> None:
        if self.parts:
            data = b"".join(self.parts)
            self.parts = []
            packet = parse_pes(data, self.random_access)
            if packet is not None:
                check_count(len(self.packets) + 1)
                self.packets.append(packet)


def is_transport_stream(data: bytes) -> bool:
    """Two sync bytes, one packet apart; or one, where there is no more than a packet."""
    return data[:1] == b"\x47" and (len(data) <= PACKET_BYTES or data[PACKET_BYTES] == _SYNC)


def demux(data: bytes) -> Media:
    """The first pictures and the first sound of a transport stream. Raises `MediaError`."""
    demuxer = _Demuxer(data)
    demuxer.run()
    clock = _Clock()
    video = _pictures(demuxer.video, clock) if demuxer.video else None
    audio = _sound(demuxer.audio, clock) if demuxer.audio else None
    if video is None and audio is None:
        raise MediaError("the transport stream holds neither pictures nor sound that can be played")
    return Media(video, audio, WRAP_TICKS / TICKS)


class _Demuxer:
    """Packets to the elementary streams that the tables name."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._view = memoryview(data)
        self._tables: dict[int, Sections] = {0: Sections()}
        self._streams: dict[int, _Elementary] = {}
        self._program: int | None = None
        self.video: _Elementary | None = None
        self.audio: _Elementary | None = None

    def run(self) -> None:
        data = self._data
        for at in _packet_offsets(data):
            head = data[at + 1]
            pid = (head & 0x1F) << 8 | data[at + 2]
            stream = self._streams.get(pid)
            if stream is not None:
                self._elementary(stream, at, head)
            elif pid in self._tables:
                self._table(pid, at, head)
        for stream in (self.video, self.audio):
            if stream is not None:
                stream.flush()

    def _payload_start(self, at: int) -> tuple[int, int]:
        """(where the payload begins, the adaptation field's flags); at the packet's end when there is no payload."""
        control = self._data[at + 3]
        start, flags = at + 4, 0
        if control & 0x20:
            length = self._data[at + 4]
            flags = self._data[at + 5] if length else 0
            start += 1 + length
        return (start if control & 0x10 else at + PACKET_BYTES), flags

    def _elementary(self, stream: _Elementary, at: int, head: int) -> None:
        control = self._data[at + 3]
        if control & 0xC0:
            raise MediaError("the transport stream is scrambled")
        # Nearly all packets are nothing but payload.
        start, flags = (at + 4, 0) if control & 0x30 == 0x10 else self._payload_start(at)
        if start >= at + PACKET_BYTES or head & 0x80:
            return
        payload, counter = self._view[start : at + PACKET_BYTES], control & 0xF
        if counter == stream.counter and not flags & 0x80 and payload == stream.last_payload:
            return  # A packet may be sent twice (2.4.3.3).
        stream.counter, stream.last_payload = counter, payload
        if head & 0x40:
            stream.flush()
            stream.random_access = bool(flags & 0x40)
            stream.parts = [payload]
        elif stream.parts:
            stream.parts.append(payload)

    def _table(self, pid: int, at: int, head: int) -> None:
        start, _ = self._payload_start(at)
        payload = bytes(self._view[start : at + PACKET_BYTES])
        for section in self._tables[pid].feed(payload, bool(head & 0x40)):
            if pid == 0:
                for program in program_pids(section):
                    self._tables.setdefault(program, Sections())
            elif self._program in (None, pid):
                self._choose(pid, section)

    def _choose(self, pid: int, section: bytes) -> None:
        """The first pictures and the first sound of the first program; a later table may move them."""
        listed = [(entry.pid, entry.codec) for entry in entries(section)]
        self.video = self._follow(self.video, [pair for pair in listed if pair[1] in _PICTURES])
        self.audio = self._follow(self.audio, [pair for pair in listed if pair[1] in _SOUND])
        if self.video or self.audio:
            self._program = pid

    def _follow(self, known: _Elementary | None, listed: list[tuple[int, str]]) -> _Elementary | None:
        for pid, codec in listed:
            if known is None or known.codec == codec:
                stream = known or _Elementary(codec)
                if self._streams.get(pid) is not stream:
                    self._streams = {old: other for old, other in self._streams.items() if other is not stream}
                    self._streams[pid] = stream
                return stream
        return known


def _packet_offsets(data: bytes) -> Iterator[int]:
    at, losses, size = max(data.find(b"\x47"), 0), 0, len(data)
    while at + PACKET_BYTES <= size:
        if data[at] == _SYNC:
            yield at
            at += PACKET_BYTES
            continue
        losses += 1
        if losses > _MOST_SYNC_LOSSES:
            raise MediaError("the transport stream has lost its packets' beginnings")
        at = _next_sync(data, at)


def _next_sync(data: bytes, at: int) -> int:
    while (at := data.find(b"\x47", at + 1)) >= 0:
        if at + PACKET_BYTES >= len(data) or data[at + PACKET_BYTES] == _SYNC:
            return at
    return len(data)


def parse_pes(data: bytes, random_access: bool = False) -> Packet | None:
    """One PES packet (2.4.3.6); None when its header is not whole or makes no sense."""
    if len(data) < 9 or data[:3] != b"\0\0\1" or data[6] & 0xC0 != 0x80:
        return None
    length = data[4] << 8 | data[5]
    start = 9 + data[8]
    present = decode = None
    if data[7] & 0x80 and start >= 14 and len(data) >= 14:
        present = decode = _time(data, 9)
    if data[7] & 0xC0 == 0xC0 and start >= 19 and len(data) >= 19:
        decode = _time(data, 14)
    payload = data[start : 6 + length] if length else data[start:]
    return Packet(present, decode, payload, random_access) if payload else None


def _time(data: bytes, at: int) -> int:
    head, middle, tail = data[at] >> 1 & 7, data[at + 1] << 8 | data[at + 2], data[at + 3] << 8 | data[at + 4]
    return head << 30 | middle >> 1 << 15 | tail >> 1


class _Clock:
    """33-bit times as ones that never wrap: each is taken to lie nearest to the one before it."""

    def __init__(self) -> None:
        self._near: int | None = None

    def unwrap(self, ticks: int) -> int:
        if self._near is None:
            self._near = ticks
        half = WRAP_TICKS // 2
        ticks += (self._near - ticks + half) // WRAP_TICKS * WRAP_TICKS
        self._near = ticks
        return ticks


def _pictures(stream: _Elementary, clock: _Clock) -> Stream | None:
    reader = _PICTURES[stream.codec]()
    samples: list[Sample] = []
    for packet in _timed(stream.packets):
        assert packet.present is not None
        assert packet.decode is not None
        decode = clock.unwrap(packet.decode)
        present = decode + (packet.present - packet.decode + WRAP_TICKS // 2) % WRAP_TICKS - WRAP_TICKS // 2
        units = reader.units(packet.data, packet.random_access)
        # Several pictures in one packet share its time: they are spread over one frame's length each, below.
        for unit in units:
            samples.append(Sample(decode / TICKS, present / TICKS, unit.key, unit.data))
            check_count(len(samples))
    if not samples:
        return None
    picture = reader.picture()
    init = TrackInit(
        stream.codec, picture.config, TICKS, 0, SampleDefaults(), picture.width, picture.height, inline_sets=True
    )
    return Stream(init, spread(samples))


def _timed(packets: list[Packet]) -> Iterator[Packet]:
    """Packets without a time belong to the one before them; before the first time there is nothing to show."""
    begun: Packet | None = None
    parts: list[bytes] = []
    for packet in packets:
        if packet.present is None:
            parts.append(packet.data)
            continue
        if begun is not None:
            yield Packet(begun.present, begun.decode, b"".join(parts), begun.random_access)
        begun, parts = packet, [packet.data]
    if begun is not None:
        yield Packet(begun.present, begun.decode, b"".join(parts), begun.random_access)


def spread(samples: list[Sample]) -> list[Sample]:
    """Samples that share one time, put one after another up to the next time (the last as far as the ones before)."""
    out: list[Sample] = []
    at, gap_s = 0, 0.0
    while at < len(samples):
        first = samples[at]
        count = 1
        while at + count < len(samples) and samples[at + count].decode_s == first.decode_s:
            count += 1
        if at + count < len(samples):
            gap_s = samples[at + count].decode_s - first.decode_s
        for number in range(count):
            shift_s = gap_s * number / count
            sample = samples[at + number]
            out.append(Sample(sample.decode_s + shift_s, sample.present_s + shift_s, sample.key, sample.data))
        at += count
    return out


def _sound(stream: _Elementary, clock: _Clock) -> Stream | None:
    runs = [Run(None if p.present is None else clock.unwrap(p.present), p.data) for p in stream.packets]
    return sound_stream(runs, _SOUND[stream.codec])


def sound_stream(runs: list[Run], read_head: ReadHead) -> Stream | None:
    """Runs of framed sound as a stream of samples; None when there is no whole frame in them."""
    samples: list[Sample] = []
    init: TrackInit | None = None
    for frame in frames(runs, read_head):
        head = frame.head
        if init is None:
            rates = {"sample_rate": head.sample_rate, "channels": head.channels}
            init = TrackInit(head.codec, head.config, TICKS, 0, SampleDefaults(), **rates, inline_sets=True)
        if head.samples == 0 and samples:  # A dependent substream goes with the frame before it.
            last = samples[-1]
            samples[-1] = Sample(last.decode_s, last.present_s, True, bytes(last.data) + frame.data)
            continue
        at_s = frame.time / TICKS
        samples.append(Sample(at_s, at_s, True, frame.data))
    return Stream(init, samples) if init is not None else None

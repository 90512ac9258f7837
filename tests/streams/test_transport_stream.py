"""The transport stream reader beside an independent one (PyAV's): the same packets, times, sizes and keyframes."""

from __future__ import annotations

import contextlib
import io
import itertools
from dataclasses import replace

import av
import film_maker
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from player.output.remux import Media, read_segment
from player.output.remux.mpegts import PACKET_BYTES, WRAP_TICKS
from player.output.sink import MediaError

TICK_S = 1 / 90_000
MUTATIONS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def pictures() -> dict[str, film_maker.Track]:
    return {
        "h264": film_maker.video("h264", 2.0, 1.0, b_frames=2),
        "hevc": film_maker.video("hevc", 2.0, 1.0),
    }


@pytest.fixture(scope="module")
def tones() -> dict[str, film_maker.Track]:
    return {codec: film_maker.sound(codec, 2.0) for codec in ("aac", "mp3", "ac3", "eac3")}


def reference(data: bytes, kind: str) -> list[tuple[float, float, bool, bytes]]:
    """What libavformat finds in the same bytes: (decode, present, key, body)."""
    with av.open(io.BytesIO(data), format="mpegts") as container:
        stream = next(s for s in container.streams if s.type == kind)
        packets = [p for p in container.demux(stream) if p.pts is not None and p.dts is not None]
        return [(float(p.dts * p.time_base), float(p.pts * p.time_base), p.is_keyframe, bytes(p)) for p in packets]


def units(body: bytes, delimiters: frozenset[bytes]) -> list[bytes]:
    """NAL units of an Annex B packet, found in the plainest way, without access unit delimiters."""
    parts = body.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [part.rstrip(b"\0") for part in parts if part and part[:1] not in delimiters]


def prefixed(body: bytes) -> list[bytes]:
    """NAL units of a length-prefixed sample."""
    found, at = [], 0
    while at < len(body):
        size = int.from_bytes(body[at : at + 4], "big")
        found.append(body[at + 4 : at + 4 + size])
        at += 4 + size
    assert at == len(body)
    return found


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_pictures_are_those_that_libavformat_finds(pictures: dict[str, film_maker.Track], codec: str) -> None:
    data = film_maker.transport_stream(pictures[codec], moved_s=10.0)
    media = read_segment(data, b"")
    assert media.video is not None
    expected = reference(data, "video")
    delimiters = frozenset({b"\x09"} if codec == "h264" else {b"\x46"})
    assert len(media.video.samples) == len(expected) == 48
    for sample, (decode_s, present_s, key, body) in zip(media.video.samples, expected, strict=True):
        assert sample.decode_s == pytest.approx(decode_s, abs=TICK_S / 2)
        assert sample.present_s == pytest.approx(present_s, abs=TICK_S / 2)
        assert sample.key == key
        assert prefixed(bytes(sample.data)) == units(body, delimiters)
    assert (media.video.init.width, media.video.init.height) == (320, 180)


@pytest.mark.parametrize("codec", ["aac", "mp3", "ac3", "eac3"])
def test_sound_is_cut_into_the_frames_that_libavformat_finds(tones: dict[str, film_maker.Track], codec: str) -> None:
    data = film_maker.transport_stream(tones[codec], moved_s=10.0)
    media = read_segment(data, b"")
    assert media.audio is not None
    expected = reference(data, "audio")
    assert [bytes(s.data) for s in media.audio.samples] == [body for *_, body in expected]
    for sample, (_, present_s, _, _) in zip(media.audio.samples, expected, strict=True):
        assert sample.present_s == pytest.approx(present_s, abs=1.5 * TICK_S)
    assert (media.audio.init.sample_rate, media.audio.init.channels) == (48_000, 2)


def test_pictures_and_sound_of_one_stream_share_its_clock(
    pictures: dict[str, film_maker.Track], tones: dict[str, film_maker.Track]
) -> None:
    media = read_segment(film_maker.transport_stream(pictures["h264"], tones["aac"], moved_s=100.0), b"")
    assert media.video is not None
    assert media.audio is not None
    assert min(s.present_s for s in media.video.samples) == pytest.approx(100.0, abs=TICK_S)
    assert media.audio.samples[0].present_s == pytest.approx(100.0, abs=TICK_S)


def test_a_clock_that_wraps_inside_a_segment_runs_on(
    pictures: dict[str, film_maker.Track], tones: dict[str, film_maker.Track]
) -> None:
    wrap_s = WRAP_TICKS / 90_000
    data = film_maker.transport_stream(pictures["h264"], tones["aac"], moved_s=wrap_s - 1.0)
    media = read_segment(data, b"")
    assert media.video is not None
    assert media.audio is not None
    for stream in (media.video, media.audio):
        times = [s.decode_s for s in stream.samples]
        assert all(0 < after - before < 0.1 for before, after in itertools.pairwise(times))


def test_packed_audio_has_the_frames_and_the_time_of_its_tag(tones: dict[str, film_maker.Track]) -> None:
    for codec in ("aac", "mp3", "ac3", "eac3"):
        body = film_maker.packed(tones[codec], codec)
        media = read_segment(film_maker.id3_time(90.5) + body, b"")
        assert media.audio is not None
        assert media.timed
        assert [
            bytes(s.data)[-len(p.data) :] for s, p in zip(media.audio.samples, tones[codec].packets, strict=True)
        ] == [p.data for p in tones[codec].packets]
        assert media.audio.samples[0].present_s == pytest.approx(90.5, abs=TICK_S)
        step_s = float(tones[codec].packets[0].duration_s)
        assert media.audio.samples[-1].present_s == pytest.approx(90.5 + step_s * (len(media.audio.samples) - 1))


def test_packed_audio_without_a_tag_has_no_clock(tones: dict[str, film_maker.Track]) -> None:
    assert not read_segment(film_maker.packed(tones["aac"], "aac"), b"").timed


def test_packets_sent_twice_and_packets_of_others_change_nothing(pictures: dict[str, film_maker.Track]) -> None:
    data = film_maker.transport_stream(pictures["h264"])
    packets = [data[at : at + PACKET_BYTES] for at in range(0, len(data), PACKET_BYTES)]
    stray = b"\x47\x1f\xff\x10" + bytes(184)
    doubled = b"".join(packet * 2 + stray for packet in packets)
    assert _bodies(read_segment(doubled, b"")) == _bodies(read_segment(data, b""))


def test_bytes_lost_between_packets_cost_a_picture_and_not_the_segment(pictures: dict[str, film_maker.Track]) -> None:
    data = film_maker.transport_stream(pictures["h264"])
    at = len(data) // 2 // PACKET_BYTES * PACKET_BYTES
    media = read_segment(data[: at + 50] + data[at + 120 :], b"")
    assert media.video is not None
    assert len(media.video.samples) >= 46


def test_what_cannot_be_played_says_so(pictures: dict[str, film_maker.Track]) -> None:
    data = bytearray(film_maker.transport_stream(pictures["h264"]))
    for at in range(0, len(data), PACKET_BYTES):
        data[at + 3] |= 0x80
    with pytest.raises(MediaError, match="scrambled"):
        read_segment(bytes(data), b"")
    with pytest.raises(MediaError, match="neither pictures nor sound"):
        read_segment(b"\x47\x1f\xff\x10" + bytes(184), b"")
    with pytest.raises(MediaError, match="neither fragmented MP4"):
        read_segment(b"<html>no such file</html>", b"")
    later = replace(pictures["h264"], packets=tuple(p for p in pictures["h264"].packets if not p.key))
    with pytest.raises(MediaError, match="parameter sets"):
        read_segment(film_maker.transport_stream(later), b"")


@MUTATIONS
@given(data=st.data())
def test_a_mutated_transport_stream_is_read_or_refused(
    pictures: dict[str, film_maker.Track], data: st.DataObject
) -> None:
    whole = film_maker.transport_stream(pictures[data.draw(st.sampled_from(["h264", "hevc"]))])[: 188 * 40]
    _read_or_refuse(_mutated(whole, data))


@MUTATIONS
@given(data=st.data())
def test_mutated_packed_audio_is_read_or_refused(tones: dict[str, film_maker.Track], data: st.DataObject) -> None:
    codec = data.draw(st.sampled_from(["aac", "mp3", "ac3", "eac3"]))
    _read_or_refuse(_mutated(film_maker.id3_time(1.0) + film_maker.packed(tones[codec], codec)[:4000], data))


@pytest.mark.parametrize("flood", [b"\0\0\1", b"\xff\xf1", b"\x47", b"\x0b\x77", b"\xff\xf1\x50\x80\0\xff\xfc"])
def test_a_flood_is_refused_within_bounds(pictures: dict[str, film_maker.Track], flood: bytes) -> None:
    head = film_maker.transport_stream(pictures["h264"])[: 188 * 3]
    _read_or_refuse(head + flood * (2**22 // len(flood)))
    _read_or_refuse(flood * (2**22 // len(flood)))


def _mutated(whole: bytes, data: st.DataObject) -> bytes:
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 8))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(changed)))
    return bytes(changed[cut:] if data.draw(st.booleans()) else changed[:cut] or changed)


def _bodies(media: Media) -> list[bytes]:
    assert media.video is not None
    return [bytes(s.data) for s in media.video.samples]


def _read_or_refuse(data: bytes) -> None:
    with contextlib.suppress(MediaError):
        read_segment(data, b"")

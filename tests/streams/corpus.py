"""The stream corpus: one small film in every kind of packaging, with the pictures that must come out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import film_maker
import media_ladder
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

CHUNK_S, CHUNKS = 2.0, 4
SECONDS = CHUNK_S * CHUNKS
WRAP_S = 2**33 / 90_000
Files = dict[str, bytes]


@dataclass(frozen=True)
class Title:
    """Files by path, the path to begin with, and the check sums of all pictures in order."""

    files: Files
    manifest: str
    pictures: list[str]


class Films:
    """Tracks, encoded when first asked for."""

    def __init__(self) -> None:
        self._made: dict[object, film_maker.Track] = {}

    def video(self, codec: str = "h264", rung: int = 0, first: int = 0) -> film_maker.Track:
        key = ("video", codec, rung, first)
        if key not in self._made:
            b_frames = 2 if codec == "h264" else 0
            made = film_maker.video(codec, SECONDS, CHUNK_S, rung=rung, b_frames=b_frames, first=first)
            self._made[key] = made
        return self._made[key]

    def sound(self, codec: str = "aac", rate: int = film_maker.RATE) -> film_maker.Track:
        key = ("sound", codec, rate)
        if key not in self._made:
            self._made[key] = film_maker.sound(codec, SECONDS, rate=rate)
        return self._made[key]


def spans(chunks: int = CHUNKS) -> list[tuple[float, float]]:
    return [(CHUNK_S * k, CHUNK_S * (k + 1)) for k in range(chunks)]


def media(lines: list[str], ended: bool = True, *, kind: str = "VOD", sequence: int = 0) -> bytes:
    head = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:2", f"#EXT-X-MEDIA-SEQUENCE:{sequence}"]
    head += [f"#EXT-X-PLAYLIST-TYPE:{kind}"] if kind else []
    return "\n".join([*head, *lines, *(["#EXT-X-ENDLIST"] if ended else []), ""]).encode()


def listed(names: list[str]) -> list[str]:
    return [line for name in names for line in (f"#EXTINF:{CHUNK_S},", name)]


def master(variants: list[tuple[str, str]], *, audio: str = "", subtitles: str = "") -> bytes:
    """`variants` are (path, CODECS); `audio` and `subtitles` paths of a rendition each."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7"]
    groups = ""
    if audio:
        lines.append(f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Tone",LANGUAGE="en",DEFAULT=YES,URI="{audio}"')
        groups += ',AUDIO="a"'
    if subtitles:
        lines.append(f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="English",LANGUAGE="en",URI="{subtitles}"')
        groups += ',SUBTITLES="s"'
    width, height = media_ladder.SIZE
    for number, (path, codecs) in enumerate(variants):
        told = f"BANDWIDTH={(number + 1) * 400_000},RESOLUTION={width}x{height}" + (
            f',CODECS="{codecs}"' if codecs else ""
        )
        lines += [f"#EXT-X-STREAM-INF:{told}{groups}", path]
    return "\n".join([*lines, ""]).encode()


def byte_ranges(films: Films, codec: str) -> Title:
    """fMP4 in one file a track, its parts by byte range; sound beside it whose boundaries are not the pictures'."""
    names = {"h264": "avc1.42c00d", "hevc": "hvc1.1.6.L60.90", "av1": "av01.0.00M.08"}
    files: Files = {}
    pieces = [film_maker.fragmented(films.video(codec).between(*span)) for span in spans()]
    files["v.m3u8"], files["v.mp4"] = _one_file("v.mp4", pieces, [CHUNK_S] * CHUNKS)
    cuts = [0.0, 2.3, 4.6, 6.9, SECONDS + 1]
    sounds = [film_maker.fragmented(films.sound().between(a, b)) for a, b in itertools.pairwise(cuts)]
    files["a.m3u8"], files["a.mp4"] = _one_file("a.mp4", sounds, [2.3, 2.3, 2.3, 1.1])
    files["master.m3u8"] = master([("v.m3u8", f"{names[codec]},mp4a.40.2")], audio="a.m3u8")
    return Title(files, "master.m3u8", film_maker.pictures_of(films.video(codec)))


def _one_file(name: str, pieces: list[tuple[bytes, bytes]], lengths_s: list[float]) -> tuple[bytes, bytes]:
    body = pieces[0][0]
    lines = [f'#EXT-X-MAP:URI="{name}",BYTERANGE="{len(body)}@0"']
    for (_, part), length_s in zip(pieces, lengths_s, strict=True):
        lines += [f"#EXT-X-BYTERANGE:{len(part)}@{len(body)}", f"#EXTINF:{length_s},", name]
        body += part
    playlist = media(lines).replace(b"TARGETDURATION:2", b"TARGETDURATION:3")
    return playlist, body


def transport_streams(films: Films, codec: str = "h264", sound: str = "aac", moved_s: float = 10.0) -> Title:
    """MPEG transport streams with the sound inside."""
    files = ts_files(films, codec, sound, moved_s)
    files["v.m3u8"] = media(listed(sorted(files)))
    return Title(files, "v.m3u8", film_maker.pictures_of(films.video(codec)))


def ts_files(films: Films, codec: str = "h264", sound: str = "aac", moved_s: float = 10.0, rung: int = 0) -> Files:
    video, tone = films.video(codec, rung), films.sound(sound)
    return {
        f"v{rung}-{k}.ts": film_maker.transport_stream(video.between(*span), tone.between(*span), moved_s=moved_s)
        for k, span in enumerate(spans())
    }


def muxed_fragments(films: Films) -> Title:
    """fMP4 with the sound inside."""
    files: Files = {}
    for k, span in enumerate(spans()):
        init, body = film_maker.fragmented(films.video().between(*span), films.sound().between(*span))
        files["init.mp4"], files[f"s{k}.m4s"] = init, body
    files["v.m3u8"] = media(['#EXT-X-MAP:URI="init.mp4"', *listed([f"s{k}.m4s" for k in range(CHUNKS)])])
    return Title(files, "v.m3u8", film_maker.pictures_of(films.video()))


def packed_audio(films: Films, sound: str = "aac") -> Title:
    """Transport streams of pictures, and packed audio beside them that tells its time."""
    files: Files = {}
    for k, span in enumerate(spans()):
        files[f"v{k}.ts"] = film_maker.transport_stream(films.video().between(*span), moved_s=10.0)
        tone = films.sound(sound).between(*span)
        time = film_maker.id3_time(10.0 + float(tone.packets[0].present_s))
        files[f"a{k}.{sound}"] = time + film_maker.packed(tone, sound)
    files["v.m3u8"] = media(listed([f"v{k}.ts" for k in range(CHUNKS)]))
    files["a.m3u8"] = media(listed([f"a{k}.{sound}" for k in range(CHUNKS)]))
    files["master.m3u8"] = master([("v.m3u8", "")], audio="a.m3u8")
    return Title(files, "master.m3u8", film_maker.pictures_of(films.video()))


def encrypted(films: Films) -> Title:
    """AES-128 with a new key for every second segment; the first key tells its IV, the second doesn't."""
    plain = ts_files(films)
    keys = [bytes(range(16)), bytes(range(16, 32))]
    iv = bytes(range(100, 116))
    files: Files = {"one.key": keys[0], "two.key": keys[1]}
    lines = [f'#EXT-X-KEY:METHOD=AES-128,URI="one.key",IV=0x{iv.hex()}']
    for k, (name, body) in enumerate(sorted(plain.items())):
        if k == 2:
            lines.append('#EXT-X-KEY:METHOD=AES-128,URI="two.key"')
        sequence = (7 + k).to_bytes(16, "big")
        files[name] = encrypt(body, keys[k // 2], iv if k < 2 else sequence)
        lines += listed([name])
    files["v.m3u8"] = media(lines, sequence=7)
    return Title(files, "v.m3u8", film_maker.pictures_of(films.video()))


def encrypt(body: bytes, key: bytes, iv: bytes) -> bytes:
    padder, encryptor = padding.PKCS7(128).padder(), Cipher(algorithms.AES128(key), modes.CBC(iv)).encryptor()
    return encryptor.update(padder.update(body) + padder.finalize()) + encryptor.finalize()


def encrypted_fragments(films: Films) -> Title:
    """fMP4 whose initialisation section and segments are encrypted with AES-128."""
    key, iv = bytes(range(50, 66)), bytes(range(16))
    files: Files = {"k.key": key}
    lines = [f'#EXT-X-KEY:METHOD=AES-128,URI="k.key",IV=0x{iv.hex()}', '#EXT-X-MAP:URI="init.mp4"']
    for k, span in enumerate(spans()):
        init, body = film_maker.fragmented(films.video().between(*span), films.sound().between(*span))
        files["init.mp4"], files[f"s{k}.m4s"] = encrypt(init, key, iv), encrypt(body, key, iv)
        lines += listed([f"s{k}.m4s"])
    files["v.m3u8"] = media(lines)
    return Title(files, "v.m3u8", film_maker.pictures_of(films.video()))


def discontinuity(films: Films) -> Title:
    """Transport streams of two encodes with clocks of their own, the second's sound at another rate."""
    files: Files = {}
    lines: list[str] = []
    for part, (video, tone, moved_s) in enumerate(
        ((films.video(), films.sound(), 10.0), (films.video(rung=1, first=300), films.sound(rate=44_100), 50_000.0))
    ):
        lines += ["#EXT-X-DISCONTINUITY"] if part else []
        for k, span in enumerate(spans()):
            name = f"p{part}-{k}.ts"
            files[name] = film_maker.transport_stream(video.between(*span), tone.between(*span), moved_s=moved_s)
            lines += listed([name])
    files["v.m3u8"] = media(lines)
    pictures = film_maker.pictures_of(films.video()) + film_maker.pictures_of(films.video(rung=1, first=300))
    return Title(files, "v.m3u8", pictures)


def maps(films: Films) -> Title:
    """fMP4 of two encodes: another initialisation section, and times that begin anew, after the discontinuity."""
    files: Files = {}
    lines: list[str] = []
    for part, video in enumerate((films.video(), films.video(rung=1, first=300))):
        lines += ["#EXT-X-DISCONTINUITY"] if part else []
        lines.append(f'#EXT-X-MAP:URI="init{part}.mp4"')
        for k, span in enumerate(spans()):
            files[f"init{part}.mp4"], files[f"p{part}-{k}.m4s"] = film_maker.fragmented(video.between(*span))
            lines += listed([f"p{part}-{k}.m4s"])
    files["v.m3u8"] = media(lines)
    pictures = film_maker.pictures_of(films.video()) + film_maker.pictures_of(films.video(rung=1, first=300))
    return Title(files, "v.m3u8", pictures)


def rungs(films: Films, gap_at: Mapping[int, tuple[int, ...]] | None = None) -> Title:
    """Two rungs of transport streams; `gap_at` names for a rung the chunks that are missing there."""
    files: Files = {}
    for rung in (0, 1):
        made = ts_files(films, rung=rung)
        lines: list[str] = []
        for k, name in enumerate(sorted(made)):
            missing = k in (gap_at or {}).get(rung, ())
            lines += [*(["#EXT-X-GAP"] if missing else []), *listed([name])]
            if not missing:
                files[name] = made[name]
        files[f"v{rung}.m3u8"] = media(lines)
    files["master.m3u8"] = master([("v0.m3u8", ""), ("v1.m3u8", "")])
    return Title(files, "master.m3u8", film_maker.pictures_of(films.video()))


def dash(films: Films, kind: str, codec: str = "h264") -> Title:
    """Pictures and sound of an MPD: by SegmentTemplate ("numbers"), SegmentTimeline ("times"), SegmentBase ("index").

    The media's clock begins at 5 s, which presentationTimeOffset takes away again.
    """
    video, tone = films.video(codec), films.sound()
    cuts = [0.0, 2.3, 4.6, 6.9, SECONDS + 1]
    sets = [
        (
            "video/mp4",
            {"h264": "avc1.42c00d", "av1": "av01.0.00M.08"}[codec],
            "v",
            'width="320" height="180"',
            video,
            spans(),
        ),
        ("audio/mp4", "mp4a.40.2", "a", 'audioSamplingRate="48000"', tone, list(itertools.pairwise(cuts))),
    ]
    files: Files = {}
    adaptations = []
    for mime, codecs, name, attributes, track, intervals in sets:
        parts = [film_maker.fragmented(track.between(*span), moved_s=5.0) for span in intervals]
        lengths = [round(min(b, SECONDS) * 1000) - round(a * 1000) for a, b in intervals]
        addressing, made = _addressed(kind, name, parts, lengths)
        files |= made
        adaptations.append(
            f'<AdaptationSet mimeType="{mime}" codecs="{codecs}" segmentAlignment="true"><Representation id="{name}" '
            f'bandwidth="300000" {attributes}>{addressing}</Representation></AdaptationSet>'
        )
    files["film.mpd"] = (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        f'mediaPresentationDuration="PT{SECONDS}S"><Period>{"".join(adaptations)}</Period></MPD>'
    ).encode()
    return Title(files, "film.mpd", film_maker.pictures_of(video))


def _addressed(kind: str, name: str, parts: list[tuple[bytes, bytes]], lengths_ms: list[int]) -> tuple[str, Files]:
    """How an MPD says where the parts are, and the parts."""
    init = parts[0][0]
    if kind == "index":
        index = _sidx([body for _, body in parts], lengths_ms)
        spans_told = f'indexRange="{len(init)}-{len(init) + len(index) - 1}"'
        told = f'<SegmentBase timescale="1000" presentationTimeOffset="5000" {spans_told}>'
        told += f'<Initialization range="0-{len(init) - 1}"/></SegmentBase>'
        return f"<BaseURL>{name}.mp4</BaseURL>{told}", {f"{name}.mp4": init + index + b"".join(b for _, b in parts)}
    starts = [5000 + sum(lengths_ms[:k]) for k in range(len(parts))]
    head = f'<SegmentTemplate timescale="1000" presentationTimeOffset="5000" initialization="{name}-init.mp4" '
    if kind == "times":
        steps = "".join(f'<S t="{start}" d="{length}"/>' for start, length in zip(starts, lengths_ms, strict=True))
        told = f'{head}media="{name}-$Time$.m4s"><SegmentTimeline>{steps}</SegmentTimeline></SegmentTemplate>'
        keys = starts
    else:
        told = f'{head}media="{name}-$Number%03d$.m4s" startNumber="1" duration="{lengths_ms[0]}"/>'
        keys = [f"{k + 1:03}" for k in range(len(parts))]
    return told, {f"{name}-init.mp4": init, **{f"{name}-{key}.m4s": b for key, (_, b) in zip(keys, parts, strict=True)}}


def _sidx(bodies: list[bytes], lengths_ms: list[int]) -> bytes:
    """A segment index (ISO/IEC 14496-12, 8.16.3) of the parts that follow it."""
    body = (0).to_bytes(4, "big") + (1).to_bytes(4, "big") + (1000).to_bytes(4, "big") + (5000).to_bytes(4, "big")
    body += (0).to_bytes(4, "big") + (0).to_bytes(2, "big") + len(bodies).to_bytes(2, "big")
    for part, length in zip(bodies, lengths_ms, strict=True):
        body += len(part).to_bytes(4, "big") + length.to_bytes(4, "big") + (0x90000000).to_bytes(4, "big")
    return (len(body) + 8).to_bytes(4, "big") + b"sidx" + body


Make = Callable[[Films], Title]
CORPUS: dict[str, Make] = {
    "fmp4-byteranges-h264": lambda films: byte_ranges(films, "h264"),
    "fmp4-byteranges-hevc": lambda films: byte_ranges(films, "hevc"),
    "fmp4-byteranges-av1": lambda films: byte_ranges(films, "av1"),
    "fmp4-muxed": muxed_fragments,
    "ts-h264-aac": transport_streams,
    "ts-hevc-aac": lambda films: transport_streams(films, "hevc"),
    "ts-h264-mp3": lambda films: transport_streams(films, sound="mp3"),
    "ts-h264-ac3": lambda films: transport_streams(films, sound="ac3"),
    "ts-h264-eac3": lambda films: transport_streams(films, sound="eac3"),
    "ts-clock-wraps": lambda films: transport_streams(films, moved_s=WRAP_S - 3.0),
    "ts-packed-aac": packed_audio,
    "ts-packed-mp3": lambda films: packed_audio(films, "mp3"),
    "ts-aes-128-rotation": encrypted,
    "fmp4-aes-128": encrypted_fragments,
    "ts-discontinuity": discontinuity,
    "fmp4-discontinuity-maps": maps,
    "dash-template": lambda films: dash(films, "numbers"),
    "dash-timeline": lambda films: dash(films, "times"),
    "dash-segmentbase": lambda films: dash(films, "index"),
    "dash-timeline-av1": lambda films: dash(films, "times", "av1"),
}

"""A multivariant playlist: which renditions there are, and which of them make the ladder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from player.presentation.model import Kind, SteeringReference
from player.presentation.playlist import Fields, Playlist

MOST_VARIANTS = 64
MOST_MEDIA = 256
HIGHEST_BPS = 10_000_000_000.0
LARGEST_SIDE = 16_384
# What the decoder of every machine knows comes first; a variant that names no codec is taken at its word.
_FAMILIES = (("avc1", "avc3"), ("",), ("hvc1", "hev1", "dvh1", "dvhe"), ("vp09",), ("av01",))
_DEFAULT_PATHWAY = "."


@dataclass(frozen=True, slots=True)
class Variant:
    """One EXT-X-STREAM-INF: a video rendition, and the groups that sound and read with it."""

    uri: str
    bitrate_bps: int
    codecs: str = ""
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0
    audio_group: str = ""
    subtitles_group: str = ""
    pathway_id: str = _DEFAULT_PATHWAY
    stable_id: str = ""

    @property
    def family(self) -> int | None:
        """Which codec family its video is of; None for audio only."""
        names = [codec.strip().split(".")[0].lower() for codec in self.codecs.split(",") if codec.strip()]
        for rank, family in enumerate(_FAMILIES):
            if any(name in family for name in names):
                return rank
        return 1 if not names or self.height else None


@dataclass(frozen=True, slots=True)
class MediaReference:
    """One EXT-X-MEDIA with an address of its own."""

    kind: Kind
    group: str
    uri: str
    name: str = ""
    language: str = ""
    default: bool = False
    forced: bool = False


@dataclass(frozen=True, slots=True)
class Multivariant:
    """What is to be fetched: the ladder's media playlists, ascending, and those of the audio and subtitles beside it.

    `pathways` maps the id of every pathway named in the playlist to the base URI that its variants begin with.
    """

    uri: str
    variants: tuple[Variant, ...]
    audio: tuple[MediaReference, ...] = ()
    subtitles: tuple[MediaReference, ...] = ()
    steering: SteeringReference | None = None
    pathway_id: str = _DEFAULT_PATHWAY
    pathways: Mapping[str, str] = field(default_factory=dict)


def parse_multivariant(text: str, uri: str) -> Multivariant:
    """Read a multivariant playlist (RFC 8216 section 4.3.4; steering: draft-pantos-content-steering). Pure.

    Of several pathways, the one that steering begins with; of several codec families, the most widely decoded one.
    Raises: `PresentationError`.
    """
    return read_multivariant(Playlist(text, uri))


def read_multivariant(playlist: Playlist) -> Multivariant:
    """The same, from a playlist already taken apart."""
    fields = playlist.fields
    if any(key.get("method", "").upper() != "NONE" for key in fields["session_keys"]):
        raise playlist.unsupported("An encrypted title")
    if len(fields["playlists"]) > MOST_VARIANTS or len(fields["media"]) > MOST_MEDIA:
        raise playlist.unreadable(f"it lists more than {MOST_VARIANTS} variants or {MOST_MEDIA} media")
    variants = [_variant(playlist, entry) for entry in fields["playlists"]]
    if not variants:
        raise playlist.unreadable("it lists no variants")
    steering = _steering(playlist)
    named = [variant.pathway_id for variant in variants]
    pathway_id = steering.pathway_id if steering and steering.pathway_id in named else named[0]
    ladder = _ladder([variant for variant in variants if variant.pathway_id == pathway_id])
    if not ladder:
        raise playlist.unsupported("A title without video")
    media = _media(playlist)
    top = ladder[-1]
    return Multivariant(
        uri=playlist.uri,
        variants=ladder,
        audio=_group(media, Kind.AUDIO, top.audio_group),
        subtitles=_group(media, Kind.SUBTITLES, top.subtitles_group),
        steering=steering,
        pathway_id=pathway_id or _DEFAULT_PATHWAY,
        pathways=_pathway_bases(variants, pathway_id),
    )


def _variant(playlist: Playlist, entry: Fields) -> Variant:
    info = entry["stream_info"]
    # The mean where it is told: BANDWIDTH is a peak, and a ladder of peaks promises what no chunk needs.
    rate = info.get("average_bandwidth") or info.get("bandwidth")
    bitrate_bps = int(playlist.number(rate, "BANDWIDTH", HIGHEST_BPS))
    if bitrate_bps <= 0:
        raise playlist.unreadable("a variant has no BANDWIDTH")
    width, height = _resolution(playlist, info.get("resolution"))
    return Variant(
        uri=playlist.absolute(entry["uri"]),
        bitrate_bps=bitrate_bps,
        codecs=playlist.text(info.get("codecs")),
        width=width,
        height=height,
        frame_rate=playlist.number(info.get("frame_rate", 0.0), "FRAME-RATE", 1000.0),
        audio_group=playlist.text(info.get("audio")),
        subtitles_group=playlist.text(info.get("subtitles")),
        pathway_id=playlist.text(info.get("pathway_id")) or _DEFAULT_PATHWAY,
        stable_id=playlist.text(info.get("stable_variant_id")),
    )


def _resolution(playlist: Playlist, value: object) -> tuple[int, int]:
    if value is None:
        return 0, 0
    width, _, height = playlist.text(value).lower().partition("x")
    return tuple(int(playlist.number(side, "RESOLUTION", LARGEST_SIDE)) for side in (width, height))  # type: ignore[return-value]


def _ladder(variants: Iterable[Variant]) -> tuple[Variant, ...]:
    """One codec family, ascending by bit rate; of equal bit rates the larger picture, then the first listed."""
    video = [variant for variant in variants if variant.family is not None]
    if not video:
        return ()
    best = min(variant.family for variant in video if variant.family is not None)
    rungs: dict[int, Variant] = {}
    for variant in video:
        known = rungs.get(variant.bitrate_bps)
        if variant.family == best and (known is None or variant.height > known.height):
            rungs[variant.bitrate_bps] = variant
    return tuple(rungs[rate] for rate in sorted(rungs))


def _media(playlist: Playlist) -> list[MediaReference]:
    """The audio and subtitle media that have an address; those without one are inside the video segments."""
    kinds = {"AUDIO": Kind.AUDIO, "SUBTITLES": Kind.SUBTITLES}
    return [
        MediaReference(
            kind=kinds[entry["type"]],
            group=playlist.text(entry.get("group_id")),
            uri=playlist.absolute(entry["uri"]),
            name=playlist.text(entry.get("name")),
            language=playlist.text(entry.get("language"), 64),
            default=entry.get("default") == "YES",
            forced=entry.get("forced") == "YES",
        )
        for entry in playlist.fields["media"]
        if entry.get("type") in kinds and entry.get("uri")
    ]


def _group(media: Iterable[MediaReference], kind: Kind, group: str) -> tuple[MediaReference, ...]:
    """One reference for each language and name; redundant ones of other pathways fall away."""
    chosen: dict[tuple[str, str, bool], MediaReference] = {}
    for reference in media:
        if group and reference.kind is kind and reference.group == group:
            chosen.setdefault((reference.language, reference.name, reference.forced), reference)
    return tuple(chosen.values())


def _steering(playlist: Playlist) -> SteeringReference | None:
    """A steering tag that cannot be used is left out: the title plays without it."""
    entry = playlist.fields.get("content_steering")
    if not entry or not entry.get("server_uri") or entry["server_uri"].startswith("data:"):
        return None
    return SteeringReference(playlist.absolute(entry["server_uri"]), playlist.text(entry.get("pathway_id")) or None)


def _pathway_bases(variants: list[Variant], starting_id: str) -> dict[str, str]:
    """Each pathway's base URI, found by comparing where one variant lives on it and on the starting one."""
    twins: dict[tuple[int, str, int], dict[str, str]] = {}
    for variant in variants:
        key = (variant.bitrate_bps, variant.codecs, variant.height)
        twins.setdefault(key, {}).setdefault(variant.pathway_id, variant.uri)
    bases = max((uris for uris in twins.values() if starting_id in uris), key=len)
    home = bases[starting_id]
    others = [uri for pathway_id, uri in bases.items() if pathway_id != starting_id]
    tail = min((_common_tail(home, uri) for uri in others), key=len, default="")
    if not tail:
        return {starting_id: home[: home.rfind("/") + 1]}
    return {pathway_id: uri.removesuffix(tail) for pathway_id, uri in bases.items()}


def _common_tail(one: str, other: str) -> str:
    """The longest common ending that begins after a slash, so that no host name is cut in two."""
    length = 0
    while length < min(len(one), len(other)) and one[-1 - length] == other[-1 - length]:
        length += 1
    tail = one[len(one) - length :] if length else ""
    return tail[tail.find("/") + 1 :] if "/" in tail else ""

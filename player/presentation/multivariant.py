"""An HLS multivariant playlist: which renditions there are, and which of them make the ladder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from player.presentation.families import audio_rank, family_of, range_rank
from player.presentation.media import start_of
from player.presentation.model import Kind, Preview, StartPoint, SteeringReference
from player.presentation.pathways import DEFAULT_PATHWAY, bases, redundant_apart
from player.presentation.playlist import Fields, Playlist

MOST_VARIANTS = 256
MOST_MEDIA = 256
HIGHEST_BPS = 10_000_000_000.0
LARGEST_SIDE = 16_384


@dataclass(frozen=True, slots=True)
class Variant:
    """One EXT-X-STREAM-INF: a video rendition, and the groups that sound and read with it."""

    uri: str
    bitrate_bps: int
    codecs: str = ""
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0
    video_range: str = ""
    audio_group: str = ""
    subtitles_group: str = ""
    pathway_id: str = DEFAULT_PATHWAY
    stable_id: str = ""

    @property
    def family(self) -> int | None:
        """Which codec family its video is of; None for audio only."""
        return family_of(self.codecs, bool(self.height))

    @property
    def likeness(self) -> tuple[object, ...]:
        """What its twins on other pathways have in common with it."""
        return self.bitrate_bps, self.codecs, self.height, self.video_range


@dataclass(frozen=True, slots=True)
class MediaReference:
    """One EXT-X-MEDIA; without an address of its own (`uri` is empty) it is inside the video segments."""

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
    pathway_id: str = DEFAULT_PATHWAY
    pathways: Mapping[str, str] = field(default_factory=dict)
    start: StartPoint | None = None
    previews: tuple[Preview, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


def parse_multivariant(text: str, uri: str) -> Multivariant:
    """Read a multivariant playlist (RFC 8216bis section 4.4.6). Pure.

    Of several pathways, the one that steering begins with; of several codec families, the most widely decoded one.
    Session keys are not looked at: the media playlists say what their segments are locked with.
    Raises: `PresentationError`.
    """
    return read_multivariant(Playlist(text, uri))


def read_multivariant(playlist: Playlist) -> Multivariant:
    """The same, from a playlist already taken apart."""
    fields = playlist.fields
    if len(fields["playlists"]) > MOST_VARIANTS or len(fields["media"]) > MOST_MEDIA:
        raise playlist.unreadable(f"it lists more than {MOST_VARIANTS} variants or {MOST_MEDIA} media")
    if len(fields["iframe_playlists"]) > MOST_VARIANTS:
        raise playlist.unreadable(f"it lists more than {MOST_VARIANTS} I-frame playlists")
    variants = redundant_apart([_variant(playlist, entry) for entry in fields["playlists"]])
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
        pathway_id=pathway_id or DEFAULT_PATHWAY,
        pathways=bases(variants, pathway_id),
        start=start_of(playlist),
        previews=_previews(playlist, pathway_id),
        variables=playlist.variables,
    )


def _variant(playlist: Playlist, entry: Fields) -> Variant:
    info = entry["stream_info"]
    width, height = _resolution(playlist, info.get("resolution"))
    return Variant(
        uri=playlist.absolute(entry["uri"]),
        bitrate_bps=_bitrate_bps(playlist, info, "a variant"),
        codecs=playlist.text(info.get("codecs")),
        width=width,
        height=height,
        frame_rate=playlist.number(info.get("frame_rate", 0.0), "FRAME-RATE", 1000.0),
        video_range=playlist.text(info.get("video_range"), 16),
        audio_group=playlist.text(info.get("audio")),
        subtitles_group=playlist.text(info.get("subtitles")),
        pathway_id=playlist.text(info.get("pathway_id")) or DEFAULT_PATHWAY,
        stable_id=playlist.text(info.get("stable_variant_id")),
    )


def _bitrate_bps(playlist: Playlist, info: Fields, whose: str) -> int:
    """The mean where it is told: BANDWIDTH is a peak, and a ladder of peaks promises what no chunk needs."""
    rate = info.get("average_bandwidth") or info.get("bandwidth")
    bitrate_bps = int(playlist.number(rate, "BANDWIDTH", HIGHEST_BPS))
    if bitrate_bps <= 0:
        raise playlist.unreadable(f"{whose} has no BANDWIDTH")
    return bitrate_bps


def _resolution(playlist: Playlist, value: object) -> tuple[int, int]:
    if value is None:
        return 0, 0
    width, _, height = playlist.text(value).lower().partition("x")
    return tuple(int(playlist.number(side, "RESOLUTION", LARGEST_SIDE)) for side in (width, height))  # type: ignore[return-value]


def _previews(playlist: Playlist, pathway_id: str) -> tuple[Preview, ...]:
    """The I-frame playlists (RFC 8216bis 4.4.6.3) of this pathway, ascending."""
    found = []
    for entry in playlist.fields["iframe_playlists"]:
        info = entry["iframe_stream_info"]
        if info.get("pathway_id", pathway_id) == pathway_id:
            width, height = _resolution(playlist, info.get("resolution"))
            rate = _bitrate_bps(playlist, info, "an I-frame playlist")
            uri = playlist.absolute(entry["uri"])
            found.append(Preview(uri, rate, playlist.text(info.get("codecs")), width, height))
    return tuple(sorted(found, key=lambda preview: preview.bitrate_bps))


def _ladder(variants: Iterable[Variant]) -> tuple[Variant, ...]:
    """One codec family and dynamic range, ascending by bit rate; of equal bit rates the larger picture, then the first.

    A media playlist that is listed with several groups of sound is one rung, with the group most of the ladder has.
    """
    video = [variant for variant in variants if variant.family is not None]
    if not video:
        return ()
    best = min(_preference(variant) for variant in video)
    rungs: dict[int, Variant] = {}
    for variant in _one_sound([variant for variant in video if _preference(variant) == best]):
        known = rungs.get(variant.bitrate_bps)
        if known is None or variant.height > known.height:
            rungs[variant.bitrate_bps] = variant
    return tuple(rungs[rate] for rate in sorted(rungs))


def _preference(variant: Variant) -> tuple[int, int]:
    assert variant.family is not None
    return variant.family, range_rank(variant.video_range)


def _one_sound(variants: Sequence[Variant]) -> list[Variant]:
    """One variant for each address: with the group of sound that most addresses have; of these, AAC first."""
    groups: dict[str, list[Variant]] = {}
    for variant in variants:
        groups.setdefault(variant.audio_group, []).append(variant)
    # min, and dicts in the order of the playlist: of equals the first listed.
    usual = min(groups, key=lambda name: (-len({v.uri for v in groups[name]}), audio_rank(groups[name][0].codecs)))
    chosen: dict[str, Variant] = {}
    for variant in (*groups[usual], *variants):
        chosen.setdefault(variant.uri, variant)
    return [chosen[uri] for uri in dict.fromkeys(variant.uri for variant in variants)]


def _media(playlist: Playlist) -> list[MediaReference]:
    """The audio and subtitle media; subtitles without an address are none."""
    kinds = {"AUDIO": Kind.AUDIO, "SUBTITLES": Kind.SUBTITLES}
    return [
        MediaReference(
            kind=kinds[entry["type"]],
            group=playlist.text(entry.get("group_id")),
            uri=playlist.absolute(entry["uri"]) if entry.get("uri") else "",
            name=playlist.text(entry.get("name")),
            language=playlist.text(entry.get("language"), 64),
            default=entry.get("default") == "YES",
            forced=entry.get("forced") == "YES",
        )
        for entry in playlist.fields["media"]
        if entry.get("type") in kinds and (entry.get("uri") or entry["type"] == "AUDIO")
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

"""Codec families: a ladder is of one, and of one dynamic range; here is which is preferred, and why."""

from __future__ import annotations

# What every machine decodes comes first; a rendition that names no codec is taken at its word. HEVC before AV1: more
# machines decode it in hardware. VP9 in MP4 is rare; Dolby Vision without a base layer shows false colours.
FAMILIES: tuple[tuple[str, ...], ...] = (
    ("avc1", "avc3"),
    ("",),
    ("hvc1", "hev1"),
    ("av01",),
    ("vp09", "vp9"),
    ("dvh1", "dvhe", "dva1", "dvav", "dav1"),
)
UNTOLD = 1
_RANGES = ("", "SDR", "HLG", "PQ")
AUDIO = ("mp4a", "ac-3", "ec-3", "opus", "flac", "alac", ".mp3")


def family_of(codecs: str, has_picture: bool) -> int | None:
    """The rank of a rendition's video codec, 0 the most preferred; None for sound alone."""
    names = [codec.strip().split(".")[0].lower() for codec in codecs.split(",") if codec.strip()]
    for rank, family in enumerate(FAMILIES):
        if any(name in family for name in names):
            return rank
    return UNTOLD if not names or has_picture else None


def range_rank(video_range: str) -> int:
    """SDR before HDR: every screen shows it. An unknown range comes last."""
    told = "" if video_range == "SDR" else video_range
    return _RANGES.index(told) if told in _RANGES else len(_RANGES)


def audio_rank(codecs: str) -> int:
    """The rank of the sound in a list of codecs, 0 the most preferred; one that names none comes last."""
    names = {codec.strip().split(".")[0].lower() for codec in codecs.split(",")}
    return next((rank for rank, name in enumerate(AUDIO) if name in names), len(AUDIO))

"""What can be set on a session, and the defaults that a viewer gets."""

from __future__ import annotations

from dataclasses import dataclass

LEAST_MEMORY_BYTES = 4 * 2**20
CMCD_WAYS = ("headers", "query", "off")
MOST_AUDIO_DELAY_S = 5.0


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """One session's settings.

    `buffer_cap_s` is the most media kept ahead of the playhead, `back_buffer_s` what stays behind it for a quick step
    back, `memory_cap_bytes` the most bytes of media that both may take: what lies ahead comes first, what lies behind
    has the rest. `give_up_s` ends the session after that long without a single successful transfer while media is
    lacking; None never gives up (a window keeps trying and says so). `stop_after_s` ends it after that much media was
    played.
    """

    buffer_cap_s: float = 30.0
    back_buffer_s: float = 30.0
    memory_cap_bytes: int = 256 * 2**20
    give_up_s: float | None = None
    stop_after_s: float | None = None
    start_at_s: float = 0.0
    speed: float = 1.0
    # The sound comes that much after the pictures (below 0: before), for loudspeakers that are late.
    audio_delay_s: float = 0.0
    fixed_rung: int | None = None
    rung_cap: int | None = None
    audio_language: str | None = None
    subtitle_language: str | None = None
    abandonment: bool = True
    # Chunks that wait below the rung now chosen are fetched again while the buffer is next to full.
    replacement: bool = True
    # mpv reads up to 3.4 s ahead of what it shows; chunks nearer than this are committed and never replaced.
    committed_s: float = 4.0
    # What a controller sees of the film to come and of the network behind it: as much as in `abr.simulate`.
    horizon_chunks: int = 64
    samples_kept: int = 32
    # A guess of the network's rate for the first chunk; None begins at the lowest rung.
    initial_estimate_bps: float | None = None
    corrupt_attempts: int = 3
    snapshot_interval_s: float = 0.25
    # How servers are told of the session (CMCD, CTA-5004): in request headers, in one query argument, or not at all.
    cmcd: str = "headers"
    cmcd_version: int = 1
    # Whether what servers say of themselves (CMSD, CTA-5006) is listened to.
    cmsd: bool = True

    def __post_init__(self) -> None:
        if not 2.0 <= self.buffer_cap_s <= 600.0:
            raise ValueError(f"the buffer cap is between 2 and 600 s, not {self.buffer_cap_s:g}")
        if self.memory_cap_bytes < LEAST_MEMORY_BYTES:
            raise ValueError(f"media needs {LEAST_MEMORY_BYTES >> 20} MiB or more, not {self.memory_cap_bytes} bytes")
        if self.cmcd not in CMCD_WAYS or self.cmcd_version not in (1, 2):
            raise ValueError(f"CMCD is one of {', '.join(CMCD_WAYS)}, in version 1 or 2, not {self.cmcd!r}")
        if not 0.25 <= self.speed <= 4.0:
            raise ValueError(f"the speed is between 0.25 and 4, not {self.speed:g}")
        if not -MOST_AUDIO_DELAY_S <= self.audio_delay_s <= MOST_AUDIO_DELAY_S:
            raise ValueError(f"the audio delay is between -5 and 5 s, not {self.audio_delay_s:g}")

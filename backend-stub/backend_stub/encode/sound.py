"""The sound of the demo films: pads and plucks from a seed, a lead that tells the language, a chime every 8 s.

For tests: under the lead lies a pilot tone, 440 Hz in English and 660 Hz in German, at -40 dBFS all through the film;
no other voice plays within 3 % of either. At every whole 8 s but the first (8, 16, ...) a chime of 80 ms at
2637 Hz starts at exactly that instant, with an attack of 2 ms; in the picture
a star lights up for the two frames from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backend_stub.encode.grid import SAMPLE_RATE_HZ

Samples = npt.NDArray[np.float32]

PILOT_HZ = {"en": 440.0, "de": 660.0}
PILOT_LEVEL = 0.01
CHIME_PERIOD_S = 8
CHIME_S = 0.08
CHIME_HZ = 2637.0
_BAR_S = 4.0


@dataclass(frozen=True, slots=True)
class Score:
    """A film's harmony: one chord a bar (semitones from `root_hz`), how many plucks a bar, and the lead's notes."""

    root_hz: float
    chords: tuple[tuple[int, ...], ...]
    plucks: int
    brightness: float


SCORES = {
    "lantern-river": Score(130.81, ((0, 7, 16), (-3, 4, 12), (-7, 5, 12), (-5, 7, 14)), 4, 0.5),
    "night-train": Score(110.0, ((0, 7, 15), (-4, 8, 15), (3, 10, 19), (-2, 5, 14)), 16, 0.9),
    "paper-tide": Score(146.83, ((0, 7, 14), (5, 9, 16), (-3, 4, 12), (-5, 2, 11)), 6, 0.35),
}
_LEADS = {"en": (12, 14, 16, 14), "de": (19, 16, 14, 16)}


def blocks(title_id: str, lang: str, duration_s: float) -> Iterator[Samples]:
    """The film's sound, a bar of (2, n) samples at a time: the first is there long before the last."""
    score = SCORES[title_id]
    rng = np.random.default_rng(len(title_id))
    ring = np.zeros((2, round(SAMPLE_RATE_HZ * _BAR_S)), np.float32)
    for bar in range(int(np.ceil(duration_s / _BAR_S))):
        sound, ring = _bar(score, lang, bar, rng, ring)
        yield sound


def _bar(score: Score, lang: str, bar: int, rng: np.random.Generator, ring: Samples) -> tuple[Samples, Samples]:
    """One bar, and what rings on into the next."""
    length = round(SAMPLE_RATE_HZ * _BAR_S)
    out = np.zeros((2, 2 * length), np.float32)
    chord = score.chords[bar % len(score.chords)]
    _add_pad(out, score, chord)
    steps = _LEADS[lang]
    for pluck in range(score.plucks):
        note = chord[int(rng.integers(len(chord)))] + 12 * int(rng.integers(1, 3))
        start = round(pluck * length / score.plucks)
        _add_pluck(out, start, _clear_of_pilots(score.root_hz * 2 ** (note / 12)), 0.09, float(rng.uniform(-0.7, 0.7)))
    for beat, step in enumerate(steps):
        note = chord[0] + step + (12 if bar % 4 == 3 and beat == 3 else 0)
        start = round((beat + 0.5) * length / len(steps))
        _add_pluck(out, start, _clear_of_pilots(score.root_hz * 2 ** (note / 12)), 0.13, 0.15, decay_s=0.9)
    sound = out[:, :length] + ring
    if bar == 0:
        sound *= np.minimum(np.arange(length) / (1.5 * SAMPLE_RATE_HZ), 1).astype(np.float32)
    time_s = np.arange(length) / SAMPLE_RATE_HZ
    # Whole periods fit into a bar, so the pilot runs on without a click.
    sound += (PILOT_LEVEL * np.sin(2 * np.pi * PILOT_HZ[lang] * time_s)).astype(np.float32)
    if bar and (bar * _BAR_S) % CHIME_PERIOD_S == 0:
        sound *= 0.9
        sound[:, : round(CHIME_S * SAMPLE_RATE_HZ)] += _chime()
    return np.clip(sound, -0.98, 0.98), out[:, length:]


def _add_pad(out: Samples, score: Score, chord: tuple[int, ...]) -> None:
    """A chord that swells and fades into the next bar, a little wider than one voice."""
    seconds = _BAR_S * 1.5
    time_s = np.arange(round(seconds * SAMPLE_RATE_HZ), dtype=np.float32) / SAMPLE_RATE_HZ
    envelope = np.sin(np.pi * time_s / seconds) ** 1.4
    for voice, note in enumerate(chord):
        hz = _clear_of_pilots(score.root_hz * 2 ** (note / 12))
        phase = 2 * np.pi * hz * time_s
        drift = 0.6 * np.sin(2 * np.pi * 0.3 * time_s + voice)
        overtone = 2 * phase if _clear_of_pilots(2 * hz) == 2 * hz else 3 * phase
        for side, sign in ((0, 1), (1, -1)):
            tone = np.sin(phase + sign * drift) + 0.22 * score.brightness * np.sin(overtone - sign * drift)
            out[side, : len(time_s)] += 0.075 * tone * envelope


def _add_pluck(out: Samples, start: int, hz: float, level: float, pan: float, decay_s: float = 0.55) -> None:
    """A soft string, cut off where the buffer ends."""
    time_s = np.arange(min(round(1.6 * SAMPLE_RATE_HZ), out.shape[1] - start), dtype=np.float32) / SAMPLE_RATE_HZ
    envelope = np.minimum(time_s / 0.006, 1) * np.exp(-time_s / decay_s * 2)
    fade = np.clip((time_s[-1] - time_s) / 0.05, 0, 1)
    phase = 2 * np.pi * hz * time_s
    tone = (np.sin(phase) + 0.3 * np.sin(3 * phase) * np.exp(-time_s * 6)) * envelope * fade * level
    out[0, start : start + len(time_s)] += tone * (1 - pan) / 1.4
    out[1, start : start + len(time_s)] += tone * (1 + pan) / 1.4


def _clear_of_pilots(hz: float) -> float:
    """The tone, moved a semitone down when it would cover a pilot."""
    return hz / 2 ** (1 / 12) if any(abs(hz / pilot - 1) < 0.03 for pilot in PILOT_HZ.values()) else hz


def _chime() -> Samples:
    """80 ms, loud enough to be found, soft enough to be liked."""
    time_s = np.arange(round(CHIME_S * SAMPLE_RATE_HZ), dtype=np.float32) / SAMPLE_RATE_HZ
    envelope = np.minimum(time_s / 0.002, 1) * np.exp(-time_s / 0.03) * np.clip((CHIME_S - time_s) / 0.01, 0, 1)
    tone = 0.3 * np.sin(2 * np.pi * CHIME_HZ * time_s) + 0.1 * np.sin(2 * np.pi * 1.5 * CHIME_HZ * time_s)
    chime: Samples = (tone * envelope).astype(np.float32)
    return chime

"""NUStreaming / Twitch profiles: JavaScript `const PROFILE_X = [{speed: 1200, duration: 30}, ...]`.

speed is kbit/s, duration seconds. One file may hold several; `FILE#PROFILE_X` names one.
"""

from __future__ import annotations

import re

from abr.trace.model import Step
from abr.trace.source import Source

PROFILE = re.compile(r"\b(?:const|let|var)\s+(\w+)\s*=\s*\[([^\]]*)\]")
ENTRY = re.compile(r"\{([^{}]*)\}")
FIELD = re.compile(r"[\"']?(\w+)[\"']?\s*:\s*([-+.\w]+)")
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


def detect(source: Source) -> bool:
    """A JavaScript constant whose entries have a speed and a duration."""
    found = PROFILE.search(_blank_comments(source.text[:200_000]) + "]")
    return found is not None and "speed" in found.group(2) and "duration" in found.group(2)


def read(source: Source) -> dict[str, list[Step]]:
    text, profiles = _blank_comments(source.text), {}
    for profile in PROFILE.finditer(text):
        steps = []
        for entry in ENTRY.finditer(profile.group(2)):
            line = text.count("\n", 0, profile.start(2) + entry.start()) + 1
            steps.append(_step(source, line, dict(FIELD.findall(entry.group(1)))))
        if steps:
            profiles[profile.group(1)] = steps
    if not profiles:
        raise source.error("holds no profile of {speed, duration} entries")
    return profiles


def _step(source: Source, line: int, fields: dict[str, str]) -> Step:
    if "speed" not in fields or "duration" not in fields:
        raise source.error("an entry lacks speed or duration", line)
    duration_s = source.number(fields["duration"], line)
    return Step(duration_s, source.number(fields["speed"], line) * source.scale("kbit/s"))


def _blank_comments(text: str) -> str:
    """Without comments, with every line where it was."""
    return COMMENT.sub(lambda found: "\n" * found.group().count("\n"), text)

"""Durations as an MPD writes them: xs:duration (XML Schema part 2, 3.2.6) to seconds."""

from __future__ import annotations

import re

_DURATION = re.compile(
    r"P(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})D)?"
    r"(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{0,18})?)S)?)?"
)
LONGEST_S = 7 * 86_400.0


def seconds(text: str) -> float:
    """`PT1H2M3.5S` as 3723.5. A title is a week long at most; years and months, whose length varies, are 0 or refused.

    Raises: ValueError.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or text.strip() in ("P", "PT"):
        raise ValueError(f"{text[:40]!r} is not a duration")
    years, months, days, hours, minutes, rest = (float(part) if part else 0.0 for part in match.groups())
    total = days * 86_400 + hours * 3600 + minutes * 60 + rest
    if years or months or total > LONGEST_S:
        raise ValueError(f"{text[:40]!r} is longer than a week")
    return total

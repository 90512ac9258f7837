"""The page itself: markup, style, script, plotly.js and the data put into one file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def render(data: dict[str, Any], plotly_js: str) -> str:
    """The HTML. `data` holds escaped text only, since the script sets it as HTML."""
    parts = {
        "STYLE": _part("page.css"),
        "SCRIPT": _part("page.js"),
        # The end of a script element inside a script would end it.
        "PLOTLY": plotly_js.replace("</script", "<\\/script"),
        "DATA": _script_safe(json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)),
    }
    page = _part("page.html")
    for name, text in parts.items():
        before, _, after = page.partition(f"@@{name}@@")
        page = before + text + after
    return page


def _script_safe(text: str) -> str:
    """JSON that cannot leave its script element."""
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _part(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")

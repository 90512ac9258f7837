"""The log: human lines on stderr, with everything that opens a door blotted out."""

from __future__ import annotations

import logging
import re
import sys

_SECRETS = (
    (re.compile(r"/s/\d+-[0-9a-f]{8,}"), "/s/***"),
    (re.compile(r"(?i)(bearer\s+)[\w.~+/=-]+"), r"\1***"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"), "***"),
    (re.compile(r"(?i)(\"?(?:password|refresh_token|access_token|admin_token)\"?\s*[:=]\s*\"?)[^\"\s,}]+"), r"\1***"),
)


def redact(text: str) -> str:
    """The text without signatures, tokens and passwords."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


class _Redacting(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def configure(verbose: bool = False) -> None:
    """Send our log to stderr. uvicorn speaks only when something is wrong."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("backend_stub")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    logger.propagate = False
    uvicorn = logging.getLogger("uvicorn")
    uvicorn.handlers[:] = [handler]
    uvicorn.setLevel(logging.ERROR)
    uvicorn.propagate = False

"""The log: human lines on stderr, with everything that opens a door blotted out."""

from __future__ import annotations

import asyncio
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


def _says_something(record: logging.LogRecord) -> bool:
    """False for what an ending server says of the requests that it ended: nothing is wrong with that."""
    cancelled = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not cancelled and "timeout graceful shutdown exceeded" not in str(record.msg)


def configure(verbose: bool = False) -> None:
    """Send our log to stderr. uvicorn speaks only when something is wrong."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_says_something)
    handler.setFormatter(_Redacting("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("backend_stub")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    logger.propagate = False
    uvicorn = logging.getLogger("uvicorn")
    uvicorn.handlers[:] = [handler]
    uvicorn.setLevel(logging.ERROR)
    uvicorn.propagate = False

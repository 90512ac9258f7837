"""What the gateway's answers are turned into: bounded bytes, JSON, and errors in words."""

from __future__ import annotations

import json
from collections.abc import Mapping

import httpx

from player.service.model import (
    BadAnswer,
    NotFound,
    PinNeeded,
    RateLimited,
    Refused,
    ServiceError,
    SignInNeeded,
    Unreachable,
)

LONGEST_RETRY_AFTER_S = 3600.0


async def bounded(answer: httpx.Response, limit_bytes: int) -> bytes:
    """The body. Raises `BadAnswer` when it is longer than that."""
    body = bytearray()
    async for data in answer.aiter_raw():
        body += data
        if len(body) > limit_bytes:
            raise BadAnswer(f"The server's answer is larger than {limit_bytes // 2**20} MiB.")
    return bytes(body)


def decoded(raw: bytes) -> object:
    """The body as JSON. Raises `BadAnswer` when it is none."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadAnswer("The server did not answer in JSON. Is this the right address?") from error


def refusal(status: int, headers: Mapping[str, str], raw: bytes, what: str) -> ServiceError:
    """The error that a status stands for, in the gateway's own words where it has any."""
    said, code = _message(raw), _code(raw)
    match status:
        case 403 if code in ("pin-needed", "wrong-pin"):
            return PinNeeded(said or "This profile asks for its PIN.")
        case 403 if code == "kids-profile":
            return Refused(said or "That can't be done from a Kids profile.")
        case 409:
            return Refused(said or "The server refused: it is in that state already, or full.")
        case 401 | 403:
            return SignInNeeded(said or "The name or the password is wrong, or the session is over. Sign in again.")
        case 404 | 410:
            return NotFound(said or f"The server knows no {what}. It may have been removed.")
        case 429:
            return RateLimited(said or "Too many tries. Wait a little, then try again.", _retry_after_s(headers))
    if status >= 500:
        return Unreachable(said or f"The server has a problem of its own ({status}). Try again in a moment.")
    return BadAnswer(said or f"The server did not accept the request ({status}).")


def _message(raw: bytes) -> str:
    return _error_text(raw, "message")


def _code(raw: bytes) -> str:
    return _error_text(raw, "code")


def _error_text(raw: bytes, key: str) -> str:
    try:
        said = json.loads(raw)["error"][key]
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
    return said[:500] if isinstance(said, str) else ""


def _retry_after_s(headers: Mapping[str, str]) -> float:
    value = headers.get("retry-after", "")
    return min(float(value), LONGEST_RETRY_AFTER_S) if value.isascii() and value.isdigit() and len(value) < 8 else 5.0

"""Errors of the backend.

StartError   the backend cannot start (port taken, folder not writable): the command line prints it and exits
ApiError     a request cannot be answered: becomes {"error": {"code", "message"}} with its status
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from pathlib import Path


class StartError(Exception):
    """The backend cannot start; the text says what happened, to what, and what to do next."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class ApiError(Exception):
    """A request that gets an answer other than the one it wished for."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    def body(self) -> dict[str, dict[str, str]]:
        """The one shape in which every error goes over the wire."""
        return {"error": {"code": self.code, "message": self.message}}


def disk_error(path: Path, error: OSError) -> StartError:
    """What a person needs to know when the data folder does not take what we write."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StartError(f"The disk is full: {path} could not be written. Free some space and start again.", 3)
    return StartError(
        f"The data folder {path} cannot be used: {error.strerror or error}. "
        "Make it writable, or name another one with --data DIR (or EVENFLOW_DATA_DIR).",
        3,
    )

"""Injected faults: what an edge is told to do wrong, so that tests and QA see what a player makes of it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from backend_stub.cdn.serve import Spoil


class Fault(BaseModel):
    """What goes wrong, for which requests, how often. Fields combine: a delay and then a 503, say."""

    model_config = ConfigDict(extra="forbid")

    status: int | None = Field(default=None, ge=400, le=599, description="Answer with this status.")
    delay_s: float = Field(default=0.0, ge=0, le=120, description="Wait before answering.")
    truncate_bytes: int | None = Field(default=None, ge=0, description="Drop the connection after so many body bytes.")
    corrupt: bool = Field(default=False, description="Turn every byte of the body around.")
    duress: bool = Field(default=False, description="Say in CMSD that the edge is under duress.")
    most_kbps: int | None = Field(default=None, ge=1, description="The highest bit rate to suggest in CMSD.")
    match: str = Field(default="", max_length=200, description="Only paths that contain this, such as `v3/s00004`.")
    count: int | None = Field(default=None, ge=1, description="Only so many requests; without it, until it is removed.")

    @property
    def spoil(self) -> Spoil | None:
        """The part that concerns the body."""
        if self.truncate_bytes is None and not self.corrupt:
            return None
        return Spoil(self.truncate_bytes, self.corrupt)


class Faults:
    """At most one fault at a time per edge."""

    def __init__(self) -> None:
        self._fault: Fault | None = None
        self._left: int | None = None

    def put(self, fault: Fault | None) -> None:
        """Set or (None) remove the fault."""
        self._fault = fault
        self._left = fault.count if fault else None

    def take(self, path: str) -> Fault | None:
        """The fault that befalls this request, counting it."""
        fault = self._fault
        if fault is None or fault.match not in path:
            return None
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                self._fault = None
        return fault

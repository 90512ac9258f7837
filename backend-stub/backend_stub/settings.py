"""What a backend is started with: one frozen value, made by the command line or by a test."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

DEFAULT_PORT = 8780
DEFAULT_EDGE_PORT_BASE = 8781
MAX_EDGES = 16


def default_data_dir() -> Path:
    """`EVENFLOW_DATA_DIR`, or the place the operating system keeps a user's data."""
    named = os.environ.get("EVENFLOW_DATA_DIR")
    return Path(named) if named else Path(platformdirs.user_data_dir("evenflow"))


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the data lies, which ports are opened, how long things live.

    Port 0 means any free one, for the gateway and (`edge_port_base`) for every edge. `host` is what is bound,
    `public_host` what clients are told; they differ only when the host is a wildcard.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    public_host: str | None = None
    port: int = DEFAULT_PORT
    edge_port_base: int = DEFAULT_EDGE_PORT_BASE
    edges: int = 2
    films: bool = True
    token_life_s: float = 4 * 3600.0
    access_life_s: float = 900.0
    refresh_life_s: float = 30 * 86400.0
    hold_s: float = 5.0
    steering_ttl_s: int = 10
    # A nearer edge that came back must have stayed up this long before sessions return to it: no flapping.
    steering_return_after_s: float = 30.0

    @property
    def objects_dir(self) -> Path:
        """The films."""
        return self.data_dir / "objects"

    @property
    def advertised_host(self) -> str:
        """The host that stands in the URLs handed to clients."""
        if self.public_host:
            return self.public_host
        return "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host

"""What a network carried when it was used last: a first guess for the next session on it, kept on this machine only.

Networks are told apart without asking anyone: the address that this machine has on the way to the outside (no packet
leaves for that), the default gateway and its hardware address where Linux tells them, and the server. Only a salted
hash of all that is kept, and the salt stays in the same file: it says nothing about where anybody was.
"""

from __future__ import annotations

import hashlib
import json
import math
import secrets
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from abr.model import ThroughputSample
from player.service.tokens import write_private

LARGEST_BYTES = 64 * 2**10
MOST_NETWORKS = 64
FORGOTTEN_AFTER_S = 30 * 86400.0
HALF_LIFE_S = 7 * 86400.0
MOST_WEIGHT = 3.0
LEAST_SAMPLE_BYTES = 32 * 2**10
LEAST_SAMPLES = 4
SLOWEST_BPS, FASTEST_BPS = 1e4, 1e10
# RFC 5737: an address of nobody. Choosing a way to it sends nothing.
NOWHERE = ("192.0.2.1", 9)


@dataclass(frozen=True, slots=True)
class Known:
    """One network: the mean of ln(bit/s) over sessions, how much they weigh, and when the last one was."""

    log_bps: float
    weight: float
    at_s: float


class NetworkMemory:
    """A small file of networks. Unreadable, or of another time: it is as if there were none; nothing here raises."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock

    def recall(self, network: str) -> float | None:
        """bit/s of the network, as `identity` names it; None when it is not known any more."""
        salt, known = self._read()
        found = known.get(_key(salt, network))
        return None if found is None else math.exp(found.log_bps)

    def remember(self, network: str, rate_bps: float | None) -> None:
        """A session measured `rate_bps`; older sessions count half for every week since."""
        if rate_bps is None or not SLOWEST_BPS <= rate_bps <= FASTEST_BPS:
            return
        salt, known = self._read()
        now_s = self._clock()
        key = _key(salt, network)
        old = known.pop(key, Known(0.0, 0.0, now_s))
        weight = min(old.weight, MOST_WEIGHT) * 0.5 ** ((now_s - old.at_s) / HALF_LIFE_S)
        log_bps = (old.log_bps * weight + math.log(rate_bps)) / (weight + 1.0)
        known[key] = Known(log_bps, weight + 1.0, now_s)
        newest = sorted(known.items(), key=lambda item: item[1].at_s)[-MOST_NETWORKS:]
        rows = {name: [round(it.log_bps, 4), round(it.weight, 4), round(it.at_s)] for name, it in newest}
        body = json.dumps({"version": 1, "salt": salt, "networks": rows}).encode()
        try:
            write_private(self._path, body)
        except OSError:
            return  # a guess that is not kept is no reason to bother anybody

    def _read(self) -> tuple[str, dict[str, Known]]:
        try:
            with self._path.open("rb") as file:
                document = json.loads(file.read(LARGEST_BYTES))
            salt = document["salt"]
            if not isinstance(salt, str) or not 16 <= len(salt) <= 64:
                raise ValueError("no salt")
            rows = document["networks"].items()
            known = {str(name): _known(row) for name, row in rows}
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return secrets.token_hex(16), {}
        now_s = self._clock()
        return salt, {name: it for name, it in known.items() if -1.0 <= now_s - it.at_s <= FORGOTTEN_AFTER_S}


def _known(row: Sequence[float]) -> Known:
    """Raises: ValueError, TypeError for what was not written here."""
    log_bps, weight, at_s = (float(it) for it in row)
    if not (math.log(SLOWEST_BPS) <= log_bps <= math.log(FASTEST_BPS) and 0.0 < weight <= MOST_WEIGHT + 1.0):
        raise ValueError("out of range")
    return Known(log_bps, weight, at_s)


def _key(salt: str, network: str) -> str:
    return hashlib.sha256(f"{salt}\n{network}".encode()).hexdigest()[:24]


def session_rate_bps(samples: Iterable[ThroughputSample]) -> float | None:
    """The median of what a session's larger transfers got; None when there were too few to tell."""
    rates = sorted(
        8.0 * it.size_bytes / max(it.transfer_s, 1e-3) for it in samples if it.size_bytes >= LEAST_SAMPLE_BYTES
    )
    return rates[(len(rates) - 1) // 2] if len(rates) >= LEAST_SAMPLES else None


def identity(authority: str) -> str:
    """The network that this machine is on, and the server: a text that is only ever hashed."""
    return "|".join((authority, _own_address(), *_gateway()))


def _own_address() -> str:
    """The network part of the address that is used on the way out; empty without a way."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(NOWHERE)
            address: str = probe.getsockname()[0]
        except OSError:
            return ""
    return address.rpartition(".")[0]


def _gateway(route: Path = Path("/proc/net/route"), neighbours: Path = Path("/proc/net/arp")) -> tuple[str, str]:
    """The default gateway's address (as Linux writes it) and its hardware address; empty where nobody tells."""
    try:
        rows = [line.split() for line in route.read_text("ascii").splitlines()[1:64]]
        gateway = next(row[2] for row in rows if len(row) > 3 and row[1] == "00000000")
        octets = ".".join(str(it) for it in reversed(bytes.fromhex(gateway)))
        beside = [line.split() for line in neighbours.read_text("ascii").splitlines()[1:256]]
        return octets, next((row[3] for row in beside if len(row) > 3 and row[0] == octets), "")
    except (OSError, ValueError, StopIteration):
        return "", ""


def default_path() -> Path:
    """Where the platform keeps such things."""
    from platformdirs import user_state_path

    return user_state_path("evenflow") / "networks.json"

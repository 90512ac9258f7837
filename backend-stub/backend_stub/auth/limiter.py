"""How often one may guess a password: a sliding window per account and address, and a wider one per address."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field

_MAX_KEYS = 10_000


@dataclass(slots=True)
class LoginLimiter:
    """Counts attempts, not failures, so that many at once cannot slip through while the first is being verified."""

    per_account: int = 5
    per_address: int = 60
    window_s: float = 60.0
    _attempts: OrderedDict[tuple[str, ...], deque[float]] = field(default_factory=OrderedDict)

    def admit(self, username: str, address: str, now_s: float) -> float:
        """Count an attempt. Returns 0 when it may go on, else the seconds to wait (and does not count it)."""
        windows = [
            (self._window((username.casefold(), address), now_s), self.per_account),
            (self._window((address,), now_s), self.per_address),
        ]
        wait_s = max((times[0] + self.window_s - now_s for times, most in windows if len(times) >= most), default=0.0)
        if wait_s <= 0:
            for times, _ in windows:
                times.append(now_s)
        return max(wait_s, 0.0)

    def forget(self, username: str, address: str) -> None:
        """The password was right: this account starts afresh from this address."""
        self._attempts.pop((username.casefold(), address), None)

    def _window(self, key: tuple[str, ...], now_s: float) -> deque[float]:
        times = self._attempts.setdefault(key, deque())
        self._attempts.move_to_end(key)
        while times and times[0] <= now_s - self.window_s:
            times.popleft()
        if len(self._attempts) > _MAX_KEYS:
            self._attempts.popitem(last=False)
        return times

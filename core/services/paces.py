"""How fast one caller may ask: so many requests a minute, which may come all at once after a pause."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import ceil
from threading import Lock
from time import monotonic

from core.errors import LimitReached

FORGOTTEN_ABOVE = 10_000
"""So many callers are remembered before those whose allowance is whole again are forgotten."""


class Pace:
    """A token bucket for each caller. `per_minute` 0 is no limit. Safe to call from any thread.

    Kept in this process alone: behind several processes each holds its own.
    """

    def __init__(self, per_minute: int, now_s: Callable[[], float] = monotonic) -> None:
        self._per_minute = per_minute
        self._now_s = now_s
        self._lock = Lock()
        self._spent: dict[str, tuple[float, float]] = {}

    @property
    def callers(self) -> int:
        """How many callers are remembered."""
        return len(self._spent)

    def take(self, key: str) -> None:
        """Count one request of `key`. Raises `LimitReached`, with the moment from which the next one may come."""
        if not self._per_minute:
            return
        with self._lock:
            now = self._now_s()
            spent = self._spent_at(key, now)
            if spent + 1 > self._per_minute:
                raise self._refusal(spent)
            self._spent[key] = (spent + 1, now)
            if len(self._spent) > FORGOTTEN_ABOVE:
                self._spent = {key: kept for key, kept in self._spent.items() if self._spent_at(key, now)}

    def _spent_at(self, key: str, now: float) -> float:
        spent, at = self._spent.get(key, (0.0, now))
        return max(spent - (now - at) * self._per_minute / 60, 0.0)

    def _refusal(self, spent: float) -> LimitReached:
        wait_s = (spent + 1 - self._per_minute) * 60 / self._per_minute
        message = f"That is more than {self._per_minute} requests a minute. Wait {ceil(wait_s)} s and go on slower."
        resets_at = datetime.now(UTC) + timedelta(seconds=wait_s)
        return LimitReached(message, limit=self._per_minute, used=self._per_minute, resets_at=resets_at)

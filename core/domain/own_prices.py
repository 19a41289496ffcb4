"""What administrators say that models cost, and from when on: entries that are added to, never rewritten once in force.

The entry that holds at a moment is the last one that has begun. Of two that begin at the same moment the one that was
set later holds, so a mistake is mended by another entry, and both stay to be read.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from core.domain.pricing import Prices, PriceSource, Rate
from core.errors import InvalidRequest

SUSPICIOUS = 10
"""How many times the list's price a price has to be passed for a slip of the finger to be likely."""

_AMOUNT = re.compile(r"\d{1,6}(\.\d{1,12})?", re.ASCII)
_PARTS = {"input": "Input", "output": "Output", "cached": "Cached input", "cache_write": "Cache write"}


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """That a model costs `prices` from `starts_at` on; None: again what the lists say. `set_by` is a user's id."""

    id: int
    model_id: str
    starts_at: datetime
    prices: Prices | None
    note: str
    set_by: str
    set_at: datetime


class PriceBook:
    """All entries, to be asked for what holds at any moment."""

    def __init__(self, entries: Iterable[OwnPrice] = ()) -> None:
        ordered = sorted(entries, key=lambda entry: (entry.starts_at, entry.id))
        self._starts = [entry.starts_at for entry in ordered]
        self._of: dict[str, list[OwnPrice]] = {}
        for entry in ordered:
            self._of.setdefault(entry.model_id, []).append(entry)

    @property
    def model_ids(self) -> Set[str]:
        """The models with entries."""
        return self._of.keys()

    def of(self, model_id: str) -> Sequence[OwnPrice]:
        """Return the entries of a model, the earliest to begin first."""
        return tuple(self._of.get(model_id, ()))

    def entry(self, model_id: str, at: datetime) -> OwnPrice | None:
        """Return the entry that holds at `at`, or None."""
        entries = self._of.get(model_id, [])
        begun = bisect_right(entries, at, key=lambda entry: entry.starts_at)
        return entries[begun - 1] if begun else None

    def prices(self, model_id: str, at: datetime) -> Prices | None:
        """Return the model's own prices at `at`, or None where the lists decide."""
        entry = self.entry(model_id, at)
        return entry.prices if entry else None

    def begun(self, at: datetime) -> int:
        """Return how many entries have begun by `at`: as long as it stays the same, so does every price."""
        return bisect_right(self._starts, at)


@dataclass(frozen=True, slots=True)
class PriceDraft:
    """Prices as they were typed: USD per million tokens, and `per_request` in USD. What is left empty is not set."""

    input: str
    output: str
    cached: str = ""
    cache_write: str = ""
    per_request: str = ""

    def read(self, as_of: date) -> Prices:
        """Return the prices. Raises `InvalidRequest` for what is no amount, and without input or output."""
        given = {name: _rate(label, getattr(self, name)) for name, label in _PARTS.items()}
        if given["input"] is None or given["output"] is None:
            raise InvalidRequest("Fill in the prices of input and output. A price of nothing is 0.")
        request = _amount("Per request", self.per_request) or Decimal(0)
        return Prices.model_validate(
            {**given, "per_request": request, "source": PriceSource.ADMINISTRATOR, "as_of": as_of}
        )


def suspicious(prices: Prices, listed: Prices) -> list[str]:
    """Return the names of those parts of `prices` that are more than `SUSPICIOUS` times the `listed` ones.

    The fallback is no price to compare with.
    """
    if listed.source is PriceSource.FALLBACK:
        return []
    pairs = {label: (getattr(prices, name), getattr(listed, name)) for name, label in _PARTS.items()}
    return [label for label, (new, old) in pairs.items() if new and old and new.base > SUSPICIOUS * old.base]


def _rate(label: str, typed: str) -> Rate | None:
    amount = _amount(label, typed)
    return None if amount is None else Rate(base=amount)


def _amount(label: str, typed: str) -> Decimal | None:
    text = typed.strip().removeprefix("$").strip()
    if not text:
        return None
    if not _AMOUNT.fullmatch(text):
        raise InvalidRequest(f"{label}: write dollars with a point and without a sign, such as 0.15, below a million.")
    return Decimal(text)

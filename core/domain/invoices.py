"""A provider's invoice beside the ledger: what each says of the same days, where they differ, and what that may mean.

Money in USD. The ledger's side leaves out what users paid with keys of their own: no invoice to the lab holds it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from re import compile as pattern
from uuid import UUID

from core.domain.figures import money, runs, share
from core.domain.spend import Days

MAX_NOTE = 300
REST = ""
"""Stands for a model where an invoice's total is more, or less, than its lines: fees, taxes, credits."""

_HALF_A_CENT = Decimal("0.005")
_DATED = pattern(r"[-@](\d{8}|\d{4}-\d{2}-\d{2})$")


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """What an invoice tells of one model; `tokens` is None where it tells none."""

    cost: Decimal
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Invoice:
    """A provider's invoice for some local days of the reporting zone; `lines` by the names that it gives models."""

    id: UUID
    provider: str
    days: Days
    total_usd: Decimal
    note: str
    added_by: str
    added_at: datetime
    lines: Mapping[str, InvoiceLine] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spent:
    """What the ledger holds of a model, without users' own keys: `cost`, and how much of it is `estimated`.

    `own_key` is what was left out; `unpriced` counts the runs whose cost nobody knows.
    """

    cost: Decimal
    estimated: Decimal = Decimal(0)
    own_key: Decimal = Decimal(0)
    unpriced: int = 0


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model, or the `REST`: what each side says of it, None where it does not know it."""

    model: str
    invoiced: Decimal | None
    recorded: Decimal | None
    estimated: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        """How much more the invoice says."""
        return (self.invoiced or Decimal(0)) - (self.recorded or Decimal(0))


@dataclass(frozen=True, slots=True)
class Beside:
    """An invoice beside what the ledger holds in all."""

    invoice: Invoice
    recorded: Decimal

    @property
    def difference(self) -> Decimal:
        """How much more the invoice says."""
        return self.invoice.total_usd - self.recorded

    @property
    def agrees(self) -> bool:
        """Whether they are the same to the cent."""
        return abs(self.difference) < _HALF_A_CENT

    @property
    def told(self) -> str:
        """The difference in words: `$1.23 (0.4%) higher`."""
        if self.agrees:
            return "agrees to the cent"
        way = "higher" if self.difference > 0 else "lower"
        part = f" ({share(abs(float(self.difference / self.recorded)))})" if self.recorded else ""
        return f"{money(abs(self.difference))}{part} {way}"


@dataclass(frozen=True, slots=True)
class Comparison(Beside):
    """An invoice beside the ledger by model, the largest difference first."""

    rows: tuple[ModelRow, ...]
    estimated: Decimal
    own_key: Decimal
    unpriced: int

    @property
    def headline(self) -> str:
        """What the comparison comes to, in a sentence."""
        if not self.recorded and not self.invoice.total_usd:
            return "Neither the invoice nor the ledger has any cost in these days."
        if self.agrees:
            return "The invoice and the ledger agree to the cent."
        if not self.recorded:
            return "The ledger has no cost in these days; all of the invoice is beyond it."
        return f"The invoice is {self.told} than the ledger."

    @property
    def reasons(self) -> list[str]:
        """Where the difference lies, and what may be behind it, in plain words."""
        return [*self._parts(), *self._doubts()]

    def _parts(self) -> Iterable[str]:
        if not self.agrees and self.invoice.lines:
            yield from self._of_it("in models that the ledger priced by estimate", _guessed(self.rows))
            yield from self._of_it("in models that only the invoice knows", _alone(self.rows, invoice=True))
            yield from self._of_it("in models that only the ledger knows", _alone(self.rows, invoice=False))
            yield from self._of_it("in no line of the invoice", (row for row in self.rows if row.model == REST))

    def _doubts(self) -> Iterable[str]:
        if not self.agrees and not self.invoice.lines and self.estimated:
            yield f"{money(self.estimated)} of the ledger is an estimate."
        if self.unpriced:
            yield f"{runs(self.unpriced)} of the ledger {'has' if self.unpriced == 1 else 'have'} no known cost."

    def _of_it(self, where: str, rows: Iterable[ModelRow]) -> Iterable[str]:
        """Say how much of the difference lies in `rows`, where they differ the same way."""
        part = sum((row.difference for row in rows), Decimal(0))
        if part * self.difference <= 0 or abs(part) < _HALF_A_CENT:
            return
        if abs(part) <= abs(self.difference):
            yield f"{money(abs(part))} of it is {where}."
        else:
            yield f"The difference {where} is {money(abs(part))}; others make up for some of it."


def compare(invoice: Invoice, spent: Mapping[str, Spent]) -> Comparison:
    """Put an invoice beside what the ledger holds by model id. An invoice may name a model without its provider, and
    with the date of its version."""
    invoiced = _by_model(invoice, spent)
    rows = [_row(model, invoiced.get(model), spent.get(model)) for model in dict.fromkeys((*invoiced, *spent))]
    shown = [row for row in rows if row.invoiced or row.recorded]
    return Comparison(
        invoice=invoice,
        recorded=sum((of.cost for of in spent.values()), Decimal(0)),
        rows=tuple(sorted(shown, key=lambda row: (row.model == REST, -abs(row.difference), row.model))),
        estimated=sum((of.estimated for of in spent.values()), Decimal(0)),
        own_key=sum((of.own_key for of in spent.values()), Decimal(0)),
        unpriced=sum(of.unpriced for of in spent.values()),
    )


def month_before(day: date) -> Days:
    """Return the days of the month before that of `day`, which is what an invoice is mostly for."""
    last = day.replace(day=1) - timedelta(1)
    return Days(last.replace(day=1), last)


def _row(model: str, invoiced: Decimal | None, spent: Spent | None) -> ModelRow:
    return ModelRow(model, invoiced, spent.cost, spent.estimated) if spent else ModelRow(model, invoiced, None)


def _by_model(invoice: Invoice, known: Iterable[str]) -> dict[str, Decimal]:
    """What the invoice tells of each model, by the ids that the ledger knows, where it knows them."""
    ids = {model.lower(): model for model in known}
    found: dict[str, Decimal] = defaultdict(Decimal)
    for name, line in invoice.lines.items():
        found[_matching(invoice.provider, name, ids)] += line.cost
    rest = invoice.total_usd - sum(found.values(), Decimal(0))
    return {**found, REST: rest} if found and rest else dict(found)


def _matching(provider: str, name: str, ids: Mapping[str, str]) -> str:
    """Return the id of the model that an invoice calls `name`."""
    full = name if name.lower().startswith(f"{provider}/") else f"{provider}/{name}"
    bare = _DATED.sub("", full)
    return ids.get(full.lower()) or ids.get(bare.lower()) or full


def _guessed(rows: Iterable[ModelRow]) -> list[ModelRow]:
    return [row for row in rows if row.estimated]


def _alone(rows: Iterable[ModelRow], *, invoice: bool) -> list[ModelRow]:
    """The rows that one side does not know."""
    return [row for row in rows if row.model != REST and (row.recorded if invoice else row.invoiced) is None]

"""Invoices of providers beside the ledger: put there by administrators and product managers, who alone see them."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from core.domain.access import reads_everybodys_spend
from core.domain.accounts import User
from core.domain.audit import Note, difference
from core.domain.chat import clean
from core.domain.invoice_lines import amount_of, lines_of
from core.domain.invoices import MAX_NOTE, Beside, Comparison, Invoice, InvoiceLine, ModelRow, compare
from core.domain.periods import EARLIEST
from core.domain.spend import Days
from core.errors import Forbidden, InvalidRequest, NotFound
from core.providers.registry import PROVIDERS
from core.store.export_rows import FORMULA_STARTS
from core.store.invoices import BesideStore, InvoiceStore

PAGE_SIZE = 12
LONGEST_DAYS = 366

_COLUMNS = ("model", "invoice_usd", "ledger_usd", "difference_usd", "estimated_in_ledger_usd")
_IN_ALL, _NO_LINE = "Total", "In no line"


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """Some invoices beside the ledger, the latest days first, and how many there are."""

    rows: tuple[Beside, ...]
    total: int


class Invoices:
    """Every method raises `Forbidden` for who does not see everybody's spend."""

    def __init__(
        self,
        store: InvoiceStore,
        beside: BesideStore,
        zone: ZoneInfo,
        *,
        catalogue: Callable[[], list[str]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`catalogue` tells every model that anybody has run: invoices may come from any of their providers."""
        self._store = store
        self._beside = beside
        self._zone = zone
        self._catalogue = catalogue
        self._now = now

    def providers(self, user: User) -> list[str]:
        """Return the providers that may send an invoice: those that charge, by their names."""
        _check(user)
        known = {name for name, provider in PROVIDERS.items() if provider.needs_key}
        return sorted(known | {model.partition("/")[0] for model in self._catalogue()} - {"local", ""})

    def add(self, user: User, provider: str, days: Days, total: str, lines: str = "", note: str = "") -> Invoice:
        """Keep an invoice of local days. `lines` is a CSV of its lines by model; without a `total` that is their sum.

        Raises `InvalidRequest` for what cannot be read or cannot be.
        """
        _check(user)
        self._check_days(days)
        if provider not in self.providers(user):
            raise InvalidRequest("Choose the provider that sent the invoice.")
        read = lines_of(lines) if lines.strip() else {}
        invoice = Invoice(
            id=uuid4(),
            provider=provider,
            days=days,
            total_usd=_sum(read) if read and not total.strip() else _total(total),
            note=_tidy(note),
            added_by=user.id,
            added_at=self._now(),
            lines=read,
        )
        self._store.add(invoice, Note(user.id, "add invoice", str(invoice.id), _told(invoice)))
        return invoice

    def page(self, user: User, provider: str | None = None, number: int = 1) -> InvoicePage:
        """Return the page of that number, from 1 on, of one provider's invoices or of all."""
        _check(user)
        found, total = self._store.page(provider, PAGE_SIZE, (max(number, 1) - 1) * PAGE_SIZE)
        recorded = self._beside.totals([(invoice.provider, invoice.days) for invoice in found])
        return InvoicePage(tuple(map(Beside, found, recorded)), total)

    def open(self, user: User, invoice_id: UUID | str) -> Comparison:
        """Return an invoice beside the ledger, model by model. Raises `NotFound`."""
        _check(user)
        invoice = self._store.find(_uuid(invoice_id))
        return compare(invoice, self._beside.spent(invoice.provider, invoice.days))

    def annotate(self, user: User, invoice_id: UUID, words: str) -> None:
        """Change what is noted beside an invoice. Raises `NotFound`, and `InvalidRequest` for too many words."""
        _check(user)
        before, after = self._store.find(invoice_id).note, _tidy(words)
        changed = difference({"note": before}, {"note": after})
        self._store.annotate(invoice_id, after, Note(user.id, "note invoice", str(invoice_id), changed))

    def remove(self, user: User, invoice_id: UUID) -> None:
        """Forget an invoice. Raises `NotFound`."""
        _check(user)
        told = _told(self._store.find(invoice_id))
        self._store.remove(invoice_id, Note(user.id, "remove invoice", str(invoice_id), told))

    def _check_days(self, days: Days) -> None:
        today = self._now().astimezone(self._zone).date()
        if not EARLIEST <= days.first <= days.last <= today or (days.last - days.first).days >= LONGEST_DAYS:
            raise InvalidRequest("Choose the first and the last day of the invoice: a year at most, and none to come.")


def comparison_file(comparison: Comparison) -> bytes:
    """Return a UTF-8 CSV of a comparison with a header, a line for each model, and their sum. Money is exact."""
    file = StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(_COLUMNS)
    for row in comparison.rows:
        writer.writerow(_cells(row if row.model else replace(row, model=_NO_LINE)))
    whole = ModelRow(_IN_ALL, comparison.invoice.total_usd, comparison.recorded, comparison.estimated)
    writer.writerow(_cells(whole))
    return file.getvalue().encode()


def _cells(row: ModelRow) -> tuple[str, ...]:
    name = f"'{row.model}" if row.model.startswith(tuple(FORMULA_STARTS)) else row.model
    figures = (row.invoiced, row.recorded, row.difference, row.estimated)
    return (name, *("" if figure is None else f"{figure:f}" for figure in figures))


def _check(user: User) -> None:
    if not reads_everybodys_spend(user.role):
        raise Forbidden("Invoices are for administrators and product managers. Ask one of them.")


def _sum(lines: Mapping[str, InvoiceLine]) -> Decimal:
    return sum((line.cost for line in lines.values()), Decimal(0))


def _total(written: str) -> Decimal:
    try:
        return amount_of(written)
    except ValueError as error:
        told = "Type the invoice's total in USD, such as 1,234.56, or give its lines by model."
        raise InvalidRequest(f"{error}. {told}" if written.strip() else told) from None


def _tidy(words: str) -> str:
    tidy = " ".join(clean(words).split())
    if len(tidy) > MAX_NOTE:
        raise InvalidRequest(f"A note has {MAX_NOTE} characters at most; this one has {len(tidy)}.")
    return tidy


def _told(invoice: Invoice) -> dict[str, str | int]:
    days = f"{invoice.days.first} to {invoice.days.last}"
    total = f"{invoice.total_usd:f}"
    return {"provider": invoice.provider, "days": days, "total_usd": total, "models": len(invoice.lines)}


def _uuid(invoice_id: UUID | str) -> UUID:
    try:
        return invoice_id if isinstance(invoice_id, UUID) else UUID(invoice_id)
    except ValueError:
        raise NotFound("There is no such invoice.") from None

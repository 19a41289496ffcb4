"""Invoices of providers, as they are kept, and what the ledger holds beside each of them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, text, update

from core.domain.audit import Note
from core.domain.invoices import Invoice, InvoiceLine, Spent
from core.domain.periods import local_midnight
from core.domain.spend import Days, SpendFilter
from core.errors import NotFound
from core.store.audit import write
from core.store.database import Database
from core.store.rollups import Rollups
from core.store.spend_queries import Reading
from core.store.sums import as_groups, sum_of
from core.store.tables import invoices

_ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL plan_cache_mode = force_custom_plan"

_OWN_ESTIMATES = text("""
    SELECT model_name, sum(cost) FROM llm_usage_logs
    WHERE model_name = ANY(:models) AND created_at >= :first AND created_at < :end
        AND status <> 'started' AND paid_by = 'own' AND cost_source IN ('estimated', 'unknown') AND abs(cost) < 1e30
    GROUP BY 1""")
"""How much of what users paid themselves is an estimate: no rollup knows, and few runs have to be looked at."""


class InvoiceStore:
    """The invoices, the latest days first. Every method may raise `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, invoice: Invoice, note: Note) -> None:
        """Keep an invoice."""

        def work(connection: Connection) -> None:
            connection.execute(insert(invoices).values(_columns(invoice)))
            write(connection, note)

        self._database.call(work)

    def annotate(self, invoice_id: UUID, words: str, note: Note) -> None:
        """Change what is noted beside an invoice. Raises `NotFound`."""

        def work(connection: Connection) -> None:
            changed = update(invoices).where(invoices.c.id == invoice_id).values(note=words)
            _needed(connection.execute(changed).rowcount)
            write(connection, note)

        self._database.call(work)

    def remove(self, invoice_id: UUID, note: Note) -> None:
        """Forget an invoice. Raises `NotFound`."""

        def work(connection: Connection) -> None:
            _needed(connection.execute(delete(invoices).where(invoices.c.id == invoice_id)).rowcount)
            write(connection, note)

        self._database.call(work)

    def find(self, invoice_id: UUID) -> Invoice:
        """Return an invoice. Raises `NotFound`."""
        found = select(invoices).where(invoices.c.id == invoice_id)
        row = self._database.call(lambda connection: connection.execute(found).mappings().one_or_none())
        _needed(row)
        assert row is not None
        return _invoice(row)

    def page(self, provider: str | None, size: int, skip: int) -> tuple[list[Invoice], int]:
        """Return up to `size` invoices of one provider or of all, `skip` left out, and how many there are."""
        wanted = [] if provider is None else [invoices.c.provider == provider]
        order = (invoices.c.first_day.desc(), invoices.c.provider, invoices.c.id)
        found = select(invoices).where(*wanted).order_by(*order).limit(size).offset(skip)
        counted = select(func.count()).select_from(invoices).where(*wanted)

        def work(connection: Connection) -> tuple[list[Invoice], int]:
            rows = connection.execute(found).mappings()
            return [_invoice(row) for row in rows], connection.scalar(counted) or 0

        return self._database.call(work)


class BesideStore:
    """What the ledger holds of a provider's models, by the rollups, without what users paid with their own keys."""

    def __init__(self, rollups: Rollups) -> None:
        self._rollups = rollups

    def spent(self, provider: str, days: Days) -> dict[str, Spent]:
        """Return what was spent on each model of `provider` in some local days."""

        def work(connection: Connection) -> dict[str, Spent]:
            connection.execute(text(_ONE_MOMENT))
            read = Reading(connection, self._rollups, SpendFilter(provider=provider))
            found = {group.key: group.totals for group in as_groups(read.groups(days, "r.model_name", read.models))}
            mixed = [model for model, of in found.items() if of.own_key_cost and of.estimated_cost]
            own = self._own_estimates(connection, mixed, days)
            return {
                model: Spent(
                    of.cost - of.own_key_cost, of.estimated_cost - own.get(model, 0), of.own_key_cost, of.unpriced_runs
                )
                for model, of in found.items()
            }

        self._rollups.fold()
        return self._rollups.database.call(work)

    def totals(self, asked: Sequence[tuple[str, Days]]) -> list[Decimal]:
        """Return what was spent at each provider in the days that go with it."""

        def work(connection: Connection) -> list[Decimal]:
            connection.execute(text(_ONE_MOMENT))
            return [self._total(connection, provider, days) for provider, days in asked]

        self._rollups.fold()
        return self._rollups.database.call(work)

    def _total(self, connection: Connection, provider: str, days: Days) -> Decimal:
        read = Reading(connection, self._rollups, SpendFilter(provider=provider))
        totals = sum_of(read.groups(days, "''", read.all_models))
        return totals.cost - totals.own_key_cost

    def _own_estimates(self, connection: Connection, models: Sequence[str], days: Days) -> Mapping[str, Decimal]:
        if not models:
            return {}
        zone = self._rollups.zone
        ends = {"first": local_midnight(days.first, zone), "end": local_midnight(days.last + timedelta(1), zone)}
        return dict(connection.execute(_OWN_ESTIMATES, {"models": models, **ends}).tuples().all())


def _columns(invoice: Invoice) -> dict[str, Any]:
    lines = {name: {"cost": f"{line.cost:f}", "tokens": line.tokens} for name, line in invoice.lines.items()}
    same = ("id", "provider", "total_usd", "note", "added_by", "added_at")
    days = {"first_day": invoice.days.first, "last_day": invoice.days.last}
    return {**{name: getattr(invoice, name) for name in same}, **days, "lines": lines}


def _invoice(row: RowMapping) -> Invoice:
    return Invoice(
        id=row["id"],
        provider=row["provider"],
        days=Days(row["first_day"], row["last_day"]),
        total_usd=row["total_usd"],
        note=row["note"],
        added_by=row["added_by"],
        added_at=row["added_at"],
        lines={name: InvoiceLine(Decimal(line["cost"]), line["tokens"]) for name, line in row["lines"].items()},
    )


def _needed(found: object) -> None:
    if not found:
        raise NotFound("There is no such invoice any more. Somebody may have removed it.")

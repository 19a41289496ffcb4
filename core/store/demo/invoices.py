"""The invoices of the demonstration, of the month before: one is of models as well that nobody ran here, one agrees."""

from datetime import datetime
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import text

from core.domain.audit import Note
from core.domain.invoices import Invoice, InvoiceLine, month_before
from core.domain.periods import days
from core.domain.spend import Days
from core.store.database import Database
from core.store.demo.budgets import ACTOR
from core.store.invoices import InvoiceStore

BEYOND = {"openai": {"gpt-image-1": InvoiceLine(Decimal("0.48"))}, "openrouter": {}}
"""The providers that sent an invoice, with the lines of what nobody ran here."""

CENT, FINEST = Decimal("0.01"), Decimal("0.000001")

_SPENT = text("""
    SELECT model_name, sum(cost) AS cost, sum(input_tokens + output_tokens) AS tokens
    FROM llm_usage_logs WHERE provider = :provider AND created_at >= :start AND created_at < :end
    GROUP BY model_name HAVING sum(cost) > 0 ORDER BY model_name""")


def add_invoices(database: Database, zone: ZoneInfo, now: datetime) -> None:
    """Put an invoice of each of these providers beside the runs of the month before, by the days of `zone`."""
    month = month_before(now.astimezone(zone).date())
    for provider, beyond in BEYOND.items():
        lines = _lines(database, provider, month, zone) | beyond
        total = sum((line.cost for line in lines.values()), Decimal(0)).quantize(CENT)
        invoice = Invoice(uuid4(), provider, month, total, "", ACTOR, now, lines if beyond else {})
        InvoiceStore(database).add(invoice, Note(ACTOR, "add invoice", str(invoice.id)))


def _lines(database: Database, provider: str, month: Days, zone: ZoneInfo) -> dict[str, InvoiceLine]:
    period = days(month.first, month.last, zone)
    values = {"provider": provider, "start": period.start, "end": period.end}
    rows = database.call(lambda connection: connection.execute(_SPENT, values).all())
    return {row.model_name.partition("/")[2]: InvoiceLine(row.cost.quantize(FINEST), row.tokens) for row in rows}

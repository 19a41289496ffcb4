"""The table of models and their prices: what the lists say, and the administrator's own rows, which always win.

A row is the administrator's if its metadata says so, or names no source: so is one that was put there by hand.
"""

from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from core.domain.models import ModelInfo
from core.domain.pricing import FALLBACK, Prices, PriceSource, Rate
from core.store.database import Database
from core.store.plain import capped, fitting
from core.store.tables import llm_models

_SOURCE = llm_models.c.metadata["source"].astext
_PROVIDER = func.split_part(llm_models.c.name, "/", 1)
_BY_HAND = or_(_SOURCE.is_(None), _SOURCE == PriceSource.ADMINISTRATOR)


class ModelStore:
    """Reads and refreshes the models that the lab knows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[ModelInfo]:
        """Return every model of the table, disabled ones included, in order of their ids."""
        return self._database.call(lambda connection: [_model(row) for row in connection.execute(_everything())])

    def replace_listed(self, provider: str, models: list[ModelInfo]) -> None:
        """Make `models` what the lists say of `provider`. The administrator's rows stay, and so does `enabled`."""
        listed = {model.id: _columns(model) for model in models if model.provider == provider}
        self._database.call(lambda connection: _replace(connection, provider, listed))


def _everything() -> Select[Any]:
    return select(llm_models, llm_models.c.metadata.label("details")).order_by(llm_models.c.name)


def _replace(connection: Connection, provider: str, listed: dict[str, dict[str, Any]]) -> None:
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"models of {provider}", 0))))
    gone = delete(llm_models).where(_PROVIDER.in_([provider]), ~_BY_HAND, llm_models.c.name.not_in(listed))
    connection.execute(gone)
    if listed:
        rows = insert(llm_models).values(list(listed.values()))
        kept = ("name", "enabled", "updated_at")
        fresh = {name: column for name, column in rows.excluded.items() if name not in kept}
        change = {**fresh, "updated_at": func.now()}
        connection.execute(rows.on_conflict_do_update(index_elements=["name"], set_=change, where=~_BY_HAND))


def _columns(model: ModelInfo) -> dict[str, Any]:
    prices = model.prices
    return {
        "name": model.id,
        "display_name": fitting(model.display_name, llm_models.c.display_name),
        "cost_per_1m_input_tokens": prices.input.base,
        "cost_per_1m_output_tokens": prices.output.base,
        "context_length": capped(model.context_tokens),
        "enabled": model.enabled,
        "metadata": {"source": prices.source, "prices": prices.model_dump(mode="json")},
    }


def _model(row: Row[Any]) -> ModelInfo:
    return ModelInfo(
        id=row.name,
        display_name=row.display_name,
        prices=_listed_prices(row.details) or _prices_by_hand(row),
        context_tokens=row.context_length,
        enabled=row.enabled,
    )


def _listed_prices(details: dict[str, Any]) -> Prices | None:
    by_hand = details.get("source") in (None, PriceSource.ADMINISTRATOR)
    return None if by_hand or "prices" not in details else Prices.model_validate(details["prices"])


def _prices_by_hand(row: Row[Any]) -> Prices:
    """Return the prices that an administrator wrote into the columns; half a price is no price."""
    given, taken = row.cost_per_1m_input_tokens, row.cost_per_1m_output_tokens
    if given is None or taken is None:
        return FALLBACK
    return Prices(input=_rate(given), output=_rate(taken), source=PriceSource.ADMINISTRATOR)


def _rate(price: Decimal) -> Rate:
    return Rate(base=price)

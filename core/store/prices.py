"""The table of models and their prices: what the lists say, and the administrator's own rows, which always win.

A row is the administrator's if its metadata says so, or names no source: so is one that was put there by hand. A row
that says `switch` holds nothing but that a model of the price list is switched off. Own prices, which have a beginning,
are kept apart (see `core.domain.own_prices`) and win over every row.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from core.domain.audit import Note
from core.domain.models import ModelInfo
from core.domain.own_prices import OwnPrice, PriceBook
from core.domain.pricing import FALLBACK, Prices, PriceSource, Rate
from core.errors import InvalidRequest
from core.store.audit import write
from core.store.changes import Topic, bump
from core.store.database import Database
from core.store.plain import capped, fitting
from core.store.tables import llm_models, own_prices, rollups

_SOURCE = llm_models.c.metadata["source"].astext
_PROVIDER = func.split_part(llm_models.c.name, "/", 1)
_SWITCH = "switch"
_BY_HAND = or_(_SOURCE.is_(None), _SOURCE == PriceSource.ADMINISTRATOR)
_IS_MODEL = or_(_SOURCE.is_(None), _SOURCE != _SWITCH)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that is kept of models: those of the table, disabled ones included, in order of their ids; the ids of those
    that are switched off; the own prices."""

    models: list[ModelInfo]
    switched_off: frozenset[str]
    own: PriceBook


class ModelStore:
    """Reads and refreshes the models that the lab knows. Every method may raise `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def catalogue(self) -> Catalogue:
        """Return all that is kept."""
        return self._database.call(_catalogue)

    def replace_listed(self, provider: str, models: list[ModelInfo]) -> None:
        """Make `models` what the lists say of `provider`. The administrator's rows stay, and so does `enabled`."""
        listed = {model.id: _columns(model) for model in models if model.provider == provider}
        self._database.call(lambda connection: _replace(connection, provider, listed))

    def lists_read(self) -> dict[str, datetime]:
        """Return when the list of each provider was last read, of those that were."""
        read = select(_PROVIDER, func.max(llm_models.c.updated_at)).where(~_BY_HAND, _IS_MODEL).group_by(_PROVIDER)
        return self._database.call(lambda connection: {row[0]: row[1] for row in connection.execute(read)})

    def used_since(self, since: datetime) -> list[str]:
        """Return the models that were run on the days from `since` on, by id."""
        cells = (rollups.c.grain == "d", rollups.c.scope == "", rollups.c.member == "", rollups.c.starts >= since)
        used = select(rollups.c.model_name).where(*cells, rollups.c.model_name != "", rollups.c.runs > 0).distinct()
        return self._database.call(lambda connection: sorted(connection.scalars(used)))

    def switch(self, model: ModelInfo, enabled: bool, note: Note) -> None:
        """Switch a model on or off, whichever list it is of."""
        row = {"name": model.id, "display_name": _shown(model), "enabled": enabled, "metadata": {"source": _SWITCH}}
        switched = insert(llm_models).values(row)
        change = switched.on_conflict_do_update(index_elements=["name"], set_={"enabled": enabled})
        self._noted(change, note)

    def set_own(self, entry: OwnPrice, note: Note) -> None:
        """Add own prices; the entry's `id` is given here."""
        self._noted(insert(own_prices).values(_entry_columns(entry)), note)

    def correct_own(self, entry: OwnPrice, now: datetime, note: Note) -> None:
        """Put `entry` in the place of the one of its id. Raises `InvalidRequest` if that has begun, or is gone."""
        self._noted(update(own_prices).where(*_to_come(entry.id, now)).values(_entry_columns(entry)), note)

    def remove_own(self, entry_id: int, now: datetime, note: Note) -> None:
        """Remove own prices that are to come. Raises `InvalidRequest` if they have begun, or are gone."""
        self._noted(delete(own_prices).where(*_to_come(entry_id, now)), note)

    def _noted(self, change: Any, note: Note) -> None:
        def work(connection: Connection) -> None:
            if not connection.execute(change).rowcount:
                raise InvalidRequest(
                    "These prices have begun meanwhile, or were removed. Look again, and set new ones."
                )
            write(connection, note)
            bump(connection, Topic.MODELS)

        self._database.call(work)


def _catalogue(connection: Connection) -> Catalogue:
    off = connection.scalars(select(llm_models.c.name).where(~llm_models.c.enabled))
    return Catalogue(
        models=[_model(row) for row in connection.execute(_everything())],
        switched_off=frozenset(off),
        own=PriceBook(_entry(row) for row in connection.execute(select(own_prices))),
    )


def _everything() -> Select[Any]:
    columns = select(llm_models, llm_models.c.metadata.label("details"))
    return columns.where(_IS_MODEL).order_by(llm_models.c.name)


def _replace(connection: Connection, provider: str, listed: dict[str, dict[str, Any]]) -> None:
    """What is switched off stays, also when the list names it no more: it could be run by its name again."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"models of {provider}", 0))))
    mine = (_PROVIDER.in_([provider]), ~_BY_HAND, llm_models.c.enabled)
    connection.execute(delete(llm_models).where(*mine, llm_models.c.name.not_in(listed)))
    if listed:
        rows = insert(llm_models).values(list(listed.values()))
        kept = ("name", "enabled", "updated_at")
        fresh = {name: column for name, column in rows.excluded.items() if name not in kept}
        change = {**fresh, "updated_at": func.now()}
        connection.execute(rows.on_conflict_do_update(index_elements=["name"], set_=change, where=~_BY_HAND))
    bump(connection, Topic.MODELS)


def _to_come(entry_id: int, now: datetime) -> tuple[Any, ...]:
    return own_prices.c.id == entry_id, own_prices.c.starts_at > now


def _entry_columns(entry: OwnPrice) -> dict[str, Any]:
    return {
        "model_name": entry.model_id,
        "starts_at": entry.starts_at,
        "prices": entry.prices and entry.prices.model_dump(mode="json"),
        "note": fitting(entry.note, own_prices.c.note),
        "set_by": entry.set_by,
        "set_at": entry.set_at,
    }


def _entry(row: Row[Any]) -> OwnPrice:
    prices = None if row.prices is None else Prices.model_validate(row.prices)
    return OwnPrice(row.id, row.model_name, row.starts_at, prices, row.note, row.set_by, row.set_at)


def _shown(model: ModelInfo) -> str | None:
    return fitting(model.display_name, llm_models.c.display_name)


def _columns(model: ModelInfo) -> dict[str, Any]:
    prices = model.prices
    return {
        "name": model.id,
        "display_name": _shown(model),
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

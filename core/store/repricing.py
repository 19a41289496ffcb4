"""Pricing runs of the past anew, and taking that back: foreseen first, then done in one transaction or not at all.

What each run cost before is kept in `cost_changes`; rollups and budgets follow by the ledger's own triggers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import Connection, Row, exists, insert, select, text

from core.domain.audit import Note
from core.domain.corrections import REPRICING
from core.domain.periods import Period
from core.domain.pricing import PriceSource
from core.domain.repricing import Band, Difference, Preview, Repricing, Selection, Tariff, bands
from core.errors import InvalidRequest, NotFound
from core.store import repricing_sql as sql
from core.store.audit import write
from core.store.database import Database
from core.store.plain import LARGEST_INTEGER, fitting
from core.store.tables import repricings

LIMIT_S = 900.0
"""For a million runs, and for some."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to price runs anew: by `tariffs`, or as before a repricing that it `undoes`."""

    selection: Selection
    tariffs: tuple[Tariff, ...] = ()
    undoes: UUID | None = None

    def changes(self, *, whole: bool) -> str:
        """Return the query of what changes, see `core.store.repricing_sql`."""
        return sql.BACK if self.undoes else sql.anew(whole=whole)

    @property
    def values(self) -> dict[str, Any]:
        """The parameters of every query about it."""
        bands = [row for tariff in self.tariffs for row in _rows(tariff)]
        return {**_values(self.selection), "tariffs": to_json(bands).decode(), "undoes": self.undoes}


class RepricingStore:
    """What was priced anew. Every method may raise `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def models(self, selection: Selection) -> list[str]:
        """Return the models of the chosen runs."""
        found, values = text(sql.MODELS), _values(selection)
        return self._database.call(lambda connection: sorted(connection.scalars(found, values)), limit_s=LIMIT_S)

    def preview(self, plan: Plan) -> Preview:
        """Return what would change."""
        return self._database.call(lambda connection: _preview(connection, plan), limit_s=LIMIT_S)

    def apply(self, plan: Plan, repricing: Repricing, digest: str, note: Note) -> None:
        """Do what was foreseen, which `repricing` tells in sums and `digest` run by run.

        Raises `InvalidRequest`, and changes nothing, if it would not be the same any more.
        """

        def work(connection: Connection) -> None:
            connection.execute(insert(repricings).values(_columns(repricing)))
            more = {"now": repricing.made_at, "cause": REPRICING, "repricing": repricing.id}
            statement = text(sql.applied(plan.changes(whole=True)))
            done = connection.execute(statement, {**plan.values, **more}).one()
            if (done.runs, done.digest) != (repricing.runs, digest):
                raise InvalidRequest("The ledger or the prices have changed meanwhile. Nothing was done; look again.")
            write(connection, note)

        self._database.call(work, limit_s=LIMIT_S)

    def past(self, most: int, offset: int = 0) -> list[Repricing]:
        """Return some of what was done, the latest first."""
        latest = _found().order_by(repricings.c.made_at.desc(), repricings.c.id).limit(most).offset(offset)
        return self._database.call(lambda connection: [_repricing(row) for row in connection.execute(latest)])

    def find(self, repricing_id: UUID) -> Repricing:
        """Return what was done at one time. Raises `NotFound`."""
        one = _found().where(repricings.c.id == repricing_id)
        row = self._database.call(lambda connection: connection.execute(one).one_or_none())
        if row is None:
            raise NotFound("There is no such repricing.")
        return _repricing(row)


def _preview(connection: Connection, plan: Plan) -> Preview:
    rows = connection.execute(text(sql.previewed(plan.changes(whole=False))), plan.values).all()
    counted = sql.CHANGED_ONCE if plan.undoes else sql.LOOKED_AT
    looked = connection.execute(text(counted), plan.values).one()
    [total] = [row for row in rows if row.model_name is None and row.user_id is None]
    return Preview(
        total=Difference("", total.runs, total.before, total.after),
        by_model=_differences(rows, "model_name"),
        by_user=_differences(rows, "user_id"),
        digest=total.digest,
        looked_at=looked.looked_at,
        left_alone=looked.looked_at - total.runs if plan.undoes else looked.left_alone,
    )


def _differences(rows: Sequence[Row[Any]], key: str) -> tuple[Difference, ...]:
    keyed = ((getattr(row, key), row) for row in rows)
    return tuple(Difference(name, row.runs, row.before, row.after) for name, row in keyed if name is not None)


def _values(selection: Selection) -> dict[str, Any]:
    period = selection.period
    chosen = {"model": selection.model_id, "provider": selection.provider}
    return {"first": period.start, "end": period.end, **chosen}


def _rows(tariff: Tariff) -> Iterable[dict[str, Any]]:
    for band in bands(tariff.prices):
        yield {
            "model_name": tariff.model_id,
            "starts_at": tariff.period.start,
            "ends_at": tariff.period.end,
            "own": tariff.own,
            "exact": tariff.prices.source is not PriceSource.FALLBACK,
            "prices": tariff.prices,
            **_figures(band),
        }


def _figures(band: Band) -> dict[str, Any]:
    rates = ("input", "cached", "cache_write", "output", "per_request")
    edges = {"more_than": band.more_than, "up_to": LARGEST_INTEGER if band.up_to is None else band.up_to}
    return {**edges, **{name: getattr(band, name) for name in rates}}


def _columns(repricing: Repricing) -> dict[str, Any]:
    selection = repricing.selection
    undoes = repricing.undoes and str(repricing.undoes)
    kept = {"model": selection.model_id, "provider": selection.provider, "undoes": undoes}
    return {
        "id": repricing.id,
        "made_by": repricing.made_by,
        "made_at": repricing.made_at,
        "reason": fitting(repricing.reason, repricings.c.reason),
        "starts_at": selection.period.start,
        "ends_at": selection.period.end,
        "filter": {name: value for name, value in kept.items() if value},
        "runs": repricing.runs,
        "cost_before": repricing.before,
        "cost_after": repricing.after,
    }


def _found() -> Any:
    later = repricings.alias("later")
    undone = exists().where(later.c.filter["undoes"].astext == repricings.c.id.cast(later.c.reason.type))
    return select(repricings, undone.label("undone"))


def _repricing(row: Row[Any]) -> Repricing:
    kept = row.filter
    return Repricing(
        id=row.id,
        made_by=row.made_by,
        made_at=row.made_at,
        reason=row.reason,
        selection=Selection(Period(row.starts_at, row.ends_at), kept.get("model"), kept.get("provider")),
        runs=row.runs,
        before=row.cost_before,
        after=row.cost_after,
        undoes=UUID(kept["undoes"]) if "undoes" in kept else None,
        undone=row.undone,
    )

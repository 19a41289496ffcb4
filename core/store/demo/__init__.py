"""Ninety days of plausible usage, for looking at the charts.

Made up throughout, but for prices and arithmetic: what a run costs is computed from its model's real prices, as it is
for real runs. Accounts that are there already get runs of their own, so that whoever signs in finds some.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import Any
from uuid import UUID

from psycopg import Connection as Driver
from psycopg import sql
from psycopg.types.json import Jsonb
from pydantic import BaseModel
from pydantic_core import to_json
from sqlalchemy import Connection, Date, Table, cast, exists, func, select, text
from sqlalchemy.dialects.postgresql import Insert, insert

from core.domain.access import tier_named
from core.domain.models import ModelInfo
from core.domain.runs import Admission, Outcome
from core.errors import InvalidRequest
from core.store import entries
from core.store.accounts import NO_PASSWORD
from core.store.database import Database
from core.store.demo.people import OTHERS, PEOPLE
from core.store.demo.runs import Author, Invention, Run
from core.store.tables import llm_usage_logs, month_counts, run_texts, users

LIMIT_S = 120.0
TEXTS_KEPT = timedelta(days=30)
COPIED_AT_ONCE = 2000


def fill(database: Database, *, now: datetime, models: Sequence[ModelInfo], days: int = 90, seed: int = 7) -> int:
    """Fill an empty database with `days` days of usage that end at `now`, and return how many runs that is.

    `models` is the catalogue with its prices; of the models that the demonstration likes, those in it are used.
    Raises `InvalidRequest` if there are runs already: nothing made up is ever mixed with what was.
    """

    def work(connection: Connection) -> int:
        if connection.scalar(select(exists().select_from(llm_usage_logs))):
            raise InvalidRequest("There are runs already. Demo data is for an empty database only.")
        rng = Random(seed)
        authors = _authors(connection, rng, since=now - timedelta(days=days))
        invented = Invention(authors, {model.id: model for model in models}, rng)
        count = _copy(connection, invented.runs(now, days), keep_texts_after=now - TEXTS_KEPT)
        connection.execute(_months())
        connection.execute(text("ANALYZE"))
        return count

    return database.call(work, limit_s=LIMIT_S)


def _authors(connection: Connection, rng: Random, since: datetime) -> list[Author]:
    rows = [_account(UUID(int=rng.getrandbits(128), version=4), index, since) for index in range(len(PEOPLE))]
    connection.execute(insert(users).values(rows).on_conflict_do_nothing())
    people = {person.username: person for person in PEOPLE}
    known = connection.execute(select(users).where(users.c.enabled).order_by(users.c.username)).mappings()
    authors = []
    for row in known:
        person = people.get(row["username"], OTHERS)
        authors.append(Author(row["id"], tier_named(row["tier"]), person.team, person.share, person.weekends))
    return authors


def _months() -> Insert:
    """Count the runs of each month (UTC) as admitting them would have."""
    month = cast(func.date_trunc("month", func.timezone("UTC", llm_usage_logs.c.created_at)), Date).label("month")
    counted = select(llm_usage_logs.c.user_id, month, func.count()).group_by(llm_usage_logs.c.user_id, month)
    return insert(month_counts).from_select(["user_id", "month", "runs"], counted)


def _account(user_id: UUID, index: int, since: datetime) -> dict[str, Any]:
    person = PEOPLE[index]
    return {
        "id": str(user_id),
        "username": person.username,
        "password_hash": NO_PASSWORD,
        "tier": person.tier,
        "role": person.role,
        "created_at": since,
    }


def _copy(connection: Connection, runs: Iterable[Run], keep_texts_after: datetime) -> int:
    count, coming = 0, iter(runs)
    while some := list(islice(coming, COPIED_AT_ONCE)):
        kept = [run for run in some if run[0].started_at >= keep_texts_after]
        _copy_rows(connection, llm_usage_logs, [_entry(*run, keep_texts_after) for run in some])
        _copy_rows(connection, run_texts, [_texts(*run) for run in kept])
        count += len(some)
    return count


def _entry(admission: Admission, outcome: Outcome, keep_texts_after: datetime) -> entries.Row:
    kept = admission.started_at >= keep_texts_after
    started = entries.started(admission, instance_id=0, text=kept)
    texts = entries.excerpts(outcome) if kept else entries.NO_EXCERPTS
    return {**started, **entries.settled(outcome), **texts, "metadata": {**started["metadata"], **texts["metadata"]}}


def _texts(admission: Admission, outcome: Outcome) -> entries.Row:
    return {**entries.question(admission), **entries.answer(outcome)}


def _copy_rows(connection: Connection, table: Table, rows: list[entries.Row]) -> None:
    if not rows:
        return
    driver = connection.connection.driver_connection
    assert isinstance(driver, Driver)
    columns = sql.SQL(", ").join(map(sql.Identifier, rows[0]))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
    with driver.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row([_field(value) for value in row.values()])


def _field(value: Any) -> Any:
    """Return `value` as the driver takes it: JSON marked as such, a name of an enumeration as its text."""
    match value:
        case dict() | list() | tuple() | BaseModel():
            return Jsonb(value, dumps=to_json)
        case str():
            return str(value)
        case _:
            return value

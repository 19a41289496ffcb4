"""Search by words: each must stand in the question of a run, or begin a word there, as far as texts are kept.

Two ways lead to the runs. Rare words have few entries in their index: it is asked for their runs, which are then put in
order. Frequent words have too many, but are soon met on a walk from run to run. A short walk tells which they are.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    cast,
    false,
    func,
    literal,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, UUID

from core.domain.chat import clean
from core.store.tables import llm_usage_logs as logs
from core.store.tables import run_texts

LOOKED_AT = 1_000
"""How many runs the short walk meets."""

FREQUENT = 10
"""So many of them make words frequent: a walk to a page of fifty meets about 5,000 runs then."""

RARE = 10_000
"""The most runs that are put in order."""

_LONG = 3
"""Characters of a word that few enough others begin with for the index to be asked for them."""

_SIMPLE: ColumnElement[str] = literal_column("'simple'")
_MARKUP = str.maketrans("<>&", "   ")  # PostgreSQL's parser passes over tags and entities, and the words in them


def mentions(words: str) -> ColumnElement[bool]:
    """Whether a run's question has all `words`, or others that begin with them. Without any word, none has."""
    return _kept().where(_matches(beginnings(words).scalar_subquery())).exists()


def worded(connection: Connection, words: str, nearest: Select[Any]) -> list[ColumnElement[bool]]:
    """Return what `mentions` says, so put that those of the runs `nearest`, ids in the order of a page, are found soon.

    Made for one page: what it says holds for now.
    """
    every, some = (connection.scalar(beginnings(words, longer_than)) for longer_than in (0, _LONG - 1))
    if every is None:
        return [false()]
    walked = _kept().with_only_columns(_matches(every)).scalar_subquery()
    if _frequent(connection, nearest.limit(LOOKED_AT).subquery(), every):
        return [logs.c.created_at >= _first_kept(), walked]
    found = _indexed(connection, every, some or every)
    if len(found) <= RARE:
        return _among(found)
    last = connection.scalar(select(func.max(run_texts.c.created_at)).where(_matches(some or every)))
    return [logs.c.created_at.between(_first_kept(), last), walked]


def texts_since(connection: Connection) -> Any:
    """Return when the oldest run began whose texts are kept, or None."""
    return connection.scalar(select(func.min(run_texts.c.created_at)))


def beginnings(words: str, longer_than: int = 0) -> Select[tuple[Any]]:
    """Select the query, none without words: what the parser makes words of, quoted, each as a beginning."""
    lexeme = func.unnest(func.to_tsvector(_SIMPLE, clean(words).translate(_MARKUP))).table_valued("lexeme").c.lexeme
    quoted = func.replace(func.replace(lexeme, "\\", "\\\\"), "'", "''")
    each = func.concat("'", quoted, "':*")
    return select(cast(func.string_agg(each, " & "), TSQUERY)).where(func.length(lexeme) > longer_than)


def _kept() -> Select[Any]:
    """Select, for a row of the ledger, the row of its texts."""
    return select(run_texts.c.run_id).where(run_texts.c.run_id == logs.c.id).correlate(logs)


def _matches(query: Any) -> ColumnElement[bool]:
    return run_texts.c.words.bool_op("@@")(cast(query, TSQUERY))


def _first_kept() -> Any:
    return select(func.min(run_texts.c.created_at)).scalar_subquery()


def _frequent(connection: Connection, near: FromClause, query: str) -> bool:
    """Whether the short walk meets many, or is the whole way."""
    met = select(_matches(query)).where(run_texts.c.run_id == near.c.id).scalar_subquery()
    seen, found = connection.execute(select(func.count(), func.count().filter(met)).select_from(near)).one()
    return bool(seen < LOOKED_AT or found >= FREQUENT)


def _indexed(connection: Connection, every: str, some: str) -> Sequence[Row[Any]]:
    """The runs that the index finds, one more than are rare at most. Without it, finding few means reading all."""
    of_all = _matches(every).is_(True)  # so written, this is looked at in what the index found by some of the words
    found = select(run_texts.c.run_id, run_texts.c.created_at).where(_matches(some), of_all).limit(RARE + 1)
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    rows = connection.execute(found).all()
    connection.execute(text("SET LOCAL enable_seqscan = on"))
    return rows


def _among(found: Sequence[Row[Any]]) -> list[ColumnElement[bool]]:
    """The instants leave out the months that hold none of them."""
    if not found:
        return [false()]
    ids, instants = zip(*found, strict=True)
    listed = func.unnest(literal(list(ids), ARRAY(UUID(as_uuid=True))))
    return [logs.c.id.in_(select(listed)), logs.c.created_at.between(min(instants), max(instants))]

"""The runs of a filter as text, newest first and piece by piece: lines of CSV or JSON that PostgreSQL writes itself.

A piece is one short query that begins where the last one ended, so however slowly a file is taken, neither a connection
nor a transaction waits for its reader. That the database writes the lines, and joins them, leaves next to nothing to be
done for a row here, where every stream of the lab would have to wait for it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from typing import Any, assert_never

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
    text,
    tuple_,
)

from core.domain.queries import HistoryFilter, Position
from core.domain.runs import Payer
from core.store.database import Database
from core.store.history import conditions
from core.store.rows import STATUS
from core.store.tables import llm_usage_logs as logs
from core.store.tables import users

ROWS_A_PIECE = 10_000
"""A piece of the longest excerpts is some 20 MB, of usual ones 3 MB, and takes a tenth of a second."""

LIMIT_S = 30.0
"""How long a piece may take: a filter that lets few runs through has many to look at."""

_Text = ColumnElement[str]

_INSTANT = 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'
FORMULA_STARTS = "=+@\t\r\n＝＋－＠-"
"""How a cell begins that a spreadsheet takes for a formula (OWASP, CSV injection)."""

_FORMULA = f"^[{FORMULA_STARTS}]"

_TEXTS = frozenset({"model_id", "status", "error_code", "prompt", "cost_source", "tags", "person"})
"""The columns in which anything may stand."""

_WORDS = frozenset({"created_at", "cost_usd", "id", "paid_by"})
"""The columns that are texts in JSON, in which nothing stands that had to be escaped."""

_PLACE = tuple_(logs.c.created_at, logs.c.id)
_COMMA: _Text = literal_column("','", Text)
_QUOTE: _Text = literal_column("'\"'", Text)
_APOSTROPHE: _Text = literal_column("''''", Text)
_NEWEST_FIRST = (logs.c.created_at.desc(), logs.c.id.desc())

_OWN, _LAB = (literal_column(f"'{payer}'", Text) for payer in (Payer.OWN, Payer.LAB))
_PAID_BY = case((logs.c.paid_by == _OWN, _OWN), else_=_LAB)

_COLUMNS: dict[str, ColumnElement[Any]] = {
    "created_at": func.to_char(func.timezone("UTC", logs.c.created_at), _INSTANT),
    "model_id": logs.c.model_name,
    "status": STATUS.element,
    "error_code": logs.c.error_code,
    "prompt": logs.c.metadata["prompt"].astext,
    "input_tokens": logs.c.input_tokens,
    "output_tokens": logs.c.output_tokens,
    "total_tokens": cast(logs.c.input_tokens, BigInteger) + logs.c.output_tokens,
    "cost_usd": cast(logs.c.cost, Text),
    "cost_source": logs.c.cost_source,
    "latency_ms": logs.c.latency_ms,
    "ttft_ms": logs.c.ttft_ms,
    "id": cast(logs.c.id, Text),
    "cached_tokens": logs.c.cached_tokens,
    "tags": logs.c.tags,
    "paid_by": _PAID_BY,
    "person": func.coalesce(users.c.username, logs.c.user_id),
}


class Lines(StrEnum):
    """How a run is written: as CSV in which no cell is a formula, as CSV that keeps every text, or as a JSON object."""

    SAFE_CSV = "safe_csv"
    EXACT_CSV = "exact_csv"
    JSON = "json"


BETWEEN = {Lines.SAFE_CSV: "\r\n", Lines.EXACT_CSV: "\r\n", Lines.JSON: ",\n"}
"""What stands between two runs."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some runs as UTF-8, without what stands before the first or after the last. `older` is None at the end."""

    text: bytes
    runs: int
    older: Position | None


class ExportRows:
    """Writes recorded runs, those under way included. Whose runs may be read is not decided here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pieces(self, filter: HistoryFilter, lines: Lines, columns: Sequence[str]) -> Iterator[Piece]:
        """Yield every run that `filter` lets through, newest first; what is unknown is empty, or null in JSON.

        In CSV numbers stand bare and texts in quotes, so that an empty text differs from none. Raises
        `StoreUnavailable`.
        """
        older: Position | None = None
        while True:
            piece = self.piece(filter, lines, columns, older_than=older)
            if piece.runs:
                yield piece
            if piece.older is None:
                return
            older = piece.older

    def piece(
        self,
        filter: HistoryFilter,
        lines: Lines,
        columns: Sequence[str],
        *,
        size: int = ROWS_A_PIECE,
        older_than: Position | None = None,
    ) -> Piece:
        """Return up to `size` runs: the newest, or those older than a position."""
        query = _joined(_written(filter, lines, columns, older_than).limit(size), BETWEEN[lines])

        def work(connection: Connection) -> Row[Any]:
            connection.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
            return connection.execute(query).one()

        return _piece(self._database.call(work, limit_s=LIMIT_S), size)


def _piece(row: Row[Any], size: int) -> Piece:
    older = Position(row.created_at, row.id) if row.runs == size else None
    return Piece((row.text or "").encode(), row.runs, older)


def _joined(runs: Select[Any], between: str) -> Select[Any]:
    """Put all lines into one text, and tell where they end."""
    run = runs.subquery("run")
    count = func.count()
    return select(
        func.string_agg(run.c.line, between).label("text"),
        count.label("runs"),
        func.array_agg(run.c.created_at)[count].label("created_at"),
        func.array_agg(run.c.id)[count].label("id"),
    )


def _written(filter: HistoryFilter, lines: Lines, columns: Sequence[str], older_than: Position | None) -> Select[Any]:
    line = _line({name: _COLUMNS[name] for name in columns}, lines)
    runs = select(line.label("line"), logs.c.created_at, logs.c.id).where(*conditions(filter))
    if "person" in columns:
        runs = runs.join_from(logs, users, users.c.id == logs.c.user_id, isouter=True)
    if older_than is not None:  # only the first of the two tells which months need not be looked at
        place = tuple_(literal(older_than.created_at), literal(older_than.id))
        runs = runs.where(logs.c.created_at <= older_than.created_at, place > _PLACE)
    return runs.order_by(*_NEWEST_FIRST)


def _line(columns: dict[str, ColumnElement[Any]], lines: Lines) -> _Text:
    match lines:
        case Lines.SAFE_CSV:
            return _csv(columns, _defused)
        case Lines.EXACT_CSV:
            return _csv(columns, _as_it_is)
        case Lines.JSON:
            return _json(columns)
    assert_never(lines)


def _csv(columns: dict[str, ColumnElement[Any]], told: Callable[[_Text], _Text]) -> _Text:
    texts = {name: cast(column, Text) for name, column in columns.items()}
    cells = [func.coalesce(_quoted(told(cell)) if name in _TEXTS else cell, "") for name, cell in texts.items()]
    return _between(cells)


def _json(columns: dict[str, ColumnElement[Any]]) -> _Text:
    """Write an object. `json_build_object` would do it, and take half as long again."""
    members = [_written_out(f'"{name}":') + func.coalesce(_value(name, each), "null") for name, each in columns.items()]
    return _written_out("{") + _between(members) + _written_out("}")


def _value(name: str, column: ColumnElement[Any]) -> _Text:
    if name in _TEXTS:
        return cast(func.to_json(column), Text)
    return _QUOTE + cast(column, Text) + _QUOTE if name in _WORDS else cast(column, Text)


def _between(parts: Sequence[_Text]) -> _Text:
    return reduce(lambda line, part: line + _COMMA + part, parts)


def _written_out(text: str) -> _Text:
    return literal_column(f"'{text}'", Text)


def _quoted(cell: _Text) -> _Text:
    return _QUOTE + func.replace(cell, '"', '""') + _QUOTE


def _defused(cell: _Text) -> _Text:
    return case((cell.op("~")(_FORMULA), _APOSTROPHE + cell), else_=cell)


def _as_it_is(cell: _Text) -> _Text:
    return cell

"""The caller's runs as a file: which of them, in what format, and what is told of each."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, PlainValidator, RootModel, WithJsonSchema
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from core import lab
from core.api.callers import caller
from core.api.downloads import Download
from core.api.queries import Instant, Query, Word, asked
from core.api.schemas import LimitProblem, LimitTold, Shape
from core.domain.accounts import Scope, User
from core.domain.periods import Period
from core.domain.pricing import CostSource
from core.domain.queries import HistoryFilter
from core.domain.runs import Payer, RunStatus
from core.services.export_formats import FORMS, Format
from core.services.exports import AT_ONCE, TOO_MANY_FILES, Export

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def _tag(text: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (name and equals and value):
        raise PydanticCustomError("tag", "write it as name=value")
    return name, value


Tag = Annotated[
    tuple[str, str], PlainValidator(_tag), WithJsonSchema({"type": "string", "pattern": r"^\s*[^=\s][^=]*=.*\S"})
]
"""A tag, validated from its text."""


class ExportQuery(Query):
    """Which runs, and in what format."""

    format: Literal["csv", "json", "parquet"] = "csv"
    whose: Literal["mine", "all"] = "mine"
    """`all`: everybody's, for administrators. It is noted."""
    person: Word | None = None
    """Only the runs of the user of this name, for administrators. It is noted."""
    model_id: Word | None = None
    provider: Word | None = None
    status: Literal["started", "completed", "incomplete", "cancelled", "error", "unknown"] | None = None
    error_code: Word | None = None
    first: Instant | None = Field(None, alias="from")
    """Only runs started at this instant or later."""
    before: Instant | None = Field(None, alias="to")
    """Only runs started before this instant."""
    tag: Tag | None = None
    """Only runs that bear this tag, as `name=value`."""
    q: Word | None = None
    """Only runs in whose prompts each of these words stands, or begins a word, as far as prompts are kept."""

    @property
    def filter(self) -> HistoryFilter:
        """What restricts the runs."""
        return HistoryFilter(
            model_id=self.model_id,
            provider=self.provider,
            status=RunStatus(self.status) if self.status else None,
            error_code=self.error_code,
            tag=self.tag,
            period=Period(self.first or _FIRST, self.before or _LAST) if self.first or self.before else None,
            text=self.q,
        )


class ExportedRun(Shape):
    """A run in a file. In CSV and Parquet these are its columns, and `tags` is the text of the object."""

    created_at: datetime
    model_id: str
    status: RunStatus
    error_code: str | None
    prompt: str | None
    """The beginning of what the user said last. null once its retention has passed."""
    input_tokens: int
    output_tokens: int
    total_tokens: int
    cost_usd: Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$")] | None
    """Decimal text, to the last digit. null when it is not known."""
    cost_source: CostSource
    latency_ms: int | None
    ttft_ms: int | None
    """Time to the first word; null if none came."""
    id: UUID
    cached_tokens: int
    """The part of `input_tokens` that the provider had read before."""
    tags: dict[str, str]
    """What its cost is for, by name."""
    paid_by: Payer
    """Whose key paid for it: the lab's, or one of the user's own."""


class PersonsRun(ExportedRun):
    """One of everybody's runs in a file."""

    person: str
    """The name of the user who made it."""


class ExportedRuns(RootModel[tuple[PersonsRun | ExportedRun, ...]]):
    """All the runs that were asked for, newest first."""


EXAMPLE = ExportedRun(
    created_at=datetime(2026, 11, 23, 19, 20, 3, 120_000, tzinfo=UTC),
    model_id="openai/gpt-4o-mini",
    status=RunStatus.COMPLETED,
    error_code=None,
    prompt="Name a colour.",
    input_tokens=12,
    output_tokens=2,
    total_tokens=14,
    cost_usd="0.000003",
    cost_source=CostSource.COMPUTED,
    latency_ms=812,
    ttft_ms=430,
    id=UUID("6f1c1f0e-5a0b-4c1e-9a53-0c8a4a2f7d10"),
    cached_tokens=0,
    tags={"team": "support"},
    paid_by=Payer.LAB,
)
JSON_EXAMPLE = ExportedRuns((EXAMPLE,))
CSV_EXAMPLE = (
    f"{','.join(ExportedRun.model_fields)}\r\n"
    '2026-11-23T19:20:03.120000+00:00,"openai/gpt-4o-mini","completed",,"Name a colour.",12,2,14,0.000003,"computed",'
    '812,430,6f1c1f0e-5a0b-4c1e-9a53-0c8a4a2f7d10,0,"{""team"": ""support""}",lab\r\n'
)
FILES = {"text/csv": CSV_EXAMPLE, FORMS[Format.PARQUET].media_type: None}
"""What it answers beside JSON, by media type: an example of a text, None for bytes."""

TOO_MANY = LimitProblem(detail=LimitTold(error=TOO_MANY_FILES, limit=AT_ONCE, used=AT_ONCE, resets_at=None))


async def export(request: Request) -> Download:
    """`GET /llm/test/export`: the caller's runs, newest first, as a file."""
    user = (await caller(request, Scope.READ)).user
    query = asked(request, ExportQuery)
    return Download(lab.current().exports, user, partial(_opened, user, query))


def _opened(user: User, query: ExportQuery) -> Export:
    filter, everybody = query.filter, query.whose == "all"
    if query.person is not None:
        filter, everybody = replace(filter, user_id=_person(user, query.person)), True
    lab.current().runs.catch_up(user)
    return lab.current().exports.open(user, filter, Format(query.format), everybody=everybody)


def _person(user: User, name: str) -> str:
    """Return the id of the user of that name; of nobody, if there is none."""
    people = lab.current().history.people(user).items()
    return next((user_id for user_id, known in people if known == name), name)

"""Files that pages link to: the audit log for administrators, and a person's own data. For browsers only: no token of a
program, whatever its scopes, is worth these."""

from datetime import date
from functools import partial
from typing import Literal

from pydantic import Field
from starlette.requests import Request
from starlette.routing import Route

from core import lab
from core.api.callers import caller
from core.api.downloads import Download
from core.api.queries import Query, Word, asked
from core.domain.accounts import User
from core.domain.web import AUDIT_PATH, PEOPLE_PATH
from core.errors import Forbidden
from core.services.audit import AuditFormat, NotesAsked
from core.services.exports import Export

ONLY_BROWSERS = "This file is for a browser that is signed in. API tokens do not reach it."


class AuditQuery(Query):
    """Which notes, and in what format."""

    format: Literal["csv", "json"] = "csv"
    who: Word | None = None
    act: Word | None = None
    subject: Word | None = None
    first: date | None = Field(None, alias="from")
    last: date | None = Field(None, alias="to")
    words: Word | None = Field(None, alias="q")

    @property
    def notes(self) -> NotesAsked:
        """Which notes."""
        return NotesAsked(self.who, self.act, self.subject, self.first, self.last, self.words)


async def audit_file(request: Request) -> Download:
    """`GET /audit/file`: the notes that were asked for, newest first, as a file."""
    user = await _in_a_browser(request)
    query = asked(request, AuditQuery)
    opened = partial(lab.current().audit.export, user, query.notes, AuditFormat(query.format))
    return Download(lab.current().exports, user, opened)


async def persons_data(request: Request) -> Download:
    """`GET /people/{id}/data`: all that is kept about a person, as one JSON file. 403 for another's."""
    user = await _in_a_browser(request)
    return Download(lab.current().exports, user, partial(_data, user, request.path_params["id"]))


def _data(user: User, person_id: str) -> Export:
    lab.current().runs.catch_up(user)
    return lab.current().privacy.export(user, person_id)


async def _in_a_browser(request: Request) -> User:
    found = await caller(request)
    if found.token:
        raise Forbidden(ONLY_BROWSERS)
    return found.user


FILES = [
    Route(AUDIT_PATH.removeprefix("/api"), audit_file),
    Route(f"{PEOPLE_PATH.removeprefix('/api')}/{{id}}/data", persons_data),
]
"""No part of what the API offers."""

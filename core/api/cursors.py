"""Where to go on in the history, as clients hold it: base64 of microseconds since 1970 and the id of a run."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Annotated
from uuid import UUID

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from core.domain.queries import Position

FORM = "^A[A-D][A-Za-z0-9_-]{30}$"
"""Whatever has this form is a position between the years 1970 and 2540."""

_FORM = re.compile(FORM)
_PLACE = Struct(">q16s")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def cursor_of(position: Position) -> str:
    """Return the cursor of a position."""
    microseconds = (position.created_at - _EPOCH) // timedelta(microseconds=1)
    return urlsafe_b64encode(_PLACE.pack(microseconds, position.id.bytes)).decode()


def position_of(cursor: str) -> Position:
    """Return the position of a cursor. Raises `PydanticCustomError` for what is none."""
    if not _FORM.fullmatch(cursor):
        raise PydanticCustomError("cursor", "send a next_cursor as it came, or leave it out")
    microseconds, run_id = _PLACE.unpack(urlsafe_b64decode(cursor))
    return Position(_EPOCH + timedelta(microseconds=microseconds), UUID(bytes=run_id))


Cursor = Annotated[
    Position,
    PlainValidator(position_of),
    WithJsonSchema({"type": "string", "pattern": FORM}),
]
"""A position, validated from its cursor."""

"""Where to go on in the history, as clients hold it: base64 of microseconds since 1970 and the id of a run."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from struct import Struct
from struct import error as StructError
from typing import Annotated
from uuid import UUID

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from core.domain.queries import Position

_PLACE = Struct(">q16s")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def cursor_of(position: Position) -> str:
    """Return the cursor of a position."""
    microseconds = (position.created_at - _EPOCH) // timedelta(microseconds=1)
    return urlsafe_b64encode(_PLACE.pack(microseconds, position.id.bytes)).decode()


def position_of(cursor: str) -> Position:
    """Return the position of a cursor. Raises `PydanticCustomError` for what is none."""
    try:
        microseconds, run_id = _PLACE.unpack(urlsafe_b64decode(cursor))
        return Position(_EPOCH + timedelta(microseconds=microseconds), UUID(bytes=run_id))
    except (ValueError, OverflowError, StructError):
        raise PydanticCustomError("cursor", "send a next_cursor as it came, or leave it out") from None


Cursor = Annotated[
    Position,
    PlainValidator(position_of),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_-]{32}$"}),
]
"""A position, validated from its cursor."""

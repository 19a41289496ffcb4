"""Values as they leave the API: JSON in which money keeps every digit."""

from decimal import Decimal

from pydantic import BaseModel
from pydantic_core import to_json
from starlette.responses import Response


def encoded(value: object) -> bytes:
    """Return `value` as JSON. A `Decimal` becomes a number with exactly its digits: it never passes through a float."""
    match value:
        case Decimal():
            return format(value, "f").encode()
        case BaseModel():
            return encoded(value.model_dump())
        case dict():
            return b"{%b}" % b",".join(to_json(key) + b":" + encoded(item) for key, item in value.items())
        case list() | tuple():
            return b"[%b]" % b",".join(encoded(item) for item in value)
        case _:
            return to_json(value)


def answer(value: BaseModel, status: int = 200) -> Response:
    """Return `value` as a response."""
    return Response(encoded(value), status, media_type="application/json")

"""Values as they leave the API: JSON in which money keeps every digit."""

from collections.abc import Callable
from decimal import Decimal
from typing import ParamSpec

from anyio.to_thread import run_sync
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.responses import Response

from core.domain.chat import clean

JSON = "application/json"

P = ParamSpec("P")


def answer(value: BaseModel) -> Response:
    """Return `value` as a response."""
    return Response(encoded(value), media_type=JSON)


async def answered(work: Callable[P, BaseModel], *args: P.args, **kwargs: P.kwargs) -> Response:
    """Return what `work` returns as a response. It runs in a thread, and may wait for the database there."""
    return Response(await run_sync(lambda: encoded(work(*args, **kwargs))), media_type=JSON)


def encoded(value: object) -> bytes:
    """Return `value` as JSON. A `Decimal` becomes a number with exactly its digits: it never passes through a float.
    Texts are as they are recorded: see `clean`.
    """
    match value:
        case Decimal():
            return format(value, "f").encode()
        case BaseModel():
            return encoded(value.model_dump())
        case dict():
            return b"{%b}" % b",".join(to_json(key) + b":" + encoded(item) for key, item in value.items())
        case list() | tuple():
            return b"[%b]" % b",".join(encoded(item) for item in value)
        case str():
            return to_json(clean(value))
        case _:
            return to_json(value)

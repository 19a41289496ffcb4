"""Request bodies: same-origin, JSON, bounded, validated. Whatever will not do is refused in plain words."""

import asyncio
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from core.api.words import plain
from core.errors import Forbidden, InvalidRequest

MAX_BODY_BYTES = 1 << 20
SLOWEST_BODY_S = 30.0

Body = TypeVar("Body", bound=BaseModel)


def check_origin(request: Request) -> None:
    """Raise `Forbidden` if another site made the browser send this. A client without `Origin` is no browser."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden("This request came from another site, so nothing was done.")


def check_type(request: Request) -> None:
    """Raise `HTTPException` 415 for what is no JSON, which is all that a page elsewhere may send without asking."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "Send JSON, with the content type application/json.")


async def read(request: Request, model: type[Body], *, limit: int = MAX_BODY_BYTES) -> Body:
    """Return the JSON body of a state-changing request as a `model`. Raises what `received` and `validated` raise."""
    return validated(await received(request, limit), model)


async def received(request: Request, limit: int = MAX_BODY_BYTES) -> bytes:
    """Return the body of a state-changing request.

    Raises `Forbidden` for another origin, and `HTTPException` 415, 413 or 408 for what is no JSON, over `limit` bytes
    or too slow.
    """
    check_origin(request)
    check_type(request)
    return await _read_bytes(request, limit)


def validated(body: bytes, model: type[Body]) -> Body:
    """Return a JSON body as a `model`. Raises `InvalidRequest` in plain words."""
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise InvalidRequest(plain(error)) from None


async def _read_bytes(request: Request, limit: int) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(SLOWEST_BODY_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise HTTPException(413, f"The body is larger than {limit:,} bytes.", {"Connection": "close"})
    except (TimeoutError, ClientDisconnect):
        raise HTTPException(408, "The body did not arrive in time.", {"Connection": "close"}) from None
    return bytes(body)

"""Request bodies: same-origin, JSON, bounded, validated. Whatever will not do is refused in plain words."""

from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from core.errors import Forbidden, InvalidRequest

MAX_BODY_BYTES = 1 << 20

Body = TypeVar("Body", bound=BaseModel)


def check_origin(request: Request) -> None:
    """Raise `Forbidden` if another site made the browser send this. A client without `Origin` is no browser."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden("This request came from another site, so nothing was done.")


async def read(request: Request, model: type[Body], *, limit: int = MAX_BODY_BYTES) -> Body:
    """Return the JSON body of a state-changing request as a `model`.

    Raises `Forbidden` for another origin, `HTTPException` 415 or 413 for another type or more than `limit` bytes, and
    `InvalidRequest` for a body that does not validate.
    """
    check_origin(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "Send JSON, with the content type application/json.")
    body = await _read_bytes(request, limit)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise InvalidRequest(_plain(error)) from None


async def _read_bytes(request: Request, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise HTTPException(413, f"The body is larger than {limit:,} bytes.", {"Connection": "close"})
    return bytes(body)


def _plain(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}." if place else f"{first['msg']}."

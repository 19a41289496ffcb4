"""What others send, made fit for PostgreSQL: no NUL, no lone surrogate, no NaN, nothing longer than its column."""

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

from sqlalchemy import Column, String

from core.domain.chat import clean

LARGEST_INTEGER = 2**31 - 1
DEEPEST = 32


def plain_json(value: Any, levels: int = DEEPEST) -> Any:
    """Return `value` as JSON that `jsonb` can hold: no JSON at all becomes its text, what nests too deep is dropped."""
    match value:
        case _ if levels == 0:
            return None
        case None | bool() | int():
            return value
        case float() | Decimal():
            return float(value) if isfinite(value) else None
        case Mapping():
            return {clean(str(key)): plain_json(item, levels - 1) for key, item in value.items()}
        case list() | tuple():
            return [plain_json(item, levels - 1) for item in value]
        case _:
            return clean(str(value))


def fitting(text: str | None, column: Column[Any]) -> str | None:
    """Return `text` cleaned, and cut to what `column` holds."""
    length = column.type.length if isinstance(column.type, String) else None
    return None if text is None else clean(text)[:length]


def capped(number: int | None) -> int | None:
    """Return `number`, or the largest that an integer column holds."""
    return None if number is None else min(number, LARGEST_INTEGER)

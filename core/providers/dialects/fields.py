"""Single fields of what providers send, read without trust: anything may be missing, or of any type."""

from decimal import Decimal, InvalidOperation
from typing import Any

from core.domain.chat import clean

MOST_TOKENS = 1_000_000_000
"""No run uses more; a larger figure is nonsense, and would not fit into its column."""

_MOST_DOLLARS = 1_000_000


def text_of(value: Any) -> str:
    """Return `value` if it is a text, fit to be kept, else an empty text."""
    if type(value) is not str:
        return ""
    return value if value.isascii() and "\x00" not in value else clean(value)


def object_of(value: Any) -> dict[str, Any]:
    """Return `value` if it is an object, else an empty one."""
    return value if type(value) is dict else {}


def count_of(value: Any) -> int:
    """Return `value` as a number of tokens, 0 if it is none."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value <= MOST_TOKENS else 0


def dollars(value: Any) -> Decimal | None:
    """Return an amount as the very decimal that was written, or None if it is no finite amount from zero up."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    return amount if amount.is_finite() and 0 <= amount < _MOST_DOLLARS else None

"""What is wrong with what was sent, in one plain sentence: the place, and what to do."""

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from core.domain.tags import NAME_RULE, VALUE_RULE

LONGEST_PART = 40
INSTANT = "give an instant like 2026-12-31T23:00:00Z"

WORDS = {
    "missing": "this is needed",
    "extra_forbidden": "nothing of that name is known here; leave it out",
    "json_invalid": "send valid JSON ({error})",
    "model_type": "send an object",
    "model_attributes_type": "send an object",
    "dict_type": "send an object",
    "tuple_type": "send a list",
    "string_type": "send a text",
    "string_sub_type": "send a text",
    "string_too_short": "send at least {min_length} characters",
    "string_too_long": "send at most {max_length:,} characters",
    "too_short": "send at least {min_length}",
    "too_long": "send at most {max_length:,}",
    "literal_error": "use {expected}",
    "greater_than_equal": "use {ge:,} or more",
    "less_than_equal": "use {le:,} or less",
    "finite_number": "use a finite number",
    "float_type": "use a number",
    "float_parsing": "use a number",
    "int_type": "use a whole number",
    "int_parsing": "use a whole number",
    "int_parsing_size": "use a smaller number",
    "int_from_float": "use a whole number",
    "bool_type": "use true or false",
    "bool_parsing": "use true or false",
    "datetime_type": INSTANT,
    "datetime_parsing": INSTANT,
    "datetime_from_date_parsing": INSTANT,
    "timezone_aware": INSTANT,
}
"""Words by pydantic's kind of error. Whatever is not among them is told in pydantic's own."""

VISIBLE = "write words that can be seen, with one space between them"
_TAG, _TAG_NAME = "tags", "[key]"
FORMS = {
    "model_id": "write it as provider/model, like openai/gpt-4o-mini",
    "name": VISIBLE,
    "category": VISIBLE,
    "prompt": "write something",
    _TAG: VALUE_RULE,
    _TAG_NAME: NAME_RULE,
}
"""Words for a field whose text has not the form that it should."""


def plain(error: ValidationError) -> str:
    """Return the first thing that is wrong. Of what was sent, no more than a field's name is told."""
    first = error.errors(include_url=False)[0]
    place = ".".join(filter(None, (_shown(part) for part in first["loc"] if part != _TAG_NAME)))
    words = _words(first)
    return f"{place}: {words}." if place else f"{words[:1].upper()}{words[1:]}."


def _words(error: ErrorDetails) -> str:
    field = _field(error["loc"])
    if error["type"] in ("string_pattern_mismatch", "string_too_short") and field in FORMS:
        return FORMS[field]
    context = {key: _told(value) for key, value in error.get("ctx", {}).items()}
    return WORDS[error["type"]].format(**context) if error["type"] in WORDS else error["msg"].rstrip(".")


def _field(place: tuple[int | str, ...]) -> str:
    """Return what the last part of a place is, whatever a tag may be called."""
    last = str(place[-1]) if place else ""
    return _TAG if _TAG in place[:-1] and last != _TAG_NAME else last


def _told(value: object) -> object:
    match value:
        case str():
            return value.replace("'", "")
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def _shown(part: int | str) -> str:
    text = "".join(character for character in str(part) if character.isprintable())
    return text if len(text) <= LONGEST_PART else f"{text[:LONGEST_PART]}…"

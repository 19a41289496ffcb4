"""Tags: names with values that say what a run's cost is for. They belong to the run; no provider is sent them.

People write a tag as `name: value`, programs send an object. The rules are the same, but that a person's slips of the
hand, capitals in a name and needless spaces, are made good.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from re import fullmatch
from typing import Annotated

from pydantic import Field

from core.domain.templates import WORDS
from core.errors import InvalidRequest

MAX_TAGS = 8
MAX_NAME = 30
MAX_VALUE = 60

NAME = rf"^[a-z][a-z0-9_-]{{0,{MAX_NAME - 1}}}$"
NAME_RULE = f"name a tag with a small letter (a-z) first, then small letters, digits, _ and -, {MAX_NAME} in all"
VALUE_RULE = f"write 1 to {MAX_VALUE} characters that can be seen, with one space between words"

TagName = Annotated[str, Field(pattern=NAME)]
TagValue = Annotated[str, Field(min_length=1, max_length=MAX_VALUE, pattern=WORDS)]
Tags = Annotated[
    Mapping[TagName, TagValue], Field(max_length=MAX_TAGS, json_schema_extra={"additionalProperties": False})
]
"""What a run bears, by name."""

NO_TAGS: Tags = {}


def written(name: str, value: str) -> str:
    """Return a tag as people write and read it: `team: support`."""
    return f"{name}: {value}"


def read(text: str) -> tuple[str, str]:
    """Return the name and the value of a tag that somebody wrote. Raises `InvalidRequest`."""
    name, colon, value = text.partition(":")
    if not colon:
        raise InvalidRequest("Write a tag as name: value, for example ticket: 4711.")
    return _name(name), value_of(value)


def value_of(text: str) -> str:
    """Return the value that somebody wrote, its spaces set right. Raises `InvalidRequest`."""
    value = " ".join(text.split())
    if len(value) > MAX_VALUE or not fullmatch(WORDS, value):
        raise InvalidRequest(_sentence(VALUE_RULE))
    return value


def collected(tags: Iterable[tuple[str, str]]) -> Tags:
    """Return the tags of one run. Raises `InvalidRequest` where a name comes twice, and for more than `MAX_TAGS`."""
    given = list(tags)
    twice = [name for name, times in Counter(name for name, _ in given).items() if times > 1]
    if twice:
        raise InvalidRequest(f"The tag “{twice[0]}” has more than one value. Keep one of them.")
    if len(given) > MAX_TAGS:
        raise InvalidRequest(f"A run bears at most {MAX_TAGS} tags. Take some away.")
    return dict(given)


def _name(text: str) -> str:
    name = text.strip().lower()
    if not fullmatch(NAME, name):
        raise InvalidRequest(_sentence(NAME_RULE))
    return name


def _sentence(rule: str) -> str:
    return f"{rule[:1].upper()}{rule[1:]}."

"""Tags: names with values that say what a run's cost is for. They belong to the run; no provider is sent them.

People write a tag as `name: value`, programs send an object. The rules are the same, but that a person's slips of the
hand, capitals in a name and needless spaces, are made good.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from re import fullmatch
from typing import Annotated

from pydantic import Field

from core.domain.templates import WORDS
from core.errors import InvalidRequest

MAX_TAGS = 8
MAX_NAME = 30
MAX_VALUE = 60
NEARLY = 0.88
"""How alike two values are, of 1, where one may be a slip of the hand. One letter of seven may be missing."""

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
        raise InvalidRequest(f"Write the tag “{text[:MAX_VALUE]}” as name: value, for example ticket: 4711.")
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


def resembling(value: str, used: Sequence[str]) -> str | None:
    """Return what was used before and may be meant by a new value: what begins like it, or else is written nearly so.

    None where nothing is, and for a value that was used itself.
    """
    if value in used:
        return None
    by_look = {one.casefold(): one for one in used}
    look = value.casefold()
    begun = next((one for lowered, one in by_look.items() if lowered.startswith(look)), None)
    near = get_close_matches(look, by_look, 1, NEARLY)
    return begun or (by_look[near[0]] if near else None)


def _name(text: str) -> str:
    name = text.strip().lower()
    if not fullmatch(NAME, name):
        raise InvalidRequest(f"A tag cannot be called “{name[:MAX_NAME]}”. {_sentence(NAME_RULE)}")
    return name


def _sentence(rule: str) -> str:
    return f"{rule[:1].upper()}{rule[1:]}."

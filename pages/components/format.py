"""How figures read on every page: those of `core.domain.figures`, and text that Markdown leaves as it is."""

import re

from core.domain.figures import (
    UNKNOWN,
    change,
    compact,
    cost,
    count,
    duration,
    exact_utc,
    first_words,
    money,
    money_exact,
    points,
    runs,
    share,
    size,
    speed,
    tokens,
    when,
)

__all__ = [
    "UNKNOWN",
    "change",
    "compact",
    "cost",
    "count",
    "duration",
    "exact_utc",
    "first_words",
    "literal",
    "money",
    "money_exact",
    "points",
    "runs",
    "share",
    "size",
    "speed",
    "tokens",
    "when",
]

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$:<>&^=\"'@/])")


def literal(text: str) -> str:
    """Return `text` so that Markdown shows it as it stands: dollars are no formulas, brackets no links."""
    return _MARKDOWN.sub(r"\\\1", text)

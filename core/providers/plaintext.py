"""What a provider said, made safe to show, to log and to keep: plain text, short, and without keys.

Markup is taken out rather than escaped, since the same words reach pages, logs, rows and API bodies.
"""

import html
import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from core.domain.keys import HIDDEN, without_keys

MAX_CHARACTERS = 300
MAX_FIGURES = 60

_MOST_READ = 20_000
_SHORTEST_PART = 8
_SILENT_TAGS = re.compile(r"<(script|style|head|title)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_INLINE = "a|abbr|b|big|code|em|font|i|mark|s|small|span|strong|sub|sup|tt|u"
_INLINE_TAGS = re.compile(rf"</?(?:{_INLINE})(?:\s[^<>]*)?>", re.IGNORECASE)
_TAGS = re.compile(r"<!--.*?(?:-->|\Z)|</?[a-z!][^<>]*(?:>|\Z)", re.IGNORECASE | re.DOTALL)
_LINKS = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_MARKS = str.maketrans("", "", "<>`|*")
_IMAGE = re.compile(r"!+\[")
_SCRIPT_URL = re.compile(r"\b(?:javascript|vbscript|data)\s*:", re.IGNORECASE)


class Plaintext:
    """Makes words plain and hides `key` in them, beside everything that looks like a key."""

    def __init__(self, key: str | None = None) -> None:
        self._key = (key or "").strip()
        self._own = _own_key(self._key) if self._key else None

    def __call__(self, text: str, limit: int = MAX_CHARACTERS) -> str:
        """Return `text` on one line, without markup and keys, at most `limit` characters long."""
        text = text[:_MOST_READ]
        bare = _without_markup(text.replace(self._key, HIDDEN) if self._key else text)
        plain = _IMAGE.sub("[", self._without_keys(bare))
        return plain if len(plain) <= limit else plain[: limit - 1].rstrip() + "…"

    def figures(self, raw: Mapping[str, Any], depth: int = 3) -> dict[str, Any]:
        """Return a provider's object as it may be kept: bounded, finite numbers, plain words."""
        kept = list(raw.items())[:MAX_FIGURES]
        return {self(str(name), 60): self._figure(value, depth - 1) for name, value in kept}

    def _figure(self, value: Any, depth: int) -> Any:
        match value:
            case dict():
                return self.figures(value, depth) if depth else None
            case str():
                return self(value, 100)
            case float():
                return value if math.isfinite(value) else None
            case bool() | None:
                return value
            case int():
                return value if abs(value) < 2**53 else None
            case _:
                return None

    def _without_keys(self, text: str) -> str:
        hidden = self._own.sub(HIDDEN, text) if self._own else text
        return without_keys(hidden)


def _own_key(key: str) -> re.Pattern[str]:
    """Match the key, and any long beginning of it: providers like to show one."""
    start = re.escape(key[: max(_SHORTEST_PART, len(key) // 3)])
    rest = r"[\w.~+/=*…-]*" if len(key) > _SHORTEST_PART else ""
    return re.compile(f"{re.escape(key)}|{start}{rest}", re.IGNORECASE)


def _without_markup(text: str) -> str:
    text = html.unescape(html.unescape(text))
    text = _TAGS.sub(" ", _INLINE_TAGS.sub("", _SILENT_TAGS.sub(" ", text)))
    text = _SCRIPT_URL.sub("", _LINKS.sub(r"\1", text)).translate(_MARKS)
    words = " ".join(text.split())
    shown = "".join(letter for letter in words if unicodedata.category(letter)[0] != "C")
    return shown.replace("](", "] (").strip("# ")

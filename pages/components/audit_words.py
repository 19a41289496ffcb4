"""How a note reads: names in place of ids, and what was changed, before and after."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.domain.audit import KeptNote, changes, flat
from pages.components import format as show

SIDES = ("before", "after")

Names = Mapping[str, str]


def named(one: str, names: Names) -> str:
    """Return the name of whose id it is; anything else, erased people's ids among it, stays as it is."""
    return names.get(one, one)


def value(one: Any, names: Names) -> str:
    """Return a value of a note as people read it; what is not there reads `–`."""
    match one:
        case None:
            return show.UNKNOWN
        case bool():
            return "yes" if one else "no"
        case str():
            return named(one, names) or "(empty)"
        case list():
            return ", ".join(value(item, names) for item in one) or "(none)"
        case Mapping():
            return ", ".join(f"{label(name)} {value(item, names)}" for name, item in one.items()) or "(none)"
        case int() | float() | Decimal():
            return f"{one:,}" if isinstance(one, int) else f"{one}"
    return str(one)


def label(name: str) -> str:
    """Return the name of a field as people read it: `runs_a_month` is `runs a month`, the parts of a path stay."""
    return " › ".join(part.replace("_", " ") for part in name.split(".")) or "value"


def differences(note: KeptNote, names: Names) -> list[tuple[str, str, str]]:
    """Return name, before and after of what a note says was changed."""
    return [
        (label(name), value(before, names), value(after, names)) for name, before, after in changes(note.details) or ()
    ]


def others(note: KeptNote, names: Names) -> list[tuple[str, str]]:
    """Return name and value of what else a note tells."""
    rest = flat({name: one for name, one in note.details.items() if name not in SIDES})
    return [(label(name), value(one, names)) for name, one in rest.items()]


def in_short(note: KeptNote, names: Names) -> str:
    """Return what a note tells on one line."""
    changed = [_change(*one) for one in differences(note, names)]
    return " · ".join([*changed, *(f"{name}: {one}" for name, one in others(note, names))])


def _change(name: str, before: str, after: str) -> str:
    if before == show.UNKNOWN:
        return f"{name}: {after}"
    return f"{name}: {before} → {after}"

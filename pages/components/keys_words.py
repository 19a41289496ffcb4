"""How a provider stands with keys, in words: one mark, and what is known of its key."""

from datetime import datetime
from zoneinfo import ZoneInfo

from core.domain.providers import KeyInfo
from core.services.key_table import Standing
from pages.components.format import count, literal, when


def mark(standing: Standing) -> str:
    """Return the one mark that tells how it stands, as Markdown."""
    key = standing.stored
    if not standing.enabled:
        return ":gray-badge[Switched off]"
    if key is None:
        return _without_stored(standing)
    if standing.moved:
        return ":red-badge[Stored for another address]"
    if failing(key):
        return ":red-badge[Failing]"
    return ":green-badge[Checked]" if key.checked_at else ":orange-badge[Not checked]"


def place(standing: Standing) -> str:
    """Return where the provider is; that it is there over http alone is worth a word."""
    scheme, _, host = standing.origin.partition("://")
    return literal(host if scheme == "https" else f"{host} ({scheme})")


def failing(key: KeyInfo) -> bool:
    """Return whether the last that is known of a key is a failure."""
    good = [instant for instant in (key.checked_at, key.last_used_at) if instant]
    return key.failed_at is not None and all(key.failed_at >= instant for instant in good)


def facts(standing: Standing, zone: ZoneInfo, now: datetime, *, own: bool = False) -> list[str]:
    """Return what is known of the key that is in use, a few words each; not who stored it where it is one's `own`."""
    key = standing.stored
    variable = literal(f"{standing.name.upper()}_API_KEY")
    if key is None:
        return [variable] if standing.given and not standing.embedded else []
    told = [f"key …{literal(key.ending)}" if key.ending else "a short key"]
    by = "" if own else f" by {literal(key.added_by)},"
    told.append(f"stored{by} {when(key.added_at, zone, now=now)}")
    told.append(f"checked {when(key.checked_at, zone, now=now)}" if key.checked_at else "not checked")
    told.append(f"last used {when(key.last_used_at, zone, now=now)}" if key.last_used_at else "not used yet")
    return told if own or not standing.given else [*told, f"instead of {variable}"]


def failure(standing: Standing, zone: ZoneInfo, now: datetime) -> str | None:
    """Return the last failure of the key, and when that was."""
    key = standing.stored
    if key is None or key.failed_at is None:
        return None
    return f"Last failure {when(key.failed_at, zone, now=now)}: {key.failure}"


def own_keys(standing: Standing) -> str | None:
    """Return how many people have keys of their own."""
    number = standing.own_keys
    if not number:
        return None
    return "1 person has a key of their own" if number == 1 else f"{count(number)} people have keys of their own"


def _without_stored(standing: Standing) -> str:
    if standing.embedded:
        return ":gray-badge[Runs inside the lab]"
    if standing.given:
        return ":gray-badge[From the environment]"
    return ":orange-badge[No key]" if standing.needs_key else ":gray-badge[Needs no key]"

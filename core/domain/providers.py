"""What is kept of keys and of providers that an administrator added. No key is ever among these values."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.addresses import base_url_of
from core.domain.runs import Payer
from core.errors import InvalidRequest

LAB = "lab"
"""The owner of the system's keys."""

LONGEST_NAME, LONGEST_DISPLAY_NAME = 30, 60
SHORTEST_KEY, LONGEST_KEY, ENDING = 8, 500, 4

PROVIDER_NAME = rf"[a-z][a-z0-9-]{{1,{LONGEST_NAME - 1}}}"
"""How the name of a provider that is added looks."""


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A stored key as pages see it: `origin` is the only place that it is sent to, `ending` its last characters.

    `added_by` is a name, or an id where the account is gone. Without `checked_at` nobody has asked the provider.
    """

    provider: str
    origin: str
    ending: str
    added_by: str
    added_at: datetime
    checked_at: datetime | None = None
    last_used_at: datetime | None = None
    failed_at: datetime | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class KeyUse:
    """That a key was used at an instant, and how the provider refused it, if it did."""

    owner: str
    provider: str
    used_at: datetime
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class AddedProvider:
    """A provider that speaks Chat Completions. `inner_network`: it may lie inside one's own network, and over http."""

    name: str
    display_name: str
    base_url: str
    needs_key: bool = True
    inner_network: bool = False
    enabled: bool = True


class Verdict(StrEnum):
    """What a provider said to a key: nothing, if it could not be asked."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNREACHED = "unreached"


@dataclass(frozen=True, slots=True)
class Checked:
    """A verdict, in a sentence for whoever stored the key. `models` is how many were listed."""

    verdict: Verdict
    sentence: str
    models: int = 0


def owner_of(user_id: str, payer: Payer) -> str:
    """Return whose key is meant: the user's own, or the lab's."""
    return user_id if payer is Payer.OWN else LAB


def key_of(text: str) -> str:
    """Return a key as it was typed, without the space around it. Raises `InvalidRequest` if it cannot be one."""
    key = text.strip()
    if not key:
        raise InvalidRequest("Paste the key first.")
    if not (SHORTEST_KEY <= len(key) <= LONGEST_KEY):
        raise InvalidRequest(f"A key has {SHORTEST_KEY} to {LONGEST_KEY} characters. Copy the whole of it once more.")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise InvalidRequest("A key holds no spaces and no special letters. Copy it once more.")
    return key


def ending_of(key: str) -> str:
    """Return as much of the end of a key as may be shown: nothing of a short one."""
    return key[-ENDING:] if len(key) >= 4 * ENDING else ""


def checked_provider(provider: AddedProvider) -> AddedProvider:
    """Return `provider` as it may be kept. Raises `InvalidRequest`, which says what to correct."""
    display_name = " ".join(provider.display_name.split())
    if not re.fullmatch(PROVIDER_NAME, provider.name):
        raise InvalidRequest(
            f"The name has 2 to {LONGEST_NAME} small letters, digits and hyphens, and begins with a letter: it stands "
            "before the slash in the names of models, as openai does in openai/gpt-4o."
        )
    if not (0 < len(display_name) <= LONGEST_DISPLAY_NAME and display_name.isprintable()):
        raise InvalidRequest(f"The display name has 1 to {LONGEST_DISPLAY_NAME} characters.")
    return AddedProvider(
        name=provider.name,
        display_name=display_name,
        base_url=base_url_of(provider.base_url, plain=provider.inner_network),
        needs_key=provider.needs_key,
        inner_network=provider.inner_network,
        enabled=provider.enabled,
    )

"""What providers are called, the same for the whole process: also on pages that have nothing else to do with them."""

from collections.abc import Mapping

from core.providers.registry import PROVIDERS

_added: dict[str, str] = {}


def provider_name(provider: str) -> str:
    """Return the display name of a provider, or its plain name where the lab does not know it."""
    known = PROVIDERS.get(provider)
    return known.display_name if known else _added.get(provider, provider)


def call_added(names: Mapping[str, str]) -> None:
    """Have the providers that were added go by these display names. One that is gone keeps its own: runs have it."""
    _added.update(names)

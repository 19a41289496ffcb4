"""What providers are called."""

from core.providers.registry import PROVIDERS


def provider(name: str) -> str:
    """Return the display name of a provider, or its name where the lab does not know it."""
    known = PROVIDERS.get(name)
    return known.display_name if known else name

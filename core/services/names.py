"""What providers are called."""

from core.providers.registry import PROVIDERS


def provider_name(provider: str) -> str:
    """Return the display name of a provider, or its plain name where the lab does not know it."""
    known = PROVIDERS.get(provider)
    return known.display_name if known else provider

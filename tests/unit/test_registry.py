"""The rows of providers are whole, and agree with the settings."""

import pytest

from core.providers.registry import PROVIDERS
from core.settings import PROVIDER_NAMES


def test_every_provider_of_the_settings_has_its_row() -> None:
    assert tuple(PROVIDERS) == PROVIDER_NAMES


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_row_is_ready_to_use(name: str) -> None:
    provider = PROVIDERS[name]
    assert provider.display_name
    assert provider.base_url.startswith("http://127.0.0.1" if name == "local" else "https://")
    assert not provider.base_url.endswith("/")
    assert provider.needs_key is (name != "local")


def test_openrouter_is_told_who_asks() -> None:
    assert set(PROVIDERS["openrouter"].headers) == {"HTTP-Referer", "X-Title"}

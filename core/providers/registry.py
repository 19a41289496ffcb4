"""The built-in providers, a row each. One more that speaks a known dialect is one more row and no code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.domain.providers import AddedProvider

DialectName = Literal["chat_completions", "messages"]


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider and its peculiarities.

    `base_url` is what its own SDK uses, without a slash at the end; `models_url` and `generation_url` follow it.
    """

    name: str
    display_name: str
    base_url: str
    dialect: DialectName = "chat_completions"
    models_url: str | None = "/models"
    key_url: str | None = None
    """What only a key that holds can read, where anybody may read the list of models."""
    generation_url: str | None = None
    """Where the cost of a run can be asked for later; the run's id there is put at its end."""
    needs_key: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    output_limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """The name of the field that limits the output."""
    unsampled: tuple[str, ...] = ()
    """How the names begin of models that refuse `temperature` and `top_p`."""
    bills_in_usage: bool = False
    """Whether `usage.cost` is what the provider billed, in USD."""
    listed_per: int | None = None
    """For how many tokens the prices in its list of models hold; None: the list tells no prices."""
    guarded: bool = False
    """Whether only addresses of the public internet are connected to."""


_ROWS = (
    Provider(
        name="openrouter",
        display_name="OpenRouter",
        base_url="https://openrouter.ai/api/v1",
        key_url="/key",
        generation_url="/generation?id=",
        headers={"HTTP-Referer": "http://localhost:8501", "X-Title": "Testing Lab"},
        bills_in_usage=True,
        listed_per=1,
    ),
    Provider(
        name="openai",
        display_name="OpenAI",
        base_url="https://api.openai.com/v1",
        output_limit="max_completion_tokens",
        unsampled=("o1", "o3", "o4", "gpt-5"),
    ),
    Provider(
        name="anthropic",
        display_name="Anthropic",
        base_url="https://api.anthropic.com",
        dialect="messages",
        models_url="/v1/models?limit=1000",
    ),
    Provider(name="groq", display_name="Groq", base_url="https://api.groq.com/openai/v1"),
    Provider(name="together", display_name="Together", base_url="https://api.together.xyz/v1", listed_per=1_000_000),
    Provider(name="local", display_name="The local model", base_url="http://127.0.0.1:8080/v1", needs_key=False),
)

PROVIDERS: dict[str, Provider] = {provider.name: provider for provider in _ROWS}
"""Every built-in provider by its name."""


def row_of(added: AddedProvider) -> Provider:
    """Return the row of a provider that was added: it is guarded unless it may lie in the inner network."""
    return Provider(
        name=added.name,
        display_name=added.display_name,
        base_url=added.base_url,
        needs_key=added.needs_key,
        guarded=not added.inner_network,
    )

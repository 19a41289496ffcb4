"""Tokens of one run, in one normal form for all providers."""

from decimal import Decimal
from math import ceil

from pydantic import BaseModel, ConfigDict, Field

TOKENS_PER_MESSAGE = 4
MOST_TOKENS_PER_MESSAGE = 16
BYTES_PER_TOKEN = 4


class Usage(BaseModel):
    """What a run used. A whole contains its parts, never add them:
    `input_tokens` includes `cached_tokens` and `cache_write_tokens`, `output_tokens` includes `reasoning_tokens`.

    `billed_usd` is the cost that the provider itself reported, where it does (OpenRouter's `usage.cost`).
    """

    model_config = ConfigDict(frozen=True)

    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    cached_tokens: int = Field(default=0, ge=0)
    cache_write_tokens: int = Field(default=0, ge=0)
    reasoning_tokens: int = Field(default=0, ge=0)
    billed_usd: Decimal | None = None

    @property
    def total_tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of `text`: four UTF-8 bytes each, rounded up.

    Four characters a token is the usual rule for English; bytes keep it fair for scripts whose characters are
    tokens of their own. No tokenizer ships its data offline, so the result is always marked as estimated.
    """
    return ceil(len(text.encode("utf-8", "replace")) / BYTES_PER_TOKEN)


def most_input_tokens(contents: list[str]) -> int:
    """Return more input tokens than a conversation can have: no tokenizer makes more of a text than its bytes."""
    return sum(len(content.encode("utf-8", "replace")) + MOST_TOKENS_PER_MESSAGE for content in contents)


def estimate_input_tokens(contents: list[str]) -> int:
    """Estimate the input tokens of a conversation: each message's text and a few tokens of framing."""
    return sum(estimate_tokens(content) + TOKENS_PER_MESSAGE for content in contents)

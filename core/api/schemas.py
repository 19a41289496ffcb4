"""The bodies of the API, as models: what is sent to it and what it answers. OpenAPI is made from them.

Money is in USD, durations in ms, instants are ISO 8601 in UTC. A field may be added at any time; none is taken away.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, WithJsonSchema

from core.domain.access import Role, Tier
from core.domain.chat import MODEL_ID, MODEL_NAME, ChatRequest, Message, Parameters
from core.domain.faults import FaultCode
from core.domain.pricing import CostSource, PriceSource
from core.domain.providers import PROVIDER_NAME
from core.domain.runs import Payer, RunOrigin, RunStatus
from core.domain.tags import NO_TAGS, Tags
from core.domain.templates import Template, TemplateDraft
from core.settings import PROVIDER_NAMES

Money = Annotated[Decimal, WithJsonSchema({"type": "number", "description": "USD, to the last digit."})]

KNOWN_MODEL_ID = f"^({'|'.join(PROVIDER_NAMES)}|{PROVIDER_NAME})/{MODEL_NAME}$"
"""What is told of a model's id: the built-in providers, and how the names of others look, that an administrator may
have added. One of a provider that there is not is no 422: it has a status of its own, 400."""


class Shape(BaseModel):
    """A body. Text under a field describes it, here and in OpenAPI."""

    model_config = ConfigDict(
        frozen=True, use_attribute_docstrings=True, json_schema_serialization_defaults_required=True
    )


class Credentials(Shape):
    """The body of a sign-in."""

    model_config = ConfigDict(extra="forbid")

    username: str
    password: SecretStr


class SignedIn(Shape):
    """Whoever has signed in."""

    id: str
    username: str
    tier: Tier
    role: Role


class SignedOut(Shape):
    """The end of a session."""

    signed_out: Literal[True] = True


class RunRequest(ChatRequest):
    """One run: which model, the conversation so far, how it is to answer, and whether as a stream."""

    model_config = ConfigDict(extra="forbid")

    model_id: str = Field(min_length=3, max_length=200, pattern=MODEL_ID, json_schema_extra={"pattern": KNOWN_MODEL_ID})
    stream: bool = True
    tags: Tags = Field(NO_TAGS, description="What the run's cost is for, by name. It is recorded, and not sent.")

    def chat_request(self) -> ChatRequest:
        """Return what is asked of the model."""
        fields = {name: getattr(self, name) for name in ChatRequest.model_fields}
        return ChatRequest.model_construct(**fields)


class TextEvent(Shape):
    """Text, as it comes."""

    content: str
    tokens: int
    """Output tokens so far, by our estimate."""


class ReasoningEvent(Shape):
    """The model's reasoning, as it comes: no part of the answer."""

    reasoning: str


class Verdict(Shape):
    """How a run ended, and what it used."""

    run_id: UUID
    model_id: str
    input_tokens: int
    output_tokens: int
    total_tokens: int
    cached_tokens: int
    """The part of `input_tokens` that the provider had read before."""
    reasoning_tokens: int
    """The part of `output_tokens` that was reasoning."""
    cost: Money | None
    """null when `cost_source` is `unknown`."""
    cost_source: CostSource
    latency_ms: int
    ttft_ms: int | None
    """Time to the first word; null if none came."""
    notices: tuple[str, ...]
    """What else is to be known, in sentences."""


class DoneEvent(Verdict):
    """The last event of a run that was completed."""

    done: Literal[True] = True
    finish_reason: str | None
    """The provider's own word."""
    tokens_per_second: float | None


class ErrorEvent(Verdict):
    """The last event of any other run. What had arrived is kept, and what was used is charged."""

    error: str
    """What happened and what to do."""
    code: FaultCode | Literal["cancelled"]


class RunAnswer(DoneEvent):
    """A completed run, whole."""

    content: str
    reasoning: str


class FailedAnswer(ErrorEvent):
    """Any other run, whole, with what had arrived."""

    content: str
    reasoning: str


class HistoryEntry(Shape):
    """A run that has ended."""

    id: UUID
    model_id: str
    status: RunStatus
    error_code: str | None
    prompt: str | None
    """What the user said last. null once its retention has passed."""
    response: str | None
    tokens_used: int
    input_tokens: int
    output_tokens: int
    cost: Money | None
    """null when `cost_source` is `unknown`."""
    cost_source: CostSource
    latency_ms: int | None
    ttft_ms: int | None
    """Time to the first word; null if none came."""
    created_at: datetime
    parameters: Parameters
    tags: dict[str, str]
    """What its cost is for, by name."""
    paid_by: Payer
    """Whose key paid for it: the lab's, or one of the caller's own."""


class RunDetails(HistoryEntry):
    """A run, whole."""

    messages: tuple[Message, ...] | None
    """The whole conversation. null once its retention has passed."""
    reasoning: str | None
    error_message: str | None
    finish_reason: str | None
    notices: tuple[str, ...]
    cached_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    tokens_per_second: float | None
    answered_by: str | None
    """The model that really answered, as the provider names it."""
    origin: RunOrigin


class HistoryList(Shape):
    """A page of the history, newest first."""

    total: int
    """How many runs the filters let through."""
    limit: int
    offset: int
    next_cursor: str | None
    """Send it as `cursor` to go on; null at the end."""
    tests: tuple[HistoryEntry, ...]


class TemplateRequest(TemplateDraft, extra="forbid"):
    """A template to be kept."""

    replace: bool = False
    """Whether it takes the place of the template of yours that has its name."""


class TemplateList(Shape):
    """The built-in templates, and then your own by name."""

    templates: tuple[Template, ...]


class StatsAnswer(Shape):
    """What the caller's runs came to."""

    total_tests: int
    total_tokens: int
    total_cost: Money
    """The sum of what is known."""
    avg_latency_ms: float | None
    models_tested: int
    last_test_at: datetime | None


class PriceStep(Shape):
    """Prices for the whole of a request of more than `input_tokens`."""

    input_tokens: int
    cost_per_1m_input_tokens: Money
    cost_per_1m_output_tokens: Money


class ModelEntry(Shape):
    """A model as the caller may use it."""

    id: str
    display_name: str
    provider: str
    tier_required: Tier
    """The lowest tier that may use it."""
    allowed: bool
    """Whether the caller's tier may use it."""
    available: bool
    """Whether its provider can be reached: its key is there, its server runs."""
    context_length: int | None
    cost_per_1m_input_tokens: Money
    cost_per_1m_output_tokens: Money
    cost_per_1m_cached_tokens: Money | None
    """null: as much as input."""
    cost_per_1m_cache_write_tokens: Money | None
    """null: as much as input."""
    cost_per_request: Money
    steps: tuple[PriceStep, ...]
    """Other prices for long requests, the shortest first."""
    price_source: PriceSource


class ModelList(Shape):
    """Every model: those that can be used now first."""

    models: tuple[ModelEntry, ...]


class Problem(Shape):
    """What went wrong, in a sentence."""

    detail: str


class TierTold(Shape):
    """Which tier a model needs."""

    error: str
    tier_required: Tier
    current_tier: Tier


class TierProblem(Shape):
    """A model that the caller's tier may not use."""

    detail: TierTold


class LimitTold(Shape):
    """Which limit was reached. `resets_at` is null where it ends with something of the caller's."""

    error: str
    limit: int
    used: int
    resets_at: datetime | None


class LimitProblem(Shape):
    """A limit that was reached. `Retry-After` tells the seconds to wait."""

    detail: LimitTold

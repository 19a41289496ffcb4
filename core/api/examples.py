"""An example of each body of the API. Being values of the models, they cannot go stale."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import SecretStr

from core.api.schemas import (
    Credentials,
    DoneEvent,
    ErrorEvent,
    FailedAnswer,
    HistoryEntry,
    HistoryList,
    LimitProblem,
    LimitTold,
    ModelEntry,
    ModelList,
    Problem,
    ReasoningEvent,
    RunAnswer,
    RunDetails,
    RunRequest,
    SignedIn,
    StatsAnswer,
    TemplateList,
    TemplateRequest,
    TextEvent,
    TierProblem,
    TierTold,
    Verdict,
)
from core.domain.access import Role, Tier
from core.domain.chat import Message, Parameters
from core.domain.faults import FaultCode, explain
from core.domain.pricing import CostSource, PriceSource
from core.domain.runs import Payer, RunOrigin, RunStatus
from core.domain.templates import BUILT_IN, Template

MODEL = "openai/gpt-4o-mini"
RUN_ID = UUID("6f1c1f0e-5a0b-4c1e-9a53-0c8a4a2f7d10")
WHEN = datetime(2026, 11, 23, 19, 20, 3, 120_000, tzinfo=UTC)
QUESTION, ANSWER = "Name a colour.", "Blue."
TAGS = {"team": "support", "project": "apollo"}

CREDENTIALS = Credentials(username="ann", password=SecretStr("correct horse battery staple"))
SIGNED_IN = SignedIn(id="3b1f7a52", username="ann", tier=Tier.PROFESSIONAL, role=Role.OPS)

STREAMED = RunRequest(model_id=MODEL, messages=(Message(role="user", content=QUESTION),))
WHOLE = RunRequest(
    model_id=MODEL,
    messages=(Message(role="system", content="Answer in one word."), Message(role="user", content=QUESTION)),
    temperature=0,
    max_tokens=100,
    stream=False,
    tags=TAGS,
)

_VERDICT = Verdict(
    run_id=RUN_ID,
    model_id=MODEL,
    input_tokens=12,
    output_tokens=2,
    total_tokens=14,
    cached_tokens=0,
    reasoning_tokens=0,
    cost=Decimal("0.000003"),
    cost_source=CostSource.COMPUTED,
    latency_ms=812,
    ttft_ms=430,
    notices=(),
).model_dump()

_BROKEN_OFF = {"error": explain(FaultCode.NETWORK, "OpenAI"), "code": FaultCode.NETWORK}

REASONING = ReasoningEvent(reasoning="A colour is asked for.")
TEXT = TextEvent(content=ANSWER, tokens=2)
DONE = DoneEvent(**_VERDICT, finish_reason="stop", tokens_per_second=5.2)
BROKEN_OFF = ErrorEvent(**_VERDICT, **_BROKEN_OFF)
RUN = RunAnswer(**DONE.model_dump(), content=ANSWER, reasoning="")
BROKEN_OFF_RUN = FailedAnswer(**BROKEN_OFF.model_dump(), content="Bl", reasoning="")

ENTRY = HistoryEntry(
    id=RUN_ID,
    model_id=MODEL,
    status=RunStatus.COMPLETED,
    error_code=None,
    prompt=QUESTION,
    response=ANSWER,
    tokens_used=14,
    input_tokens=12,
    output_tokens=2,
    cost=Decimal("0.000003"),
    cost_source=CostSource.COMPUTED,
    latency_ms=812,
    ttft_ms=430,
    created_at=WHEN,
    parameters=Parameters(),
    tags=TAGS,
    paid_by=Payer.LAB,
)
HISTORY = HistoryList(total=1204, limit=1, offset=0, next_cursor="AAZEZl7cGEBvHB8OWgtMHppTDIpKL30Q", tests=(ENTRY,))
ONE_RUN = RunDetails(
    **ENTRY.model_dump(),
    messages=STREAMED.messages,
    reasoning="",
    error_message=None,
    finish_reason="stop",
    notices=(),
    cached_tokens=0,
    cache_write_tokens=0,
    reasoning_tokens=0,
    tokens_per_second=5.2,
    answered_by="gpt-4o-mini-2024-07-18",
    origin=RunOrigin.API,
)

NEW_TEMPLATE = TemplateRequest(name="Release notes", prompt="Write release notes of these changes:", replace=True)
OWN_TEMPLATE = Template(
    id="0f5d7c52-4c4b-4a5e-9d55-2a2f6f1f6f0e",
    own=True,
    **NEW_TEMPLATE.model_dump(exclude={"replace"}),
)
TEMPLATES = TemplateList(templates=(BUILT_IN[0], OWN_TEMPLATE))
STATS = StatsAnswer(
    total_tests=1204,
    total_tokens=931_022,
    total_cost=Decimal("3.41728855"),
    avg_latency_ms=1_931.4,
    models_tested=7,
    last_test_at=WHEN,
)
MODELS = ModelList(
    models=(
        ModelEntry(
            id=MODEL,
            display_name="GPT-4o mini",
            provider="openai",
            tier_required=Tier.PROFESSIONAL,
            allowed=True,
            available=True,
            context_length=128_000,
            cost_per_1m_input_tokens=Decimal("0.15"),
            cost_per_1m_output_tokens=Decimal("0.60"),
            cost_per_1m_cached_tokens=Decimal("0.075"),
            cost_per_1m_cache_write_tokens=None,
            cost_per_request=Decimal(0),
            steps=(),
            price_source=PriceSource.PRICE_LIST,
        ),
    )
)

TIER_TOO_LOW = TierProblem(
    detail=TierTold(
        error="GPT-4o needs the enterprise tier; yours is starter.",
        tier_required=Tier.ENTERPRISE,
        current_tier=Tier.STARTER,
    )
)
LIMIT_REACHED = LimitProblem(
    detail=LimitTold(
        error="You have used up this month's runs (1,000). They start anew on 1 December 2026, 00:00 UTC.",
        limit=1000,
        used=1000,
        resets_at=datetime(2026, 12, 1, tzinfo=UTC),
    )
)
UNKNOWN_PROVIDER = Problem(detail="The lab knows no provider of that name.")
NAME_TAKEN = Problem(detail="You have a template of that name already. Choose another name, or replace it.")
MANY_TEMPLATES = LimitProblem(
    detail=LimitTold(
        error="You have 100 templates, which is as many as one account may have. Delete one first.",
        limit=100,
        used=100,
        resets_at=None,
    )
)
NO_KEY = Problem(detail="No key for OpenAI is configured. An administrator can store one under Keys.")
WRONG_PASSWORD = Problem(detail="That user name and password do not match.")

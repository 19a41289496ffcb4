"""One run, from the moment it is admitted to the moment it is settled, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from core.domain.chat import ChatRequest, Message, Parameters
from core.domain.corrections import CostChange, CostLookup
from core.domain.faults import FaultCode
from core.domain.pricing import Cost, Prices
from core.domain.tags import NO_TAGS, Tags
from core.domain.usage import Usage

EXCERPT_CHARACTERS = 500


class RunStatus(StrEnum):
    """Where a run stands. All but `started` are final."""

    STARTED = "started"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    CANCELLED = "cancelled"
    ERROR = "error"
    UNKNOWN = "unknown"


class RunOrigin(StrEnum):
    """Where a run was asked for."""

    PLAYGROUND = "playground"
    API = "api"


class Payer(StrEnum):
    """Whose key pays for a run: the lab's, or the user's own."""

    LAB = "lab"
    OWN = "own"


class Admission(BaseModel):
    """What the ledger is told before the provider is called: the run, whose it is, and the prices that will apply.

    `input_tokens` is our estimate; `reserved_usd` the most that the run can cost, with `most_input_tokens` and
    `most_output_tokens`.
    """

    model_config = ConfigDict(frozen=True)

    run_id: UUID
    user_id: str
    request: ChatRequest
    prices: Prices
    input_tokens: int
    reserved_usd: Decimal
    most_input_tokens: int = 0
    most_output_tokens: int = 0
    origin: RunOrigin
    tags: Tags = NO_TAGS
    paid_by: Payer = Payer.LAB
    started_at: datetime
    deadline_at: datetime


class Outcome(BaseModel):
    """How a run ended, whole: what the ledger is told once, and what the spool keeps if it cannot be told.

    `prices` are those that were applied: the admitted ones, or those of the service tier that the provider chose.
    Durations are milliseconds from the moment the run was started; `ttft_ms` is None if no word came.
    `usage_reported` is false when the tokens are our own count. `raw_usage` is the provider's own object. `started_at`
    is that of the admission; None in what earlier versions kept.
    """

    model_config = ConfigDict(frozen=True)

    run_id: UUID
    status: RunStatus
    text: str
    reasoning: str = ""
    usage: Usage
    usage_reported: bool
    raw_usage: dict[str, Any] | None = None
    prices: Prices
    cost: Cost
    latency_ms: int
    ttft_ms: int | None = None
    finish_reason: str | None = None
    error_code: FaultCode | None = None
    error_message: str | None = None
    notices: tuple[str, ...] = ()
    generation_id: str | None = None
    answered_by: str | None = None
    service_tier: str | None = None
    paid_by: Payer = Payer.LAB
    started_at: datetime | None = None
    ended_at: datetime

    @property
    def tokens_per_second(self) -> float | None:
        """Output tokens a second, from the first word to the end; None if it cannot be told."""
        return speed(self.usage.output_tokens, self.latency_ms, self.ttft_ms)


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run that has ended, as logs and metrics are told of it, once. `settling_s` is how long keeping it took."""

    admission: Admission
    outcome: Outcome
    settling_s: float


class RunRow(BaseModel):
    """One line of the history: enough to scan. `prompt` is None once the text was cleared, or is not the reader's.

    `tags` need not keep the rules of `core.domain.tags` where others wrote the run.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    user_id: str
    model_id: str
    status: RunStatus
    error_code: str | None
    prompt: str | None
    input_tokens: int
    output_tokens: int
    cost: Cost
    latency_ms: int | None
    ttft_ms: int | None
    created_at: datetime
    tags: Mapping[str, str] = NO_TAGS
    paid_by: Payer = Payer.LAB

    @property
    def total_tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens


class RunEntry(RunRow):
    """One line of the history with its texts: whole where they are kept, else their excerpts, if these are."""

    response: str | None
    parameters: Parameters


class RunRecord(RunRow):
    """A whole recorded run. The texts are None once their retention has passed.

    `corrections` are those of its cost, the first one first; `lookup` is there while its provider is still to tell it.
    """

    usage: Usage
    usage_reported: bool
    raw_usage: dict[str, Any] | None
    prices: Prices
    parameters: Parameters
    origin: RunOrigin
    messages: tuple[Message, ...] | None
    response: str | None
    reasoning: str | None
    finish_reason: str | None
    error_message: str | None
    notices: tuple[str, ...]
    generation_id: str | None
    answered_by: str | None
    corrections: tuple[CostChange, ...] = ()
    lookup: CostLookup | None = None


def speed(output_tokens: int, latency_ms: int | None, ttft_ms: int | None) -> float | None:
    """Return output tokens a second after the first word, or None where there is nothing to divide."""
    if latency_ms is None or ttft_ms is None or latency_ms <= ttft_ms or not output_tokens:
        return None
    return output_tokens * 1000 / (latency_ms - ttft_ms)

"""What a provider's stream says, whatever its dialect. Frozen and small: one or two are made for each chunk."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.domain.faults import FaultCode
from core.domain.usage import Usage


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of the model's reasoning: shown apart, counted as output, no part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class UsageReported:
    """The usage so far, whole: a later report replaces an earlier one. `raw` is the provider's own object.

    `partial` is true while the provider has only told the input (Messages: `message_start`).
    """

    usage: Usage
    raw: Mapping[str, Any]
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Identified:
    """The provider's own names for this run: its id there, the model that really answered, the price tier."""

    generation_id: str | None = None
    model: str | None = None
    service_tier: str | None = None


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something that the user should be told, in one sentence: a parameter left out, an event that was no JSON."""

    message: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The dialect said that the answer is complete. `reason` is the provider's own word (`stop`, `end_turn`, …)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The run failed. `detail` is the provider's message as plain text, without keys or markup; it may be empty."""

    code: FaultCode
    detail: str = ""
    retry_after_s: float | None = None


Delta = TextDelta | ReasoningDelta
Event = Delta | UsageReported | Identified | Noticed | Finished | Failed

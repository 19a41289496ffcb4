"""A run that was refused before it was sent, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Refusal:
    """That a user's runs of a model were refused for one reason, `times` within the minute that began at `minute`."""

    user_id: str
    model_id: str
    code: str
    message: str
    minute: datetime
    times: int = 1


@dataclass(frozen=True, slots=True)
class RefusalPage:
    """Some refusals, the latest first, with the names of the people in them by id; `older` is the last one where there
    are more."""

    refusals: list[Refusal]
    names: Mapping[str, str]
    older: Refusal | None


class Remedy(StrEnum):
    """Where an administrator finds what would help."""

    PERSON = "person"
    TIERS = "tiers"
    BUDGETS = "budgets"
    KEYS = "keys"
    PRICES = "prices"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why runs are refused, in a few words; what would help, in a sentence, and where that is done, best first."""

    title: str
    helps: str
    remedies: tuple[Remedy, ...] = ()


REASONS: Mapping[str, Reason] = {
    "tier_too_low": Reason(
        "The tier does not allow the model",
        "Give the person a tier that does, or let the tier use the model.",
        (Remedy.PERSON, Remedy.TIERS),
    ),
    "limit_reached": Reason(
        "A limit on runs was reached",
        "Give the person a higher limit, or let the time pass that the message names.",
        (Remedy.PERSON,),
    ),
    "budget_reached": Reason(
        "A budget has no room",
        "Raise the budget or make it a soft one; a smaller number of tokens or a cheaper model may fit as it is.",
        (Remedy.BUDGETS,),
    ),
    "key_missing": Reason("There is no key for the provider", "Add a key for the provider.", (Remedy.KEYS,)),
    "seal_broken": Reason(
        "A kept key does not open",
        "Type the key in again, or put the earlier ENCRYPTION_KEY behind the present one.",
        (Remedy.KEYS,),
    ),
    "unknown_provider": Reason(
        "The provider is not known",
        "Add the provider, or write the model as provider/model with a provider that is there.",
        (Remedy.KEYS,),
    ),
    "invalid_request": Reason(
        "The model is switched off", "Switch the model on again, or choose another one.", (Remedy.PRICES,)
    ),
    "unavailable": Reason("The lab was not ready", "Nothing: it makes itself ready in a moment. Try again."),
}
"""The reasons by the code of the error."""


def reason_of(code: str) -> Reason:
    """Return the reason behind a code; one that nobody described goes by its code."""
    return REASONS.get(code) or Reason(code.replace("_", " ").capitalize(), "The message says what to do.")

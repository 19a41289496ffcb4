"""Who may use what, and how often: the tiers and roles as pure rules."""

from enum import StrEnum
from typing import Protocol

from core.domain.models import ModelInfo
from core.errors import Forbidden


class Tier(StrEnum):
    """The tiers, lowest first."""

    TRIAL = "trial"
    STARTER = "starter"
    PROFESSIONAL = "professional"
    ENTERPRISE = "enterprise"


class Role(StrEnum):
    """What a person does in the lab, beside the tier."""

    OPS = "ops"
    PM = "pm"
    ADMIN = "admin"


RUNS_A_MONTH: dict[Tier, int | None] = {
    Tier.TRIAL: 100,
    Tier.STARTER: 1_000,
    Tier.PROFESSIONAL: 10_000,
    Tier.ENTERPRISE: None,
}
"""Runs a month; None is no limit."""


class HasRole(Protocol):
    """Somebody with a role."""

    @property
    def role(self) -> Role: ...


_STARTER_PREFIXES = ("openrouter/", "groq/", "together/", "local/")
_PROFESSIONAL_PREFIXES = (
    *_STARTER_PREFIXES,
    "openai/gpt-3.5",
    "openai/gpt-4o-mini",
    "anthropic/claude-3-haiku",
)


def tier_named(name: str) -> Tier:
    """Return the tier of that name; an unknown one counts as trial."""
    try:
        return Tier(name)
    except ValueError:
        return Tier.TRIAL


def tier_required(model: ModelInfo) -> Tier:
    """Return the lowest tier that may use `model`."""
    if model.id.startswith("local/") or _is_free_on_openrouter(model):
        return Tier.TRIAL
    if model.id.startswith(_STARTER_PREFIXES):
        return Tier.STARTER
    if model.id.startswith(_PROFESSIONAL_PREFIXES):
        return Tier.PROFESSIONAL
    return Tier.ENTERPRISE


def may_use(tier: Tier, model: ModelInfo) -> bool:
    """Return whether `tier` may use `model`."""
    order = list(Tier)
    return order.index(tier) >= order.index(tier_required(model))


def require_admin(user: "HasRole") -> None:
    """Raise `Forbidden` for whoever is no administrator."""
    if user.role is not Role.ADMIN:
        raise Forbidden("This is for administrators. Ask one of them.")


def reads_everybodys_spend(role: Role) -> bool:
    """Return whether `role` sees what everybody spent. Texts stay with their author all the same."""
    return role in (Role.PM, Role.ADMIN)


def reads_everybodys_texts(role: Role) -> bool:
    """Return whether `role` reads what others asked and were answered. It is noted each time."""
    return role is Role.ADMIN


def _is_free_on_openrouter(model: ModelInfo) -> bool:
    if not model.id.startswith("openrouter/"):
        return False
    return model.id.endswith(":free") or model.prices.free

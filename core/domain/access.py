"""Who may use what, and how often: the tiers and roles as pure rules."""

from dataclasses import dataclass
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


_ORDER = tuple(Tier)


class Role(StrEnum):
    """What a person does in the lab, beside the tier."""

    OPS = "ops"
    PM = "pm"
    ADMIN = "admin"


class HasRole(Protocol):
    """Somebody with a role."""

    @property
    def role(self) -> Role: ...


@dataclass(frozen=True, slots=True)
class TierRule:
    """What a tier allows, beside what every tier below it does.

    `runs_a_month` None is no limit. A model may be used whose id begins with one of `prefixes`, of which the empty one
    is every model's beginning; with `free_on_openrouter` also what OpenRouter gives away.
    """

    runs_a_month: int | None
    prefixes: tuple[str, ...] = ()
    free_on_openrouter: bool = False

    def allows(self, model: ModelInfo) -> bool:
        """Return whether this rule, by itself, allows `model`."""
        return model.id.startswith(self.prefixes) or (self.free_on_openrouter and _is_free_on_openrouter(model))


Rules = tuple[TierRule, ...]
"""The rules of all tiers, in their order."""

EVERY_MODEL = ("",)
"""The prefixes of the highest tier, which may use every model: so there is a tier for each of them."""

CONTRACT: Rules = (
    TierRule(100, ("local/",), free_on_openrouter=True),
    TierRule(1_000, ("openrouter/", "groq/", "together/", "local/")),
    TierRule(10_000, ("openai/gpt-3.5", "openai/gpt-4o-mini", "anthropic/claude-3-haiku")),
    TierRule(None, EVERY_MODEL),
)
"""The rules that hold unless an administrator sets others."""


def tier_named(name: str) -> Tier:
    """Return the tier of that name; an unknown one counts as trial."""
    try:
        return Tier(name)
    except ValueError:
        return Tier.TRIAL


def rule_of(tier: Tier, rules: Rules) -> TierRule:
    """Return the rule of `tier`."""
    return rules[_ORDER.index(tier)]


def tier_required(model: ModelInfo, rules: Rules) -> Tier:
    """Return the lowest tier that may use `model`."""
    allowing = (tier for tier, rule in zip(_ORDER, rules, strict=True) if rule.allows(model))
    return next(allowing, _ORDER[-1])


def may_use(tier: Tier, model: ModelInfo, rules: Rules) -> bool:
    """Return whether `tier` may use `model`: that tier, or one below it, allows it."""
    return _ORDER.index(tier) >= _ORDER.index(tier_required(model, rules))


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

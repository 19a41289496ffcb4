"""What each tier allows, as the administrators want it: kept in memory, since every run and every page asks."""

import re
from dataclasses import replace

from core.domain.access import CONTRACT, EVERY_MODEL, Rules, Tier, TierRule, may_use, require_admin, rule_of
from core.domain.accounts import User
from core.domain.limits import MOST_RUNS
from core.domain.models import ModelInfo
from core.errors import InvalidRequest
from core.services.copies import Copies
from core.store.changes import Topic
from core.store.tiers import TierStore

MOST_PREFIXES = 200
HIGHEST = list(Tier)[-1]

_PREFIX = re.compile(r"[a-z0-9][a-z0-9_-]*/[!-~]{0,190}")


class Tiers:
    """The rules of the tiers. Reading them waits for nothing."""

    def __init__(self, store: TierStore, copies: Copies) -> None:
        self._store = store
        self._copies = copies
        self._rules = CONTRACT

    def load(self) -> None:
        """Read the rules, and again whenever somebody changed them. Raises `StoreUnavailable`."""
        self._copies.keep(Topic.TIERS, self._read)

    @property
    def rules(self) -> Rules:
        """The rules that hold."""
        return self._rules

    def runs_a_month(self, tier: Tier) -> int | None:
        """Return how many runs a month `tier` allows; None is no limit."""
        return rule_of(tier, self._rules).runs_a_month

    def models(self, tier: Tier, among: list[ModelInfo]) -> int:
        """Return how many of some models `tier` may use."""
        return sum(may_use(tier, model, self._rules) for model in among)

    def set(self, user: User, tier: Tier, rule: TierRule) -> None:
        """Have `rule` hold for `tier`, in every process within two seconds.

        Raises `Forbidden`, `StoreUnavailable`, and `InvalidRequest` for what can be no rule.
        """
        require_admin(user)
        self._store.set(tier, _checked(tier, rule), user.id)
        self._copies.refresh()

    def reset(self, user: User) -> None:
        """Have the contract's rules hold again. Raises `Forbidden` and `StoreUnavailable`."""
        require_admin(user)
        self._store.reset(user.id)
        self._copies.refresh()

    def _read(self) -> None:
        self._rules = self._store.rules()


def _checked(tier: Tier, rule: TierRule) -> TierRule:
    """Return `rule` tidied."""
    if rule.runs_a_month is not None and not 0 <= rule.runs_a_month <= MOST_RUNS:
        raise InvalidRequest(f"Runs a month are a whole number from 0 to {MOST_RUNS:,}, or have no limit.")
    if tier is HIGHEST:
        return replace(rule, prefixes=EVERY_MODEL)
    prefixes = tuple(dict.fromkeys(filter(None, (prefix.strip() for prefix in rule.prefixes))))
    if len(prefixes) > MOST_PREFIXES:
        raise InvalidRequest(f"A tier has {MOST_PREFIXES} beginnings of models at most.")
    for prefix in prefixes:
        if not _PREFIX.fullmatch(prefix):
            raise InvalidRequest(
                f"“{prefix[:60]}” is no beginning of a model. Write the provider first, then a slash: openai/gpt-4o."
            )
    return replace(rule, prefixes=prefixes)

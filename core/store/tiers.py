"""The rules of the tiers that an administrator set; where there is none, the contract's holds."""

import logging
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from core.domain.access import CONTRACT, Rules, Tier, TierRule, rule_of
from core.domain.audit import Note, difference
from core.store import audit
from core.store.changes import Topic, bump
from core.store.database import Database
from core.store.tables import tier_rules

_RULE = TypeAdapter(TierRule)

log = logging.getLogger(__name__)


class TierStore:
    """The rules in the database. Every method raises `StoreUnavailable` when it cannot be reached in time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rules(self) -> Rules:
        """Return the rules that hold."""
        return self._database.call(_rules)

    def set(self, tier: Tier, rule: TierRule, actor: str) -> None:
        """Have `rule` hold for `tier`, and note who wanted it."""

        def work(connection: Connection) -> None:
            before = rule_of(tier, _rules(connection))
            values = {"tier": tier.value, "rules": asdict(rule)}
            row = insert(tier_rules).values(values)
            connection.execute(row.on_conflict_do_update(index_elements=["tier"], set_={"rules": row.excluded.rules}))
            _changed(connection, Note(actor, "change tier", tier, difference(asdict(before), asdict(rule))))

        self._database.call(work)

    def reset(self, actor: str) -> None:
        """Have the contract's rules hold for every tier, and note who wanted it."""

        def work(connection: Connection) -> None:
            before = dict(zip(Tier, map(asdict, _rules(connection)), strict=True))
            connection.execute(delete(tier_rules))
            after = dict(zip(Tier, map(asdict, CONTRACT), strict=True))
            _changed(connection, Note(actor, "reset tiers", "all tiers", difference(before, after)))

        self._database.call(work)


def _changed(connection: Connection, note: Note) -> None:
    audit.write(connection, note)
    bump(connection, Topic.TIERS)


def _rules(connection: Connection) -> Rules:
    kept = {row.tier: row.rules for row in connection.execute(select(tier_rules))}
    return tuple(_rule(tier, kept.get(tier), usual) for tier, usual in zip(Tier, CONTRACT, strict=True))


def _rule(tier: Tier, kept: Any, usual: TierRule) -> TierRule:
    """Return a rule as it is kept; one that somebody wrote by hand and that is none counts as the usual one."""
    try:
        return usual if kept is None else _RULE.validate_python(kept)
    except ValidationError:
        log.error("the kept rule of the tier %s is none, so the usual one holds", tier)
        return usual

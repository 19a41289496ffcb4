"""The tables, as the newest migration leaves them. Every instant is `timestamptz`, every amount exact `NUMERIC`.

users ─┬─ sessions, sign_in_codes      who is signed in, where
       ├─ api_tokens                   whose programs may call, and what they may do
       ├─ templates                    the users' own prompts to start from
       ├─ month_counts, running_counts limits, counted atomically
       └─ llm_usage_logs ─┬─ run_texts the ledger, by months, and the texts that may be cleared without touching it
                          └─ rollups   what the statistics read: sums of the ledger, kept in step by its triggers
sign_in_failures                       throttling, by name and by address
sealed_secrets                         what is kept encrypted, by owner and purpose
llm_models                             prices: the administrator's rows and what the lists say
instances                              the processes that may own a started run
audit_log                              who read or changed what is not their own; only ever added to
"""

from core.store.tables.audit import audit_log, changes, lab_settings, refusals
from core.store.tables.base import metadata
from core.store.tables.budgets import budget_periods, budgets
from core.store.tables.keys import added_providers, provider_keys
from core.store.tables.ledger import ODD, instances, llm_usage_logs, month_counts, run_texts, running_counts
from core.store.tables.models import cost_changes, cost_lookups, invoices, llm_models, own_prices, repricings
from core.store.tables.people import (
    api_tokens,
    password_links,
    sealed_secrets,
    sessions,
    sign_in_codes,
    sign_in_failures,
    templates,
    tier_rules,
    users,
)
from core.store.tables.rollups import rollup_changes, rollup_errors, rollup_zone, rollups, run_models

__all__ = [
    "ODD",
    "added_providers",
    "api_tokens",
    "audit_log",
    "budget_periods",
    "budgets",
    "changes",
    "cost_changes",
    "cost_lookups",
    "instances",
    "invoices",
    "lab_settings",
    "llm_models",
    "llm_usage_logs",
    "metadata",
    "month_counts",
    "own_prices",
    "password_links",
    "provider_keys",
    "refusals",
    "repricings",
    "rollup_changes",
    "rollup_errors",
    "rollup_zone",
    "rollups",
    "run_models",
    "run_texts",
    "running_counts",
    "sealed_secrets",
    "sessions",
    "sign_in_codes",
    "sign_in_failures",
    "templates",
    "tier_rules",
    "users",
]

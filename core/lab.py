"""The lab: every service, over one database and one engine. Pages and routes ask for the one that is open.

How it is put together is in `core.composition`, how it is opened and closed with its server in `core.lifespan`.
"""

from dataclasses import dataclass

from core.engine.engine import Engine
from core.errors import Unavailable
from core.services.accounts import Accounts
from core.services.audit import Audit
from core.services.budgets import Budgets
from core.services.copies import Copies
from core.services.exports import Exports
from core.services.history import History
from core.services.invoices import Invoices
from core.services.key_table import KeyTable
from core.services.keys import Keys
from core.services.lab_settings import LabSettings
from core.services.lookups import Lookups
from core.services.metrics import Metrics
from core.services.model_lists import ModelLists
from core.services.models import Models
from core.services.openid import Openid
from core.services.paces import Pace
from core.services.password_links import PasswordLinks
from core.services.people import People
from core.services.prices import PriceDesk
from core.services.privacy import Privacy
from core.services.providers import Providers
from core.services.refusals import Refusals
from core.services.repricing import Repricings
from core.services.retention import Retention
from core.services.runs import Runs
from core.services.stats import Stats
from core.services.tags import UsedTags
from core.services.templates import Templates
from core.services.tiers import Tiers
from core.services.tokens import Tokens
from core.settings import Settings
from core.store.database import Database


@dataclass(frozen=True, slots=True)
class Lab:
    """Every service of the lab, over one database and one engine."""

    settings: Settings
    database: Database
    engine: Engine
    metrics: Metrics
    accounts: Accounts
    openid: Openid | None
    password_links: PasswordLinks
    people: People
    tokens: Tokens
    tiers: Tiers
    providers: Providers
    keys: Keys
    key_table: KeyTable
    model_lists: ModelLists
    models: Models
    prices: PriceDesk
    repricings: Repricings
    runs: Runs
    lookups: Lookups
    invoices: Invoices
    refusals: Refusals
    audit: Audit
    privacy: Privacy
    lab_settings: LabSettings
    retention: Retention
    copies: Copies
    history: History
    exports: Exports
    stats: Stats
    tags: UsedTags
    budgets: Budgets
    templates: Templates
    pace: Pace


_current: Lab | None = None


def install(lab: Lab | None) -> None:
    """Make `lab` the one that pages and routes use; None while there is none."""
    global _current
    _current = lab


def is_open() -> bool:
    """Return whether there is one."""
    return _current is not None


def current() -> Lab:
    """Return the open lab. Raises `Unavailable` while it is starting or shutting down."""
    if _current is None:
        raise Unavailable("The lab is starting: it waits for its database. This page works as soon as it is there.")
    return _current

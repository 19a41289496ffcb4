"""The composition root: from `Settings` to a `Lab` that holds every service.

Closing goes in the order that loses nothing: admit no more, stop and settle the runs, flush the spool, let go of the
database, stop the embedded servers.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

from core import logs
from core.chores import every, start
from core.domain.runs import RunEnded
from core.engine.engine import Engine, Limits
from core.engine.settlement import Settlement
from core.lab import Lab
from core.providers.client import ProviderClient
from core.providers.local_model import LocalModel
from core.secrets import Vault, encryption_keys
from core.services.accounts import Accounts
from core.services.audit import audit_over
from core.services.budgets import budgets_over
from core.services.copies import Copies
from core.services.exports import Exports
from core.services.history import History
from core.services.invoices import Invoices
from core.services.key_table import KeyTable
from core.services.key_uses import KeyUses
from core.services.lab_settings import lab_settings_over
from core.services.lookups import BILLED_LATER, Lookups, address_of
from core.services.metrics import Metrics
from core.services.model_lists import ModelLists
from core.services.models import Models
from core.services.openid import openid_over
from core.services.paces import Pace
from core.services.password_links import PasswordLinks
from core.services.people import People
from core.services.prices import PriceDesk
from core.services.privacy import privacy_over
from core.services.refusals import refusals_over
from core.services.repricing import repricings_over
from core.services.retention import Retention, retention_over
from core.services.runs import Runs
from core.services.secrets import Secrets
from core.services.stats import Stats
from core.services.tags import UsedTags
from core.services.templates import Templates
from core.services.tiers import Tiers
from core.services.tokens import Tokens
from core.services.ways import ways_over
from core.settings import Settings
from core.store.accounts import AccountStore
from core.store.attempts import AttemptStore
from core.store.audit import AuditStore
from core.store.changes import ChangeStore, Topic
from core.store.database import Database
from core.store.embedded import EmbeddedPostgres
from core.store.export_rows import ExportRows
from core.store.history import HistoryStore
from core.store.instance import Instance
from core.store.invoices import BesideStore, InvoiceStore
from core.store.keys import KeyStore
from core.store.ledger import Ledger
from core.store.lookups import LookupStore
from core.store.migrations import migrate
from core.store.months import Months
from core.store.password_links import PasswordLinkStore
from core.store.people import PeopleStore
from core.store.prices import ModelStore
from core.store.refusals import RefusalStore
from core.store.rollups import Rollups
from core.store.secrets import SecretStore
from core.store.sessions import SessionStore
from core.store.spend import SpendStore
from core.store.spool import Spool
from core.store.tags import TagStore
from core.store.templates import TemplateStore
from core.store.tiers import TierStore
from core.store.tokens import TokenStore

CLEAR_TEXTS_EVERY_S = 3600.0
FOLD_EVERY_S = 2.0
REFRESH_COPIES_EVERY_S = 2.0
WRITE_KEY_USES_EVERY_S = 5.0
FORGET_REFUSALS_EVERY_S = 3600.0
MONTHS_EVERY_S = 3600.0


async def open_lab(settings: Settings, stack: AsyncExitStack) -> Lab:
    """Open everything on the running loop, and leave on `stack` how it is closed.

    Raises `StoreUnavailable`, and `SettingsError` for what trying again will not cure.
    """
    postgres = None if settings.database_url else EmbeddedPostgres(settings.data_dir)
    if postgres:
        stack.push_async_callback(asyncio.to_thread, postgres.stop)
    url = await asyncio.to_thread(_migrated_url, settings, postgres)
    database, instance = Database(url), Instance(url)
    stack.push_async_callback(asyncio.to_thread, database.close)
    stack.push_async_callback(asyncio.to_thread, instance.close)
    vault = await asyncio.to_thread(_proved_vault, settings, database)
    await asyncio.to_thread(instance.open)
    local = _started(LocalModel(settings.data_dir), stack) if settings.embedded_model else None
    client = ProviderClient()
    stack.push_async_callback(client.aclose)
    lab_settings = lab_settings_over(database, settings)
    keeps_texts = lab_settings.keeps_texts
    ledger = Ledger(database, instance.id, billed_later=BILLED_LATER, keeps_texts=keeps_texts)
    rollups = Rollups(database, settings.timezone)
    spool, metrics = Spool(settings.data_dir / "spool"), Metrics()
    settlement = Settlement(ledger, spool)
    retention = retention_over(lab_settings, database, ledger, spool)
    stack.push_async_callback(settlement.close)
    key_uses = KeyUses(KeyStore(database))
    stack.push_async_callback(asyncio.to_thread, key_uses.close)
    engine = Engine(client, settlement, _limits(settings), _observer(metrics, key_uses))
    stack.push_async_callback(engine.close)
    _watch(metrics, engine, spool, database)
    lab = _compose(settings, database, engine, metrics, client, local, ledger, rollups, vault, retention)
    lab.lookups.show_in(metrics)
    if lab.openid:
        stack.push_async_callback(lab.openid.aclose)
    await asyncio.to_thread(rollups.prepare)
    await asyncio.to_thread(lab.budgets.prepare)
    await asyncio.to_thread(lab.tiers.load)
    await asyncio.to_thread(lab.providers.load)
    await asyncio.to_thread(lab.keys.load)
    await asyncio.to_thread(lab.model_lists.watch, lab.copies)
    await asyncio.to_thread(lab.copies.keep, Topic.SETTINGS, lab_settings.load)
    await asyncio.to_thread(_welcome, lab)
    start(
        stack,
        settlement.maintain(),
        lab.model_lists.refresh(),
        lab.lookups.keep_asking(),
        every(CLEAR_TEXTS_EVERY_S, retention.clear),
        every(FORGET_REFUSALS_EVERY_S, lab.refusals.forget_old),
        every(REFRESH_COPIES_EVERY_S, lab.copies.refresh),
        every(WRITE_KEY_USES_EVERY_S, key_uses.write),
        every(FOLD_EVERY_S, rollups.fold),
        every(MONTHS_EVERY_S, Months(database).make_ahead),
    )
    return lab


def _compose(
    settings: Settings,
    database: Database,
    engine: Engine,
    metrics: Metrics,
    client: ProviderClient,
    local: LocalModel | None,
    ledger: Ledger,
    rollups: Rollups,
    vault: Vault,
    retention: Retention,
) -> Lab:
    history, spend, audit = HistoryStore(database), SpendStore(rollups), AuditStore(database)
    refusals, copies = RefusalStore(database), Copies(ChangeStore(database))
    accounts = Accounts(AccountStore(database), SessionStore(database), AttemptStore(database))
    tiers = Tiers(TierStore(database), copies)
    links = PasswordLinkStore(database)
    ways, model_store = ways_over(settings, database, copies, vault, local, client), ModelStore(database)
    models = Models(settings=settings, store=model_store, providers=ways.providers, ways=ways, tiers=tiers)
    runs = Runs(
        models=models,
        tiers=tiers,
        engine=engine,
        ledger=ledger,
        history=history,
        spend=spend,
        refusals=refusals,
        zone=settings.timezone,
        deadline_s=settings.request_timeout_s,
        concurrency=settings.user_concurrency,
    )
    stats = Stats(spend, accounts.names)
    lists = ModelLists(client, ways, model_store, models)
    tags = UsedTags(TagStore(database), stats)
    return Lab(
        settings=settings,
        database=database,
        engine=engine,
        metrics=metrics,
        accounts=accounts,
        openid=openid_over(settings, database, accounts),
        password_links=PasswordLinks(links, AttemptStore(database)),
        people=People(PeopleStore(rollups), links),
        tokens=Tokens(TokenStore(database)),
        tiers=tiers,
        providers=ways.providers,
        keys=ways.keys,
        key_table=KeyTable(ways),
        model_lists=lists,
        models=models,
        prices=PriceDesk(models=models, lists=lists, store=model_store, copies=copies),
        repricings=repricings_over(database, models, settings.timezone, accounts.names),
        runs=runs,
        lookups=Lookups(LookupStore(database), client, address_of(ways)),
        invoices=Invoices(InvoiceStore(database), BesideStore(rollups), settings.timezone, catalogue=spend.catalogue),
        refusals=refusals_over(refusals, database, settings.timezone),
        audit=audit_over(database, settings.timezone),
        privacy=privacy_over(database, engine),
        lab_settings=retention.settings,
        retention=retention,
        copies=copies,
        history=History(history, settings.timezone, audit, accounts.names),
        exports=Exports(ExportRows(database), history, audit),
        stats=stats,
        tags=tags,
        budgets=budgets_over(database, settings.timezone, models, tags),
        templates=Templates(TemplateStore(database)),
        pace=Pace(settings.api_requests_per_minute),
    )


def _migrated_url(settings: Settings, postgres: EmbeddedPostgres | None) -> str:
    given = settings.database_url
    url = postgres.start() if postgres else given.get_secret_value() if given else ""
    migrate(url)
    return url


def _observer(metrics: Metrics, key_uses: KeyUses) -> Callable[[RunEnded], None]:
    def observe(ended: RunEnded) -> None:
        logs.run_ended(ended)
        metrics.run_ended(ended)
        key_uses.run_ended(ended)

    return observe


def _watch(metrics: Metrics, engine: Engine, spool: Spool, database: Database) -> None:
    metrics.gauge("runs_in_flight", "Runs that have not ended.", lambda: engine.in_flight)
    metrics.gauge("spool_depth", "Records on disk that wait for the database.", lambda: spool.depth)
    metrics.gauge("spool_torn", "Files of the spool that were set aside unread.", lambda: spool.torn)
    metrics.gauge("database_pool_in_use", "Connections to the database in use.", lambda: database.in_use)
    metrics.gauge("database_pool_size", "Connections to the database at most.", lambda: database.pool_size)


def _proved_vault(settings: Settings, database: Database) -> Vault:
    vault = Vault(encryption_keys(settings))
    Secrets(vault, SecretStore(database)).check()
    return vault


def _limits(settings: Settings) -> Limits:
    return Limits(settings.request_timeout_s, settings.stall_timeout_s, settings.abandon_grace_s)


def _started(local: LocalModel, stack: AsyncExitStack) -> LocalModel:
    local.start()
    stack.push_async_callback(asyncio.to_thread, local.stop)
    return local


def _welcome(lab: Lab) -> None:
    password = lab.settings.admin_password
    name = lab.settings.admin_username
    generated = lab.accounts.ensure_first_admin(name, password.get_secret_value() if password else None)
    if generated:
        print(f"\n  Sign in as {name} with the password {generated}\n  It is shown only this once.\n", flush=True)

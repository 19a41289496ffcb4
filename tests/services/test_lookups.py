"""Providers are asked what they billed until they tell it, whatever they answer and whoever is killed meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.corrections import PAUSES, Outstanding
from core.domain.events import Identified
from core.domain.pricing import cost_of
from core.domain.runs import Payer, RunOrigin, RunStatus
from core.domain.usage import Usage
from core.engine.engine import Call
from core.errors import Forbidden, KeyMissing, StoreUnavailable
from core.providers.client import ProviderClient
from core.providers.registry import PROVIDERS
from core.services import lookups as asking
from core.services.lookups import BILLED_LATER, Lookups
from core.store import lookups as rows
from core.store.database import Database
from core.store.history import HistoryStore
from core.store.ledger import Ledger
from core.store.lookups import LEASE, LookupStore
from core.store.tables import audit_log, cost_changes, cost_lookups
from tests.fixtures.accounts import Clock
from tests.fixtures.lab import KEY, add_user, request, running_lab, start
from tests.fixtures.runs import NOW, PRICES, admission, record
from tests.fixtures.runs import add_user as add_row
from tests.fixtures.servers import eventually

OPENROUTER = PROVIDERS["openrouter"]
COST = Decimal("0.000123")
BROKEN_OFF = {"status": RunStatus.CANCELLED, "usage_reported": False}


@pytest.fixture
async def client() -> AsyncIterator[ProviderClient]:
    client = ProviderClient()
    yield client
    await client.aclose()


class Bench:
    """Broken-off runs, and who asks about them on a clock that is moved by hand."""

    def __init__(self, database, simulator, client):
        simulator.clear()
        self.database, self.simulator, self.client = database, simulator, client
        self.clock = Clock(NOW)
        self.asked = []
        add_row(database)
        self.ledger = Ledger(database, 1, billed_later=BILLED_LATER)
        self.lookups = self.process()

    def process(self, database=None, **changes):
        """One of the processes that ask."""
        store = changes.pop("store", None) or LookupStore(database or self.database)
        return Lookups(store, self.client, changes.pop("address_of", self.address), now=self.clock)

    def address(self, lookup):
        self.asked.append((lookup.user_id, lookup.paid_by))
        return Call(OPENROUTER, self.simulator.base_url("openrouter"), KEY)

    async def broken_off(self, options="", **changes):
        """A run that its provider knows, and that was broken off after five words."""
        asked = request(f"openrouter/sim/silent?after=5&input=50&cost={COST}&{options}")
        run, base_url = admission(request=asked, **changes), self.simulator.base_url("openrouter")
        stream = self.client.stream(OPENROUTER, base_url, KEY, asked, stall_timeout_s=5)
        async with aclosing(stream):
            async for events in stream:
                names = [event.generation_id for event in events if isinstance(event, Identified)]
                if names:
                    break
        guess = cost_of(Usage(input_tokens=40, output_tokens=5), PRICES, reported=False)
        record(self.ledger, run, **BROKEN_OFF, cost=guess, generation_id=names[0])
        return run

    async def after(self, pause, lookups=None):
        """Let so much time pass, and ask whatever is due then; returns how much that was."""
        self.clock.time += pause
        return await (lookups or self.lookups).ask_due()

    def opened(self, run):
        return HistoryStore(self.database).find(run.run_id)

    def count(self, table):
        return self.database.call(lambda connection: connection.scalar(select(func.count()).select_from(table)))

    @property
    def questions(self):
        return [one for one in self.simulator.requests if one.method == "GET"]


@pytest.fixture
def bench(database: Database, simulator, client) -> Bench:
    return Bench(database, simulator, client)


async def test_a_provider_is_asked_until_it_tells(bench):
    run = await bench.broken_off("bill=404,429,500")
    bench.clock.time += timedelta(milliseconds=1200)
    assert await bench.after(timedelta(seconds=4)) == 0
    assert await bench.after(timedelta(seconds=1)) == 1
    assert bench.opened(run).lookup.failure == "OpenRouter does not know yet what this run cost."
    assert await bench.after(PAUSES[1] - timedelta(seconds=1)) == 0
    assert await bench.after(timedelta(seconds=1)) == 1
    assert "rate limit" in bench.opened(run).lookup.failure
    await bench.after(PAUSES[2])
    assert bench.opened(run).lookup.attempts == 3
    await bench.after(PAUSES[3])
    opened = bench.opened(run)
    assert (opened.cost.amount, opened.cost.source, opened.lookup) == (COST, "provider", None)
    assert (opened.usage.input_tokens, opened.corrections[0].changed_at) == (50, bench.clock.time)
    assert [question.query["id"] for question in bench.questions] == [opened.generation_id] * 4
    assert await bench.after(timedelta(days=9)) == 0


async def test_what_a_provider_says_of_the_key_or_in_markup_is_kept_nowhere(bench):
    run = await bench.broken_off("bill=500")
    await bench.after(timedelta(minutes=1))
    failure = bench.opened(run).lookup.failure
    assert "Not now" in failure and KEY not in failure and "<b>" not in failure


async def test_the_bill_of_another_run_is_not_believed(bench):
    run = await bench.broken_off("bill=200&bill_id=gen-of-another")
    await bench.after(timedelta(minutes=1))
    opened = bench.opened(run)
    assert (opened.cost.source, opened.corrections, opened.lookup.attempts) == ("estimated", (), 1)


async def test_what_is_never_told_is_given_up_and_begun_anew_by_an_administrator(bench):
    run = await bench.broken_off("bill=" + ",".join(["500"] * 6))
    bench.clock.time += timedelta(seconds=2)
    for pause in PAUSES:
        assert await bench.after(pause) == 1
    assert await bench.after(timedelta(days=99)) == 0
    assert bench.opened(run).lookup.next_at is None
    with pytest.raises(Forbidden):
        bench.lookups.ask_again(User("ann", "ann", Tier.ENTERPRISE, Role.PM))
    assert bench.lookups.ask_again(User("root", "root", Tier.ENTERPRISE, Role.ADMIN)) == 1
    assert bench.lookups.outstanding == Outstanding(1, 0)
    assert bench.count(audit_log) == 1
    await bench.after(timedelta(0))
    assert bench.opened(run).cost.amount == COST


async def test_the_key_that_paid_asks_and_without_it_nothing_is_sent(bench):
    def gone(lookup):
        raise KeyMissing("The key that paid for this run is gone.")

    run = await bench.broken_off("bill=200", paid_by=Payer.OWN)
    await bench.after(timedelta(minutes=1), bench.process(address_of=gone))
    assert (bench.questions, bench.opened(run).lookup.failure) == ([], "The key that paid for this run is gone.")
    await bench.after(timedelta(minutes=1))
    assert (bench.asked, bench.opened(run).cost.amount) == ([("ann", "own")], COST)


async def test_killed_between_the_answer_and_its_record_another_process_asks_again_and_corrects_once(bench):
    class Killed(LookupStore):
        def settle(self, *_):
            raise StoreUnavailable("killed")

    run = await bench.broken_off("bill=200")
    with pytest.raises(StoreUnavailable):
        await bench.after(timedelta(minutes=1), bench.process(store=Killed(bench.database)))
    assert bench.opened(run).cost.source == "estimated"
    assert await bench.after(LEASE - timedelta(seconds=1)) == 0
    assert await bench.after(timedelta(seconds=1)) == 1
    assert (bench.opened(run).cost.amount, bench.count(cost_changes)) == (COST, 1)


async def test_two_processes_at_once_ask_about_each_run_once(bench, database_url):
    runs = [await bench.broken_off("bill=200") for _ in range(20)]
    bench.clock.time += timedelta(minutes=1)
    other = Database(database_url)
    try:
        processes = [bench.lookups, bench.process(other)]
        for _ in range(2):
            await asyncio.gather(*(process.ask_due() for process in processes))
    finally:
        other.close()
    assert len({question.query["id"] for question in bench.questions}) == len(bench.questions) == 20
    assert {bench.opened(run).cost.amount for run in runs} == {COST}
    assert (bench.count(cost_changes), bench.count(cost_lookups)) == (20, 0)


@pytest.mark.parametrize(("own", "key"), [(None, KEY), ("sk-or-own-0123456789", "sk-or-own-0123456789")])
def test_a_run_that_is_stopped_in_the_lab_is_corrected_behind_by_the_key_that_paid(
    database_url, simulator, tmp_path, monkeypatch, own, key
):
    monkeypatch.setattr(rows, "PAUSES", (timedelta(0),))
    monkeypatch.setattr(asking, "LOOK_EVERY_S", 0.05)
    simulator.clear()
    with running_lab(database_url, simulator, tmp_path) as lab:
        user = add_user(lab)
        if own:
            lab.keys.save(user, Payer.OWN, "openrouter", own)
        run = start(lab, user, f"openrouter/sim/words?n=1000&rate=50&cost={COST}&bill=200", RunOrigin.API)
        eventually(lambda: run.tally.deltas)
        lab.runs.stop(user, run.admission.run_id)
        eventually(lambda: run.settled.is_set())
        assert run.outcome.cost.source == "estimated"
        eventually(lambda: lab.history.open(user, run.admission.run_id).cost.source == "provider")
        eventually(lambda: b"lab_cost_lookups_pending 0.0" in lab.metrics.exposition())
        assert lab.history.open(user, run.admission.run_id).cost.amount == COST
    assert {one.key for one in simulator.requests if "/generation" in one.path} == {key}

"""The desk of prices: what administrators set holds for every run from its moment on, and others only read it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from core.domain.access import Role
from core.domain.own_prices import PriceDraft
from core.domain.periods import Period
from core.domain.pricing import CostSource, PriceSource
from core.domain.recomputing import differs
from core.errors import Forbidden, InvalidRequest, UnknownProvider
from core.services.prices import PriceChange, PriceFilter
from core.services.repricing import Days
from core.store.cost_records import cost_records
from core.store.history import HistoryStore
from tests.fixtures.lab import add_user, ended, start

DRAFT = PriceDraft("5", "6", cached="1", cache_write="7", per_request="0.001")
MODEL = "openai/sim/words"


@pytest.fixture
def admin(lab):
    return add_user(lab, "root", role=Role.ADMIN)


@pytest.fixture
def pm(lab):
    return add_user(lab, "pam", role=Role.PM)


@pytest.fixture
def ops(lab):
    return add_user(lab)


def now():
    return datetime.now(UTC)


def change(model_id=MODEL, starts_at=None, draft=DRAFT, **more):
    return PriceChange(model_id, starts_at or now(), draft, **more)


def today():
    return Days(now().date() - timedelta(1), now().date() + timedelta(1))


def notes(lab):
    return lab.database.call(
        lambda connection: connection.execute(
            text("SELECT act, subject, details FROM audit_log WHERE actor = 'root' ORDER BY id")
        ).all()
    )


def test_who_administers_nothing_sets_nothing(lab, pm, ops):
    for user in (pm, ops):
        for act in (
            lambda user: lab.prices.set(user, change()),
            lambda user: lab.prices.doubts(user, change()),
            lambda user: lab.prices.remove(user, MODEL, 1),
            lambda user: lab.prices.switch(user, MODEL, enabled=False),
            lambda user: lab.prices.refresh(user),
            lambda user: lab.repricings.preview(user, today()),
        ):
            with pytest.raises(Forbidden):
                act(user)
    assert lab.prices.history(pm, MODEL) == []


def test_product_managers_read_and_ops_do_not(lab, pm, ops):
    assert lab.prices.page(pm, PriceFilter(), size=1)[1] > 5
    assert lab.repricings.past(pm, 10) == [] and lab.prices.concerns(pm).unpriced == ()
    for read in (
        lambda user: lab.prices.page(user, PriceFilter(), size=1),
        lambda user: lab.prices.providers(user),
        lambda user: lab.prices.model(user, MODEL),
        lambda user: lab.prices.listed_prices(user, MODEL),
        lambda user: lab.prices.history(user, MODEL),
        lambda user: lab.prices.concerns(user),
        lambda user: lab.prices.lists_read(user),
        lambda user: lab.repricings.past(user, 10),
    ):
        with pytest.raises(Forbidden):
            read(ops)


def test_a_run_has_the_price_that_was_set_and_its_record_proves_it(lab, admin, ops):
    before = ended(start(lab, ops, MODEL))
    assert before.cost.source is CostSource.ESTIMATED
    lab.prices.set(admin, change())
    after = ended(start(lab, ops, MODEL))
    assert (after.prices.input.base, after.prices.source) == (Decimal(5), PriceSource.ADMINISTRATOR)
    usage = after.usage
    fresh = usage.input_tokens - usage.cached_tokens
    parts = fresh * 5 + usage.cached_tokens * 1 + usage.output_tokens * 6
    assert after.cost.amount == Decimal(parts) / 1_000_000 + Decimal("0.001")
    records = list(cost_records(lab.database, Period(now() - timedelta(hours=1), now())))
    assert len(records) == 2 and not any(map(differs, records))


def test_what_is_set_for_later_takes_effect_by_itself(lab, admin, ops, monkeypatch):
    later = now() + timedelta(days=3)
    lab.prices.set(admin, change(starts_at=later))
    lab.prices.set(admin, change(starts_at=later + timedelta(days=1), draft=None))
    assert lab.prices.model(admin, MODEL).prices.source is PriceSource.FALLBACK
    seen = []
    for moment in (later - timedelta(seconds=1), later, later + timedelta(days=1)):
        monkeypatch.setattr(lab.models, "_now", lambda moment=moment: moment)
        listed = next((each.model for each in lab.models.choices(ops) if each.model.id == MODEL), None)
        seen.append((lab.models.find(MODEL).prices.source, listed and listed.prices.source))
    own = PriceSource.ADMINISTRATOR
    assert [found for found, _ in seen] == [PriceSource.FALLBACK, own, PriceSource.FALLBACK]
    assert seen[1] == (own, own)


def test_every_change_is_noted_with_before_and_after(lab, admin):
    later = now() + timedelta(days=3)
    lab.prices.set(admin, change(starts_at=later, note=" dearer "))
    [entry] = lab.prices.history(admin, MODEL)
    again = change(starts_at=later + timedelta(days=1), draft=replace(DRAFT, input="4"), replaces=entry.id)
    lab.prices.set(admin, again)
    lab.prices.remove(admin, MODEL, entry.id)
    lab.prices.switch(admin, MODEL, enabled=False)
    found = notes(lab)
    assert [(act, subject) for act, subject, _ in found] == [
        (act, MODEL) for act in ("set price", "correct price", "remove price", "switch model")
    ]
    told = [details for *_, details in found]
    assert told[0]["before"]["prices"]["source"] == "fallback"
    assert told[0]["after"]["prices"]["input"] == {"base": "5"} and told[0]["after"]["note"] == "dearer"
    assert (told[1]["before"], told[1]["after"]["prices"]["input"]) == (told[0]["after"], {"base": "4"})
    assert (told[2]["before"], told[2]["after"]) == (told[1]["after"], {})
    assert told[3] == {"before": {"enabled": True}, "after": {"enabled": False}}


def test_a_model_that_is_switched_off_is_refused_until_it_is_switched_on(lab, admin, ops):
    lab.prices.switch(admin, MODEL, enabled=False)
    with pytest.raises(InvalidRequest, match="switched off"):
        start(lab, ops, MODEL)
    [off], count = lab.prices.page(admin, PriceFilter(enabled=False), size=10)
    assert (off.id, count) == (MODEL, 1)
    lab.prices.switch(admin, MODEL, enabled=True)
    assert ended(start(lab, ops, MODEL)).text


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        (change("nobody/x"), UnknownProvider, "no such provider"),
        (change("openai"), InvalidRequest, "provider/model"),
        (change("openai/a b"), InvalidRequest, "provider/model"),
        (change("openai/" + "x" * 200), InvalidRequest, "provider/model"),
        (change(draft=PriceDraft("-1", "2")), InvalidRequest, "without a sign"),
        (change(note="x" * 301), InvalidRequest, "too long"),
        (change(replaces=1, starts_at=datetime(2026, 1, 1, tzinfo=UTC)), InvalidRequest, "still to come"),
        (change(replaces=1, starts_at=datetime(2999, 1, 1, tzinfo=UTC)), InvalidRequest, "begun meanwhile"),
    ],
)
def test_what_will_not_do_is_said_and_nothing_is_set(lab, admin, asked, error, words):
    with pytest.raises(error, match=words):
        lab.prices.set(admin, asked)
    assert lab.models.listing.own.model_ids == set() and notes(lab) == []


def test_a_slip_of_the_finger_is_noticed(lab, admin):
    dear = change("openai/gpt-4o-mini", draft=PriceDraft("15", "0.6"))
    assert lab.prices.doubts(admin, dear) == ["Input"]
    assert lab.prices.doubts(admin, change(draft=None)) == []


def test_models_are_found_by_words_provider_and_source(lab, admin):
    lab.prices.set(admin, change("groq/llama-3.1-8b-instant"))
    found, count = lab.prices.page(admin, PriceFilter(words="LLAMA 8b", provider="groq"), size=50)
    assert "groq/llama-3.1-8b-instant" in [model.id for model in found] and len(found) == count < 10
    own, count = lab.prices.page(admin, PriceFilter(source=PriceSource.ADMINISTRATOR), size=50)
    assert ([model.id for model in own], count) == (["groq/llama-3.1-8b-instant"], 1)
    everything, total = lab.prices.page(admin, PriceFilter(), size=10_000)
    assert lab.prices.page(admin, PriceFilter(), size=3, offset=2)[0] == everything[2:5] and len(everything) == total


def test_lists_are_read_anew_and_what_is_old_or_unpriced_is_told(lab, admin, ops, monkeypatch):
    newest = now().date() - timedelta(days=30)
    monkeypatch.setattr("core.services.prices.newest_price", lambda at: newest)
    ended(start(lab, ops, "groq/nameless"))
    lab.stats.report(admin, now().date(), now().date())
    assert lab.prices.refresh(admin)
    assert set(lab.prices.lists_read(admin)) >= {"openai", "openrouter", "groq"}
    concerns = lab.prices.concerns(admin)
    assert (concerns.list_of, concerns.unread, concerns.unpriced) == (None, (), ("groq/nameless",))
    lab.prices.set(admin, change("groq/nameless"))
    assert lab.prices.concerns(admin).unpriced == ()
    later = now() + timedelta(days=2)
    monkeypatch.setattr(lab.prices, "_now", lambda: later)
    concerns = lab.prices.concerns(admin)
    assert concerns.list_of == newest and "openai" in concerns.unread


def test_past_runs_are_priced_by_the_own_prices_of_their_moment_and_back(lab, admin, ops):
    run = ended(start(lab, ops, MODEL))
    lab.prices.set(admin, change(starts_at=now() - timedelta(hours=1), draft=PriceDraft("1", "2")))
    preview = lab.repricings.preview(admin, today())
    assert [(one.key, one.runs) for one in preview.by_user] == [("ann", 1)]
    with pytest.raises(InvalidRequest, match="Say why"):
        lab.repricings.apply(admin, today(), preview, " ")
    done = lab.repricings.apply(admin, today(), preview, "the fallback was used")
    kept = HistoryStore(lab.database).find(run.run_id)
    used = run.usage
    assert kept.cost.amount == Decimal(used.input_tokens + 2 * used.output_tokens) / 1_000_000 == done.after
    assert kept.cost.source is CostSource.COMPUTED
    with pytest.raises(InvalidRequest, match="No run would change"):
        lab.repricings.apply(admin, today(), lab.repricings.preview(admin, today()), "again")
    undone = lab.repricings.undo(admin, done.id, lab.repricings.preview_undo(admin, done.id), "it was right")
    assert HistoryStore(lab.database).find(run.run_id).cost == run.cost
    assert [(one.id, one.undone) for one in lab.repricings.past(admin, 10)] == [(undone.id, False), (done.id, True)]
    acts = [(act, subject) for act, subject, _ in notes(lab)]
    assert acts[1:] == [("reprice runs", str(done.id)), ("undo repricing", str(undone.id))]


@pytest.mark.parametrize("days", [(2, 1), (0, 400)])
def test_days_out_of_order_or_too_many_are_refused(lab, admin, days):
    first, last = (now().date() + timedelta(one) for one in days)
    with pytest.raises(InvalidRequest, match="no more than a year apart"):
        lab.repricings.preview(admin, Days(first, last))


def test_prices_bear_the_day_of_the_reporting_zone(lab, admin):
    start = datetime(2027, 1, 1, tzinfo=ZoneInfo("Asia/Kathmandu"))
    lab.prices.set(admin, change(starts_at=start))
    [entry] = lab.prices.history(admin, MODEL)
    assert entry.starts_at == start and entry.prices.as_of == start.date()

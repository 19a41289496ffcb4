"""Who may run what is decided in the service, whatever a page shows; what is refused reaches no provider."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text

from core.domain.access import CONTRACT, Role, Tier, rule_of
from core.domain.accounts import User
from core.domain.faults import FaultCode
from core.domain.models import ModelInfo
from core.domain.pricing import PriceSource, flat
from core.domain.queries import HistoryFilter
from core.domain.runs import RunOrigin, RunStatus
from core.errors import (
    InvalidRequest,
    KeyMissing,
    LimitReached,
    NotFound,
    StoreUnavailable,
    TierTooLow,
    Unavailable,
    UnknownProvider,
)
from core.futures import then
from core.store.ledger import Ledger
from core.store.prices import ModelStore
from tests.fixtures.database import copied
from tests.fixtures.lab import add_user, calls, ended, request, running_lab, start
from tests.fixtures.runs import running
from tests.fixtures.servers import eventually
from tests.unit.test_access import TABLE

ORDER = list(Tier)


@pytest.fixture(scope="module")
def keyless(postgres_url, migrated_template, simulator, tmp_path_factory):
    """A lab that knows every model of the tier table and has a key for none of them."""
    none = {f"{name}_API_KEY": None for name in ("OPENROUTER", "OPENAI", "ANTHROPIC", "GROQ", "TOGETHER", "LOCAL")}
    with (
        copied(postgres_url, migrated_template) as url,
        running_lab(url, simulator, tmp_path_factory.mktemp("keyless"), **none) as lab,
    ):
        models = [
            ModelInfo(id=model_id, display_name=model_id, prices=prices)
            for rows in TABLE.values()
            for model_id, prices in rows
        ]
        for provider in ("openrouter", "openai", "anthropic", "groq", "together"):
            ModelStore(lab.database).replace_listed(provider, models)
        lab.models.load()
        yield lab


@pytest.mark.parametrize("required", Tier)
@pytest.mark.parametrize("tier", Tier)
def test_every_row_of_the_tier_table_holds_in_the_service(keyless, tier, required):
    user = User(f"user-{uuid4()}", "x", tier, Role.OPS)
    models = [model_id for model_id, _ in TABLE[required] if not model_id.startswith("local/")]
    assert len(TABLE[required]) == 20
    for model_id in models:
        allowed = ORDER.index(tier) >= ORDER.index(required)
        with pytest.raises(KeyMissing if allowed else TierTooLow) as caught:
            keyless.runs.start(user, request(model_id), RunOrigin.API)
        if isinstance(caught.value, TierTooLow):
            assert (caught.value.tier_required, caught.value.current_tier) == (required, tier)


def test_every_tier_may_use_a_local_model(lab):
    for tier in Tier:
        assert ended(start(lab, add_user(lab, tier, tier), "local/sim/words")).cost.amount == 0


def test_what_is_refused_reaches_no_provider_and_is_not_counted(lab, simulator):
    ann = add_user(lab, tier=Tier.TRIAL)
    for model, error in (("openai/gpt-4o", TierTooLow), ("nobody/x", UnknownProvider)):
        with pytest.raises(error):
            start(lab, ann, model)
    assert calls(simulator) == []
    assert lab.runs.allowance(ann).runs_used == 0
    assert lab.history.page(ann, HistoryFilter()).rows == []


def test_the_monthly_limit_holds_and_tells_when_it_starts_anew(lab, simulator):
    ann = add_user(lab, tier=Tier.TRIAL)
    ended(start(lab, ann, "local/sim/words"))
    used_up = "UPDATE month_counts SET runs = :limit WHERE user_id = 'ann'"
    limit = rule_of(Tier.TRIAL, CONTRACT).runs_a_month
    lab.database.call(lambda connection: connection.execute(text(used_up), {"limit": limit}))
    assert lab.runs.runs_left(ann) == 0
    with pytest.raises(LimitReached) as caught:
        start(lab, ann, "local/sim/words")
    assert (caught.value.limit, caught.value.used) == (100, 100)
    assert caught.value.resets_at > datetime.now(UTC)
    assert len(calls(simulator)) == 1


def test_runs_at_once_are_limited_and_a_place_is_free_again(database_url, simulator, tmp_path):
    with running_lab(database_url, simulator, tmp_path, LAB_USER_CONCURRENCY=2) as lab:
        ann = add_user(lab)
        going = [start(lab, ann, "openai/sim/silent") for _ in range(2)]
        with pytest.raises(LimitReached):
            start(lab, ann, "openai/sim/words")
        lab.runs.stop(ann, going[0].admission.run_id)
        ended(going[0])
        ended(start(lab, ann, "openai/sim/words"))


def test_without_the_database_nothing_is_sent(lab, simulator, monkeypatch):
    ann = add_user(lab)

    def away(*given, **limits):
        raise StoreUnavailable("The database is away.")

    monkeypatch.setattr(lab.database, "call", away)
    with pytest.raises(StoreUnavailable):
        start(lab, ann, "openai/sim/words")
    assert calls(simulator) == []


def test_the_administrators_price_wins_over_the_list(lab):
    own = (
        "INSERT INTO llm_models (name, display_name, cost_per_1m_input_tokens, cost_per_1m_output_tokens)"
        " VALUES ('openai/gpt-4o-mini', 'Mini', 7, 11) ON CONFLICT (name) DO UPDATE"
        " SET cost_per_1m_input_tokens = 7, cost_per_1m_output_tokens = 11, metadata = '{}'"
    )
    lab.database.call(lambda connection: connection.execute(text(own)))
    lab.models.load()
    outcome = ended(start(lab, add_user(lab), "openai/gpt-4o-mini"))
    usage = outcome.usage
    assert outcome.cost.amount == (7 * Decimal(usage.input_tokens) + 11 * usage.output_tokens) / 1_000_000


def test_a_model_that_is_switched_off_cannot_be_run(lab):
    off = "INSERT INTO llm_models (name, display_name, enabled) VALUES ('openai/off', 'Off', false)"
    lab.database.call(lambda connection: connection.execute(text(off)))
    lab.models.load()
    with pytest.raises(InvalidRequest):
        start(lab, add_user(lab), "openai/off")


def test_anothers_run_cannot_be_opened_or_stopped(lab):
    ann, bob = add_user(lab, "ann"), add_user(lab, "bob")
    run = start(lab, ann, "openai/sim/silent")
    with pytest.raises(NotFound):
        lab.runs.open(bob, run.admission.run_id)
    with pytest.raises(NotFound):
        lab.runs.stop(bob, run.admission.run_id)
    lab.runs.stop_all(bob)
    assert run.outcome is None
    lab.runs.stop_all(ann)
    ended(run)
    with pytest.raises(NotFound):
        lab.runs.open(bob, run.admission.run_id)


def test_a_quote_is_what_a_run_can_cost_at_most(lab):
    quote = lab.runs.quote(request("openai/gpt-4o-mini", "x" * 400, max_tokens=1000))
    assert (quote.input_tokens, quote.max_output_tokens) == (104, 1000)
    assert quote.worst_case_usd == (Decimal("0.15") * 104 + Decimal("0.60") * 1000) / 1_000_000


def test_what_is_spent_this_month_is_the_sum_of_the_runs(lab):
    ann = add_user(lab)
    costs = [ended(start(lab, ann, f"openrouter/sim/words?cost=0.00{n}1")).cost.amount for n in range(1, 4)]
    allowance = lab.runs.allowance(ann)
    assert (allowance.runs_used, allowance.spent_this_month) == (3, sum(costs))


def test_the_models_that_can_be_used_come_first(lab):
    choices = lab.models.choices(add_user(lab, tier=Tier.STARTER))
    usable = [choice.allowed and choice.available for choice in choices]
    assert usable == sorted(usable, reverse=True)
    assert any(choice.model.id == "openai/gpt-4o" and choice.tier_required is Tier.ENTERPRISE for choice in choices)


def test_what_comes_closest_is_offered(lab):
    ann = add_user(lab, tier=Tier.PROFESSIONAL)
    nearest = lab.models.nearest_allowed(ann, "openai/gpt-4o")
    assert nearest and nearest.id == "openai/gpt-4o-mini"


def test_a_lab_without_its_local_model_says_so(database_url, simulator, tmp_path):
    without = {"LOCAL_BASE_URL": None, "LAB_LOCAL_MODEL": "off"}
    with running_lab(database_url, simulator, tmp_path, **without) as lab, pytest.raises(Unavailable):
        start(lab, add_user(lab), "local/smollm2-135m")


def test_unlisted_models_are_priced_by_the_fallback(lab):
    assert lab.models.find("openai/never-heard-of").prices.source is PriceSource.FALLBACK
    assert lab.models.find("local/anything").prices == flat("0", "0", PriceSource.LOCAL)


def test_a_run_that_was_refused_while_its_admission_went_through_costs_nothing(
    database_url, simulator, tmp_path, monkeypatch
):
    """The database commits and falls silent: the caller is refused, so the record must not cost anything."""
    admit = Ledger.admit

    def unanswered(*given, **named):
        return then(admit(*given, **named), lost)

    def lost(came):
        came()
        raise StoreUnavailable("The answer was lost.")

    monkeypatch.setattr("core.engine.settlement.REPLAY_EVERY_S", 0.05)
    with running_lab(database_url, simulator, tmp_path) as lab:
        ann = add_user(lab)
        monkeypatch.setattr(Ledger, "admit", unanswered)
        with pytest.raises(StoreUnavailable):
            start(lab, ann, "openai/sim/words")
        eventually(lambda: [row.status for row in lab.history.page(ann, HistoryFilter()).rows] == [RunStatus.ERROR])
        row = lab.history.page(ann, HistoryFilter()).rows[0]
        assert (row.error_code, row.cost.amount) == (FaultCode.NOT_STARTED, 0)
        assert running(lab.database, ann.id) == 0
    assert not calls(simulator)

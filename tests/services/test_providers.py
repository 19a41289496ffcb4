"""Providers that an administrator added work everywhere a built-in one does, until they are switched off or removed."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.pricing import FALLBACK, CostSource
from core.domain.providers import AddedProvider, Verdict
from core.domain.queries import HistoryFilter
from core.domain.runs import Payer, RunStatus
from core.errors import Forbidden, InvalidRequest, KeyMissing, NotFound, UnknownProvider
from core.lab import Lab
from core.services.names import provider_name
from core.store.tables import audit_log, provider_keys
from tests.fixtures.database import copied
from tests.fixtures.lab import add_user, calls, ended, running_lab, start
from tests.fixtures.servers import eventually
from tests.simulator import Simulator

OWN, LABS = "sk-own-planted-0123456789abcdef", "sk-lab-planted-0123456789abcdef"


@pytest.fixture(scope="module")
def lab(
    postgres_url: str, migrated_template: str, simulator: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """A lab for all tests of this file, each of which adds providers of its own."""
    with (
        copied(postgres_url, migrated_template) as url,
        running_lab(url, simulator, tmp_path_factory.mktemp("lab")) as lab,
    ):
        yield lab


@pytest.fixture(scope="module")
def admin(lab: Lab) -> User:
    """An administrator, who may also run everything."""
    return add_user(lab, "root", role=Role.ADMIN)


def provider(simulator: Simulator, name: str, *, needs_key: bool = False) -> AddedProvider:
    """A provider that the simulator stands behind, so in the inner network."""
    base_url = simulator.base_url(name if needs_key else "local")
    return AddedProvider(name, f"Our {name}", base_url, needs_key=needs_key, inner_network=True)


def listed(lab: Lab, user: User, name: str) -> list[str]:
    """The models of a provider that the user could run now."""
    return [one.model.name for one in lab.models.choices(user) if one.model.provider == name and one.available]


def test_its_models_are_listed_and_run_at_the_fallback_price(lab, simulator, admin):
    lab.providers.add(admin, provider(simulator, "vllm"))
    eventually(lambda: listed(lab, admin, "vllm"))
    assert listed(lab, admin, "vllm") == ["sim/words", "smollm2-135m"]
    [choice] = [one for one in lab.models.choices(admin) if one.model.id == "vllm/sim/words"]
    assert (choice.provider_name, choice.tier_required, choice.model.prices) == (
        "Our vllm",
        Tier.ENTERPRISE,
        FALLBACK,
    )
    outcome = ended(start(lab, admin, "vllm/sim/words"))
    assert (outcome.status, outcome.cost.source) == (RunStatus.COMPLETED, CostSource.ESTIMATED)
    assert outcome.cost.amount > Decimal(0)
    assert provider_name("vllm") == "Our vllm"


def test_a_key_is_stored_for_it_and_sent_to_it(lab, simulator, admin):
    lab.providers.add(admin, provider(simulator, "keyed", needs_key=True))
    with pytest.raises(KeyMissing, match="No key for Our keyed"):
        start(lab, admin, "keyed/sim/words")
    assert lab.keys.save(admin, Payer.LAB, "keyed", LABS).verdict is Verdict.ACCEPTED
    eventually(lambda: listed(lab, admin, "keyed"))
    ended(start(lab, admin, "keyed/sim/words"))
    assert calls(simulator)[-1].key == LABS


def test_the_list_of_one_that_only_users_have_keys_for_comes_by_theirs(lab, simulator, admin):
    ann = add_user(lab, "ann")
    lab.providers.add(admin, provider(simulator, "theirs", needs_key=True))
    assert listed(lab, ann, "theirs") == []
    lab.keys.save(ann, Payer.OWN, "theirs", OWN)
    eventually(lambda: listed(lab, ann, "theirs") == ["sim/words"])
    assert listed(lab, admin, "theirs") == []


def test_the_tiers_decide_of_it_as_of_any_other(lab, simulator, admin):
    tom = add_user(lab, "tom", tier=Tier.STARTER)
    lab.providers.add(admin, provider(simulator, "tiered"))
    eventually(lambda: listed(lab, tom, "tiered"))
    assert not any(one.allowed for one in lab.models.choices(tom) if one.model.provider == "tiered")


def test_another_address_refuses_the_keys_of_before(lab, simulator, admin):
    kept = lab.providers.add(admin, provider(simulator, "moving", needs_key=True))
    lab.keys.save(admin, Payer.LAB, "moving", LABS)
    with Simulator() as elsewhere:
        lab.providers.change(admin, replace(kept, base_url=elsewhere.base_url("moving")))
        with pytest.raises(KeyMissing, match="was stored for"):
            start(lab, admin, "moving/sim/words")
        assert lab.keys.save(admin, Payer.LAB, "moving", LABS).verdict is Verdict.ACCEPTED
        ended(start(lab, admin, "moving/sim/words"))
        assert [request.key for request in calls(elsewhere)] == [LABS]


def test_what_is_switched_off_is_no_provider_until_it_is_switched_on(lab, simulator, admin):
    kept = lab.providers.add(admin, provider(simulator, "off"))
    eventually(lambda: listed(lab, admin, "off"))
    lab.providers.switch(admin, kept, enabled=False)
    with pytest.raises(UnknownProvider):
        start(lab, admin, "off/sim/words")
    assert listed(lab, admin, "off") == []
    assert not next(one for one in lab.key_table.of_lab(admin) if one.name == "off").enabled
    lab.providers.switch(admin, replace(kept, enabled=False), enabled=True)
    ended(start(lab, admin, "off/sim/words"))


def test_what_is_removed_takes_its_keys_along_and_leaves_its_runs(lab, simulator, admin):
    ann = add_user(lab, "anna")
    lab.providers.add(admin, provider(simulator, "gone", needs_key=True))
    lab.keys.save(admin, Payer.LAB, "gone", LABS)
    lab.keys.save(ann, Payer.OWN, "gone", OWN)
    run = start(lab, ann, "gone/sim/words")
    ended(run)
    lab.providers.remove(admin, "gone")
    with pytest.raises(UnknownProvider):
        start(lab, ann, "gone/sim/words")
    left = select(func.count()).where(provider_keys.c.provider == "gone")
    assert lab.database.call(lambda connection: connection.scalar(left)) == 0
    assert [row.id for row in lab.history.page(ann, HistoryFilter()).rows] == [run.admission.run_id]
    assert provider_name("gone") == "Our gone"
    with pytest.raises(NotFound):
        lab.providers.remove(admin, "gone")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "openai"}, "built in"),
        ({"name": "first"}, "already"),
        ({"name": "Upper"}, "small letters"),
        ({"name": "x"}, "small letters"),
        ({"name": "a/b"}, "small letters"),
        ({"name": "x" * 31}, "small letters"),
        ({"display_name": "  "}, "display name"),
        ({"display_name": "openai"}, "Another provider is called"),
        ({"display_name": "OUR FIRST"}, "Another provider is called"),
        ({"base_url": "nothing"}, "https://"),
        ({"inner_network": False}, "https://"),
        ({"inner_network": False, "base_url": "https://127.0.0.1/v1"}, "inner network"),
        ({"inner_network": False, "base_url": "https://169.254.169.254/v1"}, "inner network"),
        ({"inner_network": False, "base_url": "https://no-such-host.invalid/v1"}, "cannot be found"),
    ],
)
def test_what_will_not_do_is_said_and_changes_nothing(lab, simulator, admin, changes, words):
    if "first" not in lab.providers.added(admin):
        lab.providers.add(admin, provider(simulator, "first"))
    before = lab.providers.added(admin)
    with pytest.raises(InvalidRequest, match=words):
        lab.providers.add(admin, replace(provider(simulator, "second"), **changes))
    assert lab.providers.added(admin) == before


def test_what_is_changed_is_looked_at_as_what_is_added(lab, simulator, admin):
    kept = lab.providers.add(admin, provider(simulator, "changed"))
    with pytest.raises(InvalidRequest, match="inner network"):
        lab.providers.change(admin, replace(kept, base_url="https://127.0.0.1/v1", inner_network=False))
    lab.providers.change(admin, replace(kept, display_name="  Another   name "))
    assert lab.providers.added(admin)["changed"].display_name == "Another name"
    with pytest.raises(NotFound):
        lab.providers.change(admin, replace(kept, name="nobody", display_name="Nobody"))


@pytest.mark.parametrize("role", [Role.OPS, Role.PM])
def test_only_administrators_do_any_of_it(lab, simulator, role):
    eve = add_user(lab, f"eve-{role}", role=role)
    wanted = provider(simulator, "evil")
    for act in (
        lambda: lab.providers.add(eve, wanted),
        lambda: lab.providers.change(eve, wanted),
        lambda: lab.providers.switch(eve, wanted, enabled=False),
        lambda: lab.providers.remove(eve, "evil"),
        lambda: lab.providers.added(eve),
    ):
        with pytest.raises(Forbidden):
            act()


def test_each_act_is_noted_with_before_and_after(lab, simulator, admin):
    kept = lab.providers.add(admin, provider(simulator, "noted"))
    lab.providers.change(admin, replace(kept, display_name="Renamed"))
    lab.providers.change(admin, replace(kept, display_name="Renamed"))
    lab.providers.remove(admin, "noted")
    found = select(audit_log).where(audit_log.c.subject == "noted").order_by(audit_log.c.id)
    added, changed, removed = lab.database.call(lambda connection: connection.execute(found).all())
    assert [row.act for row in (added, changed, removed)] == ["add provider", "change provider", "remove provider"]
    assert added.details["after"]["base_url"] == simulator.base_url("local")
    assert changed.details == {"before": {"display_name": "Our noted"}, "after": {"display_name": "Renamed"}}
    assert removed.details["keys_removed"] == 0

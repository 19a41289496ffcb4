"""The acts of administrators, and of those who answer for the money, a row each."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from core.domain.access import CONTRACT, Role, Tier
from core.domain.accounts import User
from core.domain.budgets import BudgetPeriod, BudgetScope, Plan
from core.domain.limits import OwnLimits
from core.domain.own_prices import PriceDraft
from core.domain.people import PeopleFilter
from core.domain.providers import AddedProvider
from core.domain.runs import Payer
from core.domain.spend import Days
from core.services.audit import AuditFormat, NotesAsked
from core.services.prices import PriceChange, PriceFilter
from core.services.refusals import RefusalsAsked
from core.services.repricing import Days as Chosen
from tests.permissions.rows import ADMIN, NOBODY, PM, Act
from tests.permissions.world import World

DAY = date(2026, 11, 20)
PRICES = PriceDraft("1", "2")
LONG_AGO = datetime(2026, 11, 1, tzinfo=UTC)
KEY = "sk-permissions-0123456789"
FILE = "username,tier,role\n{},trial,ops"
EARLIER = text("INSERT INTO budget_periods VALUES (:id, '2026-11-01', 1, 0)")
OF_DAY = Chosen(DAY, DAY)


def _administers(do: Callable[[World, User], Any]) -> Act:
    """A row of what administrators do, which is about nobody's thing."""
    return Act(lambda world, actor, owner: do(world, actor), own=ADMIN, others=None)


def _manages(do: Callable[[World, User], Any]) -> Act:
    """A row of what those do who read everybody's spend."""
    return Act(lambda world, actor, owner: do(world, actor), own=PM, others=None)


def _of_person(do: Callable[[World, User, User], Any]) -> Act:
    """A row of what administrators do to people, themselves included."""
    return Act(do, own=ADMIN, others=ADMIN)


def _payer(actor: User, owner: User) -> Payer:
    """One's own key, and in the place of another's that of the lab."""
    return Payer.OWN if actor == owner else Payer.LAB


def _save_key(world: World, actor: User, owner: User) -> None:
    world.lab.keys.save(actor, _payer(actor, owner), "groq", KEY, unchecked=True)


def _key(world: World, actor: User, owner: User) -> Payer:
    """See to it that there is a key, and return whose it is."""
    _save_key(world, actor if actor == owner else world.admin, owner)
    return _payer(actor, owner)


def _plan() -> Plan:
    return Plan(uuid4().hex, BudgetScope.LAB, "", BudgetPeriod.MONTH, "1000000", False)


def _budget(world: World) -> UUID:
    return world.lab.budgets.add(world.admin, _plan()).id


def _drops_budget(world: World, actor: User) -> None:
    world.lab.budgets.drop(actor, _budget(world))


def _sees_budget(world: World, actor: User, owner: User) -> bool:
    plan = Plan(owner.username, BudgetScope.USER, owner.username, BudgetPeriod.MONTH, "1", False)
    made = world.lab.budgets.add(world.admin, plan)
    seen = world.lab.budgets.shown(actor, owner.username).states
    world.lab.budgets.drop(world.admin, made.id)
    return made.id in {state.budget.id for state in seen}


def _sees_past(world: World, actor: User, owner: User) -> bool:
    plan = Plan(owner.username, BudgetScope.USER, owner.username, BudgetPeriod.DAY, "1", False)
    made = world.lab.budgets.add(world.admin, plan)
    (state,) = world.lab.budgets.shown(world.admin, owner.username).states
    world.lab.database.call(lambda connection: connection.execute(EARLIER, {"id": made.id}))
    seen = world.lab.budgets.past(actor, state)
    world.lab.budgets.drop(world.admin, made.id)
    return bool(seen)


def _provider() -> AddedProvider:
    name = f"p{uuid4().hex[:8]}"
    return AddedProvider(name, name.title(), "http://127.0.0.1:9/v1", needs_key=False, inner_network=True)


def _added(world: World) -> AddedProvider:
    return world.lab.providers.add(world.admin, _provider())


def _invoice(world: World) -> UUID:
    return world.lab.invoices.add(world.admin, "openai", Days(DAY, DAY), "1.00").id


def _change(model_id: str) -> PriceChange:
    return PriceChange(model_id, datetime.now(UTC) + timedelta(days=1), PRICES)


def _removes_price(world: World, actor: User) -> None:
    model_id = f"openai/{uuid4().hex}"
    world.lab.prices.set(world.admin, _change(model_id))
    (entry,) = world.lab.prices.history(world.admin, model_id)
    world.lab.prices.remove(actor, model_id, entry.id)


def _reprices(world: World, actor: User) -> UUID:
    """Price a run anew, and return by which act."""
    model_id = f"openai/{uuid4().hex}"
    world.run(world.person(), model_id=model_id)
    world.lab.prices.set(world.admin, PriceChange(model_id, LONG_AGO, PRICES))
    preview = world.lab.repricings.preview(world.admin, OF_DAY)
    return world.lab.repricings.apply(actor, OF_DAY, preview, "A trial").id


def _takes_back(world: World, actor: User) -> None:
    repricing_id = _reprices(world, world.admin)
    preview = world.lab.repricings.preview_undo(world.admin, repricing_id)
    world.lab.repricings.undo(actor, repricing_id, preview, "A trial")


def _opens_note(world: World, actor: User) -> None:
    _save_key(world, world.admin, actor)
    (newest, *_) = world.lab.audit.page(world.admin, NotesAsked()).notes
    world.lab.audit.open(actor, newest.id)


def _erases(world: World, actor: User, owner: User) -> None:
    world.lab.privacy.erase(actor, owner.id, owner.username)


ADMINISTRATION: dict[str, Act] = {
    "audit.actors": _administers(lambda w, a: w.lab.audit.actors(a)),
    "audit.acts": _administers(lambda w, a: w.lab.audit.acts(a)),
    "audit.count": _administers(lambda w, a: w.lab.audit.count(a, NotesAsked())),
    "audit.export": _administers(lambda w, a: w.lab.audit.export(a, NotesAsked(), AuditFormat.CSV)),
    "audit.open": _administers(_opens_note),
    "audit.page": _administers(lambda w, a: w.lab.audit.page(a, NotesAsked())),
    "budgets.add": _administers(lambda w, a: w.lab.budgets.add(a, _plan())),
    "budgets.change": _administers(lambda w, a: w.lab.budgets.change(a, _budget(w), _plan())),
    "budgets.covering": Act(lambda w, a, o: w.lab.budgets.covering(a), others=None),
    "budgets.drop": _administers(_drops_budget),
    "budgets.nearing": Act(lambda w, a, o: w.lab.budgets.nearing(a), others=None),
    "budgets.past": Act(_sees_past, others=PM),
    "budgets.shown": Act(_sees_budget, others=PM),
    "budgets.tightest": Act(lambda w, a, o: w.lab.budgets.tightest(a, "openai/gpt-4o", {}), others=None),
    "invoices.add": _manages(lambda w, a: w.lab.invoices.add(a, "openai", Days(DAY, DAY), "1.00")),
    "invoices.annotate": _manages(lambda w, a: w.lab.invoices.annotate(a, _invoice(w), "Paid")),
    "invoices.open": _manages(lambda w, a: w.lab.invoices.open(a, _invoice(w))),
    "invoices.page": _manages(lambda w, a: w.lab.invoices.page(a)),
    "invoices.providers": _manages(lambda w, a: w.lab.invoices.providers(a)),
    "invoices.remove": _manages(lambda w, a: w.lab.invoices.remove(a, _invoice(w))),
    "key_table.of": Act(lambda w, a, o: w.lab.key_table.of(a), others=None),
    "key_table.of_lab": _administers(lambda w, a: w.lab.key_table.of_lab(a)),
    "keys.check": Act(lambda w, a, o: w.lab.keys.check(a, _key(w, a, o), "groq"), others=ADMIN),
    "keys.of": Act(lambda w, a, o: w.lab.keys.of(a, _payer(a, o)), others=ADMIN),
    "keys.own_keys": _administers(lambda w, a: w.lab.keys.own_keys(a)),
    "keys.remove": Act(lambda w, a, o: w.lab.keys.remove(a, _key(w, a, o), "groq"), others=ADMIN),
    "keys.save": Act(_save_key, others=ADMIN),
    "lab_settings.set_retention": _administers(lambda w, a: w.lab.lab_settings.set_retention(a, 30)),
    "lookups.ask_again": _administers(lambda w, a: w.lab.lookups.ask_again(a)),
    "people.add": _administers(lambda w, a: w.lab.people.add(a, uuid4().hex, tier=Tier.TRIAL, role=Role.OPS)),
    "people.change": _of_person(
        lambda w, a, o: w.lab.people.change(a, o.id, tier=Tier.TRIAL, role=o.role, limits=OwnLimits())
    ),
    "people.disable": Act(lambda w, a, o: w.lab.people.disable(a, o.id), own=NOBODY, others=ADMIN),
    "people.enable": _of_person(lambda w, a, o: w.lab.people.enable(a, o.id)),
    "people.end_sessions": _of_person(lambda w, a, o: w.lab.people.end_sessions(a, o.id)),
    "people.find": _of_person(lambda w, a, o: w.lab.people.find(a, o.id)),
    "people.import_": _administers(lambda w, a: w.lab.people.import_(a, FILE.format(uuid4().hex))),
    "people.link_waits": _of_person(lambda w, a, o: w.lab.people.link_waits(a, o.id)),
    "people.make_link": _of_person(lambda w, a, o: w.lab.people.make_link(a, o.id)),
    "people.page": _administers(lambda w, a: w.lab.people.page(a, PeopleFilter())),
    "people.preview": _administers(lambda w, a: w.lab.people.preview(a, FILE.format("somebody"))),
    "prices.concerns": _manages(lambda w, a: w.lab.prices.concerns(a)),
    "prices.doubts": _administers(lambda w, a: w.lab.prices.doubts(a, _change("openai/gpt-4o"))),
    "prices.history": _manages(lambda w, a: w.lab.prices.history(a, "openai/gpt-4o")),
    "prices.listed_prices": _manages(lambda w, a: w.lab.prices.listed_prices(a, "openai/gpt-4o")),
    "prices.lists_read": _manages(lambda w, a: w.lab.prices.lists_read(a)),
    "prices.model": _manages(lambda w, a: w.lab.prices.model(a, "openai/gpt-4o")),
    "prices.page": _manages(lambda w, a: w.lab.prices.page(a, PriceFilter(), size=10)),
    "prices.providers": _manages(lambda w, a: w.lab.prices.providers(a)),
    "prices.refresh": _administers(lambda w, a: w.lab.prices.refresh(a) is not None),
    "prices.remove": _administers(_removes_price),
    "prices.set": _administers(lambda w, a: w.lab.prices.set(a, _change(f"openai/{uuid4().hex}"))),
    "prices.switch": _administers(lambda w, a: w.lab.prices.switch(a, f"openai/{uuid4().hex}", enabled=False)),
    "privacy.erase": _of_person(_erases),
    "privacy.export": Act(lambda w, a, o: w.lab.privacy.export(a, o.id), others=ADMIN),
    "privacy.find": _of_person(lambda w, a, o: w.lab.privacy.find(a, o.username)),
    "providers.add": _administers(lambda w, a: w.lab.providers.add(a, _provider())),
    "providers.added": _administers(lambda w, a: w.lab.providers.added(a)),
    "providers.change": _administers(lambda w, a: w.lab.providers.change(a, _added(w))),
    "providers.remove": _administers(lambda w, a: w.lab.providers.remove(a, _added(w).name)),
    "providers.switch": _administers(lambda w, a: w.lab.providers.switch(a, _added(w), enabled=False)),
    "refusals.codes": _administers(lambda w, a: w.lab.refusals.codes(a)),
    "refusals.own": Act(lambda w, a, o: w.lab.refusals.own(a), others=None),
    "refusals.page": _administers(lambda w, a: w.lab.refusals.page(a, RefusalsAsked())),
    "repricings.apply": _administers(_reprices),
    "repricings.past": _manages(lambda w, a: w.lab.repricings.past(a, 10)),
    "repricings.preview": _administers(lambda w, a: w.lab.repricings.preview(a, OF_DAY)),
    "repricings.preview_undo": _administers(lambda w, a: w.lab.repricings.preview_undo(a, _reprices(w, w.admin))),
    "repricings.undo": _administers(_takes_back),
    "retention.overdue": _administers(lambda w, a: w.lab.retention.overdue(a)),
    "retention.purge": _administers(lambda w, a: w.lab.retention.purge(a)),
    "tiers.reset": _administers(lambda w, a: w.lab.tiers.reset(a)),
    "tiers.set": _administers(lambda w, a: w.lab.tiers.set(a, Tier.TRIAL, CONTRACT[0])),
}
"""By the lab's field and the method's name."""

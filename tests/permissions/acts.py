"""Every act that a service offers to a user, a row each."""

from datetime import date
from uuid import UUID, uuid4

from core.domain.accounts import Scope, User
from core.domain.chat import ChatRequest
from core.domain.queries import HistoryFilter
from core.domain.runs import RunOrigin
from core.services.export_formats import Format
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD
from tests.fixtures.lab import request
from tests.permissions.rows import ADMIN, PM, Act
from tests.permissions.world import World

TODAY = date(2026, 11, 20)
SAVED = {"prompt": "Why?", "category": "reasoning", "description": ""}


def _sees_run(world: World, actor: User, owner: User) -> bool:
    run_id = world.run(owner)
    page = world.lab.history.page(actor, HistoryFilter(user_id=owner.id), everybody=actor != owner)
    return run_id in {str(row.id) for row in page.rows}


def _exports_run(world: World, actor: User, owner: User) -> bool:
    run_id = world.run(owner)
    export = world.lab.exports.open(actor, HistoryFilter(user_id=owner.id), Format.CSV, everybody=actor != owner)
    return run_id.encode() in b"".join(export.pieces)


def _counts_run(world: World, actor: User, owner: User) -> bool:
    world.run(owner, model_id=f"openai/of-{owner.id}")
    report = world.lab.stats.report(actor, TODAY, TODAY, f"openai/of-{owner.id}")
    return report.totals.runs > 0


def _token(world: World, owner: User) -> str:
    return world.lab.tokens.create(owner, uuid4().hex, [Scope.READ], None)[1].id


def _live(world: World, owner: User) -> UUID:
    run_id: UUID = world.live_run(owner).admission.run_id
    return run_id


def _asked() -> ChatRequest:
    return request("openai/sim/words")


def _sees_session(world: World, actor: User, owner: User) -> bool:
    found = world.session_id(owner)
    return found in {one.id for one in world.lab.accounts.sessions(actor, world.session(actor))}


def _ends_others(world: World, actor: User, owner: User) -> bool:
    token = world.session(owner)
    world.lab.accounts.end_other_sessions(actor, world.session(actor))
    return world.lab.accounts.user_of(token) is None


def _changes_password(world: World, actor: User, owner: User) -> None:
    world.lab.accounts.change_password(actor, PASSWORD, "another good password", world.session(owner))


def _sees_token(world: World, actor: User, owner: User) -> bool:
    return _token(world, owner) in {one.id for one in world.lab.tokens.of(actor)}


def _sees_template(world: World, actor: User, owner: User) -> bool:
    return world.template(owner) in {one.id for one in world.lab.templates.of(actor)}


def _lists_template(world: World, actor: User, owner: User) -> bool:
    return world.template(owner) in {one.id for one in world.lab.templates.titles(actor)}


def _stops_all(world: World, actor: User, owner: User) -> bool:
    run = world.live_run(owner)
    world.lab.runs.stop_all(actor)
    stopped = run.settled.wait(2)
    world.lab.runs.stop_all(owner)
    return bool(stopped)


def _sees_live(world: World, actor: User, owner: User) -> bool:
    run = world.live_run(owner)
    seen = run in world.lab.runs.live(actor)
    world.lab.runs.stop_all(owner)
    return seen


def _stops(world: World, actor: User, owner: User) -> None:
    run_id = _live(world, owner)
    try:
        world.lab.runs.stop(actor, run_id)
    finally:
        world.lab.runs.stop_all(owner)


def _entries(world: World, actor: User, owner: User) -> bool:
    run_id = world.run(owner)
    found = world.lab.history.entries(actor, HistoryFilter(user_id=owner.id))
    return run_id in {str(entry.id) for entry in found.entries}


def _previews_run(world: World, actor: User, owner: User) -> bool:
    world.run(owner)
    return world.lab.exports.preview(actor, HistoryFilter(user_id=owner.id), everybody=actor != owner).runs > 0


def _sees_people(world: World, actor: User, owner: User) -> bool:
    return owner.id in world.lab.history.people(actor)


def _knows_model(world: World, actor: User, owner: User) -> bool:
    world.run(owner, model_id=f"openai/of-{owner.id}")
    return f"openai/of-{owner.id}" in world.lab.stats.model_ids(actor)


def _sums_up(world: World, actor: User, owner: User) -> bool:
    before = world.lab.stats.summary(actor).runs
    world.run(owner)
    return world.lab.stats.summary(actor).runs > before


def _knows_tag(world: World, actor: User, owner: User) -> bool:
    world.run(owner, tags={"team": owner.id})
    return owner.id in world.lab.stats.tag_values(actor).get("team", [])


def _is_offered_tag(world: World, actor: User, owner: User) -> bool:
    world.run(owner, tags={"team": owner.id})
    return owner.id in world.lab.tags.of(actor).get("team", [])


ACTS: dict[str, Act] = {
    "accounts.change_password": Act(_changes_password),
    "accounts.end_other_sessions": Act(_ends_others),
    "accounts.end_session": Act(lambda w, a, o: w.lab.accounts.end_session(a, w.session_id(o))),
    "accounts.issue_code": Act(lambda w, a, o: w.lab.accounts.issue_code(a, "browser"), others=None),
    "accounts.open_session": Act(lambda w, a, o: w.lab.accounts.open_session(a, ADDRESS, AGENT), others=None),
    "accounts.sessions": Act(_sees_session),
    "exports.open": Act(_exports_run, others=ADMIN),
    "exports.place": Act(lambda w, a, o: w.lab.exports.place(a).__enter__(), others=None),
    "exports.preview": Act(_previews_run, others=ADMIN),
    "history.ended": Act(lambda w, a, o: w.lab.history.ended(a, w.run(o))),
    "history.entries": Act(_entries),
    "history.open": Act(lambda w, a, o: w.lab.history.open(a, w.run(o)), others=ADMIN),
    "history.page": Act(_sees_run, others=ADMIN),
    "history.people": Act(_sees_people, own=ADMIN, others=ADMIN),
    "models.call": Act(lambda w, a, o: w.lab.models.call(a, w.lab.models.find("openai/gpt-4o")), others=None),
    "models.choices": Act(lambda w, a, o: w.lab.models.choices(a), others=None),
    "models.nearest_allowed": Act(lambda w, a, o: w.lab.models.nearest_allowed(a, "openai/gpt-4o"), others=None),
    "models.permitted": Act(lambda w, a, o: w.lab.models.permitted(a, "openai/gpt-4o"), others=None),
    "runs.allowance": Act(lambda w, a, o: w.lab.runs.allowance(a), others=None),
    "runs.begin": Act(lambda w, a, o: w.lab.runs.begin(a, _asked(), RunOrigin.API).result(), others=None),
    "runs.catch_up": Act(lambda w, a, o: w.lab.runs.catch_up(a), others=None),
    "runs.limits": Act(lambda w, a, o: w.lab.runs.limits(a), others=None),
    "runs.live": Act(_sees_live),
    "runs.open": Act(lambda w, a, o: w.lab.runs.open(a, UUID(w.run(o)))),
    "runs.runs_left": Act(lambda w, a, o: w.lab.runs.runs_left(a) is None, others=None),
    "runs.start": Act(lambda w, a, o: w.lab.runs.start(a, _asked(), RunOrigin.API), others=None),
    "runs.stop": Act(_stops),
    "runs.stop_all": Act(_stops_all),
    "stats.model_ids": Act(_knows_model),
    "stats.report": Act(_counts_run, others=PM),
    "stats.summary": Act(_sums_up),
    "stats.tag_values": Act(_knows_tag, own=PM, others=PM),
    "tags.of": Act(_is_offered_tag, others=PM),
    "templates.of": Act(_sees_template),
    "templates.open": Act(lambda w, a, o: w.lab.templates.open(a, w.template(o))),
    "templates.remove": Act(lambda w, a, o: w.lab.templates.remove(a, w.template(o))),
    "templates.rename": Act(lambda w, a, o: w.lab.templates.rename(a, w.template(o), "Other")),
    "templates.save": Act(lambda w, a, o: w.lab.templates.save(a, "Fresh", **SAVED), others=None),
    "templates.titles": Act(_lists_template),
    "tokens.create": Act(lambda w, a, o: w.lab.tokens.create(a, "fresh", [Scope.READ], None), others=None),
    "tokens.of": Act(_sees_token),
    "tokens.revoke": Act(lambda w, a, o: w.lab.tokens.revoke(a, _token(w, o))),
}
"""By the lab's field and the method's name."""

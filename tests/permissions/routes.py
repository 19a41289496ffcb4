"""Every route of the API, a row each."""

from uuid import uuid4

from core.domain.access import Role
from core.domain.accounts import Scope, User
from tests.fixtures.accounts import PASSWORD
from tests.permissions.rows import Asked, Route, alike
from tests.permissions.world import World

RUN = {"model_id": "openai/sim/words", "messages": [{"role": "user", "content": "Why?"}], "stream": False}
FORBIDDEN_BUT_ADMIN = {Role.OPS: 403, Role.PM: 403, Role.ADMIN: 200}


def _one_run(world: World, owner: User) -> Asked:
    return Asked(path={"id": world.run(owner)})


def _persons_runs(world: World, owner: User) -> Asked:
    world.run(owner)
    return Asked(rest={"params": {"person": owner.username}})


def _own_template(world: World, owner: User) -> Asked:
    return Asked(path={"id": world.template(owner)})


def _persons_data(world: World, owner: User) -> Asked:
    return Asked(path={"id": owner.id})


def _a_template(world: World, owner: User) -> Asked:
    return Asked(rest={"json": {"name": uuid4().hex, "prompt": "Why?"}})


def _month(world: World, owner: User) -> Asked:
    return Asked(path={"month": "2026-11"})


ROUTES: dict[tuple[str, str], Route] = {
    ("POST", "/v1/llm/test"): Route(lambda w, o: Asked(rest={"json": RUN}), Scope.RUN),
    ("GET", "/v1/llm/test/history"): Route(scope=Scope.READ),
    ("GET", "/v1/llm/test/history/{id}"): Route(_one_run, Scope.READ, others=alike(404)),
    ("GET", "/v1/llm/test/export"): Route(scope=Scope.READ),
    ("GET", "/v1/llm/test/stats"): Route(scope=Scope.READ),
    ("GET", "/v1/reports/{month}.html"): Route(_month, Scope.READ),
    ("GET", "/v1/reports/{month}.pdf"): Route(_month, Scope.READ),
    ("GET", "/v1/models"): Route(),
    ("GET", "/v1/llm/test/templates"): Route(),
    ("POST", "/v1/llm/test/templates"): Route(_a_template, Scope.RUN),
    ("DELETE", "/v1/llm/test/templates/{id}"): Route(_own_template, Scope.RUN, others=alike(404)),
    ("POST", "/v1/auth/login"): Route(
        lambda w, o: Asked(rest={"json": {"username": o.username, "password": PASSWORD}}), stranger=200
    ),
    ("POST", "/v1/auth/logout"): Route(stranger=200),
    ("GET", "/v1/health"): Route(stranger=200),
    ("GET", "/v1/ready"): Route(stranger=200),
    ("GET", "/v1/openapi.json"): Route(stranger=200),
    ("GET", "/v1/auth/session"): Route(stranger=303, own=alike(303)),
    ("GET", "/v1/auth/signed-out"): Route(stranger=303, own=alike(303)),
    ("GET", "/v1/auth/openid/start"): Route(stranger=404, own=alike(404)),
    ("GET", "/v1/auth/openid/callback"): Route(stranger=404, own=alike(404)),
    ("GET", "/v1/metrics"): Route(stranger=404, own=alike(404)),
    ("GET", "/v1/audit/file"): Route(own=FORBIDDEN_BUT_ADMIN, token=403),
    ("GET", "/v1/people/{id}/data"): Route(_persons_data, others=FORBIDDEN_BUT_ADMIN, token=403),
}
"""By method and path: those that the API describes, and those that pages lead to."""

BESIDE: dict[str, Route] = {
    "export of another's runs": Route(_persons_runs, Scope.READ, others=FORBIDDEN_BUT_ADMIN),
}
"""What else a route of the table can be asked for."""

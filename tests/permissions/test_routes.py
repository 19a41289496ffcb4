"""Each route answers those who may call it, for what they may ask, and refuses everybody else.

The API's own table says which routes there are, so one without a row fails.
"""

import httpx
import pytest

from core.api.routes import OPERATIONS, api
from core.domain.access import Role
from core.domain.accounts import Scope
from core.domain.web import SESSION_COOKIE
from tests.permissions.routes import BESIDE, ROUTES

EXPORT = ("GET", "/v1/llm/test/export")
ROWS = {
    **{f"{method} {path}": ((method, path), row) for (method, path), row in ROUTES.items()},
    **{name: (EXPORT, row) for name, row in BESIDE.items()},
}
OTHERS = [name for name, (_, row) in ROWS.items() if row.others is not None]
SCOPED = [name for name, (_, row) in ROWS.items() if row.scope is not None]


def status(client: httpx.Client, world, name, owner) -> int:
    (method, path), row = ROWS[name]
    asked = row.ask(world, owner)
    place = path.removeprefix("/v1").format(**asked.path)
    with client:
        return client.request(method, place, **asked.rest).status_code


def signed_in(world, user) -> httpx.Client:
    return world.served.anybody(cookies={SESSION_COOKIE: world.session(user)})


def test_every_route_has_a_row_and_every_row_a_route():
    served = {(method, route.path) for route in api.routes for method in route.methods - {"HEAD"}}
    assert set(ROUTES) == served >= {(operation.method, operation.path) for operation in OPERATIONS}


@pytest.mark.parametrize("name", ROWS)
def test_what_a_stranger_is_answered(world, name):
    assert status(world.served.anybody(), world, name, world.person()) == ROWS[name][1].stranger


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", [f"{method} {path}" for method, path in ROUTES])
def test_what_is_answered_about_the_own(world, name, role):
    user = world.person(role)
    row = ROWS[name][1]
    assert status(signed_in(world, user), world, name, user) == row.own[role]
    assert status(world.served.client(user), world, name, user) == (row.token or row.own[role])


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", OTHERS)
def test_what_is_answered_about_anothers(world, name, role):
    user = world.person(role)
    row = ROWS[name][1]
    assert status(signed_in(world, user), world, name, world.person()) == row.others[role]
    assert status(world.served.client(user), world, name, world.person()) == (row.token or row.others[role])


@pytest.mark.parametrize("name", SCOPED)
def test_a_token_does_what_its_scope_says_and_no_more(world, name):
    user = world.person(Role.ADMIN)
    wanted = ROWS[name][1].scope
    (lacking,) = set(Scope) - {wanted}
    assert status(world.served.client(user, lacking), world, name, user) == 403
    assert status(world.served.client(user, wanted), world, name, user) == 200

"""Whatever a page shows or a client sends: each act is done by those who may, to what they may, and by nobody else.

The services themselves say which acts there are, so one without a row fails.
"""

from dataclasses import fields
from inspect import getmembers, isfunction, signature
from typing import get_args, get_type_hints

import pytest

from core.domain.access import Role
from core.domain.accounts import User
from core.errors import Forbidden, InvalidRequest, NotFound, NotSignedIn
from core.lab import Lab
from tests.permissions.acts import ACTS as OWN_ACTS
from tests.permissions.administration import ADMINISTRATION
from tests.permissions.world import World

ACTS = OWN_ACTS | ADMINISTRATION


def takes_user(method) -> bool:
    """Whether a method's first argument is a user, who asks."""
    names = list(signature(method).parameters)
    return len(names) > 1 and get_type_hints(method).get(names[1]) is User


def services() -> dict[str, type]:
    """The services of the lab by their fields, those too that are not always there."""
    hints = get_type_hints(Lab)
    types = {field.name: (get_args(hints[field.name]) or (hints[field.name],))[0] for field in fields(Lab)}
    return {name: one for name, one in types.items() if one.__module__.startswith("core.services.")}


def offered() -> set[str]:
    """Every act of every service of the lab."""
    return {
        f"{field}.{name}"
        for field, service in services().items()
        for name, method in getmembers(service, isfunction)
        if not name.startswith("_") and takes_user(method)
    }


def refused(world: World, name: str, actor: User, owner: User) -> bool:
    try:
        return ACTS[name].do(world, actor, owner) is False
    except (Forbidden, InvalidRequest, NotFound, NotSignedIn):
        return True


def test_every_act_has_a_row_and_every_row_an_act():
    assert set(ACTS) == offered()


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", ACTS)
def test_who_may_do_it_to_what_is_theirs(world, name, role):
    actor = world.person(role)
    assert refused(world, name, actor, actor) == (role not in ACTS[name].own)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", [name for name, act in ACTS.items() if act.others is not None])
def test_who_may_do_it_to_what_is_anothers(world, name, role):
    assert refused(world, name, world.person(role), world.person()) == (role not in ACTS[name].others)


@pytest.mark.parametrize("name", ACTS)
def test_somebody_may(name):
    """So a refusal proves that it was refused, and not that the row is wrong."""
    assert ACTS[name].own | (ACTS[name].others or set())

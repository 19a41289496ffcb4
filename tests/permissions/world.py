"""A lab with one person of each role, and another of whom each row asks whether they may be touched."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from core.domain.access import Role, Tier
from core.domain.accounts import User
from core.domain.runs import RunOrigin
from core.lab import Lab
from core.services.passwords import hash_password
from core.store.accounts import AccountStore
from core.store.ledger import Ledger
from tests.fixtures.accounts import ADDRESS, AGENT, PASSWORD
from tests.fixtures.http import Served, served_lab
from tests.fixtures.lab import request
from tests.fixtures.runs import admission, record
from tests.simulator import Simulator


class World:
    """What rows act in. Whatever is made belongs to the person given."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.lab: Lab = served.lab
        self.ledger = Ledger(self.lab.database, instance_id=0)
        self._hash = hash_password(PASSWORD)
        self.admin = self.person(Role.ADMIN)

    def person(self, role: Role = Role.OPS) -> User:
        """Somebody new of a role, who may use every model and signs in with `PASSWORD`."""
        name = f"{role}-{uuid4().hex[:8]}"
        user = User(str(uuid4()), name, Tier.ENTERPRISE, role)
        AccountStore(self.lab.database).add(user, self._hash)
        return user

    def session(self, owner: User) -> str:
        """The token of a session."""
        return self.lab.accounts.open_session(owner, ADDRESS, AGENT)

    def session_id(self, owner: User) -> str:
        """The id of a session."""
        found = self.lab.accounts.user_of(self.session(owner))
        assert found
        return found[1]

    def run(self, owner: User, **changes: Any) -> str:
        """The id of a run that has ended."""
        run = admission(owner.id, **changes)
        record(self.ledger, run)
        return str(run.run_id)

    def template(self, owner: User) -> str:
        """The id of a template."""
        return self.lab.templates.save(owner, uuid4().hex, "Why?", "reasoning").id

    def live_run(self, owner: User) -> Any:
        """A run under way, which its provider holds up."""
        return self.lab.runs.start(owner, request("openai/sim/silent"), RunOrigin.API)


@contextmanager
def world_over(database_url: str, simulator: Simulator, folder: Path) -> Iterator[World]:
    """Serve a lab and give its world."""
    with served_lab(database_url, simulator, folder) as served:
        yield World(served)

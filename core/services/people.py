"""Keeping the accounts, as administrators do. Each act is noted; whoever is none is refused, whatever a page shows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from core.domain.access import Role, Tier, require_admin
from core.domain.accounts import AccountChange, User
from core.domain.limits import MOST_RUNS, OwnLimits
from core.domain.people import NewPerson, PeopleFilter, PeoplePage, Person
from core.errors import InvalidRequest, NotFound
from core.services.accounts import new_user
from core.services.password_links import LINK_LIMIT, Link, new_link
from core.services.passwords import check_strength, hash_password
from core.services.people_import import Row, read_rows
from core.store.password_links import PasswordLinkStore
from core.store.people import PeopleStore

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Added:
    """Somebody who was added, and the link to set a password by, if there is one."""

    user: User
    link: Link | None


class People:
    """Everybody's accounts. Every method raises `Forbidden` for who is no administrator, and may raise
    `StoreUnavailable`."""

    def __init__(
        self,
        people: PeopleStore,
        links: PasswordLinkStore,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._people = people
        self._links = links
        self._now = now

    def page(self, user: User, wanted: PeopleFilter, number: int = 1) -> PeoplePage:
        """Return the page of that number, from 1 on, of the people who are `wanted`, by name."""
        require_admin(user)
        return self._people.page(wanted, self._now(), size=PAGE_SIZE, skip=max(number - 1, 0) * PAGE_SIZE)

    def find(self, user: User, user_id: str) -> Person:
        """Return one person. Raises `NotFound`."""
        require_admin(user)
        person = self._people.find(user_id, self._now())
        if person is None:
            raise NotFound("There is no such person.")
        return person

    def link_waits(self, user: User, user_id: str) -> datetime | None:
        """Return until when a link may be used by which this person sets a password, or None if there is none."""
        require_admin(user)
        return self._links.waiting(user_id, self._now())

    def change(self, user: User, user_id: str, *, tier: Tier, role: Role, limits: OwnLimits) -> User:
        """Give a person this tier, role and limits of their own.

        Raises `NotFound`, and `InvalidRequest` for limits that are none, and for the last administrator.
        """
        require_admin(user)
        check_limits(limits)
        return self._people.change(user.id, "change user", user_id, AccountChange(tier, role, None, limits))

    def disable(self, user: User, user_id: str) -> None:
        """Let a person sign in no more, end their sessions and revoke their tokens.

        Raises `NotFound`, and `InvalidRequest` for oneself.
        """
        require_admin(user)
        if user.id == user_id:
            raise InvalidRequest("You cannot disable your own account. Ask another administrator.")
        self._people.change(user.id, "disable user", user_id, AccountChange(enabled=False))

    def enable(self, user: User, user_id: str) -> None:
        """Let a disabled person sign in again. Raises `NotFound`."""
        require_admin(user)
        self._people.change(user.id, "enable user", user_id, AccountChange(enabled=True))

    def end_sessions(self, user: User, user_id: str) -> int:
        """Sign a person out everywhere, and return how many sessions ended."""
        require_admin(user)
        return self._people.end_sessions(user.id, user_id)

    def make_link(self, user: User, user_id: str) -> Link:
        """Return a new link by which a person sets a password; an earlier one works no more. Raises `NotFound`."""
        require_admin(user)
        link = new_link()
        self._people.make_link(user.id, user_id, link.code_hash, self._now() + LINK_LIMIT)
        return link

    def add(self, user: User, username: str, *, tier: Tier, role: Role, password: str | None = None) -> Added:
        """Add a person, with a password or else with a link to set one.

        Raises `InvalidRequest` if the name is taken or none, or the password will not do.
        """
        require_admin(user)
        new, link = new_user(username.strip(), tier, role), None if password else new_link()
        if password:
            check_strength(password)
        person = NewPerson(new, hash_password(password) if password else None, link.code_hash if link else None)
        if not self._people.add(user.id, [person], self._now() + LINK_LIMIT):
            raise InvalidRequest(f"There is already a user named {new.username}.")
        return Added(new, link)

    def preview(self, user: User, text: str) -> list[Row]:
        """Return the rows of a CSV file of people, each with what stands in its way.

        Raises `InvalidRequest` for what is no such file.
        """
        require_admin(user)
        rows = read_rows(text)
        taken = self._people.taken([row.username for row in rows if not row.problem])
        return [row.refused("Somebody has this name.") if row.username.lower() in taken else row for row in rows]

    def import_(self, user: User, text: str) -> list[Added]:
        """Add everybody of the file in whose way nothing stands, all at once, each with a link. Raises as `preview`."""
        good = [row for row in self.preview(user, text) if not row.problem]
        added = [Added(row.user, new_link()) for row in good if row.user]
        people = [NewPerson(one.user, link_hash=one.link.code_hash) for one in added if one.link]
        ids = self._people.add(user.id, people, self._now() + LINK_LIMIT)
        return [one for one in added if one.user.id in ids]


def check_limits(limits: OwnLimits) -> None:
    """Raise `InvalidRequest` for limits that nobody can have."""
    month, at_once = limits.runs_a_month, limits.runs_at_once
    if month and month.most is not None and not 0 <= month.most <= MOST_RUNS:
        raise InvalidRequest(f"Runs a month are a whole number from 0 to {MOST_RUNS:,}, or have no limit.")
    if at_once and at_once.most is not None and not 1 <= at_once.most <= MOST_RUNS:
        raise InvalidRequest("Runs at once are a whole number from 1 on, or have no limit.")

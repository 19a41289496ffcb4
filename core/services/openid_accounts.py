"""Whose account a company identity is: found by issuer and subject, never by a name or an address, which others may
come to bear. Whoever comes for the first time gets an account; its tier and role are the lab's own from then on.
"""

from uuid import uuid4

from core.domain.access import Role, Tier, require_admin
from core.domain.accounts import User
from core.domain.openid import (
    Claims,
    Identity,
    Reason,
    Registration,
    WaysIn,
    admitted,
    identity_of,
    namesakes,
    openid_of,
    refusal,
)
from core.settings import Settings
from core.store.openid import OpenidStore


class OpenidAccounts:
    """The accounts of the company's people. Every method may raise `StoreUnavailable`."""

    def __init__(self, store: OpenidStore, registration: Registration) -> None:
        self._store = store
        self._registration = registration

    def owner(self, claims: Claims) -> User:
        """Return whose account the claims of a verified token mean; there may be a new one. Raises `SignInRefused`."""
        identity = identity_of(self._registration.issuer, claims)
        if not admitted(identity, self._registration.domains):
            raise refusal(Reason.OUTSIDE, "an address that is not confirmed, or of another domain")
        user = self._store.find(identity.openid) or self._new(identity)
        if user is None:
            raise refusal(Reason.TAKEN, f"somebody else's name; to link the account: user link NAME {claims['sub']}")
        return user

    def link(self, actor: User, username: str, subject: str) -> User:
        """Let whoever the provider knows as `subject` sign in to an account.

        Raises `Forbidden`, `NotFound`, and `InvalidRequest` for what is no subject or has another account.
        """
        require_admin(actor)
        openid = openid_of(self._registration.issuer, subject)
        return self._store.link(username, openid, actor.id, "link account")

    def ways_in(self, user: User) -> WaysIn:
        """Return how a user may sign in. Raises `NotFound`."""
        return self._store.ways_in(user.id)

    def _new(self, identity: Identity) -> User | None:
        ours = self._registration
        user = User(str(uuid4()), identity.name, ours.tier, ours.role)
        return self._store.add(user, namesakes(identity.name), identity.openid, "add user")


def registration_of(settings: Settings) -> Registration | None:
    """Return how the lab is registered at a provider; None if signing in there is off."""
    if settings.openid_issuer is None or settings.openid_client_id is None:
        return None
    secret = settings.openid_client_secret
    return Registration(
        issuer=settings.openid_issuer,
        client_id=settings.openid_client_id,
        name=settings.openid_name,
        tier=Tier(settings.openid_tier),
        role=Role(settings.openid_role),
        domains=frozenset(settings.openid_domains),
        secret=secret.get_secret_value() if secret else None,
    )

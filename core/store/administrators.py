"""That there is an enabled administrator always, and that who administers is one, whoever does what at once."""

from sqlalchemy import Connection, exists, func, select

from core.domain.access import Role
from core.errors import Forbidden, InvalidRequest
from core.store.tables import users

LAST_ADMINISTRATOR = "This is the last administrator. Make somebody else one first."
LOCK = 7_305_518_203

_ADMINISTERS = users.c.enabled & (users.c.role == Role.ADMIN.value)


def lock_administrators(connection: Connection) -> None:
    """Let nobody else change, until the transaction ends, who is an administrator."""
    connection.execute(select(func.pg_advisory_xact_lock(LOCK)))


def require_administrator(connection: Connection, user_id: str) -> None:
    """Do as `lock_administrators` does, and raise `Forbidden` if this user is no enabled administrator by then."""
    lock_administrators(connection)
    if not connection.scalar(select(exists().where(_ADMINISTERS, users.c.id == user_id))):
        raise Forbidden("You are no administrator any more. Reload the page.")


def keep_one(connection: Connection, user_id: str) -> None:
    """Raise `InvalidRequest` if this user is the only enabled administrator. Under the lock only."""
    administrators = select(users.c.id).where(_ADMINISTERS).limit(2)
    if list(connection.scalars(administrators)) == [user_id]:
        raise InvalidRequest(LAST_ADMINISTRATOR)

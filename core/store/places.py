"""The places that running runs take: counted up when a run is admitted, given back when it leaves `started`."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, update

from core.store.tables import running_counts as places


def release(connection: Connection, user_ids: Iterable[str]) -> None:
    """Give back one place for each mention of a user. Users are taken in order, so that no two wait for each other."""
    leaving = [{"user": user_id, "runs": count} for user_id, count in sorted(Counter(user_ids).items())]
    if leaving:
        connection.execute(_FEWER, leaving)


_FEWER = (
    update(places)
    .where(places.c.user_id == bindparam("user"))
    .values({places.c.running: places.c.running - bindparam("runs")})
)

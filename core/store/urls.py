"""Database URLs as people write them, made ready for the driver."""

from typing import Any

from sqlalchemy import URL, make_url


def driver_url(url: str, **settings: str) -> URL:
    """Return `url` for SQLAlchemy over psycopg; `settings` are PostgreSQL's own and hold for every connection.

    Times come back in UTC whatever the server's zone is.
    """
    parsed = make_url(url)
    options = [f"-c {name}={value}" for name, value in {"TimeZone": "UTC", **settings}.items()]
    given = parsed.query.get("options", ())
    before = [given] if isinstance(given, str) else list(given)
    return parsed.set(drivername="postgresql+psycopg").update_query_dict({"options": " ".join([*before, *options])})


def libpq_parameters(url: str) -> dict[str, Any]:
    """Return what `url` says by libpq's own names: `host`, `dbname`, `password`, …"""
    parsed = driver_url(url)
    _, parameters = parsed.get_dialect()().create_connect_args(parsed)
    return dict(parameters)


def with_database(url: str, name: str) -> str:
    """Return `url` with the name of another database on the same server."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)

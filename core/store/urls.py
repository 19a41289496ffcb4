"""Database URLs as people write them, made ready for the driver."""

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

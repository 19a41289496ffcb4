"""The users' own templates. Whoever changes theirs holds their account's row, so that no two changes cross."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from core.domain.templates import Template, TemplateDraft, TemplateTitle
from core.errors import LimitReached, NameTaken, NotFound, NotSignedIn
from core.store.database import Database
from core.store.tables import templates, users

HINT_LENGTH = 160

_WRITTEN = (templates.c.id, templates.c.name, templates.c.prompt, templates.c.category, templates.c.description)
_HINT = func.coalesce(func.nullif(templates.c.description, ""), func.left(templates.c.prompt, HINT_LENGTH))

T = TypeVar("T")


class TemplateStore:
    """The templates in the database. Every method raises `StoreUnavailable` when it cannot be reached in time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_user(self, user_id: str) -> list[Template]:
        """Return a user's templates, by name."""
        query = select(*_WRITTEN).where(templates.c.user_id == user_id).order_by(func.lower(templates.c.name))
        rows = self._database.call(lambda connection: connection.execute(query).all())
        return [_template(row) for row in rows]

    def titles(self, user_id: str) -> list[TemplateTitle]:
        """Return what lists offer of a user's templates, by name. However long the prompts are, this is short."""
        titles = select(templates.c.id, templates.c.name, _HINT.label("hint")).where(templates.c.user_id == user_id)
        query = titles.order_by(func.lower(templates.c.name))
        rows = self._database.call(lambda connection: connection.execute(query).all())
        return [TemplateTitle(str(row.id), row.name, row.hint, own=True) for row in rows]

    def find(self, user_id: str, template_id: UUID) -> Template | None:
        """Return one of the user's own templates, or None."""
        query = select(*_WRITTEN).where(_is(user_id, template_id))
        row = self._database.call(lambda connection: connection.execute(query).first())
        return None if row is None else _template(row)

    def save(self, user_id: str, draft: TemplateDraft, now: datetime, *, most: int, replace: bool) -> Template:
        """Keep a template, of which a user may have `most`, in place of the one of its name if it may `replace` that.

        Raises `NameTaken` if it may not, `LimitReached`, and `NotSignedIn` if the account is disabled.
        """

        def work(connection: Connection) -> Template:
            taken = _named(connection, user_id, draft.name)
            if taken is None:
                _check_number(connection, user_id, most)
                return _added(connection, user_id, draft, now)
            if not replace:
                raise NameTaken(TAKEN, replaceable=True)
            return _changed(connection, _is(user_id, taken), now, draft.model_dump())

        return self._alone(user_id, work)

    def rename(self, user_id: str, template_id: UUID, name: str, now: datetime) -> Template:
        """Give one of the user's own templates another name. Raises `NotFound`, `NameTaken` and `NotSignedIn`."""

        def work(connection: Connection) -> Template:
            if _named(connection, user_id, name) not in (None, template_id):
                raise NameTaken(TAKEN, replaceable=True)
            return _changed(connection, _is(user_id, template_id), now, {"name": name})

        return self._alone(user_id, work)

    def remove(self, user_id: str, template_id: UUID) -> Template | None:
        """Remove one of the user's own templates and return what it was, or None if there was none."""
        removed = delete(templates).where(_is(user_id, template_id)).returning(*_WRITTEN)
        row = self._database.call(lambda connection: connection.execute(removed).first())
        return None if row is None else _template(row)

    def _alone(self, user_id: str, work: Callable[[Connection], T]) -> T:
        """Do `work` while nobody else changes the user's templates."""
        enabled = select(users.c.id).where(users.c.id == user_id, users.c.enabled).with_for_update(key_share=True)

        def locked(connection: Connection) -> T:
            if connection.execute(enabled).first() is None:
                raise NotSignedIn("This account cannot keep templates.")
            return work(connection)

        return self._database.call(locked)


TAKEN = "You have a template of that name already. Choose another name, or replace it."


def _is(user_id: str, template_id: UUID) -> ColumnElement[bool]:
    return (templates.c.user_id == user_id) & (templates.c.id == template_id)


def _named(connection: Connection, user_id: str, name: str) -> UUID | None:
    named = func.lower(templates.c.name) == func.lower(name)
    return connection.scalar(select(templates.c.id).where(templates.c.user_id == user_id, named))


def _check_number(connection: Connection, user_id: str, most: int) -> None:
    used = connection.scalar(select(func.count()).where(templates.c.user_id == user_id)) or 0
    if used >= most:
        words = f"You have {used} templates, which is as many as one account may have. Delete one first."
        raise LimitReached(words, limit=most, used=used, resets_at=None)


def _added(connection: Connection, user_id: str, draft: TemplateDraft, now: datetime) -> Template:
    values = {"id": uuid4(), "user_id": user_id, "created_at": now, "updated_at": now, **draft.model_dump()}
    return _template(connection.execute(insert(templates).values(values).returning(*_WRITTEN)).one())


def _changed(connection: Connection, which: ColumnElement[bool], now: datetime, values: dict[str, str]) -> Template:
    changing = update(templates).where(which).values(updated_at=now, **values).returning(*_WRITTEN)
    row = connection.execute(changing).first()
    if row is None:
        raise NotFound("There is no such template.")
    return _template(row)


def _template(row: Row[Any]) -> Template:
    return Template(**{**row._mapping, "id": str(row.id)}, own=True)

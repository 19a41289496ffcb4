"""What templates there are: the built-in ones, which nobody changes, and everybody's own."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from pydantic import ValidationError

from core.domain.accounts import User
from core.domain.chat import MAX_CHARACTERS
from core.domain.templates import (
    BUILT_IN,
    MAX_CATEGORY,
    MAX_DESCRIPTION,
    MAX_NAME,
    OWN,
    Template,
    TemplateDraft,
    TemplateTitle,
)
from core.errors import InvalidRequest, NameTaken, NotFound
from core.store.templates import TemplateStore

MAX_OWN = 100

GONE = "There is no such template."
BUILT_IN_NAME = "A template of that name comes with the lab. Choose another name."
WORDS = {
    "name": f"Give the template a name of 1 to {MAX_NAME} printable characters.",
    "prompt": f"Write a prompt of 1 to {MAX_CHARACTERS:,} characters.",
    "category": f"Give the template a category of 1 to {MAX_CATEGORY} printable characters.",
    "description": f"Describe the template in at most {MAX_DESCRIPTION} characters.",
}

_BUILT_IN = {template.id: template for template in BUILT_IN}
_THEIR_NAMES = {template.name.lower() for template in BUILT_IN}
_THEIR_TITLES = tuple(TemplateTitle(each.id, each.name, each.description, own=False) for each in BUILT_IN)


class Templates:
    """The templates that users start from. Every method may raise `StoreUnavailable`."""

    def __init__(self, store: TemplateStore, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._now = now

    def of(self, user: User) -> tuple[Template, ...]:
        """Return the built-in templates in their order, and then the user's own by name."""
        return (*BUILT_IN, *self._store.of_user(user.id))

    def titles(self, user: User) -> tuple[TemplateTitle, ...]:
        """Return the titles of what `of` returns."""
        return (*_THEIR_TITLES, *self._store.titles(user.id))

    def open(self, user: User, template_id: str) -> Template:
        """Return a built-in template or one of the user's own. Raises `NotFound`, also for somebody else's."""
        found = _BUILT_IN.get(template_id) or self._store.find(user.id, _uuid(template_id))
        if found is None:
            raise NotFound(GONE)
        return found

    def save(
        self, user: User, name: str, prompt: str, category: str = OWN, description: str = "", *, replace: bool = False
    ) -> Template:
        """Keep a template of the user's own, in place of the one that has its name if it may `replace` that.

        Raises `NameTaken` if it may not, and for the name of a built-in one; `InvalidRequest` for what `TemplateDraft`
        does not take; `LimitReached` at `MAX_OWN`; `NotSignedIn` for a disabled account.
        """
        draft = _draft(name=name, prompt=prompt, category=category, description=description)
        return self._store.save(user.id, draft, self._now(), most=MAX_OWN, replace=replace)

    def rename(self, user: User, template_id: str, name: str) -> Template:
        """Give one of the user's own templates another name. Raises what `save` raises, and `NotFound`."""
        draft = _draft(name=name, prompt=name)  # of which only the name is kept
        return self._store.rename(user.id, _uuid(template_id), draft.name, self._now())

    def remove(self, user: User, template_id: str) -> Template:
        """Remove one of the user's own templates and return what it was. Raises `NotFound`, also for another's."""
        removed = self._store.remove(user.id, _uuid(template_id))
        if removed is None:
            raise NotFound(GONE)
        return removed


def _draft(**fields: str) -> TemplateDraft:
    try:
        draft = TemplateDraft(**fields)
    except ValidationError as error:
        raise InvalidRequest(WORDS[str(error.errors()[0]["loc"][0])]) from None
    if draft.name.lower() in _THEIR_NAMES:
        raise NameTaken(BUILT_IN_NAME, replaceable=False)
    return draft


def _uuid(template_id: str) -> UUID:
    try:
        return UUID(template_id)
    except ValueError:
        raise NotFound(GONE) from None

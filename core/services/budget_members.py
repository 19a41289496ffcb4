"""What budgets can be for: who and what is known, from the names that people use to what the ledger has."""

from typing import assert_never

from core.domain.accounts import User
from core.domain.budgets import BudgetScope
from core.domain.tags import read, written
from core.errors import InvalidRequest
from core.services.models import Models
from core.services.names import provider_name
from core.services.tags import UsedTags
from core.store.accounts import AccountStore

OFFERED = 200
LONGEST = 200


class Members:
    """The people, providers, models and tags that a budget may be for. Every method may raise `StoreUnavailable`."""

    def __init__(self, accounts: AccountStore, models: Models, tags: UsedTags) -> None:
        self._accounts = accounts
        self._models = models
        self._tags = tags

    def of(self, scope: BudgetScope, name: str) -> str:
        """Return the member that people call `name`: what the ledger has for it. Raises `InvalidRequest` for nobody and
        nothing; a model and a tag need not have been seen, see `remark`."""
        name = name.strip()
        match scope:
            case BudgetScope.LAB:
                return ""
            case BudgetScope.USER:
                return self._user_id(name)
            case BudgetScope.PROVIDER:
                return self._provider(name)
            case BudgetScope.MODEL:
                return self._model_id(name)
            case BudgetScope.TAG:
                return "=".join(read(name))
        assert_never(scope)

    def offered(self, user: User, scope: BudgetScope) -> list[str]:
        """Return names to choose from, as far as they are few enough; others may be written."""
        match scope:
            case BudgetScope.PROVIDER:
                return sorted(map(provider_name, self._providers()))
            case BudgetScope.MODEL:
                return sorted(model.id for model in self._models.all())
            case BudgetScope.TAG:
                return self._known_tags(user)[:OFFERED]
            case BudgetScope.LAB | BudgetScope.USER:
                return []
        assert_never(scope)

    def remark(self, user: User, scope: BudgetScope, name: str) -> str | None:
        """Return what is to be said of a model or a tag that nobody has seen, since it may be a slip of the hand."""
        if scope is BudgetScope.MODEL and name.strip() not in {model.id for model in self._models.all()}:
            return "No list names this model. The budget counts its runs all the same, if there are any."
        if scope is BudgetScope.TAG and name.strip() not in self._known_tags(user):
            return "No run bears this tag so far. The budget counts the first one that does: check how it is written."
        return None

    def _user_id(self, name: str) -> str:
        account = self._accounts.named(name) if name.isprintable() and len(name) <= LONGEST else None
        if not name or account is None:
            raise InvalidRequest("Write the user name of somebody who has an account here.")
        return account.user.id

    def _provider(self, name: str) -> str:
        by_name = {spelled.casefold(): one for one in self._providers() for spelled in (one, provider_name(one))}
        if name.casefold() not in by_name:
            raise InvalidRequest("Choose one of the providers that the lab knows.")
        return by_name[name.casefold()]

    def _model_id(self, name: str) -> str:
        provider, _, rest = name.partition("/")
        if not rest or len(name) > LONGEST or not name.isprintable():
            raise InvalidRequest("Write the model as provider/model, for example openai/gpt-4o-mini.")
        return f"{self._provider(provider)}/{rest}"

    def _providers(self) -> set[str]:
        return {model.provider for model in self._models.all()}

    def _known_tags(self, user: User) -> list[str]:
        return [written(name, value) for name, values in self._tags.of(user).items() for value in values]

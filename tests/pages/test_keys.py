"""The page Keys and the section of one's own keys: what is told of them, and that none of them is ever told."""

from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from streamlit.testing.v1 import AppTest

from core import lab
from core.domain.access import Role
from core.domain.accounts import User
from core.domain.faults import FaultCode
from core.domain.providers import KeyUse
from core.domain.runs import Payer
from core.providers.client import NotTold
from core.secrets import Vault
from core.services.accounts import Accounts
from core.services.copies import Copies
from core.services.key_table import KeyTable
from core.services.keys import Keys
from core.services.providers import Providers
from core.services.ways import Ways
from core.settings import Settings
from core.store.changes import ChangeStore
from core.store.database import Database
from core.store.keys import KeyStore
from core.store.prices import ModelStore
from core.store.providers import ProviderStore
from pages.components.keys_dialogs import TYPED
from tests.fixtures.accounts import ADDRESS, PASSWORD, Clock
from tests.fixtures.frame import Browser, opened

KEY, ENVIRONMENT = "sk-planted-0123456789abcdef", "sk-environment-0123456789"
REFUSED, UNREACHED = NotTold("no", FaultCode.BAD_KEY), NotTold("OpenAI cannot be reached.", FaultCode.TIMEOUT)


class Asked:
    """Stands for the providers: takes every key, unless it is told to refuse."""

    def __init__(self) -> None:
        self.refusal: NotTold | None = None
        self.keys: list[str] = []

    def __call__(self, provider: object, base_url: str, key: str) -> list[Any]:
        self.keys.append(key)
        if self.refusal:
            raise self.refusal
        return []


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def keys(database: Database, browser: Browser, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> Keys:
    """The real keys of the open lab, which has one for Groq from the environment."""
    settings = Settings(_env_file=None, GROQ_API_KEY=ENVIRONMENT, LOCAL_BASE_URL="http://127.0.0.1:9/v1")
    copies = Copies(ChangeStore(database))
    providers = Providers(settings, ProviderStore(database), copies, now=Clock())
    keys = Keys(
        settings=settings,
        vault=Vault([Fernet.generate_key().decode()]),
        store=KeyStore(database),
        copies=copies,
        providers=providers,
        lists=ModelStore(database),
        ask=asked,
        now=Clock(),
    )
    providers.load()
    keys.load()
    services: Any = lab.current()
    assert isinstance(services, SimpleNamespace)
    services.providers, services.keys = providers, keys
    services.key_table = KeyTable(Ways(providers, keys))
    return keys


@pytest.fixture
def ann(accounts: Accounts) -> User:
    """Whose account it is."""
    return accounts.sign_in("ann", PASSWORD, ADDRESS)


@pytest.fixture
def admin(accounts: Accounts, signed_in: Browser) -> User:
    """Ann, as an administrator."""
    accounts.set("ann", role=Role.ADMIN)
    return accounts.sign_in("ann", PASSWORD, ADDRESS)


def text(app: AppTest) -> str:
    """All that is said, dialogs included."""
    kinds = (app.markdown, app.caption, app.error, app.warning, app.toast)
    return " ".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


def click(app: AppTest, key: str) -> AppTest:
    """Click the button of that key, or the last one with that label: a dialog comes after the page."""
    return [one for one in app.button if key in (one.key, one.label)][-1].click().run()


def choose(app: AppTest, provider: str, act: str) -> AppTest:
    """Choose from the menu of a provider."""
    return next(one for one in app.get("menu_button") if one.key == f"more-{provider}").click(act).run()


def store(app: AppTest, button: str, key: str) -> AppTest:
    """Open the dialog that takes a key, type one and send it."""
    app = click(app, button)
    next(one for one in app.text_input if one.label == "Key").input(key)
    return click(app, "Save")


def line(app: AppTest, name: str) -> str:
    """What is said of one provider."""
    return next(one.value for one in app.main.markdown if one.value.startswith(f"**{name}**")).replace("\\", "")


def test_the_page_is_for_administrators(keys: Keys, signed_in: Browser):
    app = opened(signed_in, "keys")
    assert "What the lab calls each provider with" not in text(app)
    assert not [one for one in app.button if str(one.key).startswith("store-")]


def test_every_provider_is_listed_with_the_key_in_use(keys: Keys, admin: User, signed_in: Browser):
    keys.save(admin, Payer.LAB, "openai", KEY)
    app = opened(signed_in, "keys")
    assert ":green-badge[Checked]" in line(app, "OpenAI")
    assert "key …cdef · stored by ann, 20 Nov" in line(app, "OpenAI")
    assert "From the environment" in line(app, "Groq")
    assert "GROQ_API_KEY" in line(app, "Groq")
    keys.save(admin, Payer.LAB, "groq", KEY)
    assert "instead of GROQ_API_KEY" in line(opened(signed_in, "keys"), "Groq")
    assert "No key" in line(app, "Together")
    assert "api.together.xyz" in line(app, "Together")


def test_a_key_that_is_accepted_is_saved_and_never_shown(keys: Keys, admin: User, signed_in: Browser, asked: Asked):
    app = store(opened(signed_in, "keys"), "store-openai", f" {KEY} ")
    assert asked.keys == [KEY]
    assert "OpenAI accepted the key. It is saved." in text(app)
    assert ":green-badge[Checked]" in line(app, "OpenAI")
    assert KEY not in text(app)
    assert TYPED not in app.session_state
    assert not [one for one in app.text_input if one.label == "Key"]


def test_a_key_that_is_refused_is_not_saved_and_stays_in_the_field(
    keys: Keys, admin: User, signed_in: Browser, asked: Asked
):
    asked.refusal = REFUSED
    app = store(opened(signed_in, "keys"), "store-openai", KEY)
    assert "OpenAI does not accept this key. Nothing was saved." in text(app)
    assert next(one.value for one in app.text_input if one.label == "Key") == KEY
    assert "Save without checking" not in [one.label for one in app.button]
    assert keys.of(admin, Payer.LAB) == {}


def test_where_nobody_answers_a_key_may_be_saved_unchecked(keys: Keys, admin: User, signed_in: Browser, asked: Asked):
    asked.refusal = UNREACHED
    app = store(opened(signed_in, "keys"), "store-openai", KEY)
    assert "OpenAI cannot be reached. So nobody can say whether the key is right." in text(app)
    assert keys.of(admin, Payer.LAB) == {}
    app = click(app, "Save without checking")
    assert ":orange-badge[Not checked]" in line(app, "OpenAI")


@pytest.mark.parametrize("typed", ["", "short"])
def test_what_cannot_be_a_key_is_said_in_the_dialog(
    keys: Keys, admin: User, signed_in: Browser, asked: Asked, typed: str
):
    app = store(opened(signed_in, "keys"), "store-openai", typed)
    assert len(app.error) == 1
    assert asked.keys == []


def test_a_key_is_removed_once_that_is_confirmed(keys: Keys, admin: User, signed_in: Browser):
    keys.save(admin, Payer.LAB, "groq", KEY)
    app = choose(opened(signed_in, "keys"), "groq", "Remove key")
    assert "The one from the environment serves again." in text(app)
    assert keys.of(admin, Payer.LAB)
    app = click(app, "Remove key")
    assert keys.of(admin, Payer.LAB) == {}
    assert "From the environment" in line(app, "Groq")


def test_a_key_is_checked_again(keys: Keys, admin: User, signed_in: Browser, asked: Asked):
    keys.save(admin, Payer.LAB, "openai", KEY)
    asked.refusal = REFUSED
    app = choose(opened(signed_in, "keys"), "openai", "Check key")
    assert ":red-badge[Failing]" in line(app, "OpenAI")
    assert "Last failure 20 Nov" in line(app, "OpenAI")
    assert "OpenAI does not accept this key." in line(app, "OpenAI")


def test_the_last_use_and_failure_and_the_number_of_own_keys_are_told(
    keys: Keys, admin: User, signed_in: Browser, database: Database
):
    clock = Clock()
    keys.save(admin, Payer.LAB, "openai", KEY)
    keys.save(admin, Payer.OWN, "openai", KEY)
    clock.advance(hours=2)
    KeyStore(database).note_uses([KeyUse("lab", "openai", clock(), "![x](http://elsewhere) **no** credit")])
    app = opened(signed_in, "keys")
    said = line(app, "OpenAI")
    assert "1 person has a key of their own" in said
    assert "last used 20 Nov, 14:00" in said or "last used 20 Nov 2026, 14:00" in said
    raw = next(one.value for one in app.main.markdown if one.value.startswith("**OpenAI**"))
    assert r"\!\[x\]\(http\:" in raw


def test_a_provider_is_added_changed_switched_off_and_removed(keys: Keys, admin: User, signed_in: Browser):
    app = click(opened(signed_in, "keys"), "Add provider")
    for label, value in (("Name", "vllm"), ("Display name", "Our *vLLM*"), ("Base URL", "http://127.0.0.1:9/v1")):
        next(one for one in app.text_input if one.label == label).input(value)
    app = next(one for one in app.button if one.label == "Add provider" and one.form_id).click().run()
    assert "Begin the base URL with https://" in text(app)
    assert next(one.value for one in app.text_input if one.label == "Name") == "vllm"
    next(one for one in app.checkbox if "inner network" in one.label).check()
    app = next(one for one in app.button if one.label == "Add provider" and one.form_id).click().run()
    assert "No key" in line(app, r"Our \*vLLM\*")
    app = choose(app, "vllm", "Switch off")
    assert "Switched off" in line(app, r"Our \*vLLM\*")
    app = choose(app, "vllm", "Edit provider")
    next(one for one in app.text_input if one.label == "Display name").input("Ours")
    app = click(app, "Save")
    assert "Switched off" in line(app, "Ours")
    app = choose(app, "vllm", "Remove provider")
    assert "Its runs stay in the history" in text(app)
    app = click(app, "Remove provider")
    assert "Ours" not in " ".join(one.value for one in app.main.markdown)


def test_everybody_keeps_keys_of_their_own(keys: Keys, ann: User, signed_in: Browser):
    app = opened(signed_in)
    assert "The lab's key serves." in line(app, "Groq")
    assert "The lab has no key for it." in line(app, "OpenAI")
    app = store(app, "own-openai", KEY)
    assert "Checked" in line(app, "OpenAI")
    assert "key …cdef · stored 20 Nov" in line(app, "OpenAI")
    assert list(keys.of(ann, Payer.OWN)) == ["openai"]
    app = choose(app, "openai", "Remove key")
    assert "its models are out of reach" in text(app)
    app = click(app, "Remove key")
    assert keys.of(ann, Payer.OWN) == {}


def test_nobody_sees_the_keys_of_somebody_else(keys: Keys, admin: User, signed_in: Browser, accounts: Accounts):
    bob = accounts.add("bob", PASSWORD, tier=admin.tier, role=Role.OPS)
    keys.save(bob, Payer.OWN, "openai", "sk-bobs-0123456789-wxyz")
    assert "wxyz" not in text(opened(signed_in))
    assert "wxyz" not in text(opened(signed_in, "keys"))

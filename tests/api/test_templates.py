"""The templates over HTTP."""

from datetime import timedelta
from uuid import uuid4

import pytest

from core.domain.accounts import Scope
from core.domain.templates import BUILT_IN
from core.services.templates import MAX_OWN, Templates
from core.services.tokens import Tokens
from core.store.templates import TemplateStore
from core.store.tokens import TokenStore

TEMPLATES = "/api/v1/llm/test/templates"
FIELDS = {"id", "name", "prompt", "category", "description", "suggested_models", "own"}
NOTES = {"name": "Notes", "prompt": "Write them."}


@pytest.fixture
def store(product, shared_database) -> Templates:
    """The product's templates, seen from here."""
    return Templates(TemplateStore(shared_database))


def test_the_ten_templates_are_told_in_their_order(signed_in):
    told = signed_in.get(TEMPLATES).json()["templates"]
    assert [template["id"] for template in told] == [template.id for template in BUILT_IN]
    assert all(set(template) == FIELDS and not template["own"] for template in told)


def test_whoever_is_not_signed_in_sees_no_template_and_changes_none(client, product):
    assert client.get(TEMPLATES).status_code == 401
    assert client.post(TEMPLATES, json=NOTES).status_code == 401
    assert client.delete(f"{TEMPLATES}/{uuid4()}").status_code == 401


def test_what_is_saved_is_told_after_the_ten(signed_in):
    saved = signed_in.post(TEMPLATES, json=NOTES | {"category": "release", "description": "What changed"})
    assert saved.status_code == 200
    told = signed_in.get(TEMPLATES).json()["templates"]
    assert told[len(BUILT_IN) :] == [saved.json()]
    expected = {**NOTES, "category": "release", "description": "What changed", "suggested_models": [], "own": True}
    assert saved.json() == {"id": saved.json()["id"], **expected}


def test_a_taken_name_is_a_conflict_unless_it_is_to_be_replaced(signed_in):
    first = signed_in.post(TEMPLATES, json=NOTES).json()
    again = signed_in.post(TEMPLATES, json={"name": "notes", "prompt": "Two."})
    assert again.status_code == 409
    assert "Choose another name, or replace it." in again.json()["detail"]
    assert signed_in.post(TEMPLATES, json=NOTES | {"name": "Write a Poem", "replace": True}).status_code == 409
    replaced = signed_in.post(TEMPLATES, json={"name": "notes", "prompt": "Two.", "replace": True}).json()
    assert replaced == {**first, "name": "notes", "prompt": "Two."}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"prompt": "Go."}, "name: this is needed."),
        (NOTES | {"name": " Notes"}, "name: write words that can be seen, with one space between them."),
        (NOTES | {"name": "x" * 61}, "name: send at most 60 characters."),
        (NOTES | {"prompt": " "}, "prompt: write something."),
        (NOTES | {"prompt": "x" * 400_001}, "prompt: send at most 400,000 characters."),
        (NOTES | {"category": ""}, "category: write words that can be seen, with one space between them."),
        (NOTES | {"own": True}, "own: nothing of that name is known here; leave it out."),
    ],
)
def test_what_will_not_do_is_told_with_its_place_and_its_cure(signed_in, body, words):
    response = signed_in.post(TEMPLATES, json=body)
    assert (response.status_code, response.json()) == (422, {"detail": words})


def test_beyond_as_many_as_may_be_the_limit_is_told(signed_in, store, user):
    for number in range(MAX_OWN):
        store.save(user, f"template {number}", "Go.")
    response = signed_in.post(TEMPLATES, json=NOTES)
    assert response.status_code == 429
    assert response.json()["detail"]["limit"] == response.json()["detail"]["used"] == MAX_OWN
    assert response.headers["retry-after"]


def test_a_template_is_removed_once_and_told_once_more(signed_in):
    saved = signed_in.post(TEMPLATES, json=NOTES).json()
    removed = signed_in.delete(f"{TEMPLATES}/{saved['id']}")
    assert (removed.status_code, removed.json()) == (200, saved)
    assert signed_in.delete(f"{TEMPLATES}/{saved['id']}").status_code == 404
    assert len(signed_in.get(TEMPLATES).json()["templates"]) == len(BUILT_IN)


def test_anothers_template_is_as_unknown_as_none_and_a_built_in_one_stays(signed_in, store, accounts, name):
    bob = next(account for account in accounts.all() if account.username == name)
    bobs = store.save(bob, "Notes", "A secret.")
    answers = [signed_in.delete(f"{TEMPLATES}/{named}") for named in (bobs.id, uuid4(), "write-poem", "none")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert "secret" not in signed_in.get(TEMPLATES).text
    assert store.open(bob, bobs.id) == bobs


def test_a_token_that_may_only_read_changes_no_template(client, store, shared_database, user):
    secret, _ = Tokens(TokenStore(shared_database)).create(user, "reports", {Scope.READ}, timedelta(days=7))
    client.headers["Authorization"] = f"Bearer {secret}"
    saved = store.save(user, "Notes", "Go.")
    assert client.get(TEMPLATES).json()["templates"][-1]["id"] == saved.id
    assert client.post(TEMPLATES, json={"name": "More", "prompt": "Go."}).status_code == 403
    assert client.delete(f"{TEMPLATES}/{saved.id}").status_code == 403
    assert store.open(user, saved.id) == saved


def test_another_site_changes_no_template(signed_in, store, user):
    saved = store.save(user, "Notes", "Go.")
    elsewhere = {"Origin": "https://elsewhere.example"}
    assert signed_in.post(TEMPLATES, json={"name": "More", "prompt": "Go."}, headers=elsewhere).status_code == 403
    assert signed_in.delete(f"{TEMPLATES}/{saved.id}", headers=elsewhere).status_code == 403
    form = {"Content-Type": "text/plain"}
    assert signed_in.post(TEMPLATES, content=b'{"name": "More", "prompt": "Go."}', headers=form).status_code == 415
    assert [template for template in store.of(user) if template.own] == [saved]

"""Users' own templates: kept, found again, changed, and nobody else's."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import delete, select

from core.domain.accounts import User
from core.domain.templates import BUILT_IN, Template
from core.errors import InvalidRequest, LimitReached, NameTaken, NotFound, NotSignedIn
from core.services.accounts import Accounts
from core.services.templates import MAX_OWN, Templates
from core.store.database import Database
from core.store.tables import templates as table
from core.store.tables import users
from core.store.templates import HINT_LENGTH, TemplateStore
from tests.fixtures.accounts import Clock, add_person

pytestmark = pytest.mark.usefixtures("quick_hashes")


@pytest.fixture
def templates(database: Database, clock: Clock) -> Templates:
    """The service over the same database as the accounts."""
    return Templates(TemplateStore(database), now=clock)


@pytest.fixture
def bob(accounts: Accounts) -> User:
    """Somebody else."""
    return add_person(accounts, "bob")


def own(templates: Templates, user: User) -> list[Template]:
    return [template for template in templates.of(user) if template.own]


def test_the_built_in_ones_come_first_and_then_the_own_by_name(templates, ann):
    saved = [templates.save(ann, name, "Go.") for name in ("zebra", "Ant", "mole")]
    assert templates.of(ann) == (*BUILT_IN, saved[1], saved[2], saved[0])
    assert [(title.id, title.name, title.own) for title in templates.titles(ann)] == [
        (template.id, template.name, template.own) for template in templates.of(ann)
    ]


def test_what_is_saved_is_found_again_as_it_was_written(templates, ann):
    saved = templates.save(ann, "Notes", "Write\n them. \x00", "release", "What changed")
    assert saved == Template(
        id=saved.id, name="Notes", prompt="Write\n them. ", category="release", description="What changed", own=True
    )
    assert templates.open(ann, saved.id) == saved
    assert templates.save(ann, "More", "Go.").category == "own"


def test_a_built_in_one_is_opened_by_everybody(templates, ann):
    assert templates.open(ann, "write-poem") == BUILT_IN[1]


def test_a_title_hints_at_what_the_template_is_for_and_is_short_however_long_it_is(templates, ann):
    templates.save(ann, "a", "x" * 400_000)
    templates.save(ann, "b", "Go.", description="To leave")
    assert [title.hint for title in templates.titles(ann)[-2:]] == ["x" * HINT_LENGTH, "To leave"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": " "}, "name of 1 to 60"),
        ({"name": "\ud800"}, "name of 1 to 60"),
        ({"prompt": "\n"}, "prompt of 1 to 400,000"),
        ({"category": ""}, "category of 1 to 30"),
        ({"description": "x" * 301}, "at most 300"),
        ({"name": "write a POEM"}, "comes with the lab"),
    ],
)
def test_what_will_not_do_is_told_in_plain_words_and_not_kept(templates, ann, fields, words):
    with pytest.raises(InvalidRequest, match=words):
        templates.save(ann, **{"name": "Notes", "prompt": "Go."} | fields)
    assert own(templates, ann) == []


def test_a_taken_name_is_refused_in_whatever_case_unless_it_is_to_be_replaced(templates, ann, bob):
    saved = templates.save(ann, "Notes", "One.")
    with pytest.raises(NameTaken, match="Choose another name, or replace it"):
        templates.save(ann, "NOTES", "Two.")
    assert own(templates, ann) == [saved]
    replaced = templates.save(ann, "NOTES", "Two.", replace=True)
    assert own(templates, ann) == [replaced]
    assert (replaced.id, replaced.name, replaced.prompt) == (saved.id, "NOTES", "Two.")
    assert templates.save(bob, "Notes", "Three.")


def test_the_database_tells_when_a_template_was_changed(templates, ann, clock, database):
    saved = templates.save(ann, "Notes", "One.")
    made = clock()
    clock.advance(hours=1)
    templates.rename(ann, saved.id, "Letters")
    row = database.call(lambda connection: connection.execute(select(table)).one())
    assert (row.created_at, row.updated_at) == (made, clock())


def test_a_template_is_renamed_and_keeps_all_else(templates, ann):
    saved = templates.save(ann, "Notes", "One.", "release", "What changed")
    renamed = templates.rename(ann, saved.id, "notes of ours")
    assert renamed == saved.model_copy(update={"name": "notes of ours"})
    assert own(templates, ann) == [renamed]
    assert templates.rename(ann, saved.id, "Notes of ours").name == "Notes of ours"


def test_a_template_takes_no_name_that_another_has(templates, ann):
    templates.save(ann, "Notes", "One.")
    other = templates.save(ann, "Letters", "Two.")
    for name in ("notes", "Brainstorming", ""):
        with pytest.raises(InvalidRequest):
            templates.rename(ann, other.id, name)
    assert {template.name for template in own(templates, ann)} == {"Notes", "Letters"}


def test_a_template_is_removed_once_and_told_so_that_it_can_be_saved_anew(templates, ann):
    saved = templates.save(ann, "Notes", "One.")
    assert templates.remove(ann, saved.id) == saved
    assert own(templates, ann) == []
    with pytest.raises(NotFound):
        templates.remove(ann, saved.id)


@pytest.mark.parametrize("whose", ["anothers", "nobodys", "built in", "no id"])
def test_what_is_not_ones_own_cannot_be_changed_or_removed(templates, ann, bob, whose):
    bobs = templates.save(bob, "Notes", "A secret.")
    named = {"anothers": bobs.id, "nobodys": str(uuid4()), "built in": "write-poem", "no id": "'; drop table"}[whose]
    with pytest.raises(NotFound):
        templates.remove(ann, named)
    with pytest.raises(NotFound):
        templates.rename(ann, named, "Mine")
    assert own(templates, bob) == [bobs]


@pytest.mark.parametrize("whose", ["anothers", "nobodys", "no id"])
def test_anothers_template_is_as_unknown_as_none(templates, ann, bob, whose):
    bobs = templates.save(bob, "Notes", "A secret.")
    with pytest.raises(NotFound, match="no such template"):
        templates.open(ann, {"anothers": bobs.id, "nobodys": str(uuid4()), "no id": "none"}[whose])
    assert own(templates, ann) == []


def test_the_number_of_templates_is_held_exactly_whoever_comes_at_once(templates, ann, bob):
    for number in range(MAX_OWN - 1):
        templates.save(ann, f"template {number}", "Go.")

    def attempt(number: int) -> bool:
        try:
            templates.save(ann, f"late {number}", "Go.")
        except LimitReached as error:
            assert (error.limit, error.used) == (MAX_OWN, MAX_OWN)
            return False
        return True

    with ThreadPoolExecutor(4) as together:
        assert sum(together.map(attempt, range(4))) == 1
    assert templates.save(ann, "template 0", "Again.", replace=True)
    assert templates.save(bob, "Notes", "Go.")


def test_of_two_templates_of_one_name_at_once_one_is_kept(templates, ann):
    def attempt(name: str) -> bool:
        try:
            templates.save(ann, name, "Go.")
        except NameTaken:
            return False
        return True

    with ThreadPoolExecutor(4) as together:
        assert sum(together.map(attempt, ("Notes", "notes", "NOTES", "nOTES"))) == 1


def test_a_disabled_account_keeps_no_more_templates(templates, ann, accounts):
    accounts.disable("ann")
    with pytest.raises(NotSignedIn):
        templates.save(ann, "Notes", "Go.")


def test_an_account_that_goes_takes_its_templates_along(templates, ann, database):
    templates.save(ann, "Notes", "Go.")
    database.call(lambda connection: connection.execute(delete(users)))
    assert own(templates, ann) == []

"""Tags keep their rules whoever writes them, and what is wrong with one is told in plain words."""

import json
from string import ascii_lowercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from core.api.schemas import RunRequest
from core.api.words import plain
from core.domain.tags import MAX_NAME, MAX_TAGS, MAX_VALUE, Tags, collected, read, resembling, value_of, written
from core.errors import InvalidRequest

TAGS = TypeAdapter(Tags)
LETTERS = ascii_lowercase + digits + "_-"
VISIBLE = st.characters(codec="ascii", exclude_categories=("C", "Z")) | st.sampled_from("äß東😀€")
NAMES = st.builds(str.__add__, st.sampled_from(ascii_lowercase), st.text(LETTERS, max_size=MAX_NAME - 1))
VALUES = st.lists(st.text(VISIBLE, min_size=1, max_size=12), min_size=1, max_size=4).map(" ".join)
ANYTHING = st.text(st.characters(exclude_categories=("Cs",)), max_size=MAX_VALUE + 5)
BODY = {"model_id": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}]}


def allows(tags: object) -> bool:
    try:
        TAGS.validate_json(json.dumps(tags), strict=True)
    except ValidationError:
        return False
    return True


def refusal(tags: object) -> str:
    """What the API says of `tags`."""
    with pytest.raises(ValidationError) as caught:
        RunRequest.model_validate_json(json.dumps(BODY | {"tags": tags}), strict=True)
    return plain(caught.value)


@given(st.dictionaries(NAMES, VALUES, max_size=MAX_TAGS))
def test_good_tags_are_taken_as_they_are_by_both_ways(tags):
    assert TAGS.validate_json(json.dumps(tags), strict=True) == tags
    assert collected(read(written(name, value)) for name, value in tags.items()) == tags


@given(ANYTHING)
def test_what_a_person_may_write_is_what_a_program_may_send_once_its_spaces_are_right(text):
    tidy = " ".join(text.split())
    try:
        assert value_of(text) == tidy
    except InvalidRequest:
        assert not allows({"team": tidy})
    else:
        assert allows({"team": tidy})


@given(ANYTHING)
def test_a_name_that_a_person_may_write_is_one_that_a_program_may_send(name):
    try:
        found, _ = read(f"{name}:x")
    except InvalidRequest:
        assert not allows({name: "x"})
    else:
        assert found == name.partition(":")[0].strip().lower() or ":" in name
        assert allows({found: "x"})


ONE_LINE = ANYTHING.map(lambda text: text.replace("\n", ""))  # to Python, `$` is before a last line feed as well


@given(st.dictionaries(NAMES | ONE_LINE, VALUES | ONE_LINE, max_size=MAX_TAGS + 1))
def test_the_description_of_the_api_allows_what_the_api_takes_and_nothing_else(tags):
    described = Draft202012Validator(RunRequest.model_json_schema()["properties"]["tags"])
    assert described.is_valid(tags) == allows(tags)


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"Team": "support"}, "tags.Team: name a tag with a small letter (a-z) first"),
        ({"": "support"}, "tags: name a tag"),
        ({"a" * 31: "support"}, f"tags.{'a' * 31}: name a tag"),
        ({"name": " support"}, "tags.name: write 1 to 60 characters that can be seen, with one space between words."),
        ({"model_id": ""}, "tags.model_id: write 1 to 60 characters that can be seen"),
        ({"team": "a" * 61}, "tags.team: send at most 60 characters."),
        ({"team": "\u200b"}, "tags.team: write 1 to 60 characters that can be seen"),
        ({"team": None}, "tags.team: send a text."),
        ({"team": 4711}, "tags.team: send a text."),
        (["team"], "tags: send an object."),
        ({f"t{number}": "x" for number in range(9)}, "tags: send at most 8."),
    ],
)
def test_what_is_wrong_with_the_tags_of_a_request_is_told_in_plain_words(tags, words):
    assert refusal(tags).startswith(words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("4711", "Write the tag “4711” as name: value, for example ticket: 4711."),
        ("4711: ticket", "A tag cannot be called “4711”. Name a tag with a small letter (a-z) first"),
        ("über: alles", "A tag cannot be called “über”. Name a tag with a small letter (a-z) first"),
        ("ticket:", "Write 1 to 60 characters that can be seen"),
        ("ticket: " + "x" * 61, "Write 1 to 60 characters that can be seen"),
    ],
)
def test_what_is_wrong_with_a_tag_that_somebody_wrote_is_told_in_plain_words(text, words):
    with pytest.raises(InvalidRequest, match=r"^") as caught:
        read(text)
    assert caught.value.message.startswith(words)


def test_slips_of_the_hand_are_made_good():
    assert read("  Ticket :  no.   4711: urgent ") == ("ticket", "no. 4711: urgent")


def test_a_name_with_two_values_and_one_tag_too_many_are_refused():
    with pytest.raises(InvalidRequest, match="“team” has more than one value"):
        collected([("team", "support"), ("project", "apollo"), ("team", "sales")])
    with pytest.raises(InvalidRequest, match="at most 8 tags"):
        collected((f"t{number}", "x") for number in range(9))


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("sup", "support"),
        ("SUPPORT", "support"),
        ("suport", "support"),
        ("support", None),
        ("sales", None),
        ("x", None),
    ],
)
def test_a_new_value_is_told_from_a_slip_of_the_hand(value, meant):
    assert resembling(value, ["engineering", "support", "support eu"]) == meant


@given(st.text(), st.lists(st.text()))
def test_what_may_be_meant_was_used_and_is_something_else(value, used):
    meant = resembling(value, used)
    assert meant is None or (meant in used and value not in used)


def test_tags_are_no_part_of_what_is_asked_of_the_model():
    wanted = RunRequest.model_validate(BODY | {"tags": {"team": "support"}})
    assert "support" not in wanted.chat_request().model_dump_json()

"""The ten templates of the contract, each ready to be sent, and what a user's own must be like."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.domain.chat import MAX_CHARACTERS, ChatRequest
from core.domain.templates import BUILT_IN, MAX_DESCRIPTION, MAX_NAME, TemplateDraft

CONTRACT = {
    "explain-quantum": ("Explain Quantum Physics", "explanation"),
    "write-poem": ("Write a Poem", "creative"),
    "code-function": ("Code a Function", "coding"),
    "analyze-sentiment": ("Sentiment Analysis", "analysis"),
    "logic-puzzle": ("Logic Puzzle", "reasoning"),
    "summarize-text": ("Text Summarization", "summarization"),
    "translate-language": ("Language Translation", "translation"),
    "math-problem": ("Math Problem", "mathematics"),
    "role-play": ("Role-Playing", "conversation"),
    "brainstorm-ideas": ("Brainstorming", "creative"),
}


def accepted(**fields: str) -> bool:
    try:
        TemplateDraft(**{"name": "Notes", "prompt": "Write them."} | fields)
    except ValidationError:
        return False
    return True


def test_they_are_those_of_the_contract():
    assert {template.id: (template.name, template.category) for template in BUILT_IN} == CONTRACT
    assert list(CONTRACT) == [template.id for template in BUILT_IN]


def test_each_can_be_sent_to_each_model_that_it_suggests():
    for template in BUILT_IN:
        assert template.suggested_models
        for model_id in template.suggested_models:
            messages = [{"role": "user", "content": template.prompt}]
            assert ChatRequest.model_validate({"model_id": model_id, "messages": messages}).prompt == template.prompt


def test_each_could_be_somebodys_own():
    for template in BUILT_IN:
        fields = template.model_dump(include=set(TemplateDraft.model_fields))
        assert TemplateDraft(**fields).model_dump() == fields


@pytest.mark.parametrize("name", ["a", "Übung 1: 中文 – ½ €", "x" * MAX_NAME])
def test_a_name_is_words_of_any_language(name):
    assert accepted(name=name)
    assert accepted(category=name[:30])


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        " a",
        "a ",
        "a  b",
        "a\nb",
        "a\tb",
        "a\x00b",
        "a\x7f",
        "\u200b",
        "a\u202eb",
        "a\u2028b",
        "x" * (MAX_NAME + 1),
    ],
)
def test_a_name_hides_nothing(name):
    assert not accepted(name=name)
    assert not accepted(category=name)


@pytest.mark.parametrize("prompt", ["", " \n\t", "\x00", "\u3000", "x" * (MAX_CHARACTERS + 1)])
def test_a_prompt_is_neither_blank_nor_endless(prompt):
    assert not accepted(prompt=prompt)


def test_a_description_may_be_empty_and_is_short():
    assert accepted(description="")
    assert not accepted(description="x" * (MAX_DESCRIPTION + 1))


@given(st.text(max_size=MAX_NAME + 2))
def test_the_pattern_of_a_name_means_the_same_to_whoever_reads_the_description_of_the_api(name):
    told = TemplateDraft.model_json_schema()["properties"]["name"]
    fits = told["minLength"] <= len(name) <= told["maxLength"] and re.search(told["pattern"], name)
    assert accepted(name=name) is (bool(fits) and not name.endswith("\n"))


@given(st.text(max_size=20))
def test_what_is_kept_can_be_kept_by_the_database_and_is_not_blank(prompt):
    if accepted(prompt=prompt):
        kept = TemplateDraft(name="Notes", prompt=prompt).prompt
        assert kept.strip()
        assert "\x00" not in kept

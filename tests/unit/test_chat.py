"""A request is validated once, and what PostgreSQL and UTF-8 cannot hold is cleaned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.domain.chat import ChatRequest, Message, clean
from core.domain.usage import estimate_tokens


def request(**changes):
    fields = {"model_id": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}]}
    return ChatRequest.model_validate(fields | changes)


def test_the_first_slash_parts_provider_and_model():
    chat = request(model_id="openrouter/anthropic/claude-3.5-sonnet")
    assert (chat.provider, chat.model) == ("openrouter", "anthropic/claude-3.5-sonnet")


def test_defaults_are_those_of_the_contract():
    parameters = request().parameters
    assert (parameters.temperature, parameters.max_tokens, parameters.top_p) == (0.7, 1000, 1.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"temperature": 2.1},
        {"temperature": float("nan")},
        {"top_p": -0.1},
        {"max_tokens": 0},
        {"max_tokens": 10**12},
        {"messages": []},
        {"messages": [{"role": "tool", "content": "x"}]},
        {"messages": [{"role": "user", "content": "x"}] * 10_000},
        {"messages": [{"role": "user", "content": "x" * 400_001}]},
        {"model_id": "gpt-4o"},
        {"model_id": "openai/ "},
        {"model_id": "/x"},
    ],
)
def test_what_cannot_be_run_is_refused(changes):
    with pytest.raises(ValidationError):
        request(**changes)


def test_the_prompt_is_what_the_user_said_last():
    messages = [Message(role="user", content=word) for word in ("one", "two")]
    assert request(messages=[*messages, Message(role="assistant", content="three")]).prompt == "two"


@given(st.text(st.characters(codec=None)))
def test_a_cleaned_text_can_be_stored(text):
    cleaned = clean(text)
    assert "\x00" not in cleaned
    assert cleaned.encode().decode() == cleaned
    assert clean(cleaned) == cleaned


def test_a_pair_of_surrogates_becomes_the_character_that_it_stands_for():
    assert clean("\ud83d\ude00") == "\U0001f600"
    assert clean("\ud83d!") == "\ufffd!"


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_more_text_is_never_fewer_tokens(one, two):
    assert estimate_tokens(one) <= estimate_tokens(one + two) <= estimate_tokens(one) + estimate_tokens(two)

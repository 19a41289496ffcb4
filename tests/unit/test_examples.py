"""The examples of the API page say what they mean, whatever the model and the address are called."""

import ast
import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.services.examples import Example, examples

NASTY = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1) | st.sampled_from(
    ["openai/'; rm -rf ~; '", 'openai/"x"', "openai/$(id)", "openai/`id`", "openai/{x}", "openai/\\", "openai/😀\u2028"]
)


def texts_of(python: str) -> set[str]:
    """Every text that stands as one in a program."""
    return {node.value for node in ast.walk(ast.parse(python)) if isinstance(node, ast.Constant)}


def body_of(curl: str) -> dict:
    """What a command sends."""
    words = shlex.split(curl.replace("\\\n", ""))
    return json.loads(words[words.index("-d") + 1])


@given(model_id=NASTY)
def test_a_models_name_is_only_ever_a_text(model_id: str):
    stream, whole, *_ = examples("https://lab.example", model_id, 60)
    for example in (stream, whole):
        assert body_of(example.curl)["model_id"] == model_id
        assert model_id in texts_of(example.python)
    assert "stream" not in body_of(stream.curl)
    assert body_of(whole.curl)["stream"] is False


@given(host=NASTY)
def test_an_address_is_only_ever_a_text(host: str):
    for example in examples(f"https://{host}", "openai/gpt-4o-mini", 60):
        assert any(f"https://{host}/api/v1" in str(text) for text in texts_of(example.python))
        assert f"https://{host}/api/v1" in " ".join(shlex.split(example.curl.replace("\\\n", ""), comments=True))


@pytest.mark.parametrize(
    "example", examples("https://lab.example", "openai/gpt-4o-mini", 60), ids=lambda one: one.title
)
def test_no_example_holds_a_secret_and_all_send_one(example: Example):
    assert "Bearer $LAB_TOKEN" in example.curl
    assert "os.environ['LAB_TOKEN']" in example.python


def test_a_program_waits_longer_than_a_run_may_take():
    stream, whole, *_ = examples("https://lab.example", "openai/gpt-4o-mini", 120)
    assert "timeout=130" in stream.python
    assert "timeout=130" in whole.python

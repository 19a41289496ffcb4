"""A conversation as a file says exactly what was said and what it cost."""

import json
from dataclasses import replace
from uuid import UUID

from core.domain.pricing import PriceSource, cost_of, flat
from core.domain.runs import RunStatus
from core.domain.usage import Usage
from pages.components.answers import Answer
from pages.components.conversation import Conversation, Turn
from pages.components.transcript import as_json, as_markdown

PRICES = flat("0.15", "0.60", PriceSource.PRICE_LIST)
USAGE = Usage(input_tokens=44, output_tokens=120, cached_tokens=20)
ANSWER = Answer(
    run_id=UUID(int=7),
    model_id="openai/gpt-4o-mini",
    status=RunStatus.COMPLETED,
    text="Weil „blau“ gestreut wird.",
    reasoning="Hm.",
    usage=USAGE,
    cost=cost_of(USAGE, PRICES, reported=True),
    prices=PRICES,
    raw_usage={"prompt_tokens": 44},
    latency_ms=1200,
    ttft_ms=170,
    finish_reason="stop",
    error_message=None,
    notices=(),
)
CONVERSATION = Conversation([Turn("Who are you?", "A model."), Turn("Warum?", ANSWER)], system="Be brief.\nBe kind.")

MARKDOWN = """\
> Be brief.
> Be kind.

## You

Who are you?

## Assistant

A model.

## You

Warum?

## openai/gpt-4o-mini

Weil „blau“ gestreut wird.

*44 in, 120 out, $0.0000786 (computed)*
"""


def test_as_markdown():
    assert as_markdown(CONVERSATION) == MARKDOWN


def test_as_json():
    assert json.loads(as_json(CONVERSATION)) == {
        "system": "Be brief.\nBe kind.",
        "turns": [
            {"prompt": "Who are you?", "answer": "A model.", "run": None},
            {
                "prompt": "Warum?",
                "answer": "Weil „blau“ gestreut wird.",
                "run": {
                    "id": "00000000-0000-0000-0000-000000000007",
                    "model_id": "openai/gpt-4o-mini",
                    "status": "completed",
                    "reasoning": "Hm.",
                    "usage": {
                        "input_tokens": 44,
                        "output_tokens": 120,
                        "cached_tokens": 20,
                        "cache_write_tokens": 0,
                        "reasoning_tokens": 0,
                        "billed_usd": None,
                    },
                    "cost": "0.0000786",
                    "cost_source": "computed",
                    "latency_ms": 1200,
                    "ttft_ms": 170,
                    "finish_reason": "stop",
                    "error": None,
                },
            },
        ],
    }


def test_an_answer_that_is_not_whole_says_so():
    stopped = replace(ANSWER, status=RunStatus.CANCELLED)
    assert "*Stopped. 44 in, 120 out, $0.0000786 (computed)*" in as_markdown(Conversation([Turn("Why?", stopped)]))


def test_an_empty_conversation_is_a_file_too():
    assert as_markdown(Conversation()) == "\n"
    assert json.loads(as_json(Conversation())) == {"system": None, "turns": []}

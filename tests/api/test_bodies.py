"""Bodies that will not do: refused quickly, in one plain sentence that names the place and what to do."""

import json
import time

import httpx
import pytest

from core.api.words import LONGEST_PART

RUN = "/api/v1/llm/test"
MESSAGE = {"role": "user", "content": "Hi"}


def asked(**changes) -> bytes:
    return json.dumps({"model_id": "openai/sim/words", "messages": [MESSAGE]} | changes).encode()


def sent(client: httpx.Client, body: bytes) -> httpx.Response:
    return client.post(RUN, content=body, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[]", "Send an object."),
        (b"{}", "model_id: this is needed."),
        (asked(model_id="gpt-4o"), "model_id: write it as provider/model, like openai/gpt-4o-mini."),
        (asked(model_id="a"), "model_id: write it as provider/model, like openai/gpt-4o-mini."),
        (asked(model_id="openai/\0"), "model_id: write it as provider/model, like openai/gpt-4o-mini."),
        (asked(model_id="openai/" + "x" * 200), "model_id: send at most 200 characters."),
        (asked(messages=[]), "messages: send at least 1."),
        (asked(messages="Hi"), "messages: send a list."),
        (asked(messages=[MESSAGE, "Hi"]), "messages.1: send an object."),
        (asked(messages=[{"role": "tool", "content": "Hi"}]), "messages.0.role: use system, user or assistant."),
        (asked(messages=[{"role": "user", "content": None}]), "messages.0.content: send a text."),
        (
            asked(messages=[{"role": "user", "content": "x" * 400_001}]),
            "messages.0.content: send at most 400,000 characters.",
        ),
        (asked(messages=[MESSAGE] * 10_000), "messages: send at most 200."),
        (asked(temperature=float("nan")), "temperature: use a finite number."),
        (asked(temperature=float("inf")), "temperature: use a finite number."),
        (asked(temperature=2.5), "temperature: use 2 or less."),
        (asked(temperature="1"), "temperature: use a number."),
        (asked(top_p=-1), "top_p: use 0 or more."),
        (asked(max_tokens=10**12), "max_tokens: use 1,000,000 or less."),
        (asked(max_tokens=10**300), "max_tokens: use 1,000,000 or less."),
        (asked(max_tokens=1.5), "max_tokens: use a whole number."),
        (asked(max_tokens=True), "max_tokens: use a whole number."),
        (asked(stream="yes"), "stream: use true or false."),
        (asked(n=2), "n: nothing of that name is known here; leave it out."),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_its_cure(signed_in, body, words):
    response = sent(signed_in, body)
    assert (response.status_code, response.json()) == (422, {"detail": words})


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"model_id": "\\ud800"}', b"[" * 10_000, b'{"a":' * 10_000])
def test_what_is_no_json_is_refused_quickly(signed_in, body):
    started = time.monotonic()
    response = sent(signed_in, body)
    assert time.monotonic() - started < 5
    assert response.status_code == 422
    assert response.json()["detail"].startswith("Send valid JSON (")


def test_of_what_was_sent_only_a_little_comes_back(signed_in):
    name = "<script>" * 1000
    detail = sent(signed_in, asked(**{name: "secret"})).json()["detail"]
    assert len(detail) < LONGEST_PART + 80
    assert "secret" not in detail


def test_the_last_of_two_fields_of_one_name_counts(signed_in):
    body = asked(max_tokens=0)[:-1] + b', "max_tokens": 5.0, "stream": false}'
    assert sent(signed_in, body).json()["done"] is True


def test_whoever_is_not_signed_in_learns_nothing_of_bodies(client, product):
    assert sent(client, b"{}").status_code == 401

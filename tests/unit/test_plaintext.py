"""What a provider said is plain, short and without keys, before anybody can see it."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.providers.plaintext import MAX_CHARACTERS, Plaintext

KEY = "sk-planted-0123456789abcdef"


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("Model <b>x</b> not found", "Model x not found"),
        ("<html><head><title>502</title></head><body><h1>Bad\n gateway</h1></body>", "Bad gateway"),
        ("<script>alert(1)</script>Sorry", "Sorry"),
        ("Sorry<script>alert(1)", "Sorry"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Sorry", "Sorry"),
        ("&amp;lt;img src=x onerror=alert(1)&amp;gt;Sorry", "Sorry"),
        ("Sorry <img src=x onerror=alert(1)", "Sorry"),
        ("See ![a](http://elsewhere/?q=1) and [docs](http://x)", "See a and docs"),
        ("![[x]](http://elsewhere)", "[[x]] (http://elsewhere)"),
        ("[click](javascript:alert(1))", "[click] (alert(1))"),
        ("# Not **found**, `really`", "Not found, really"),
        ("3 < 4 and max_tokens > 2", "3 4 and max_tokens 2"),
        ("right\u202eleft\u200bzero\x00nul\x1b[31m", "rightleftzeronul[31m"),
        ("", ""),
    ],
)
def test_markup_goes_and_words_stay(said: str, plain: str) -> None:
    assert Plaintext()(said) == plain


@pytest.mark.parametrize(
    "said",
    [
        f"Incorrect API key provided: {KEY}.",
        f"Incorrect API key provided: {KEY[:12]}****cdef.",
        f"<b>{KEY}</b>",
        f"{KEY[:8]}<i>{KEY[8:]}</i>",
        f"key {KEY.upper()}",
        f"https://x.example/?key={KEY}&a=1",
        f'{{"authorization":"Bearer {KEY}"}}',
        "Incorrect API key provided: sk-proj-abcdefghijk",
        "token gsk_0123456789abcdef",
        "Authorization: Bearer abcdefghijklmnop",
        "key AIzaSyA0123456789abcdefghijk",
        "x" * (MAX_CHARACTERS - 8) + KEY,
    ],
)
def test_keys_are_hidden(said: str) -> None:
    plain = Plaintext(KEY)(said)
    assert "[key" in plain
    for part in (KEY, KEY[8:], KEY.upper(), "abcdefghijk", "0123456789abcdef", KEY[:10]):
        assert part not in plain


@pytest.mark.parametrize(
    "said", ["Missing bearer authentication", "The key_id is missing", "a risk-adjusted task-specific basic parameter"]
)
def test_words_that_only_resemble_keys_stay(said: str) -> None:
    assert Plaintext(KEY)(said) == said


def test_a_key_that_looks_like_none_is_hidden_too() -> None:
    assert Plaintext("correct.horse+battery")("no: correct.horse+battery!") == "no: [key]!"
    assert Plaintext("short")("a short key") == "a [key] key"
    assert Plaintext("  ")("a b") == "a b"


def test_long_words_are_cut() -> None:
    plain = Plaintext()("word " * 1000)
    assert len(plain) <= MAX_CHARACTERS
    assert plain.endswith("…")


@given(st.text(max_size=600))
def test_whatever_is_said_comes_out_harmless(said: str) -> None:
    plain = Plaintext(KEY)(said + KEY)
    assert len(plain) <= MAX_CHARACTERS
    assert not set("<>`") & set(plain)
    assert "![" not in plain
    assert "](" not in plain
    assert KEY not in plain
    assert all(unicodedata.category(letter)[0] != "C" for letter in plain)


def test_a_usage_object_is_kept_as_plain_figures() -> None:
    raw = {
        "prompt_tokens": 3,
        "cost": 0.000669,
        "nan": float("nan"),
        "huge": 10**400,
        "note": f"<b>{KEY}</b>",
        "deep": {"a": {"b": {"c": 1}}},
        "list": [1, 2],
        f"name {KEY}": True,
    }
    kept = Plaintext(KEY).figures(raw)
    assert kept == {
        "prompt_tokens": 3,
        "cost": 0.000669,
        "nan": None,
        "huge": None,
        "note": "[key]",
        "deep": {"a": {"b": None}},
        "list": None,
        "name [key]": True,
    }
    json.dumps(kept, allow_nan=False)

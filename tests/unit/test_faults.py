"""Every fault has its sentences: plain, with the provider's name, without a code."""

import pytest

from core.domain.faults import FaultCode, explain


@pytest.mark.parametrize("code", FaultCode)
def test_every_code_is_explained_in_plain_words(code):
    sentence = explain(code, "OpenAI")
    assert sentence.endswith(".")
    assert "{" not in sentence
    assert code.value not in sentence or "_" not in code.value


def test_the_wait_is_told():
    assert (
        explain(FaultCode.RATE_LIMITED, "OpenAI", retry_after_s=6.2) == "OpenAI asks us to wait 7 seconds (rate limit)."
    )


def test_the_providers_own_words_follow():
    assert explain(FaultCode.PROVIDER, "Groq", detail="Model is down").endswith("Groq says: “Model is down”.")

"""Every fault has its sentences: plain, with the provider's name, without a code."""

import pytest

from core.domain.faults import FaultCode, explain


@pytest.mark.parametrize("code", FaultCode)
def test_every_code_is_explained_in_plain_words(code):
    sentence = explain(code, "OpenAI")
    assert sentence.endswith(".")
    assert "{" not in sentence
    assert code.value not in sentence or "_" not in code.value


@pytest.mark.parametrize("code", [FaultCode.BAD_KEY, FaultCode.NO_CREDIT, FaultCode.REFUSED])
def test_what_is_wrong_with_an_own_key_is_for_its_owner_to_mend(code):
    assert "own" in explain(code, "OpenAI", own_key=True)
    assert "own" not in explain(code, "OpenAI")
    assert explain(FaultCode.NETWORK, "OpenAI", own_key=True) == explain(FaultCode.NETWORK, "OpenAI")


def test_the_wait_is_told():
    assert (
        explain(FaultCode.RATE_LIMITED, "OpenAI", retry_after_s=6.2) == "OpenAI asks us to wait 7 seconds (rate limit)."
    )


def test_the_providers_own_words_follow():
    assert explain(FaultCode.PROVIDER, "Groq", detail="Model is down").endswith("Groq says: “Model is down”.")

"""The ten templates of the contract, each ready to be sent."""

from core.domain.chat import ChatRequest
from core.domain.templates import BUILT_IN
from core.services.templates import Templates

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


def test_they_are_those_of_the_contract():
    assert {template.id: (template.name, template.category) for template in Templates().all()} == CONTRACT


def test_each_can_be_sent_to_each_model_that_it_suggests():
    for template in BUILT_IN:
        assert template.suggested_models
        for model_id in template.suggested_models:
            messages = [{"role": "user", "content": template.prompt}]
            assert ChatRequest.model_validate({"model_id": model_id, "messages": messages}).prompt == template.prompt

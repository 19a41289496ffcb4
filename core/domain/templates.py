"""Prompt templates: the ten that come with the lab, and what a user's own must be like."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from core.domain.chat import MAX_CHARACTERS, clean

MAX_NAME = 60
MAX_CATEGORY = 30
MAX_DESCRIPTION = 300
OWN = "own"

_PRINTABLE = r"[^\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\uffff]+"
WORDS = rf"^{_PRINTABLE}( {_PRINTABLE})*$"
"""Words with one space between them, and nothing that cannot be seen."""
WRITTEN = r"[^\s\x00-\x1f]"
"""A text that is not blank holds this."""


class TemplateDraft(BaseModel):
    """A template as a user writes it."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    name: str = Field(min_length=1, max_length=MAX_NAME, pattern=WORDS)
    """No two templates of a user have the same, in whatever case."""
    prompt: Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS, pattern=WRITTEN), AfterValidator(clean)]
    category: str = Field(OWN, min_length=1, max_length=MAX_CATEGORY, pattern=WORDS)
    description: Annotated[str, Field(max_length=MAX_DESCRIPTION), AfterValidator(clean)] = ""


class Template(BaseModel):
    """A prompt to start from. `suggested_models` are ids of models that answer it well."""

    model_config = ConfigDict(
        frozen=True, use_attribute_docstrings=True, json_schema_serialization_defaults_required=True
    )

    id: str
    name: str
    prompt: str
    category: str
    description: str
    suggested_models: tuple[str, ...] = ()
    own: bool = False
    """Whether it is the user's own, who may change it."""


@dataclass(frozen=True, slots=True)
class TemplateTitle:
    """A template as a list offers it. `hint` is its description, or else how its prompt begins."""

    id: str
    name: str
    hint: str
    own: bool


_QUICK = ("openai/gpt-4o-mini", "groq/llama-3.1-8b-instant", "local/smollm2-135m")
_CAREFUL = ("openrouter/anthropic/claude-3.5-sonnet", "openai/gpt-4o-mini", "anthropic/claude-3-haiku-20240307")
_OPEN = ("together/meta-llama/Llama-3.3-70B-Instruct-Turbo", "groq/llama-3.1-8b-instant")

BUILT_IN = (
    Template(
        id="explain-quantum",
        name="Explain Quantum Physics",
        prompt=(
            "Explain quantum superposition to a curious fifteen-year-old. Use one everyday comparison, say honestly "
            "where the comparison breaks down, and end with one question worth thinking about. About 200 words."
        ),
        category="explanation",
        description="How clearly a model explains something hard to somebody new to it.",
        suggested_models=_CAREFUL,
    ),
    Template(
        id="write-poem",
        name="Write a Poem",
        prompt=(
            "Write a poem of three stanzas about the last train of the evening. No rhyme is needed, but each stanza "
            "should hold one concrete image, and the last line should change how the first one reads."
        ),
        category="creative",
        description="Voice, imagery and restraint in a short creative piece.",
        suggested_models=_CAREFUL,
    ),
    Template(
        id="code-function",
        name="Code a Function",
        prompt=(
            "Write a Python function `merge_intervals(intervals)` that takes a list of (start, end) pairs and returns "
            "the merged, sorted list. Add type hints, a docstring with one example, and three tests that cover "
            "touching, nested and empty input. Then state its time complexity."
        ),
        category="coding",
        description="Correct, tidy code with tests, and a true statement about its cost.",
        suggested_models=_QUICK,
    ),
    Template(
        id="analyze-sentiment",
        name="Sentiment Analysis",
        prompt=(
            "Classify the sentiment of each review as positive, negative or mixed, with a confidence between 0 and 1 "
            "and the words that decided it. Answer as a Markdown table.\n\n"
            "1. The battery lasts for ever, but the screen scratched on day two.\n"
            "2. Arrived late, box open, nobody answers the phone.\n"
            "3. I bought a second one for my mother."
        ),
        category="analysis",
        description="Careful reading, and whether the model keeps to the form it was asked for.",
        suggested_models=_QUICK,
    ),
    Template(
        id="logic-puzzle",
        name="Logic Puzzle",
        prompt=(
            "Ana, Ben and Cleo each own one pet: a cat, a dog or a parrot. Ana is allergic to fur. Ben's pet cannot "
            "fly and does not bark. Who owns which pet? Give the answer first, then the reasoning in numbered steps."
        ),
        category="reasoning",
        description="Deduction in several steps, with an answer that can be checked.",
        suggested_models=_CAREFUL,
    ),
    Template(
        id="summarize-text",
        name="Text Summarization",
        prompt=(
            "Summarize the text below in three bullet points of at most fifteen words each, then a headline.\n\n"
            "The city council voted on Tuesday to close two streets around the market to cars from May on. Shop owners "
            "had feared fewer customers, but a trial last summer brought eleven per cent more visitors, and deliveries "
            "will stay possible before ten in the morning. Residents keep access with a permit. The council will look "
            "at noise, air and sales after a year and decide again."
        ),
        category="summarization",
        description="Whether the essentials survive, within strict limits of length.",
        suggested_models=_QUICK,
    ),
    Template(
        id="translate-language",
        name="Language Translation",
        prompt=(
            "Translate the following into German, French and Spanish. Keep the friendly, professional tone, and note "
            "any phrase that has no direct equivalent.\n\n"
            "“Thanks for bearing with us. We've found what went wrong, fixed it, and your order is on its way.”"
        ),
        category="translation",
        description="Tone and idiom across three languages.",
        suggested_models=_OPEN,
    ),
    Template(
        id="math-problem",
        name="Math Problem",
        prompt=(
            "A tank is filled by one pipe in 6 hours and by another in 4 hours, while a drain empties the full tank in "
            "12 hours. All three are open and the tank starts empty. How long until it is full? Show each step and "
            "check the result by putting it back in."
        ),
        category="mathematics",
        description="Arithmetic with several rates, and whether the model checks itself.",
        suggested_models=_CAREFUL,
    ),
    Template(
        id="role-play",
        name="Role-Playing",
        prompt=(
            "You are a patient support agent for an internet provider. I am a customer whose connection drops every "
            "evening at eight. Ask me one question at a time, explain why you ask it, and do not suggest a fix until "
            "you have enough to be sure. Begin."
        ),
        category="conversation",
        description="Staying in a role, and asking before answering.",
        suggested_models=_OPEN,
    ),
    Template(
        id="brainstorm-ideas",
        name="Brainstorming",
        prompt=(
            "Give me ten ideas for cutting the waiting time at a hospital pharmacy: six cheap and quick, three that "
            "need a project, and one that sounds absurd but might work. One line each, then name the two you would try "
            "first and why."
        ),
        category="creative",
        description="Breadth, practicality, and a defended choice at the end.",
        suggested_models=_QUICK,
    ),
)
"""The built-in templates, in the order in which they are offered."""

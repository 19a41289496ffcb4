"""Who uses the lab in the demonstration, which models they like, and how those behave. Shares are relative weights."""

from dataclasses import dataclass

from core.domain.access import Role, Tier


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account that nobody can sign in to."""

    username: str
    tier: Tier
    role: Role
    team: str
    share: float
    weekends: bool = False


@dataclass(frozen=True, slots=True)
class Habit:
    """How a model is used and how it answers. `first_word_s` and `tokens_per_s` are medians.

    `reasoning` is how many tokens it thinks for each that it writes.
    """

    model_id: str
    share: float
    first_word_s: float
    tokens_per_s: float
    failing: float = 0.03
    reasoning: float = 0.0


PEOPLE = (
    Person("amara.osei", Tier.ENTERPRISE, Role.OPS, "support", 1.9, weekends=True),
    Person("jonas.lind", Tier.ENTERPRISE, Role.OPS, "engineering", 1.5),
    Person("priya.nair", Tier.PROFESSIONAL, Role.OPS, "engineering", 1.3),
    Person("mateo.ruiz", Tier.PROFESSIONAL, Role.OPS, "support", 1.0, weekends=True),
    Person("hannah.weiss", Tier.STARTER, Role.OPS, "depots", 0.8),
    Person("tomasz.zielinski", Tier.STARTER, Role.OPS, "depots", 0.6),
    Person("grace.chen", Tier.ENTERPRISE, Role.PM, "product", 0.5),
    Person("leila.haddad", Tier.TRIAL, Role.PM, "product", 0.1),
)

OTHERS = Person("", Tier.TRIAL, Role.OPS, "support", 0.9, weekends=True)
"""What those are like who have an account of their own, whatever its name and tier."""

PROJECTS = {
    "support": ("late-parcels", "reviews", "apollo"),
    "engineering": ("apollo", "address-import"),
    "depots": ("gate-scans", "onboarding"),
    "product": ("apollo", "push-messages"),
}
"""What each team works on, the most usual first. Apollo is shared by three."""

HABITS = (
    Habit("openai/gpt-4o-mini", 5.0, 0.42, 95),
    Habit("openai/gpt-5", 1.6, 3.8, 70, reasoning=2.4),
    Habit("openai/gpt-4.1", 1.2, 0.65, 75),
    Habit("anthropic/claude-sonnet-4-5", 3.0, 0.95, 62),
    Habit("anthropic/claude-haiku-4-5", 1.8, 0.55, 130),
    Habit("anthropic/claude-3-haiku", 0.9, 0.50, 110),
    Habit("openrouter/google/gemini-2.5-flash", 2.0, 0.60, 140),
    Habit("openrouter/anthropic/claude-3.5-sonnet", 1.2, 1.10, 58, failing=0.05),
    Habit("openrouter/deepseek/deepseek-chat", 0.9, 1.40, 38, failing=0.06),
    Habit("groq/llama-3.1-8b-instant", 1.8, 0.16, 560),
    Habit("groq/llama-3.3-70b-versatile", 1.3, 0.22, 270, failing=0.04),
    Habit("together/meta-llama/Llama-3.3-70B-Instruct-Turbo", 0.9, 0.48, 88, failing=0.05),
    Habit("local/smollm2-135m", 0.6, 0.12, 105, failing=0.01),
)

EXPENSIVE = Habit("openai/gpt-5-pro", 0.0, 14.0, 48, failing=0.05, reasoning=5.0)
"""What somebody tried on the one odd day."""

PROVIDERS = {
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "openrouter": "OpenRouter",
    "groq": "Groq",
    "together": "Together",
    "local": "The local model",
}

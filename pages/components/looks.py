"""How the keys of a breakdown look: what they are called, and the colour that each has in every chart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.domain.models import short_names
from core.domain.palette import OTHER, model_colour, model_colours
from core.domain.spend import MODEL, OTHERS, PROVIDER, TAG, USER, SpendReport
from core.services.names import provider_name
from core.settings import PROVIDER_NAMES

FOLDED = "Other"


@dataclass(frozen=True, slots=True)
class Look:
    """How the keys of the breakdown `by` look. `noun` is what such a key is; keys without a colour get one by name."""

    by: str
    noun: str
    named: Callable[[str], str] = str
    colours: Mapping[str, str] = field(default_factory=dict)
    folded: str = FOLDED
    """What is called that has no key of its own in a chart over time, where the smallest are folded together."""

    def name(self, key: str) -> str:
        """Return what a key is called."""
        return self.named(key) if key != OTHERS else self.folded

    def ranked(self, key: str) -> str:
        """Return what a key is called in a ranking, where nothing but what has none is without a key."""
        return self.named(key) if key != OTHERS else f"No {self.noun}"

    def colour(self, key: str) -> str:
        """Return the colour of a key; grey for what is folded together."""
        return OTHER if key == OTHERS else self.colours.get(key) or model_colour(key)


def of_models(report: SpendReport, colours: Mapping[str, str], *, whole: bool = False) -> Look:
    """Return the look of a report's models; `colours` are those of all models. `whole`: none of them is told apart."""
    names = short_names(group.key for group in report.by_model)
    return Look(MODEL, "model", lambda key: names.get(key, key), colours, folded="All models" if whole else FOLDED)


def of_providers(*, whole: bool = False) -> Look:
    """Return the look of providers. `whole`: none of them is told apart."""
    folded = "All providers" if whole else FOLDED
    return Look(PROVIDER, "provider", provider_name, model_colours(PROVIDER_NAMES), folded=folded)


def of_people(names: list[str]) -> Look:
    """Return the look of people; `names` are those of all."""
    return Look(USER, "person", str, model_colours(names))


def of_tag(name: str, values: list[str]) -> Look:
    """Return the look of the values of a tag; `values` are all that it has had."""
    return Look(f"{TAG}{name}", name, str, model_colours(values), folded=f"No {name}, or another")

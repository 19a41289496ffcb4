"""Language models as the lab knows them: a name, a provider, prices, and whether a key is there."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from core.domain.pricing import Prices


class ModelInfo(BaseModel):
    """One model. `id` is `provider/model`; `context_tokens` is the length of its window, where known.

    `listed` is false for a model that no list names: it may still be run, at the fallback price.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    display_name: str
    prices: Prices
    context_tokens: int | None = None
    enabled: bool = True
    listed: bool = True

    @property
    def provider(self) -> str:
        """The provider's name."""
        return self.id.partition("/")[0]

    @property
    def name(self) -> str:
        """The model's name as the provider knows it."""
        return self.id.partition("/")[2]


def short_names(model_ids: Iterable[str]) -> dict[str, str]:
    """Return for each model the last part of its name, or the whole where two would read alike."""
    ids = list(dict.fromkeys(model_ids))
    tails = [model_id.rpartition("/")[2] for model_id in ids]
    return {one: tail if tail and tails.count(tail) == 1 else one for one, tail in zip(ids, tails, strict=True)}

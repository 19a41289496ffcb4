"""What the lists say is refreshed; what the administrator wrote stays."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import insert, update

from core.domain.models import ModelInfo
from core.domain.pricing import FALLBACK, Prices, PriceSource, Rate, flat
from core.store.prices import ModelStore
from core.store.tables import llm_models


@pytest.fixture
def models(database):
    return ModelStore(database)


def listed(model_id, price="1", **changes):
    prices = flat(price, "2", PriceSource.PRICE_LIST)
    return ModelInfo(**{"id": model_id, "display_name": model_id.upper(), "prices": prices} | changes)


def write(database, statement):
    database.call(lambda connection: connection.execute(statement))


def by_hand(name, given="9", taken="8", **columns):
    prices = {"cost_per_1m_input_tokens": given, "cost_per_1m_output_tokens": taken}
    return insert(llm_models).values({"name": name, "display_name": name, **prices, **columns})


def test_a_listed_model_comes_back_as_it_was(models):
    prices = Prices(
        input=Rate(base=Decimal("1.25"), above=((200_000, Decimal("2.50")),)),
        output=Rate(base=Decimal("10")),
        cached=Rate(base=Decimal("0.125")),
        source=PriceSource.PRICE_LIST,
        as_of=date(2026, 11, 1),
    )
    model = listed("openai/a", prices=prices, context_tokens=400_000)
    models.replace_listed("openai", [model])
    assert models.all() == [model]


def test_a_refresh_replaces_what_the_lists_said_of_that_provider_only(models):
    models.replace_listed("openai", [listed("openai/a"), listed("openai/b")])
    models.replace_listed("groq", [listed("groq/c")])
    models.replace_listed("openai", [listed("openai/b", "5"), listed("openai/d"), listed("groq/stray")])
    assert [(model.id, model.prices.input.base) for model in models.all()] == [
        ("groq/c", 1),
        ("openai/b", 5),
        ("openai/d", 1),
    ]


def test_an_empty_list_takes_the_listed_models_away(models):
    models.replace_listed("openai", [listed("openai/a")])
    models.replace_listed("openai", [])
    assert models.all() == []


@pytest.mark.parametrize("metadata", [{}, {"source": "administrator"}])
def test_the_administrators_row_is_never_overwritten(database, models, metadata):
    write(database, by_hand("openai/a", metadata=metadata))
    for names in (["openai/a", "openai/b"], []):
        models.replace_listed("openai", [listed(name) for name in names])
        [mine] = [model for model in models.all() if model.id == "openai/a"]
        assert mine.prices == flat("9", "8", PriceSource.ADMINISTRATOR)


def test_half_a_price_is_no_price(database, models):
    write(database, by_hand("openai/a", taken=None))
    assert models.all()[0].prices == FALLBACK


def test_a_model_that_was_disabled_stays_so(database, models):
    models.replace_listed("openai", [listed("openai/a")])
    write(database, update(llm_models).values(enabled=False))
    models.replace_listed("openai", [listed("openai/a", "3")])
    assert [(model.enabled, model.prices.input.base) for model in models.all()] == [(False, 3)]


def test_refreshes_at_once_do_not_disturb_each_other(models):
    names = [f"openai/{number}" for number in range(200)]
    orders = [names, names[::-1], names[::2], names]
    with ThreadPoolExecutor(4) as together:
        list(together.map(lambda order: models.replace_listed("openai", [listed(name) for name in order]), orders))
    assert {model.id for model in models.all()} in ({*names}, {*names[::2]})

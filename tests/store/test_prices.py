"""What the lists say is refreshed; what the administrator wrote stays, and so does what was set to begin some day."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, insert, select, update

from core.domain.audit import Note
from core.domain.models import ModelInfo
from core.domain.own_prices import OwnPrice
from core.domain.pricing import FALLBACK, Prices, PriceSource, Rate, flat
from core.errors import InvalidRequest
from core.store.changes import Topic
from core.store.prices import ModelStore
from core.store.rollups import Rollups
from core.store.tables import audit_log, changes, llm_models
from tests.fixtures.runs import NOW, admission, record

LATER = NOW + timedelta(days=1)


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
    assert models.catalogue().models == [model]


def test_a_refresh_replaces_what_the_lists_said_of_that_provider_only(models):
    models.replace_listed("openai", [listed("openai/a"), listed("openai/b")])
    models.replace_listed("groq", [listed("groq/c")])
    models.replace_listed("openai", [listed("openai/b", "5"), listed("openai/d"), listed("groq/stray")])
    assert [(model.id, model.prices.input.base) for model in models.catalogue().models] == [
        ("groq/c", 1),
        ("openai/b", 5),
        ("openai/d", 1),
    ]


def test_an_empty_list_takes_the_listed_models_away(models):
    models.replace_listed("openai", [listed("openai/a")])
    models.replace_listed("openai", [])
    assert models.catalogue().models == []


@pytest.mark.parametrize("metadata", [{}, {"source": "administrator"}])
def test_the_administrators_row_is_never_overwritten(database, models, metadata):
    write(database, by_hand("openai/a", metadata=metadata))
    for names in (["openai/a", "openai/b"], []):
        models.replace_listed("openai", [listed(name) for name in names])
        [mine] = [model for model in models.catalogue().models if model.id == "openai/a"]
        assert mine.prices == flat("9", "8", PriceSource.ADMINISTRATOR)


def test_half_a_price_is_no_price(database, models):
    write(database, by_hand("openai/a", taken=None))
    assert models.catalogue().models[0].prices == FALLBACK


def test_a_model_that_was_disabled_stays_so(database, models):
    models.replace_listed("openai", [listed("openai/a")])
    write(database, update(llm_models).values(enabled=False))
    models.replace_listed("openai", [listed("openai/a", "3")])
    assert [(model.enabled, model.prices.input.base) for model in models.catalogue().models] == [(False, 3)]


def test_refreshes_at_once_do_not_disturb_each_other(models):
    names = [f"openai/{number}" for number in range(200)]
    orders = [names, names[::-1], names[::2], names]
    with ThreadPoolExecutor(4) as together:
        list(together.map(lambda order: models.replace_listed("openai", [listed(name) for name in order]), orders))
    assert {model.id for model in models.catalogue().models} in ({*names}, {*names[::2]})


NOTE = Note("root", "set price", "openai/a")
DEAR = flat("7", "9", PriceSource.ADMINISTRATOR)


def entry(starts_at, number=0, prices=DEAR):
    return OwnPrice(number, "openai/a", starts_at, prices, "dearer", "root", NOW)


def own(models):
    return models.catalogue().own.of("openai/a")


def told(database):
    version = select(changes.c.version).where(changes.c.topic == Topic.MODELS)
    noted = select(func.count()).select_from(audit_log)
    return database.call(lambda connection: (connection.scalar(version) or 0, connection.scalar(noted)))


def test_own_prices_come_back_as_they_were_set_and_everybody_is_told(database, models):
    models.set_own(entry(NOW), NOTE)
    models.set_own(entry(NOW, prices=None), NOTE)
    first, second = own(models)
    assert (replace(first, id=0), replace(second, id=0)) == (entry(NOW), entry(NOW, prices=None))
    assert models.catalogue().own.entry("openai/a", NOW) == second
    assert told(database) == (2, 2)


def test_what_is_to_come_can_be_corrected_and_removed(database, models):
    models.set_own(entry(LATER), NOTE)
    [kept] = own(models)
    corrected = replace(kept, starts_at=LATER + timedelta(days=1), prices=None, note="")
    models.correct_own(corrected, NOW, NOTE)
    assert own(models) == (corrected,)
    models.remove_own(kept.id, NOW, NOTE)
    assert own(models) == ()
    assert told(database) == (3, 3)


def test_what_has_begun_stays_as_it_is(database, models):
    models.set_own(entry(NOW), NOTE)
    [kept] = own(models)
    with pytest.raises(InvalidRequest, match="have begun meanwhile"):
        models.correct_own(replace(kept, prices=None), NOW, NOTE)
    with pytest.raises(InvalidRequest, match="have begun meanwhile"):
        models.remove_own(kept.id, NOW, NOTE)
    assert own(models) == (kept,)
    assert told(database) == (1, 1)


def switch(models, model, enabled):
    models.switch(model, enabled, Note("root", "switch model", model.id))


def test_a_model_of_the_price_list_is_switched_off_without_ending_what_the_list_says(models):
    switch(models, listed("openai/a"), False)
    kept = models.catalogue()
    assert (kept.models, kept.switched_off) == ([], {"openai/a"})
    models.replace_listed("openai", [listed("openai/a", "3"), listed("openai/b")])
    assert [(model.id, model.enabled) for model in models.catalogue().models] == [
        ("openai/a", False),
        ("openai/b", True),
    ]
    switch(models, listed("openai/a"), True)
    assert models.catalogue().switched_off == set()


def test_what_is_switched_off_stays_so_when_no_list_names_it_any_more(models):
    models.replace_listed("openai", [listed("openai/a"), listed("openai/b")])
    switch(models, listed("openai/a"), False)
    models.replace_listed("openai", [listed("openai/b")])
    assert models.catalogue().switched_off == {"openai/a"}


def test_it_is_known_when_each_list_was_read(database, models):
    write(database, by_hand("groq/mine"))
    switch(models, listed("together/off"), False)
    models.replace_listed("openai", [listed("openai/a")])
    read = models.lists_read()
    assert set(read) == {"openai"} and abs(read["openai"] - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_models_of_late_are_known(database, models, ledger):
    rollups = Rollups(database, ZoneInfo("UTC"))
    record(ledger, admission(model_id="groq/b"))
    record(ledger, admission(model_id="groq/old", started_at=NOW - timedelta(days=40)))
    rollups.fold()
    assert models.used_since(NOW - timedelta(days=30)) == ["groq/b"]

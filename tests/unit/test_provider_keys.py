"""What may be typed as a key or a provider, how much of a key is shown, and how uses gather until they are written."""

from datetime import timedelta
from typing import Any

import pytest

from core.domain.faults import FaultCode
from core.domain.providers import LAB, AddedProvider, KeyUse, checked_provider, ending_of, key_of, owner_of
from core.domain.runs import Payer, RunEnded
from core.errors import InvalidRequest, StoreUnavailable
from core.services.key_uses import KeyUses
from tests.fixtures.runs import NOW, admission, outcome


class Store:
    """Keeps what is written, unless it is away."""

    def __init__(self) -> None:
        self.written: list[KeyUse] = []
        self.away = False

    def note_uses(self, uses: list[KeyUse]) -> None:
        if self.away:
            raise StoreUnavailable("away")
        self.written += uses


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def uses(store: Store) -> KeyUses:
    keys: Any = store
    return KeyUses(keys)


def ended(seconds: int = 0, payer: Payer = Payer.LAB, **changes: object) -> RunEnded:
    """A run of ann's that ended so many seconds after another."""
    run = admission(paid_by=payer)
    return RunEnded(run, outcome(run, ended_at=NOW + timedelta(seconds=seconds), **changes), 0)


def test_a_key_loses_the_space_around_it_and_nothing_else():
    assert key_of("  sk-0123456789\n") == "sk-0123456789"
    for typed in ("", "1234567", "x" * 501, "sk-0123 456789", "sk-0123456\x00", "sk-ü123456789"):
        with pytest.raises(InvalidRequest):
            key_of(typed)


def test_no_more_than_a_quarter_of_a_key_is_shown():
    assert ending_of("0123456789abcdef") == "cdef"
    assert ending_of("0123456789abcde") == ""


def test_whose_a_key_is():
    assert (owner_of("ann", Payer.OWN), owner_of("ann", Payer.LAB)) == ("ann", LAB)


def test_a_provider_is_kept_tidy():
    kept = checked_provider(AddedProvider("vllm", "  Our \n vLLM ", "https://Example.com/v1/"))
    assert (kept.display_name, kept.base_url) == ("Our vLLM", "https://example.com/v1")


def test_many_runs_are_one_use_of_a_key(uses: KeyUses, store: Store):
    for seconds in (3, 5, 4):
        uses.run_ended(ended(seconds))
    uses.run_ended(ended(1, Payer.OWN))
    uses.write()
    assert sorted(store.written, key=lambda use: use.owner) == [
        KeyUse("ann", "openai", NOW + timedelta(seconds=1)),
        KeyUse(LAB, "openai", NOW + timedelta(seconds=5)),
    ]
    uses.write()
    assert len(store.written) == 2


def test_the_failure_of_a_key_is_kept_and_another_failure_is_none_of_its(uses: KeyUses, store: Store):
    uses.run_ended(ended(1, error_code=FaultCode.NO_CREDIT, error_message="No credit."))
    uses.run_ended(ended(2))
    uses.run_ended(ended(3, Payer.OWN, error_code=FaultCode.NETWORK, error_message="Broke off."))
    uses.write()
    assert {use.owner: use.failure for use in store.written} == {LAB: "No credit.", "ann": None}


def test_what_could_not_be_written_is_written_later(uses: KeyUses, store: Store):
    uses.run_ended(ended(1))
    store.away = True
    with pytest.raises(StoreUnavailable):
        uses.write()
    uses.close()
    uses.run_ended(ended(2))
    store.away = False
    uses.write()
    assert [use.used_at for use in store.written] == [NOW + timedelta(seconds=2)]

"""Answers that come later come to whoever waits, and nobody who leaves takes them along."""

import asyncio

import pytest

from core.errors import NotFound
from core.futures import done, promised, then


def test_what_is_made_of_an_answer_comes_with_it():
    first = promised()
    second = then(first, lambda came: came() * 2)
    assert not second.done()
    first.set_result(21)
    assert second.result(0) == 42


def test_of_an_answer_that_came_already_it_is_made_at_once():
    assert then(done(21), lambda came: came() * 2).result(0) == 42


def test_an_error_goes_on_to_who_waits_unless_it_is_taken():
    def taken(came):
        try:
            return came()
        except NotFound:
            return "nothing"

    first = promised()
    passed, mended = then(first, lambda came: came()), then(first, taken)
    first.set_exception(NotFound("There is nothing."))
    assert mended.result(0) == "nothing"
    with pytest.raises(NotFound):
        passed.result(0)


def test_an_error_while_it_is_made_is_for_who_waits():
    first = promised()
    second = then(first, lambda came: came() / 0)
    first.set_result(1)
    with pytest.raises(ZeroDivisionError):
        second.result(0)


async def test_who_leaves_a_loop_changes_nothing_of_it():
    first, made = promised(), []
    second = then(first, lambda came: made.append(came()))
    waiting = asyncio.ensure_future(asyncio.wrap_future(second))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    first.set_result(1)
    assert (made, second.result(0)) == ([1], None)

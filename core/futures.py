"""Answers that come later, for whoever waits in a thread (`result`) or on a loop (`asyncio.wrap_future`).

None of them can be cancelled: who stops waiting changes nothing of what was asked for.
"""

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

First = TypeVar("First")
Result = TypeVar("Result")


def promised() -> Future[Result]:
    """Return a future for somebody to fill in."""
    future: Future[Result] = Future()
    future.set_running_or_notify_cancel()
    return future


def done(result: Result) -> Future[Result]:
    """Return a future that has come already."""
    future: Future[Result] = promised()
    future.set_result(result)
    return future


def then(first: Future[First], work: Callable[[Callable[[], First]], Result]) -> Future[Result]:
    """Return what `work` makes of `first`, in the thread that fills `first` in, whoever still waits.

    `work` is given a function that returns what `first` came to, or raises it.
    """
    second: Future[Result] = promised()

    def go_on(came: Future[First]) -> None:
        try:
            second.set_result(work(came.result))
        except Exception as error:  # whatever it is, it is for who waits
            second.set_exception(error)

    first.add_done_callback(go_on)
    return second

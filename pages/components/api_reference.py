"""The parts of the API's page: an example, and the tables of routes, limits, statuses and codes."""

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from core.domain.accounts import Scope
from core.domain.chat import MAX_CHARACTERS, MAX_MESSAGES
from core.domain.faults import FaultCode, explain
from core.domain.limits import Limits
from core.services.examples import Example
from core.services.reference import Reference, Route
from core.settings import Settings
from pages.components.format import count, literal

Language = Literal["curl", "Python"]
LANGUAGES: tuple[Language, ...] = ("curl", "Python")
DESCRIPTION = "/api/v1/openapi.json"
NEEDS = {Scope.RUN: "may run prompts", Scope.READ: "may read"}
NO_LIMIT = "no limit"


def draw_example(example: Example, language: Language) -> None:
    """Draw one example."""
    st.markdown(f"**{example.title}**  \n:small[:gray[{example.told}]]")
    draw_code(example.curl if language == "curl" else example.python)


def draw_code(text: str) -> None:
    """Draw what is to be copied: without Streamlit's colours, which are too faint to read, and never to be scrolled."""
    st.code(text, language=None, wrap_lines=True)


def draw_routes(reference: Reference, base_url: str) -> None:
    """Draw every route, with the token that it needs, and the way to the whole description."""
    rows = [(f"`{route.method} {route.path}`", route.summary, _needs(route)) for route in reference.routes]
    _draw_table(("Route", "Does", "Token"), rows, "The routes of the API")
    st.markdown("Bodies, answers and examples of all of them are described in OpenAPI 3.1.")
    st.link_button("openapi.json", f"{base_url}{DESCRIPTION}", icon=":material/data_object:")


def draw_limits(settings: Settings, limits: Limits) -> None:
    """Draw the `limits` that hold for a user, those that hold for everybody, and what happens at each."""
    a_minute = _limit(settings.api_requests_per_minute or None)
    rows = [
        ("Runs a month", _limit(limits.runs_a_month), "`429` until the month ends"),
        ("Runs at once", _limit(limits.runs_at_once), "`429` until one of them ends"),
        ("Requests a minute, for each token", a_minute, "`429` for some seconds"),
        ("Seconds a run may take", f"{settings.request_timeout_s:g}", f"the run ends with `{FaultCode.TIMEOUT}`"),
        ("Messages in a request", count(MAX_MESSAGES), "`422`"),
        ("Characters in a message", count(MAX_CHARACTERS), "`422`"),
    ]
    _draw_table(("Limit", "Yours", "Beyond it"), rows, "Your limits")
    st.markdown("A `429` tells in `Retry-After` how long to wait, and in its body the limit and what is used of it.")


def draw_errors(reference: Reference) -> None:
    """Draw the statuses before a run starts, and the codes with which a run may end."""
    st.markdown('Before a run starts, the status tells. The body is `{"detail": …}`, and nothing was sent or charged.')
    statuses = [(f"`{status}`", when) for status, when in reference.statuses.items()]
    _draw_table(("Status", "When"), statuses, "Statuses of errors")
    st.markdown(
        "Once a run has started the status is 200, and whatever the provider answers comes as the last event, with "
        "`error`, `code` and what the run cost."
    )
    codes = [(f"`{code}`", _sentence(code)) for code in FaultCode]
    _draw_table(("Code", "What happened"), [*codes, ("`cancelled`", "The run was stopped.")], "Codes of runs")


def _draw_table(names: tuple[str, ...], rows: Sequence[tuple[str, ...]], alt: str) -> None:
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    table = {name: list(column) for name, column in zip(names, columns, strict=True)}
    st.table(table, border="horizontal", hide_index=True, alt=alt)


def _sentence(code: FaultCode) -> str:
    sentence = explain(code, "the provider")
    return literal(sentence[0].upper() + sentence[1:])


def _needs(route: Route) -> str:
    if route.open:
        return "none"
    return NEEDS[route.scope] if route.scope else "any"


def _limit(number: int | None) -> str:
    return NO_LIMIT if number is None else count(number)

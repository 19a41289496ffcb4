"""What became of the cost of a run after it had ended: corrections, and whether its provider is still to tell it."""

from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from core.domain.corrections import GENERATION, CostChange, CostLookup
from core.domain.runs import RunRecord
from core.services.names import provider_name
from pages.components import format as show


def draw_story(run: RunRecord, zone: ZoneInfo, now: datetime) -> None:
    """Draw a quiet line for each correction, and one for what is still to come. Mostly there is nothing to draw."""
    name = provider_name(run.model_id.partition("/")[0])
    for change in run.corrections:
        st.caption(show.literal(told(change, name, zone, now)), help=_exactly(change))
    if run.lookup:
        st.caption(show.literal(awaited(run.lookup, name)))


def told(change: CostChange, provider: str, zone: ZoneInfo, now: datetime) -> str:
    """Return one correction in a sentence."""
    before, after, when = show.cost(change.before), show.cost(change.after), show.when(change.changed_at, zone, now=now)
    if change.cause == GENERATION:
        return f"Estimated {before.removeprefix('≈')}; billed {after}, as {provider} told on {when}."
    why = f": {change.reason}" if change.reason else ""
    return f"{before} until {when}, when it was priced anew at {after}{why}."


def awaited(lookup: CostLookup, provider: str) -> str:
    """Return in a sentence that the true cost is still to come, or that it was given up and why."""
    if lookup.next_at is not None:
        return f"{provider} is being asked what it billed. Until it tells, this is an estimate."
    why = f" {lookup.failure}" if lookup.failure else ""
    return f"{provider} was asked what it billed and never told, so this stays an estimate.{why}"


def _exactly(change: CostChange) -> str:
    amounts = f"{show.money_exact(change.before.amount)} → {show.money_exact(change.after.amount)}"
    return show.literal(f"{amounts}, {show.exact_utc(change.changed_at)}")

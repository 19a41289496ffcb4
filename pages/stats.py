"""Stats: what was spent in a period, on what and by whom, where the month will end, what was odd."""

from datetime import datetime

import streamlit as st

from core.domain.access import reads_everybodys_spend
from core.errors import InvalidRequest
from core.lab import current
from pages.components import format as show
from pages.components import periods, reads, stats_filters
from pages.components.downloads import draw_figures
from pages.components.headlines import draw_headlines
from pages.components.monthly_report import draw_monthly_report
from pages.components.prices_sources import draw_concerns_line
from pages.components.session import require_user
from pages.components.spend_charts import SpendCharts
from pages.components.spend_table import draw_table
from pages.components.spend_view import View, read
from pages.components.stats_filters import Asked
from pages.components.trail import follow, lead, trail

REFRESHED_EVERY_S = 30


def local_now() -> datetime:
    """Return the local time of the reporting zone, without the zone."""
    return datetime.now(current().settings.timezone).replace(tzinfo=None)


def draw_report(asked: Asked) -> None:
    """Draw the report as it is by now."""
    user = require_user()
    follow()
    report = read(user, asked)
    tags = reads.tag_values(user.id, user.role, user)
    view = View(report, asked, local_now(), tags)
    to_runs = trail(user, asked.days, asked.only, report)
    only = asked.only
    budgets = reads.covering(user.id, user.role, only.model, only.provider, only.tag, user)
    draw_headlines(report, view.course, to_runs, budgets)
    SpendCharts(view, to_runs, budgets).draw()
    by = asked.by
    to_key = (lambda key: lead(to_runs.to_runs(None, by, key))) if to_runs.leads(by) else None
    draw_table(report, view.groups(by), view.look(by), to_key)
    draw_figures(view.groups(by), view.look(by).noun)


user = require_user()
today = local_now().date()
stats_filters.return_to_view()
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title("Stats", anchor=False, width="content")
    with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall", width="content"):
        days = stats_filters.draw_period(today)
        only = stats_filters.draw_filters(user)
        draw_monthly_report(user, today)
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    whose = "Everybody's runs" if reads_everybodys_spend(user.role) else "Your runs"
    of = "".join(f" · {show.literal(word)}" for word in only.words)
    st.caption(f"{whose}{of}, {periods.reads(days)}, compared with {periods.reads(days.before)}")
    with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall", width="content"):
        asked = stats_filters.draw_view(user, days, only)
stats_filters.keep_view()
draw_concerns_line(user)

try:
    with st.skeleton(height=500), st.spinner("Adding up the runs of the period …"):
        report = read(user, asked)
except InvalidRequest as error:
    st.info(error.message, icon=":material/date_range:")
    st.stop()

if report.totals.runs:
    st.fragment(draw_report, run_every=REFRESHED_EVERY_S if days.last >= today else None)(asked)
else:
    with st.container(border=True, horizontal_alignment="center"):
        st.markdown("Nothing was run in this period. What runs cost, and how they went, stands here.", width="content")
        st.page_link("playground.py", label="Run a prompt", icon=":material/chat:")

"""Stats: what was spent in a period, on what, and how the runs went."""

from datetime import datetime

import streamlit as st

from core.domain.access import reads_everybodys_spend
from core.errors import InvalidRequest
from core.lab import current
from pages.components import periods, reads
from pages.components.headlines import draw_headlines
from pages.components.session import require_user
from pages.components.spend_charts import SpendCharts
from pages.components.spend_table import draw_table
from pages.components.stats_filters import draw_filters

user = require_user()
today = datetime.now(current().settings.timezone).date()

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title("Stats", anchor=False, width="content")
    corner = st.container()
with corner:
    asked = draw_filters(user, today)
days = asked.days
whose = "Everybody's runs" if reads_everybodys_spend(user.role) else "Your runs"
st.caption(f"{whose}, {periods.reads(days)}, compared with {periods.reads(days.before)}")

try:
    with st.skeleton(height=500):
        report = reads.report(user.id, user.role, days.first, days.last, asked.model, asked.provider, user)
except InvalidRequest as error:
    st.info(error.message, icon=":material/date_range:")
    st.stop()

if report.totals.runs:
    draw_headlines(report, days)
    SpendCharts(report, days, today, own={group.key for group in report.by_user} <= {user.username}).draw()
    draw_table(report)
else:
    with st.container(border=True, horizontal_alignment="center"):
        st.markdown("Nothing was run in this period. What runs cost, and how they went, stands here.", width="content")
        st.page_link("playground.py", label="Run a prompt", icon=":material/chat:")

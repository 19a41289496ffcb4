"""A chart shows every figure once, the largest first, and says in a sentence what it shows."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.domain.palette import OTHER, model_colours
from core.domain.slices import start_of
from core.domain.spend import OTHERS, Days, Grain, Group, HourOfWeek, Slice, Totals
from pages.components import charts, heat, looks, rankings, rates
from pages.components.charts import Mark, Rest
from pages.components.looks import Look
from pages.components.measure import Measure, chart_label, fault_name, short_names
from pages.components.timeframe import Timeframe

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 10)
NOON = datetime.combine(LAST, time(12))
DAILY = Timeframe(Days(FIRST, LAST), Grain.DAY, NOON)
BY_MODEL = Look("model", "model")
MODELS = [f"openai/model-{letter}" for letter in "abcdefghijkl"]


def midnight(day):
    return datetime.combine(day, time())


AMOUNTS = some.decimals(min_value=0, max_value=100, allow_nan=False, places=6)
SPEND = some.lists(
    some.builds(
        Slice,
        starts=some.integers(0, 9).map(lambda number: midnight(FIRST + timedelta(number))),
        key=some.sampled_from(MODELS),
        cost=AMOUNTS,
        runs=some.integers(1, 1000),
        tokens=some.integers(0, 10**6),
        errors=some.just(0),
    ),
    max_size=60,
)


def spent(day, model_id, cost, **figures):
    return Slice(midnight(day), model_id, Decimal(cost), **{"runs": 1, "tokens": 100, "errors": 0} | figures)


def totals(cost="1", runs=10, p50=1000.0, p95=4000.0):
    amount = Decimal(cost)
    return Totals(runs, 600, 400, amount, Decimal(0), 0, 1, p50_latency_ms=p50, p95_latency_ms=p95, p50_ttft_ms=200.0)


def over_time(spend, frame=DAILY, look=BY_MODEL, measure=Measure.COST, **more):
    return charts.over_time(spend, frame, look, measure, **more)


def groups(*costs):
    return [Group(model_id, totals(cost)) for model_id, cost in zip(MODELS, costs, strict=False)]


def drawn(figure, kind="bar"):
    return [trace for trace in figure.data if trace.type == kind]


def labels(figure):
    names, values = (
        [text.removeprefix('<span style="color:currentColor">').removesuffix("</span>") for text in trace.text]
        for trace in drawn(figure, "scatter")
    )
    return list(zip(names, values, strict=True))


@given(SPEND, some.sampled_from(Measure), some.sampled_from([Grain.DAY, Grain.WEEK, Grain.MONTH]))
def test_the_bars_add_up_to_what_was_spent(spend, measure, grain):
    frame = Timeframe(DAILY.days, grain, NOON)
    spend = [replace(one, starts=start_of(one.starts, grain)) for one in spend]
    shown = sum(value for bar in drawn(over_time(spend, frame, measure=measure)) for value in bar.y)
    assert shown == pytest.approx(float(sum(measure.of(one) for one in spend)))


@given(SPEND)
def test_the_largest_stands_at_the_foot_of_each_bar_and_what_is_folded_on_top(spend):
    folded = [replace(one, key=OTHERS if one.key in MODELS[8:] else one.key) for one in spend]
    bars = drawn(over_time(folded))
    sums = [sum(bar.y) for bar in bars if bar.name != "Other"]
    assert sums == pytest.approx(sorted(sums, reverse=True))
    assert all(bar.name != "Other" for bar in bars[:-1])


def test_only_the_slice_that_is_not_over_is_hatched():
    spend = [spent(FIRST, MODELS[0], 1), spent(LAST, MODELS[0], 1)]
    assert list(drawn(over_time(spend))[0].marker.pattern.shape) == ["", "/"]
    later = Timeframe(DAILY.days, Grain.DAY, NOON + timedelta(5))
    assert set(drawn(over_time(spend, later))[0].marker.pattern.shape) == {""}


def test_every_slice_has_its_place_also_without_runs():
    figure = over_time([spent(LAST, MODELS[0], 1)])
    assert list(drawn(figure)[0].x) == [9]
    assert figure.layout.xaxis.range == (-0.6, 9.6)


def test_hovering_tells_the_exact_figure_its_share_and_its_runs():
    figure = over_time([spent(FIRST, MODELS[0], "0.000345"), spent(FIRST, MODELS[1], 3, runs=2)])
    assert [bar.customdata[0][2:] for bar in drawn(figure)] == [
        ["Sunday, 1 Nov 2026", "$3.00 · 2 runs<br>100% of $3.00"],
        ["Sunday, 1 Nov 2026", "$0.000345 · 1 run<br>0.0% of $3.00"],
    ]
    assert "so far" in drawn(over_time([spent(LAST, MODELS[0], 1)]))[0].customdata[0][2]


def test_what_stands_out_is_marked_above_its_bar_with_the_reason():
    figure = over_time([spent(FIRST, MODELS[0], 3)], marks=[Mark(midnight(FIRST), "", "3 × the usual")])
    (mark,) = drawn(figure, "scatter")
    assert (mark.x[0], mark.customdata[0][2]) == (0, "3 × the usual")
    assert 3 < mark.y[0] < figure.layout.yaxis.range[1]


def test_what_is_to_come_is_paler_and_has_places_of_its_own():
    rest = [Rest(midnight(LAST + timedelta(number)), Decimal(4), "4 to come") for number in range(3)]
    figure = over_time([spent(LAST, MODELS[0], 2)], rest=rest)
    *_, pale = drawn(figure)
    assert (list(pale.x), list(pale.y), pale.marker.opacity) == ([9, 10, 11], [4, 4, 4], 0.35)
    assert figure.layout.yaxis.range[1] > 6


def test_the_band_of_what_is_to_come_is_drawn_about_the_whole():
    month = Timeframe(DAILY.days, Grain.MONTH, NOON)
    rest = [Rest(midnight(FIRST), Decimal(4), "to come", (Decimal(5), Decimal(9)))]
    figure = over_time([spent(FIRST, MODELS[0], 2)], month, rest=rest)
    band = drawn(figure)[-1].error_y
    assert (band.array[0], band.arrayminus[0]) == (3, 1)
    assert figure.layout.yaxis.range[1] > 9


def test_a_key_has_the_same_colour_in_every_chart():
    look = Look("model", "model", str, model_colours(MODELS))
    colour = look.colours[MODELS[3]]
    group = [Group(MODELS[3], totals())]
    assert drawn(over_time([spent(FIRST, MODELS[3], 1)], look=look))[0].marker.color == colour
    for figure in (rankings.bars(group, look), rankings.latency(group, look)):
        assert {bar.marker.color for bar in drawn(figure)} == {(colour,)}
    assert drawn(over_time([spent(FIRST, OTHERS, 1)], look=look))[0].marker.color == OTHER


@pytest.mark.parametrize(
    ("figure", "axis"),
    [
        (over_time([]), "yaxis"),
        (rankings.bars(groups("1", "2"), BY_MODEL), "xaxis"),
        (rates.failures([spent(FIRST, "", 1)], DAILY), "yaxis"),
    ],
)
def test_charts_begin_at_nought_take_the_page_for_background_and_leave_scrolling_alone(figure, axis):
    assert figure.layout[axis].range[0] == 0
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert figure.layout.dragmode is False


def test_a_ranking_is_sorted_and_labelled_directly():
    figure = rankings.bars(groups("1", "3", "0"), Look("model", "model", str.upper))
    assert labels(figure) == [
        ("OPENAI/MODEL-B", "$3.00 · 75%"),
        ("OPENAI/MODEL-A", "$1.00 · 25%"),
        ("OPENAI/MODEL-C", "$0.00 · 0%"),
    ]
    assert list(drawn(figure)[0].x) == [3, 1, 0]


def test_a_ranking_folds_after_eight_and_loses_nothing():
    figure = rankings.bars(groups(*[str(number) for number in range(1, 13)]), BY_MODEL)
    assert len(drawn(figure)[0].x) == 9
    assert sum(drawn(figure)[0].x) == sum(range(1, 13))
    assert labels(figure)[-1] == ("Other (4)", "$10.00 · 13%")


def test_nothing_is_folded_by_itself():
    assert labels(rankings.bars(groups(*"987654321"), BY_MODEL))[-1][0] == MODELS[8]


def test_where_nothing_was_charged_there_are_no_shares():
    assert labels(rankings.bars(groups("0"), BY_MODEL)) == [("openai/model-a", "$0.00")]


def test_runs_and_tokens_are_counted_without_a_dollar():
    assert labels(rankings.bars(groups("1"), BY_MODEL, Measure.RUNS)) == [("openai/model-a", "10 · 100%")]
    assert labels(rankings.bars(groups("1"), BY_MODEL, Measure.TOKENS)) == [("openai/model-a", "1,000 · 100%")]


def test_what_carries_no_tag_is_called_so():
    team = looks.of_tag("team", ["red"])
    assert labels(rankings.bars([Group(OTHERS, totals())], team))[0][0] == "No team"
    assert drawn(over_time([spent(FIRST, OTHERS, 1)], look=team))[0].name == "No team, or another"


def test_response_times_show_the_median_over_the_95th_percentile_and_tell_more_in_the_hover():
    figure = rankings.latency(
        [Group(MODELS[0], totals(p50=1200, p95=4500)), Group(MODELS[1], totals(p50=None))], BY_MODEL
    )
    slow, median = drawn(figure)
    assert (list(slow.x), list(median.x)) == ([4.5], [1.2])
    assert labels(figure) == [("openai/model-a", "1.2 s · 4.5 s")]
    assert "99 of 100 within –<br>First word: half within 200 ms" in slow.customdata[0][2]


def test_a_mark_knows_the_slice_and_the_key_behind_it():
    figure = over_time(
        [spent(LAST, MODELS[0], 1)], marks=[Mark(midnight(LAST), "", "")], rest=[Rest(NOON, Decimal(1), "")]
    )
    found = [charts.slice_of({"customdata": list(trace.customdata[0])}) for trace in figure.data]
    assert found == [(midnight(LAST), MODELS[0]), (None, OTHERS), (midnight(LAST), None)]
    costs = [str(number) for number in range(1, 13)]
    marks = drawn(rankings.bars(groups(*costs), BY_MODEL))[0].customdata
    assert [charts.key_of({"customdata": mark}) for mark in marks] == [*reversed(MODELS[4:]), OTHERS]


def test_errors_are_ranked_in_words():
    figure = rankings.errors([("tls", 1), ("rate_limited", 7)])
    assert labels(figure) == [("Rate limited", "7"), ("TLS", "1")]
    assert fault_name("name_not_resolved") == "Name not resolved"
    assert fault_name("provider") == "Provider error"


def test_the_rate_of_failures_is_drawn_where_there_are_runs_and_no_single_one_makes_a_mountain():
    course = [spent(FIRST, "", 1, runs=50, errors=1), spent(LAST, "", 1, runs=4)]
    figure = rates.failures(course, DAILY)
    (line,) = figure.data
    assert (list(line.x), list(line.y)) == ([0, 9], [2, 0])
    assert figure.layout.yaxis.range[1] > 5
    assert line.customdata[0][2] == "Sunday, 1 Nov 2026<br><b>2.0% failed</b><br>1 of 50 runs"


def test_the_week_has_an_open_cell_for_each_hour_without_runs():
    (cells,) = heat.heat_map([HourOfWeek(0, 9, Decimal("0.5"), 3), HourOfWeek(6, 23, Decimal(0), 1)]).data
    assert (len(cells.z), {len(row) for row in cells.z}) == (7, {24})
    assert (cells.z[0][9], cells.z[6][23], cells.z[3][3]) == (0.5, 0, None)
    assert cells.customdata[0][9] == "Mondays from 09:00 to 10:00<br><b>$0.50</b> · 100%<br>3 runs"


def test_names_are_short_unless_two_would_read_alike():
    assert short_names(["openai/gpt-4o", "openrouter/openai/gpt-4o", "groq/llama"]) == {
        "openai/gpt-4o": "openai/gpt-4o",
        "openrouter/openai/gpt-4o": "openrouter/openai/gpt-4o",
        "groq/llama": "llama",
    }


def test_a_hostile_name_draws_no_link():
    hostile = 'local/<a href="javascript:alert(1)">x</a>'
    drawings = [
        rankings.bars([Group(hostile, totals())], BY_MODEL),
        rankings.latency([Group(hostile, totals())], BY_MODEL),
        over_time([spent(FIRST, hostile, 1)]),
    ]
    shown = [
        [trace.name, *(row[2] for row in trace.customdata or ()), *(trace.text or ())]
        for figure in drawings
        for trace in figure.data
    ]
    assert "<a" not in repr(shown)
    assert chart_label("<b>") == "&lt;b&gt;"


def test_each_chart_says_in_a_sentence_what_it_shows():
    spend = [spent(FIRST, MODELS[0], 1), spent(LAST, MODELS[1], 3)]
    assert charts.over_time_alt(spend, DAILY, BY_MODEL) == (
        "Cost by day and model: $4.00 in all; largest day: Tuesday, 10 Nov 2026 ($3.00); "
        "largest model: openai/model-b ($3.00)"
    )
    assert charts.over_time_alt([], DAILY, BY_MODEL) == "Cost by day and model: nothing"
    assert rankings.bars_alt(groups("1", "3"), BY_MODEL) == "Cost by model: openai/model-b $3.00, openai/model-a $1.00"
    assert rankings.latency_alt(groups("1"), BY_MODEL) == (
        "Median and 95th percentile of the response time by model: openai/model-a 1.0 s, 4.0 s"
    )
    assert rankings.errors_alt([("timeout", 2)]) == "Failed runs by kind: Timeout 2"
    assert rankings.errors_alt([]) == "Failed runs by kind: none"
    assert rates.failures_alt([spent(LAST, "", 1, runs=4, errors=1)], DAILY) == (
        "Share of failed runs by day: at most 25% (Tuesday, 10 Nov 2026)"
    )
    assert rates.failures_alt([], DAILY) == "Share of failed runs by day: nothing"
    assert heat.heat_map_alt([HourOfWeek(4, 14, Decimal("0.92"), 3)]) == (
        "Cost by hour of the week: at most $0.92, on Fridays from 14:00 to 15:00"
    )
    assert heat.heat_map_alt([]) == "Cost by hour of the week: nothing"

"""A chart shows every figure once, the largest first, and says in a sentence what it shows."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.domain.palette import OTHER, model_colours
from core.domain.spend import Group, Slice, Totals
from pages.components import charts, rankings
from pages.components.measure import Measure, chart_label, fault_name, short_names

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 10)
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


@given(SPEND, some.sampled_from(Measure))
def test_the_bars_of_the_days_add_up_to_what_was_spent(spend, measure):
    figure = charts.by_day(spend, FIRST, LAST, LAST, measure=measure)
    shown = sum(value for bar in drawn(figure) for value in bar.y if value is not None)
    assert shown == pytest.approx(float(sum(measure.of(one) for one in spend)))
    assert len(drawn(figure)) <= charts.SHOWN + 1


@given(SPEND)
def test_the_largest_model_stands_at_the_foot_of_each_bar(spend):
    sums = [sum(value or 0 for value in bar.y) for bar in drawn(charts.by_day(spend, FIRST, LAST, LAST))]
    shown = sums[: charts.SHOWN]
    assert shown == pytest.approx(sorted(shown, reverse=True))


def test_many_models_are_folded_after_the_eighth():
    spend = [spent(FIRST, model_id, 20 - number) for number, model_id in enumerate(MODELS)]
    *shown, folded = drawn(charts.by_day(spend, FIRST, LAST, LAST))
    assert [bar.name for bar in shown] == MODELS[:8]
    assert (folded.name, folded.y[0], folded.marker.color) == ("Other", 12 + 11 + 10 + 9, OTHER)


def test_only_the_unfinished_today_is_hatched():
    figure = charts.by_day([spent(LAST, MODELS[0], 1)], FIRST, LAST, LAST)
    assert list(drawn(figure)[0].marker.pattern.shape) == [""] * 9 + ["/"]
    past = charts.by_day([spent(LAST, MODELS[0], 1)], FIRST, LAST, LAST + timedelta(5))
    assert set(drawn(past)[0].marker.pattern.shape) == {""}


def test_every_day_has_its_place_also_without_runs():
    figure = charts.by_day([spent(FIRST, MODELS[0], 1)], FIRST, LAST, LAST)
    (bar,) = drawn(figure)
    assert len(bar.x) == 10
    assert bar.y[0] == 1 and set(bar.y[1:]) == {None}


def test_hovering_tells_the_figure_of_each_model_and_the_total():
    figure = charts.by_day([spent(FIRST, MODELS[0], "0.000345"), spent(FIRST, MODELS[1], 2)], FIRST, LAST, LAST)
    assert [bar.customdata[0] for bar in drawn(figure)] == ["$2.00", "$0.000345"]
    assert drawn(figure, "scatter")[0].customdata[0] == "$2.00"


def test_a_model_has_the_same_colour_in_every_chart():
    colours = model_colours(MODELS)
    one = charts.by_day([spent(FIRST, MODELS[3], 1)], FIRST, LAST, LAST, colours=colours)
    two = rankings.bars([Group(MODELS[3], totals())], colours=colours)
    three = rankings.latency([Group(MODELS[3], totals())], colours=colours)
    assert drawn(one)[0].marker.color == colours[MODELS[3]]
    assert {bar.marker.color for figure in (two, three) for bar in drawn(figure)} == {(colours[MODELS[3]],)}


@pytest.mark.parametrize("figure", [charts.by_day([], FIRST, LAST, LAST), rankings.bars(groups("1", "2"))])
def test_charts_begin_at_nought_take_the_page_for_background_and_leave_scrolling_alone(figure):
    axis = figure.layout.yaxis if drawn(figure, "scatter")[0].mode == "markers" else figure.layout.xaxis
    assert axis.range[0] == 0
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert figure.layout.dragmode is False


def test_a_ranking_is_sorted_and_labelled_directly():
    figure = rankings.bars(groups("1", "3", "0"), named=lambda key: key.upper())
    assert labels(figure) == [
        ("OPENAI/MODEL-B", "$3.00 · 75%"),
        ("OPENAI/MODEL-A", "$1.00 · 25%"),
        ("OPENAI/MODEL-C", "$0.00 · 0%"),
    ]
    assert list(drawn(figure)[0].x) == [3, 1, 0]


def test_a_ranking_folds_after_eight_and_loses_nothing():
    figure = rankings.bars(groups(*[str(number) for number in range(1, 13)]))
    assert len(drawn(figure)[0].x) == 9
    assert sum(drawn(figure)[0].x) == sum(range(1, 13))
    assert labels(figure)[-1] == ("Other (4)", "$10.00 · 13%")


def test_nothing_is_folded_by_itself():
    assert labels(rankings.bars(groups(*"987654321")))[-1][0] == MODELS[8]
    spend = [spent(FIRST, model_id, 20 - number) for number, model_id in enumerate(MODELS[:9])]
    assert drawn(charts.by_day(spend, FIRST, LAST, LAST))[-1].name == MODELS[8]


def test_where_nothing_was_charged_there_are_no_shares():
    assert labels(rankings.bars(groups("0"))) == [("openai/model-a", "$0.00")]


def test_runs_and_tokens_are_counted_without_a_dollar():
    assert labels(rankings.bars(groups("1"), measure=Measure.RUNS)) == [("openai/model-a", "10 · 100%")]
    assert labels(rankings.bars(groups("1"), measure=Measure.TOKENS)) == [("openai/model-a", "1,000 · 100%")]


def test_response_times_show_the_median_over_the_95th_percentile():
    figure = rankings.latency([Group(MODELS[0], totals(p50=1200, p95=4500)), Group(MODELS[1], totals(p50=None))])
    slow, median = drawn(figure)
    assert (list(slow.x), list(median.x)) == ([4.5], [1.2])
    assert labels(figure) == [("openai/model-a", "1.2 s · 4.5 s")]


def test_a_mark_knows_the_runs_behind_it():
    day = charts.by_day([spent(LAST, MODELS[0], 1)], FIRST, LAST, LAST)
    assert charts.day_of({"x": drawn(day)[0].x[-1].isoformat()}) == charts.day_of({"x": "2026-11-10 00:00"}) == LAST
    costs = [str(number) for number in range(1, 13)]
    marks = drawn(rankings.bars(groups(*costs), named=lambda key: "a name"))[0].customdata
    assert [rankings.key_of({"customdata": mark}) for mark in marks] == [*reversed(MODELS[4:]), None]


def test_errors_are_ranked_in_words():
    figure = rankings.errors([("tls", 1), ("rate_limited", 7)])
    assert labels(figure) == [("Rate limited", "7"), ("TLS", "1")]
    assert fault_name("name_not_resolved") == "Name not resolved"
    assert fault_name("provider") == "Provider error"


def test_names_are_short_unless_two_would_read_alike():
    assert short_names(["openai/gpt-4o", "openrouter/openai/gpt-4o", "groq/llama"]) == {
        "openai/gpt-4o": "openai/gpt-4o",
        "openrouter/openai/gpt-4o": "openrouter/openai/gpt-4o",
        "groq/llama": "llama",
    }


def test_a_hostile_name_draws_no_link():
    hostile = 'local/<a href="javascript:alert(1)">x</a>'
    figure = charts.by_day([spent(FIRST, hostile, 1)], FIRST, LAST, LAST)
    assert "<a" not in rankings.bars([Group(hostile, totals())]).to_json() + figure.to_json()
    assert chart_label("<b>") == "&lt;b&gt;"


def test_each_chart_says_in_a_sentence_what_it_shows():
    spend = [spent(FIRST, MODELS[0], 1), spent(LAST, MODELS[1], 3)]
    assert charts.by_day_alt(spend, FIRST, LAST) == (
        "Cost by day and model, 1 November to 10 November: $4.00 in all, "
        "most on 10 November ($3.00) and for openai/model-b ($3.00)"
    )
    assert charts.by_day_alt([], FIRST, LAST) == "Cost by day and model, 1 November to 10 November: nothing"
    assert rankings.bars_alt(groups("1", "3"), "model") == "Cost by model: openai/model-b $3.00, openai/model-a $1.00"
    assert rankings.latency_alt(groups("1")) == (
        "Median and 95th percentile of the response time by model: openai/model-a 1.0 s, 4.0 s"
    )
    assert rankings.errors_alt([("timeout", 2)]) == "Failed runs by kind: Timeout 2"
    assert rankings.errors_alt([]) == "Failed runs by kind: none"

"""What a run has come to: its verdict, its usage and its cost, however the events fall."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from core.domain.chat import ChatRequest
from core.domain.events import Failed, Finished, Identified, Noticed, ReasoningDelta, TextDelta, UsageReported
from core.domain.faults import FaultCode
from core.domain.pricing import CostSource, PriceSource, flat
from core.domain.runs import Admission, RunOrigin, RunStatus
from core.domain.usage import Usage
from core.engine.tally import Tally

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PRICES = flat("1", "2", PriceSource.PRICE_LIST)


def outcome(*events, cancelled=False):
    tally = Tally()
    for second, event in enumerate(events, start=1):
        tally.take([event], elapsed_s=second)
    admission = Admission(
        run_id=uuid4(),
        user_id="u",
        request=ChatRequest.model_validate({"model_id": "openai/x", "messages": [{"role": "user", "content": "Hi"}]}),
        prices=PRICES,
        input_tokens=10,
        reserved_usd=Decimal(1),
        origin=RunOrigin.API,
        started_at=NOW,
        deadline_at=NOW,
    )
    return tally.outcome(admission, prices=PRICES, provider="OpenAI", cancelled=cancelled, latency_s=9, ended_at=NOW)


def reported(input_tokens, output_tokens, *, partial=False):
    usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
    return UsageReported(usage, {"told": True}, partial=partial)


def test_a_complete_run():
    end = outcome(ReasoningDelta("Hm."), TextDelta("Yes"), TextDelta("."), Finished("stop"), reported(12, 30))
    assert (end.status, end.text, end.reasoning, end.finish_reason) == (RunStatus.COMPLETED, "Yes.", "Hm.", "stop")
    assert (end.usage.input_tokens, end.usage.output_tokens, end.usage_reported) == (12, 30, True)
    assert (end.cost.amount, end.cost.source) == (Decimal("0.000072"), CostSource.COMPUTED)
    assert (end.ttft_ms, end.latency_ms, end.raw_usage) == (1000, 9000, {"told": True})
    assert end.tokens_per_second == pytest.approx(3.75)


def test_a_later_usage_replaces_an_earlier_one():
    assert outcome(reported(5, 1), reported(12, 30), Finished("stop")).usage.total_tokens == 42


def test_usage_that_never_came_is_counted_and_marked():
    end = outcome(TextDelta("x" * 40), Finished("stop"))
    assert (end.usage.input_tokens, end.usage.output_tokens, end.usage_reported) == (10, 10, False)
    assert end.cost.source is CostSource.ESTIMATED


def test_a_stopped_run_keeps_the_exact_input_and_counts_the_output():
    end = outcome(reported(12, 1, partial=True), TextDelta("x" * 40), cancelled=True)
    assert end.status is RunStatus.CANCELLED
    assert (end.usage.input_tokens, end.usage.output_tokens) == (12, 10)
    assert end.cost.source is CostSource.ESTIMATED
    assert end.cost.amount > 0


def test_a_run_stopped_before_the_first_word_still_costs_its_input():
    end = outcome(cancelled=True)
    assert (end.usage.input_tokens, end.usage.output_tokens) == (10, 0)
    assert end.ttft_ms is None


def test_a_refused_run_costs_nothing_and_says_so():
    end = outcome(Failed(FaultCode.RATE_LIMITED, retry_after_s=7))
    assert (end.status, end.error_code) == (RunStatus.ERROR, FaultCode.RATE_LIMITED)
    assert end.error_message == "OpenAI asks us to wait 7 seconds (rate limit). Nothing was charged."
    assert (end.cost.amount, end.cost.source) == (Decimal(0), CostSource.COMPUTED)


def test_an_error_after_text_costs_what_had_come():
    end = outcome(TextDelta("x" * 40), Failed(FaultCode.OVERLOADED))
    assert (end.status, end.text) == (RunStatus.ERROR, "x" * 40)
    assert end.cost.amount == Decimal("0.00003")
    assert "Nothing was charged" not in end.error_message


def test_a_timeout_before_the_first_word_may_have_been_billed():
    assert outcome(Failed(FaultCode.TIMEOUT)).cost.source is CostSource.ESTIMATED


def test_a_truncated_stream_is_incomplete():
    end = outcome(TextDelta("half"), Failed(FaultCode.TRUNCATED))
    assert (end.status, end.error_code, end.text) == (RunStatus.INCOMPLETE, FaultCode.TRUNCATED, "half")


def test_an_abandoned_run_is_cancelled_and_says_why():
    end = outcome(TextDelta("x"), Failed(FaultCode.ABANDONED), cancelled=True)
    assert (end.status, end.error_code) == (RunStatus.CANCELLED, FaultCode.ABANDONED)


def test_notices_and_names_are_kept():
    end = outcome(Noticed("Left out."), Identified("gen-1"), Identified(model="m"), TextDelta("x"), Finished("stop"))
    assert (end.notices, end.generation_id, end.answered_by) == (("Left out.",), "gen-1", "m")

"""The faults of a provider, each with its outcome. The numbers are those of the product's table of faults."""

import asyncio
import logging
from time import monotonic

import pytest

from core.domain.events import Failed, Finished
from core.domain.faults import FaultCode
from tests.providers.conftest import KEY, Asker

BOTH = pytest.mark.parametrize("provider", ["openrouter", "anthropic"])
FIVE_WORDS = "the quick brown fox jumps "


@BOTH
@pytest.mark.parametrize("model", ["sim/reset", "sim/half-chunk"])
async def test_1_a_broken_connection_keeps_the_text_so_far(ask: Asker, provider: str, model: str) -> None:
    answer = await ask(provider, model)
    assert (answer.code, answer.text) == (FaultCode.NETWORK, FIVE_WORDS)


@BOTH
async def test_2_a_body_that_ends_early_drops_the_half_event(ask: Asker, provider: str) -> None:
    answer = await ask(provider, "sim/truncated")
    assert (answer.code, answer.text) == (FaultCode.TRUNCATED, FIVE_WORDS)


@BOTH
async def test_5_damaged_text_is_mended_and_told(ask: Asker, provider: str) -> None:
    answer = await ask(provider, "sim/bad-utf8")
    assert (answer.text, len(answer.notices)) == ("caf\ufffd ", 1)
    assert isinstance(answer.verdict, Finished)


@BOTH
async def test_5_an_event_that_is_not_json_matters_only_without_an_end(ask: Asker, provider: str) -> None:
    complete = await ask(provider, "sim/not-json")
    broken = await ask(provider, "sim/not-json?complete=0")
    assert complete.text == broken.text == FIVE_WORDS
    assert len(complete.notices) == 1
    assert isinstance(complete.verdict, Finished)
    assert broken.code == FaultCode.PROTOCOL


@BOTH
@pytest.mark.parametrize("model", ["sim/big-event?mb=8", "sim/endless", "sim/gzip-bomb?mb=200"])
async def test_6_too_much_is_cut_and_the_socket_closed(ask: Asker, provider: str, model: str) -> None:
    answer = await ask(provider, model)
    assert answer.code == FaultCode.TOO_LARGE
    assert (await ask.closed()).closed_by == "client"


@BOTH
async def test_8_an_error_as_json_with_status_200(ask: Asker, provider: str) -> None:
    assert (await ask(provider, "sim/json-error")).verdict == Failed(
        FaultCode.PROVIDER, "The engine stopped for key [key] x"
    )


@BOTH
async def test_8_an_error_after_text_keeps_the_text(ask: Asker, provider: str) -> None:
    answer = await ask(provider, "sim/error-after-text")
    assert answer.text == FIVE_WORDS
    assert answer.verdict == Failed(FaultCode.PROVIDER, "The engine stopped for key [key] x")


@BOTH
@pytest.mark.parametrize("after", [0, 3])
async def test_8_overloaded_with_status_200(ask: Asker, provider: str, after: int) -> None:
    answer = await ask(provider, f"sim/overloaded?after={after}")
    assert answer.verdict == Failed(FaultCode.OVERLOADED, "Overloaded for key [key] x")
    assert len(answer.text.split()) == after


@BOTH
async def test_8_a_page_with_status_200(ask: Asker, provider: str) -> None:
    assert (await ask(provider, "sim/page")).verdict == Failed(FaultCode.PROTOCOL, "Sign in for key [key] x")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), ("-7", 0), ("99999999", 3600), ("Fri,+01+Mar+2999+12:00:30+GMT", 3600), ("soon", None)],
)
async def test_9_a_rate_limit_tells_the_wait_within_bounds(ask: Asker, value: str, seconds: float | None) -> None:
    verdict = (await ask("openai", f"sim/error-429?retry_after={value}")).verdict
    assert verdict == Failed(FaultCode.RATE_LIMITED, "Refused with 429 for key [key] x", seconds)
    assert len(ask.simulator.requests) == 1


@BOTH
@pytest.mark.parametrize("status", [502, 503, 529])
async def test_10_an_overloaded_provider_is_asked_once_more(ask: Asker, provider: str, status: int) -> None:
    assert isinstance((await ask(provider, f"sim/error-{status}?times=1")).verdict, Finished)
    assert len(ask.simulator.requests) == 2
    first, second = (request.at for request in ask.simulator.requests)
    assert second - first >= 0.2
    ask.simulator.clear()
    assert (await ask(provider, f"sim/error-{status}")).code == FaultCode.OVERLOADED
    assert len(ask.simulator.requests) == 2


@BOTH
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, FaultCode.INVALID_REQUEST),
        (401, FaultCode.BAD_KEY),
        (402, FaultCode.NO_CREDIT),
        (403, FaultCode.REFUSED),
        (404, FaultCode.UNKNOWN_MODEL),
        (500, FaultCode.PROVIDER),
    ],
)
async def test_11_a_refusal_is_final(ask: Asker, provider: str, status: int, code: FaultCode) -> None:
    verdict = (await ask(provider, f"sim/error-{status}")).verdict
    assert verdict == Failed(code, f"Refused with {status} for key [key] x")
    assert len(ask.simulator.requests) == 1


async def test_11_no_money_left_is_told_from_too_many_requests(ask: Asker) -> None:
    assert (await ask("openai", "sim/error-429?code=insufficient_quota")).code == FaultCode.NO_CREDIT


@BOTH
@pytest.mark.parametrize(
    "model", ["sim/silent", "sim/silent?headers=0", "sim/silent?after=5", "sim/comments", "sim/comments?after=5"]
)
async def test_12_silence_and_mere_comments_end_at_the_stall_limit(ask: Asker, provider: str, model: str) -> None:
    start = monotonic()
    answer = await ask(provider, model, stall_timeout_s=0.4)
    assert 0.35 < monotonic() - start < 1.5
    assert answer.code == FaultCode.STALLED
    assert answer.text == (FIVE_WORDS if "after" in model else "")
    assert (await ask.closed()).closed_by == "client"


async def test_12_words_that_come_slowly_are_no_silence(ask: Asker) -> None:
    answer = await ask("openai", "sim/words?n=8&rate=8", stall_timeout_s=0.4)
    assert isinstance(answer.verdict, Finished)


async def test_12_a_drip_is_no_silence_either(ask: Asker) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await ask("openai", "sim/drip", stall_timeout_s=0.3)
    assert (await ask.closed()).closed_by == "client"


@pytest.mark.alone
@BOTH
@pytest.mark.parametrize("model", ["sim/silent", "sim/silent?headers=0", "sim/drip", "sim/words?n=9999&rate=100"])
async def test_15_a_stopped_call_closes_its_socket_at_once(ask: Asker, provider: str, model: str) -> None:
    call = asyncio.create_task(ask(provider, model))
    await asyncio.sleep(0.2)
    stopped = monotonic()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    connection = await ask.closed()
    assert connection.closed_by == "client"
    assert connection.closed_at is not None
    assert connection.closed_at - stopped < 0.5


@BOTH
async def test_15_a_stream_that_nobody_reads_on_closes_its_socket(ask: Asker, provider: str) -> None:
    stream = ask.stream(provider, "sim/words?n=9999&rate=100")
    await anext(stream)
    await stream.aclose()
    assert (await ask.closed()).closed_by == "client"


@BOTH
@pytest.mark.parametrize("key", ["clé-with-accents", "two\nlines", "nul\x00", "a\rb"])
async def test_a_key_that_cannot_be_one_is_told_and_not_sent(ask: Asker, provider: str, key: str) -> None:
    assert (await ask(provider, "sim/words", key=key)).code == FaultCode.BAD_KEY
    assert ask.simulator.requests == []


@BOTH
@pytest.mark.parametrize(
    "model",
    ["sim/page", "sim/json-error", "sim/error-after-text", "sim/overloaded", "sim/nobody"]
    + [f"sim/error-{status}" for status in (400, 401, 402, 403, 404, 418, 429, 500, 503)],
)
@pytest.mark.parametrize("key", [KEY, "sk-proj-0123456789abcdefghij"])
async def test_no_error_shows_the_key_or_any_markup(ask: Asker, provider: str, model: str, key: str) -> None:
    verdict = (await ask(provider, model, key=key)).verdict
    assert isinstance(verdict, Failed)
    assert "[key]" in verdict.detail
    assert not any(sign in verdict.detail for sign in (key, "<", ">", "](", "http"))
    assert ask.simulator.requests[-1].key == key


@BOTH
async def test_nothing_that_is_logged_shows_the_key(
    ask: Asker, provider: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for model in ("sim/words", "sim/page", "sim/error-401", "sim/error-503", "sim/reset", "sim/garbage"):
        await ask(provider, model)
    assert KEY not in caplog.text


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
async def test_http_that_is_none_is_a_protocol_fault(ask: Asker, provider: str) -> None:
    assert (await ask(provider, "sim/garbage")).code == FaultCode.PROTOCOL


async def test_a_server_that_refuses_stream_options_is_asked_without_them(ask: Asker) -> None:
    answer = await ask("local", "sim/refuses?field=stream_options")
    assert isinstance(answer.verdict, Finished)
    assert answer.notices == []
    assert ["stream_options" in request.body for request in ask.simulator.requests] == [True, False]


@BOTH
async def test_a_model_that_refuses_temperature_is_asked_without_it_and_the_user_is_told(
    ask: Asker, provider: str
) -> None:
    answer = await ask(provider, "sim/refuses?field=temperature")
    assert isinstance(answer.verdict, Finished)
    assert len(answer.notices) == 1
    assert "temperature" in answer.notices[0]
    assert ["temperature" in request.body for request in ask.simulator.requests] == [True, False]
    again = await ask(provider, "sim/refuses?field=temperature")
    assert again.notices == answer.notices
    assert len(ask.simulator.requests) == 3


async def test_a_field_that_cannot_be_left_out_is_no_reason_to_ask_again(ask: Asker) -> None:
    assert (await ask("openai", "sim/refuses?field=messages")).code == FaultCode.INVALID_REQUEST
    assert len(ask.simulator.requests) == 1

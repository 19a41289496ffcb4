"""What is logged is one line an event, of the fields that are meant to be there, and nobody's secrets."""

import io
import json
import logging
from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace

import pytest

from core import logs
from core.domain.faults import FaultCode
from core.domain.pricing import Cost, CostSource
from core.domain.runs import RunEnded, RunStatus
from core.settings import Settings
from tests.fixtures.runs import admission, outcome

KEY = 'planted key, with "quotes"'
PROMPT = "a prompt that nobody else may read"
SETTINGS = {
    "OPENAI_API_KEY": KEY,
    "ENCRYPTION_KEY": "first-fernet-key,second-fernet-key",
    "DATABASE_URL": "postgresql://lab:hunter22@127.0.0.1/lab",
    "LAB_ADMIN_PASSWORD": "correct horse",
    "LAB_METRICS_TOKEN": "metrics-token-0123",
}


@pytest.fixture
def stderr(monkeypatch) -> Iterator[io.StringIO]:
    """What is written to stderr; all logging is as before when the test has ended."""
    loggers = [logger for logger in logging.Logger.manager.loggerDict.values() if isinstance(logger, logging.Logger)]
    before = [(each, each.handlers, each.level, each.propagate) for each in [logging.getLogger(), *loggers]]
    written = io.StringIO()
    monkeypatch.setattr(logs, "sys", SimpleNamespace(stderr=written))
    yield written
    for logger, handlers, level, propagate in before:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def configure(**variables: str | None) -> logging.Logger:
    """Log as JSON with these settings, and return a logger of the lab."""
    logs.configure(Settings(_env_file=None, **SETTINGS | {"LAB_LOG_FORMAT": "json"} | variables))
    return logging.getLogger("core.somewhere")


def lines(stderr: io.StringIO) -> list[dict]:
    """The lines so far, each read as JSON."""
    return [json.loads(line) for line in stderr.getvalue().splitlines()]


def fail(message: str) -> None:
    raise RuntimeError(message)


def test_a_run_is_one_line_of_its_figures_and_none_of_its_words(stderr):
    configure()
    run = admission(prompt=PROMPT)
    logs.run_ended(RunEnded(run, outcome(run, text="an answer", reasoning="a thought"), 0.0123))
    [line] = lines(stderr)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "core.logs",
        "event": "run ended",
        "run_id": str(run.run_id),
        "user_id": "ann",
        "model": "openai/gpt-4o-mini",
        "origin": "playground",
        "status": "completed",
        "input_tokens": 44,
        "output_tokens": 120,
        "cost_usd": 0.0000786,
        "cost_source": "computed",
        "latency_ms": 1200,
        "ttft_ms": 170,
        "settling_ms": 12,
    }


def test_a_failed_run_is_a_warning_with_its_code_and_not_the_providers_words(stderr):
    configure()
    run = admission()
    failed = {"status": RunStatus.ERROR, "error_code": FaultCode.BAD_KEY, "error_message": "they said things"}
    unknown = Cost(amount=None, source=CostSource.UNKNOWN)
    logs.run_ended(RunEnded(run, outcome(run, **failed, ttft_ms=None, cost=unknown), 0))
    [line] = lines(stderr)
    assert (line["level"], line["code"], line["cost_source"]) == ("warning", "bad_key", "unknown")
    assert not {"cost_usd", "ttft_ms"} & set(line)
    assert "things" not in stderr.getvalue()


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize(
    "secret",
    [*SETTINGS.values(), "second-fernet-key", "hunter22", "sk-ant-0123456789", "lab_" + "x" * 43, "Bearer " + "y" * 20],
)
def test_no_secret_is_written_whoever_logs_it(stderr, form, secret):
    configure(LAB_LOG_FORMAT=form)
    url = "postgresql://other:hunter22@elsewhere/lab"
    logging.getLogger("some.library").error("it said %s to %s", secret, url, extra={"path": f"/{secret}"})
    assert secret not in stderr.getvalue()
    assert "hunter22" not in stderr.getvalue()
    assert stderr.getvalue().count("[key]") >= 2


def test_a_short_setting_does_not_shred_the_lines(stderr):
    configure(LOCAL_API_KEY="no").error("nothing")
    assert lines(stderr)[0]["event"] == "nothing"


@pytest.mark.parametrize("form", ["json", "text"])
def test_an_error_is_told_by_its_kind_and_its_way_without_its_values(stderr, form):
    log = configure(LAB_LOG_FORMAT=form)
    try:
        fail(PROMPT)
    except RuntimeError:
        log.exception("it broke", stack_info=True)
    assert stderr.getvalue().count("\n") == 1
    assert "RuntimeError at test_logs.py" in stderr.getvalue()
    assert "fail" in stderr.getvalue()
    assert PROMPT not in stderr.getvalue()


def test_an_error_that_nobody_awaited_is_told_without_its_values(stderr):
    configure()
    logs.unforeseen(None, {"message": f"Exception in callback say('{PROMPT}')", "exception": ValueError(PROMPT)})
    [line] = lines(stderr)
    assert (line["event"], line["error"]) == ("an error on the event loop", "ValueError")
    assert PROMPT not in stderr.getvalue()


def test_only_the_fields_that_are_meant_to_be_there_are(stderr):
    configure().warning("look", extra={"run_id": "7", "body": PROMPT})
    [line] = lines(stderr)
    assert set(line) == {"time", "level", "logger", "event", "run_id"}


def test_one_event_is_one_line_of_plain_letters_also_as_text(stderr):
    configure(LAB_LOG_FORMAT="text").warning("first\nsecond \x1b[31mred \u202eback \ud800", extra={"path": "a\r\nb"})
    written = stderr.getvalue()
    assert written.count("\n") == 1
    assert written[:-1].isprintable()
    assert "WARNING  core.somewhere: first second" in written


def test_as_json_every_letter_comes_back(stderr):
    configure().warning("first\nsecond \u2028 \ud800 é")
    assert lines(stderr)[0]["event"] == "first\nsecond \u2028 \ud800 é"
    assert stderr.getvalue().isascii()


def test_the_level_is_the_labs_own_and_libraries_speak_from_warnings_on(stderr):
    configure(LAB_LOG_LEVEL="DEBUG").debug("seen")
    logging.getLogger("some.library").info("not seen")
    configure(LAB_LOG_LEVEL="error").warning("not seen")
    logging.getLogger("some.library").warning("not seen")
    assert [line["event"] for line in lines(stderr)] == ["seen"]


def test_a_terminal_is_shown_text_and_all_else_json(stderr, monkeypatch):
    configure(LAB_LOG_FORMAT=None).warning("first")
    monkeypatch.setattr(stderr, "isatty", lambda: True)
    configure(LAB_LOG_FORMAT=None).warning("second")
    first, second = stderr.getvalue().splitlines()
    assert json.loads(first)["event"] == "first"
    assert second.endswith("core.somewhere: second")


def test_the_servers_own_handlers_give_way_and_a_request_loses_its_query(stderr, monkeypatch):
    access = logging.getLogger("uvicorn.access")
    terminal = io.StringIO()
    terminal.name = "<stdout>"
    own = logging.StreamHandler(terminal)
    access.handlers, access.propagate = [own], False
    access.setLevel("INFO")
    server = logging.getLogger("uvicorn")
    server.handlers, server.propagate = [], True  # whatever a server in this process made of it
    configure()
    configure()
    access.info('%s - "%s %s HTTP/%s" %d', "127.0.0.1:5", "GET", f"/history?q={PROMPT}", "1.1", 200)
    assert own not in access.handlers
    assert [line["event"] for line in lines(stderr)] == ['127.0.0.1:5 - "GET /history HTTP/1.1" 200']


def test_handlers_that_write_elsewhere_are_let_be(stderr):
    elsewhere = logging.StreamHandler(io.StringIO())
    logging.getLogger().addHandler(elsewhere)
    configure()
    assert elsewhere in logging.getLogger().handlers


def test_money_is_a_number_in_a_line(stderr):
    configure()
    run = admission()
    cost = Cost(amount=Decimal("0.1"), source=CostSource.PROVIDER)
    logs.run_ended(RunEnded(run, outcome(run, cost=cost), 0))
    assert lines(stderr)[0]["cost_usd"] == 0.1

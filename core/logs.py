"""What the lab says while it runs: one line an event on stderr, as JSON or as text, without anybody's secrets.

    configure(settings)   the root handler, and the loggers of the servers led to it
    run_ended(ended)      the line of each run

A line holds its time, level, logger and event, and of what a caller passes as `extra` the `FIELDS` only. An error is
its kind and the places that it came through: no message and no values, since either may hold a key or a prompt.
"""

import asyncio
import json
import logging
import re
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any

from core.domain.keys import HIDDEN, without_keys
from core.domain.runs import RunEnded, RunStatus
from core.errors import described
from core.settings import Settings

FIELDS = (
    "run_id",
    "user_id",
    "model",
    "origin",
    "status",
    "code",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "cost_source",
    "latency_ms",
    "ttft_ms",
    "settling_ms",
    "method",
    "path",
    "address",
)
"""What a line may hold beside its event, in this order."""

OWN_LOGGERS = ("core", "pages")
TERMINALS = ("<stdout>", "<stderr>")
SHORTEST_SECRET = 4
MOST_FRAMES = 12

_URL_PASSWORD = re.compile(r"(?<=://)(?P<user>[^\s:/@]*):(?P<password>[^\s/@]+)(?=@)")
_QUIET = {RunStatus.COMPLETED, RunStatus.CANCELLED}

log = logging.getLogger(__name__)

Fields = dict[str, Any]


def configure(settings: Settings) -> None:
    """Write every log to stderr as `settings` say; the loggers of other libraries go the same way, from warnings on.

    May be called again: the last call counts. The handlers that servers gave their own loggers are taken off.
    """
    root, level = logging.getLogger(), settings.log_level.upper()
    as_text = sys.stderr.isatty() if settings.log_format is None else settings.log_format == "text"
    handler = _Handler()
    handler.setFormatter(Lines(_text if as_text else _json, settings.secrets))
    root.handlers = [kept for kept in root.handlers if not _writes_to_terminal(kept)] + [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel(level)
    for logger in logging.Logger.manager.loggerDict.values():
        if isinstance(logger, logging.Logger) and any(map(_writes_to_terminal, logger.handlers)):
            logger.handlers = [kept for kept in logger.handlers if not _writes_to_terminal(kept)]
            logger.propagate = True


def unforeseen(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what went wrong on the loop with nobody to hear it; asyncio itself would tell the error's values."""
    error = context.get("exception")
    log.error("an error on the event loop", exc_info=error or False)


def run_ended(ended: RunEnded) -> None:
    """Log how a run ended, in one line: its figures, and none of its words."""
    admission, outcome = ended.admission, ended.outcome
    fields: Fields = {
        "run_id": outcome.run_id,
        "user_id": admission.user_id,
        "model": admission.request.model_id,
        "origin": admission.origin,
        "status": outcome.status,
        "code": outcome.error_code,
        "input_tokens": outcome.usage.input_tokens,
        "output_tokens": outcome.usage.output_tokens,
        "cost_usd": None if outcome.cost.amount is None else float(outcome.cost.amount),
        "cost_source": outcome.cost.source,
        "latency_ms": outcome.latency_ms,
        "ttft_ms": outcome.ttft_ms,
        "settling_ms": round(ended.settling_s * 1000),
    }
    log.log(logging.INFO if outcome.status in _QUIET else logging.WARNING, "run ended", extra=fields)


class Lines(logging.Formatter):
    """Makes one line of a record, with `secrets` and all that looks like a key taken out of it."""

    def __init__(self, written: Callable[[Fields], str], secrets: Iterable[str]) -> None:
        super().__init__()
        self._written = written
        parts = {part.strip() for secret in secrets for part in _parts(secret)}
        known = sorted((part for part in parts if len(part) >= SHORTEST_SECRET), key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of `record`."""
        return self._written({name: self._clean(value) for name, value in _fields(record).items()})

    def _clean(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._clean(item) for item in value]
        if value is None or isinstance(value, int | float):
            return value
        text = self._known.sub(HIDDEN, str(value)) if self._known else str(value)
        return without_keys(_URL_PASSWORD.sub(rf"\g<user>:{HIDDEN}", text))


class _Handler(logging.StreamHandler[Any]):
    """Writes to whatever stderr is at the time."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        return sys.stderr


def _fields(record: logging.LogRecord) -> Fields:
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    head = {"time": time, "level": record.levelname.lower(), "logger": record.name, "event": _event(record)}
    given = {name: vars(record)[name] for name in FIELDS if vars(record).get(name) is not None}
    return head | given | _error(record)


def _event(record: logging.LogRecord) -> str:
    """Return the message. A server's line of a request loses its query, which may hold a search or a one-time code."""
    if record.name == "uvicorn.access" and isinstance(record.args, tuple):
        record.args = tuple(str(value).partition("?")[0] if at == 2 else value for at, value in enumerate(record.args))
    return record.getMessage()


def _error(record: logging.LogRecord) -> Fields:
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return {}
    frames = extract_tb(error.__traceback__)[-MOST_FRAMES:]
    return {
        "error": described(error),
        "through": [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    }


def _parts(secret: str) -> list[str]:
    """Return a secret, the keys of a list, and the password of a URL."""
    password = _URL_PASSWORD.search(secret)
    return [secret, *secret.split(","), password["password"] if password else ""]


def _writes_to_terminal(handler: logging.Handler) -> bool:
    named = isinstance(handler, logging.StreamHandler) and getattr(handler.stream, "name", "") in TERMINALS
    return named or isinstance(handler, _Handler)


def _json(fields: Fields) -> str:
    return json.dumps(fields)


def _text(fields: Fields) -> str:
    time, level, logger, event, *rest = fields.items()
    head = f"{time[1]} {level[1].upper():<8} {logger[1]}: {event[1]}"
    return _one_line(" ".join([head, *(f"{name}={_plain(value)}" for name, value in rest)]))


def _plain(value: Any) -> str:
    return " > ".join(value) if isinstance(value, list) else str(value)


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)

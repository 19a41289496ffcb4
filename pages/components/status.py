"""How a run ended, in a word."""

from typing import Literal

from core.domain.runs import RunStatus

_WORDS = {
    RunStatus.STARTED: "Running",
    RunStatus.COMPLETED: "Completed",
    RunStatus.INCOMPLETE: "Broken off",
    RunStatus.CANCELLED: "Stopped",
    RunStatus.ERROR: "Failed",
    RunStatus.UNKNOWN: "Unknown",
}


def word(status: RunStatus) -> str:
    """Return the word for a status."""
    return _WORDS[status]


def mark(status: RunStatus) -> str:
    """Return the mark for a status in a list: hardly anything where all went well."""
    return "✓" if status is RunStatus.COMPLETED else _WORDS[status]


def colour(status: RunStatus) -> Literal["green", "red", "blue", "orange"]:
    """Return the colour of a status's badge."""
    match status:
        case RunStatus.COMPLETED:
            return "green"
        case RunStatus.ERROR:
            return "red"
        case RunStatus.STARTED:
            return "blue"
    return "orange"

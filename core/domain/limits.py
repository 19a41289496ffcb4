"""How many runs somebody may have: by the tier and the lab, or by a limit of one's own."""

from dataclasses import dataclass

from core.errors import InvalidRequest

MOST_RUNS = 1_000_000_000
"""The largest limit that may be set: what the counts can hold."""

NO_LIMIT = "no limit"


@dataclass(frozen=True, slots=True)
class Limits:
    """Runs a month, and runs at once. None is no limit."""

    runs_a_month: int | None
    runs_at_once: int | None


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit of one's own; `most` None is no limit at all."""

    most: int | None


def number_of(text: str) -> int | None:
    """Return the runs that somebody wrote: `1,000`, or `no limit`, which is None. Raises `InvalidRequest`."""
    written = text.strip()
    digits = written.replace(",", "").replace(" ", "")
    if written.lower() == NO_LIMIT:
        return None
    if digits.isascii() and digits.isdecimal() and len(digits) < 20 and int(digits) <= MOST_RUNS:
        return int(digits)
    raise InvalidRequest(f"“{written[:40]}” is no number of runs: write one up to {MOST_RUNS:,}, or “{NO_LIMIT}”.")


@dataclass(frozen=True, slots=True)
class OwnLimits:
    """The limits that one user has in the place of the usual ones. None leaves a limit as it usually is."""

    runs_a_month: Cap | None = None
    runs_at_once: Cap | None = None

    def over(self, usual: Limits) -> Limits:
        """Return what holds for the user where the others have `usual`."""
        month, at_once = self.runs_a_month, self.runs_at_once
        return Limits(
            runs_a_month=month.most if month else usual.runs_a_month,
            runs_at_once=at_once.most if at_once else usual.runs_at_once,
        )


NO_OWN_LIMITS = OwnLimits()

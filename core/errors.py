"""Every error that the lab raises on purpose.

    LabError                  a sentence for the user, a stable code, an HTTP status
    ├── SettingsError         the start is refused; names the variable, never its value
    ├── BackupRefused         a backup is not made, or not restored; nothing has changed
    ├── InvalidRequest   422  what was sent cannot be run as it stands
    │   └── NameTaken    409  something else has that name
    ├── UnknownProvider  400  the part of the model before the first "/" is no provider
    ├── NotSignedIn      401  no session, or one that ended; also wrong credentials
    │   └── SignInRefused     somebody came back from the company's provider, and is not let in
    ├── Forbidden        403  the role does not allow it
    │   └── TierTooLow   403  the tier does not allow the model; says which tier does
    ├── NotFound         404  it does not exist, or belongs to somebody else
    ├── LimitReached     429  a monthly limit, runs at once, too many requests or sign-in attempts
    │   └── BudgetReached     a hard budget has no room for the run
    └── Unavailable      503  the lab cannot serve this now; nothing was sent to a provider
        ├── KeyMissing        no key for the provider
        ├── SealBroken        a kept secret does not open
        └── StoreUnavailable  the database cannot be reached in time

A failure of a provider is no exception but the outcome of a run: see `core.domain.faults`.
"""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from traceback import extract_tb


class LabError(Exception):
    """An error whose message is a plain sentence that may be shown to anybody."""

    code = "error"
    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SettingsError(LabError):
    """A setting that stops the start."""

    code = "settings"


class BackupRefused(LabError):
    """A backup that is not made, or not restored."""

    code = "backup"


class InvalidRequest(LabError):
    """A request that does not validate."""

    code = "invalid_request"
    status = 422


class NameTaken(InvalidRequest):
    """A name that something else has; `replaceable` if that is the user's own."""

    code = "name_taken"
    status = 409

    def __init__(self, message: str, *, replaceable: bool) -> None:
        super().__init__(message)
        self.replaceable = replaceable


class UnknownProvider(LabError):
    """A model whose provider the lab does not know."""

    code = "unknown_provider"
    status = 400


class NotSignedIn(LabError):
    """Nobody is signed in, or the credentials were wrong."""

    code = "not_signed_in"
    status = 401


class SignInRefused(NotSignedIn):
    """Somebody came back from the company's provider and is not signed in.

    `reason` is a word that may stand in a URL; `detail` is for the log alone.
    """

    code = "sign_in_refused"

    def __init__(self, message: str, *, reason: str, detail: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.detail = detail


class Forbidden(LabError):
    """The role does not allow this."""

    code = "forbidden"
    status = 403


class TierTooLow(Forbidden):
    """The tier does not allow the model."""

    code = "tier_too_low"

    def __init__(self, message: str, *, tier_required: str, current_tier: str) -> None:
        super().__init__(message)
        self.tier_required = tier_required
        self.current_tier = current_tier


class NotFound(LabError):
    """There is no such thing for this user."""

    code = "not_found"
    status = 404


class LimitReached(LabError):
    """A limit is used up until `resets_at` (None: until something of the user's ends)."""

    code = "limit_reached"
    status = 429

    def __init__(self, message: str, *, limit: int | Decimal, used: int | Decimal, resets_at: datetime | None) -> None:
        super().__init__(message)
        self.limit = limit
        self.used = used
        self.resets_at = resets_at


class BudgetReached(LimitReached):
    """A hard budget has no room for the most that a run can cost; `limit` and `used` are USD."""

    code = "budget_reached"


class Unavailable(LabError):
    """Not now; nothing was sent to a provider."""

    code = "unavailable"
    status = 503


class KeyMissing(Unavailable):
    """No key is configured for the provider."""

    code = "key_missing"


class SealBroken(Unavailable):
    """A kept secret that does not open: sealed by another key, for another owner or purpose, or damaged."""

    code = "seal_broken"


class StoreUnavailable(Unavailable):
    """The database did not answer in time."""

    code = "store_unavailable"


def described(error: BaseException) -> str:
    """Return the kind of an unforeseen error and where it arose, for a log: no message and no trace, since either may
    hold a key or a prompt."""
    frames = extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"

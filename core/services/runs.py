"""Running a prompt: who may, what it will cost at most, and the way into the engine."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import monotonic
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from core.domain.accounts import User
from core.domain.chat import ChatRequest
from core.domain.limits import Limits
from core.domain.models import ModelInfo
from core.domain.periods import month_start, next_month_start
from core.domain.pricing import dearest_input, worst_case
from core.domain.refusals import Refusal
from core.domain.runs import Admission, Payer, RunOrigin, RunRecord
from core.domain.spend import Days
from core.domain.tags import NO_TAGS, Tags
from core.domain.usage import estimate_input_tokens, most_input_tokens
from core.engine.engine import Engine
from core.engine.live_run import LiveRun
from core.errors import LabError, LimitReached, NotFound, Unavailable
from core.futures import then
from core.services.models import Models
from core.services.tiers import Tiers
from core.store.history import HistoryStore
from core.store.ledger import Ledger
from core.store.refusals import RefusalStore
from core.store.spend import SpendStore

__all__ = ["Allowance", "LiveRun", "Quote", "Runs"]

CATCH_UP_S = 1.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a user has used of the month, and spent in it (USD). `runs_limit` None is no limit."""

    runs_used: int
    runs_limit: int | None
    spent_this_month: Decimal
    resets_at: datetime


@dataclass(frozen=True, slots=True)
class Quote:
    """What a request will take, before it is sent: tokens in by estimate, tokens out and USD at most.

    `input_usd_per_million` is what each further million of input tokens would add.
    """

    input_tokens: int
    max_output_tokens: int
    worst_case_usd: Decimal
    input_usd_per_million: Decimal


class Runs:
    """Runs of prompts. Every rule is held here, whatever a page shows or a client sends."""

    def __init__(
        self,
        *,
        models: Models,
        tiers: Tiers,
        engine: Engine,
        ledger: Ledger,
        history: HistoryStore,
        spend: SpendStore,
        refusals: RefusalStore,
        zone: ZoneInfo,
        deadline_s: float,
        concurrency: int,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._models = models
        self._tiers = tiers
        self._engine = engine
        self._ledger = ledger
        self._history = history
        self._spend = spend
        self._refusals = refusals
        self._zone = zone
        self._deadline = timedelta(seconds=deadline_s)
        self._concurrency = concurrency
        self._now = now

    def limits(self, user: User) -> Limits:
        """Return the limits that hold for `user`: those of the tier and the lab, but for what is the user's own."""
        return user.limits.over(Limits(self._tiers.runs_a_month(user.tier), self._concurrency or None))

    def allowance(self, user: User) -> Allowance:
        """Return what `user` has used and spent of the current month in the reporting zone."""
        now = self._now()
        month = month_start(now, self._zone)
        resets_at = next_month_start(now, self._zone)
        whole_month = Days(month, resets_at.astimezone(self._zone).date() - timedelta(1))
        return Allowance(
            runs_used=self._ledger.runs_this_month(user.id, month),
            runs_limit=self.limits(user).runs_a_month,
            spent_this_month=self._spend.totals(whole_month, user.id).cost,
            resets_at=resets_at,
        )

    def runs_left(self, user: User) -> int | None:
        """Return how many runs `user` has left this month; None is no limit."""
        limit = self.limits(user).runs_a_month
        if limit is None:
            return None
        return max(limit - self._ledger.runs_this_month(user.id, month_start(self._now(), self._zone)), 0)

    def quote(self, request: ChatRequest) -> Quote:
        """Return what `request` will take at most. Raises as `start` does for a model that cannot be found."""
        return _quote(request, self._models.find(request.model_id))

    def start(
        self, user: User, request: ChatRequest, origin: RunOrigin, *, tags: Tags = NO_TAGS, lasting: bool = False
    ) -> LiveRun:
        """Admit and start a run, and return it when it is admitted. It blocks; see `begin`."""
        return self.begin(user, request, origin, tags=tags, lasting=lasting).result()

    def begin(
        self, user: User, request: ChatRequest, origin: RunOrigin, *, tags: Tags = NO_TAGS, lasting: bool = False
    ) -> Future[LiveRun]:
        """Admit and start a run; a `lasting` one goes on when its user signs out. It does not block.

        `tags` say what its cost is for; they are recorded with it, and not sent.

        Raises `UnknownProvider`, `TierTooLow` or `KeyMissing`, and the answer may be `LimitReached` or
        `StoreUnavailable`; whichever it is, nothing was sent to a provider and nothing is counted.
        """
        try:
            model = self._models.permitted(user, request.model_id)
            call = self._models.call(user, model)
        except LabError as error:
            self._note(user, request, error)
            raise
        admission = self._admission(user, request, model, origin, tags, call.paid_by)

        def launch(admitted: Callable[[], int]) -> LiveRun:
            try:
                admitted()
                return self._engine.submit(admission, call, lasting=lasting)
            except Unavailable:
                self._engine.disown(admission, call)
                raise
            except LimitReached as error:
                self._note(user, request, error)
                raise

        return then(self._admit(user, admission), launch)

    def stop(self, user: User, run_id: UUID) -> None:
        """Stop the user's run at once; without effect once it has ended. Raises `NotFound`."""
        if not self._own_live(user, run_id):
            raise NotFound("There is no such run.")
        self._engine.stop(run_id)

    def stop_all(self, user: User) -> None:
        """Stop every run of the user that is in flight, as signing out does; but lasting ones."""
        for run in self.live(user):
            if not run.lasting:
                self._engine.stop(run.admission.run_id)

    def live(self, user: User) -> list[LiveRun]:
        """Return the user's runs in flight, oldest first."""
        return self._engine.of_user(user.id)

    def catch_up(self, user: User, limit_s: float = CATCH_UP_S) -> None:
        """Wait, for `limit_s` seconds at most, until the user's runs that have ended are recorded.

        A client hears the end of its run a moment before the ledger does, and may ask for it at once.
        """
        deadline = monotonic() + limit_s
        for run in self._engine.unsettled(user.id):
            run.settled.wait(max(deadline - monotonic(), 0))

    def open(self, user: User, run_id: UUID) -> LiveRun | RunRecord:
        """Return the user's run: as it goes, or as it was recorded. Raises `NotFound`, also for another's run."""
        if run := self._own_live(user, run_id):
            return run
        record = self._history.find(run_id)
        if record is None or record.user_id != user.id:
            raise NotFound("There is no such run.")
        return record

    def _admit(self, user: User, admission: Admission) -> Future[int]:
        limits = self.limits(user)
        return self._ledger.admit(
            admission,
            month=month_start(admission.started_at, self._zone),
            monthly_limit=limits.runs_a_month,
            concurrent_limit=limits.runs_at_once or 0,
            resets_at=next_month_start(admission.started_at, self._zone),
        )

    def _note(self, user: User, request: ChatRequest, error: LabError) -> None:
        """Keep why a run was refused; whether that is kept in the end, nobody waits for."""
        self._refusals.note(Refusal(user.id, request.model_id, error.code, error.message, self._now()))

    def _own_live(self, user: User, run_id: UUID) -> LiveRun | None:
        run = self._engine.find(run_id)
        return run if run and run.admission.user_id == user.id else None

    def _admission(
        self,
        user: User,
        request: ChatRequest,
        model: ModelInfo,
        origin: RunOrigin,
        tags: Tags,
        paid_by: Payer,
    ) -> Admission:
        now = self._now()
        model = self._models.listing.at(model.id, now)
        most_input, most_output = _most_tokens(request, model)
        return Admission(
            run_id=uuid4(),
            user_id=user.id,
            request=request,
            prices=model.prices,
            input_tokens=_quote(request, model).input_tokens,
            reserved_usd=worst_case(most_input, most_output, model.prices),
            most_input_tokens=most_input,
            most_output_tokens=most_output,
            origin=origin,
            tags=tags,
            paid_by=paid_by,
            started_at=now,
            deadline_at=now + self._deadline,
        )


def _most_tokens(request: ChatRequest, model: ModelInfo) -> tuple[int, int]:
    """Return the most tokens that a request can take and give: no model writes more than its window holds."""
    window = model.context_tokens or request.max_tokens
    return most_input_tokens([message.content for message in request.messages]), min(request.max_tokens, window)


def _quote(request: ChatRequest, model: ModelInfo) -> Quote:
    input_tokens = estimate_input_tokens([message.content for message in request.messages])
    return Quote(
        input_tokens=input_tokens,
        max_output_tokens=request.max_tokens,
        worst_case_usd=worst_case(input_tokens, request.max_tokens, model.prices),
        input_usd_per_million=dearest_input(input_tokens, model.prices),
    )

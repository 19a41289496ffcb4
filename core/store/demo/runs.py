"""Made-up runs with their rhythm: working days and hours, a slow growth, one odd and expensive day, faults."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from core.domain.access import CONTRACT, Tier, may_use
from core.domain.chat import ChatRequest
from core.domain.faults import UNBILLED, FaultCode, explain
from core.domain.models import ModelInfo
from core.domain.pricing import cost_of, worst_case
from core.domain.runs import Admission, Outcome, RunOrigin, RunStatus
from core.domain.tags import Tags
from core.domain.usage import Usage, estimate_input_tokens, estimate_tokens
from core.store.demo.people import EXPENSIVE, HABITS, PROJECTS, PROVIDERS, Habit
from core.store.demo.texts import exchange

RUNS_A_DAY = 225
GROWTH = (0.6, 1.4)  # how busy the first and the last day are, against the mean
DAYS_OF_WEEK = (1.25, 1.35, 1.30, 1.30, 1.15, 0.36, 0.29)
HOURS = (0.2, 0.1, 0.1, 0.1, 0.1, 0.3, 1, 3, 7, 10, 11, 10, 6, 8, 10, 9.5, 8, 5, 2.5, 1.5, 1.2, 1, 0.7, 0.4)
ODD_DAY_AGO = 17
ODD_RUNS = 40
TIME_LIMIT = timedelta(seconds=60)
CANCELLED, CUT = 0.025, 0.007  # shares of all runs
OF_A_TEAM, OF_A_PROJECT = 0.9, 0.6  # shares that bear such a tag; a project only beside a team
FAULTS = {
    FaultCode.RATE_LIMITED: 5,
    FaultCode.OVERLOADED: 3,
    FaultCode.NETWORK: 2,
    FaultCode.TIMEOUT: 2,
    FaultCode.PROVIDER: 1,
    FaultCode.INVALID_REQUEST: 1,
}

Run = tuple[Admission, Outcome]


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody who runs models in the demonstration."""

    user_id: str
    tier: Tier
    team: str
    share: float
    weekends: bool


class Invention:
    """Invents the runs of some authors, the same ones for the same seed."""

    def __init__(self, authors: Sequence[Author], models: Mapping[str, ModelInfo], rng: Random) -> None:
        self._authors = authors
        self._models = models
        self._rng = rng
        self._likes = {author.user_id: self._liked(author) for author in authors}

    def runs(self, now: datetime, days: int) -> Iterator[Run]:
        """Yield the runs of the `days` days that end at `now`, day by day."""
        for ago in range(days, -1, -1):
            day = (now - timedelta(days=ago)).date()
            for author in self._busy(day, 1 - ago / days):
                yield from self._one(author, self._habit(author), self._instant(day), now)
            if ago == ODD_DAY_AGO and EXPENSIVE.model_id in self._models:
                for _ in range(ODD_RUNS):
                    yield from self._one(self._spender(), EXPENSIVE, self._instant(day), now)

    def _busy(self, day: date, progress: float) -> list[Author]:
        """Return who runs something on `day`, once for each run."""
        growth = GROWTH[0] + (GROWTH[1] - GROWTH[0]) * progress
        count = RUNS_A_DAY * growth * DAYS_OF_WEEK[day.weekday()] * self._rng.gauss(1, 0.1)
        there = [author for author in self._authors if author.weekends or day.weekday() < 5]
        return self._rng.choices(there, [author.share for author in there], k=max(round(count), 0)) if there else []

    def _liked(self, author: Author) -> list[tuple[Habit, float]]:
        known = [(habit, self._models.get(habit.model_id)) for habit in HABITS]
        return [
            (habit, habit.share * self._rng.uniform(0.3, 1.7))
            for habit, model in known
            if model and may_use(author.tier, model, CONTRACT)
        ]

    def _habit(self, author: Author) -> Habit | None:
        likes = self._likes[author.user_id]
        return self._rng.choices([habit for habit, _ in likes], [weight for _, weight in likes])[0] if likes else None

    def _spender(self) -> Author:
        return max(self._authors, key=lambda author: (author.tier is Tier.ENTERPRISE, author.share))

    def _instant(self, day: date) -> datetime:
        [hour] = self._rng.choices(range(24), HOURS)
        return datetime.combine(day, time(), UTC) + timedelta(hours=hour, seconds=self._rng.uniform(0, 3600))

    def _one(self, author: Author, habit: Habit | None, at: datetime, now: datetime) -> Iterator[Run]:
        if habit is None or at + TIME_LIMIT > now:
            return
        asked = exchange(self._rng)
        request = ChatRequest(model_id=habit.model_id, messages=asked.messages)
        tokens = estimate_input_tokens([message.content for message in request.messages])
        prices = self._models[habit.model_id].prices
        admission = Admission(
            run_id=UUID(int=self._rng.getrandbits(128), version=4),
            user_id=author.user_id,
            request=request,
            prices=prices,
            input_tokens=tokens,
            reserved_usd=worst_case(tokens, request.max_tokens, prices),
            origin=RunOrigin.API if self._rng.random() < 0.15 else RunOrigin.PLAYGROUND,
            tags=self._tags(author.team),
            started_at=at,
            deadline_at=at + TIME_LIMIT,
        )
        yield admission, self._end(admission, habit, asked.answer)

    def _tags(self, team: str) -> Tags:
        if self._rng.random() >= OF_A_TEAM:
            return {}
        if self._rng.random() >= OF_A_PROJECT:
            return {"team": team}
        projects = PROJECTS[team]
        [project] = self._rng.choices(projects, range(len(projects), 0, -1))
        return {"team": team, "project": project}

    def _end(self, run: Admission, habit: Habit, answer: str) -> Outcome:
        fate = self._fate(habit)
        text = answer[: round(len(answer) * self._share_written(fate["status"]))]
        usage, reported = self._usage(run, habit, text, fate)
        latency_ms, ttft_ms = self._durations(habit, usage, fate.get("error_code"), bool(text))
        return Outcome(
            run_id=run.run_id,
            text=text,
            usage=usage,
            usage_reported=reported,
            raw_usage=_raw(usage) if reported and usage.total_tokens else None,
            prices=run.prices,
            cost=cost_of(usage, run.prices, reported=reported),
            latency_ms=latency_ms,
            ttft_ms=ttft_ms,
            ended_at=run.started_at + timedelta(milliseconds=latency_ms),
            **fate,
        )

    def _fate(self, habit: Habit) -> dict[str, Any]:
        chance = self._rng.random()
        if chance < habit.failing:
            [code] = self._rng.choices(list(FAULTS), list(FAULTS.values()))
            return _failed(RunStatus.ERROR, code, habit)
        if chance < habit.failing + CANCELLED:
            return {"status": RunStatus.CANCELLED}
        if chance < habit.failing + CANCELLED + CUT:
            return _failed(RunStatus.INCOMPLETE, FaultCode.TRUNCATED, habit)
        return {"status": RunStatus.COMPLETED, "finish_reason": "stop"}

    def _share_written(self, status: RunStatus) -> float:
        match status:
            case RunStatus.COMPLETED:
                return 1.0
            case RunStatus.ERROR:
                return 0.0
            case _:
                return self._rng.uniform(0.1, 0.8)

    def _usage(self, run: Admission, habit: Habit, text: str, fate: dict[str, Any]) -> tuple[Usage, bool]:
        if fate.get("error_code") in UNBILLED:
            return Usage(), True
        written = estimate_tokens(text)
        if fate["status"] is not RunStatus.COMPLETED:
            return Usage(input_tokens=run.input_tokens, output_tokens=written), False
        reasoning = round(written * habit.reasoning * self._rng.lognormvariate(0, 0.4))
        given = round(run.input_tokens * self._rng.uniform(0.93, 1.06))
        usage = Usage(
            input_tokens=given,
            output_tokens=written + reasoning,
            cached_tokens=round(given * 0.7) if len(run.request.messages) > 2 else 0,
            reasoning_tokens=reasoning,
        )
        if run.request.provider != "openrouter":
            return usage, True
        return usage.model_copy(update={"billed_usd": cost_of(usage, run.prices, reported=True).amount}), True

    def _durations(self, habit: Habit, usage: Usage, code: FaultCode | None, spoke: bool) -> tuple[int, int | None]:
        first_ms = habit.first_word_s * self._rng.lognormvariate(0, 0.35) * 1000
        if code is FaultCode.TIMEOUT:
            return round(TIME_LIMIT.total_seconds() * 1000), None
        writing_ms = usage.output_tokens / (habit.tokens_per_s * self._rng.lognormvariate(0, 0.2)) * 1000
        total_ms = min(first_ms + writing_ms, TIME_LIMIT.total_seconds() * 1000)
        return round(total_ms), round(min(first_ms, total_ms)) if spoke else None


def _failed(status: RunStatus, code: FaultCode, habit: Habit) -> dict[str, Any]:
    name = PROVIDERS[habit.model_id.partition("/")[0]]
    return {"status": status, "error_code": code, "error_message": explain(code, name)}


def _raw(usage: Usage) -> dict[str, Any]:
    """What a provider reports, in the shape of OpenRouter's, which tells what it billed."""
    told = {"prompt_tokens": usage.input_tokens, "completion_tokens": usage.output_tokens}
    billed = {} if usage.billed_usd is None else {"cost": usage.billed_usd}
    return {**told, "total_tokens": usage.total_tokens, **billed}

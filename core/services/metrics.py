"""What Prometheus reads: counters of the runs that this process ended, and gauges that are read at each scrape.

Every label has few values: the providers are those of the registry, and no model, user or word of anybody's is one.
The ledger stays the truth: what a killed process had started is settled there later, and counted here by nobody.
"""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from core.domain.faults import FaultCode
from core.domain.runs import RunEnded
from core.domain.usage import Usage

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
NAMESPACE = "lab"

OURS = frozenset({FaultCode.NOT_STARTED, FaultCode.ABANDONED, FaultCode.KILLED, FaultCode.INTERNAL})
"""Faults that are no provider's."""

DURATIONS_S = (0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
FIRST_TOKENS_S = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 30, 60)
SETTLEMENTS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10)

# The time at which each series began would double their number.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The metrics of one lab. Counted on the engine's loop, a few additions a run; read by any thread."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._runs = self._counter("runs", "Runs that ended.", "provider", "status", "code", "origin")
        self._tokens = self._counter("tokens", "Tokens of ended runs.", "provider", "direction", "kind")
        self._cost = self._counter("cost_usd", "Cost of ended runs, in USD.", "provider", "source")
        self._errors = self._counter("provider_errors", "Failures of providers.", "provider", "code")
        self._durations = self._histogram("run_duration_seconds", "From start to end of a run.", DURATIONS_S)
        self._first = self._histogram("time_to_first_token_seconds", "From start to first token.", FIRST_TOKENS_S)
        self._settlements = Histogram(
            "settlement_seconds",
            "From the end of a run to its record.",
            namespace=NAMESPACE,
            buckets=SETTLEMENTS_S,
            registry=self._registry,
        )

    def run_ended(self, ended: RunEnded) -> None:
        """Count a run that has ended."""
        outcome, provider = ended.outcome, ended.admission.request.provider
        code = outcome.error_code
        self._runs.labels(provider, outcome.status, code or "", ended.admission.origin).inc()
        for direction, kind, tokens in _parts(outcome.usage):
            self._tokens.labels(provider, direction, kind).inc(tokens)
        if outcome.cost.amount is not None:
            self._cost.labels(provider, outcome.cost.source).inc(float(outcome.cost.amount))
        if code is not None and code not in OURS:
            self._errors.labels(provider, code).inc()
        self._durations.labels(provider).observe(outcome.latency_ms / 1000)
        if outcome.ttft_ms is not None:
            self._first.labels(provider).observe(outcome.ttft_ms / 1000)
        self._settlements.observe(ended.settling_s)

    def gauge(self, name: str, description: str, read: Callable[[], float]) -> None:
        """Show what `read` returns at each scrape, under the lab's prefix."""
        Gauge(name, description, namespace=NAMESPACE, registry=self._registry).set_function(read)

    def exposition(self) -> bytes:
        """Return all of it in Prometheus' text format, of the type `CONTENT_TYPE`."""
        return generate_latest(self._registry)

    def _counter(self, name: str, description: str, *labels: str) -> Counter:
        return Counter(name, description, labels, namespace=NAMESPACE, registry=self._registry)

    def _histogram(self, name: str, description: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(
            name, description, ("provider",), namespace=NAMESPACE, buckets=buckets, registry=self._registry
        )


def _parts(usage: Usage) -> list[tuple[str, str, int]]:
    """Return direction, kind and number of tokens. The kinds do not overlap, so their sum is the whole."""
    cached, written, reasoning = usage.cached_tokens, usage.cache_write_tokens, usage.reasoning_tokens
    return [
        ("input", "plain", max(usage.input_tokens - cached - written, 0)),
        ("input", "cached", cached),
        ("input", "cache_write", written),
        ("output", "text", max(usage.output_tokens - reasoning, 0)),
        ("output", "reasoning", reasoning),
    ]

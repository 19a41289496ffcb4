"""What Prometheus reads of ended runs: every figure once, under labels of few values."""

from decimal import Decimal

import pytest
from prometheus_client.parser import text_string_to_metric_families

from core.domain.faults import FaultCode
from core.domain.pricing import Cost, CostSource
from core.domain.runs import RunEnded, RunStatus
from core.domain.usage import Usage
from core.services.metrics import Metrics
from tests.fixtures.runs import admission, outcome

FAILED = {"status": RunStatus.ERROR, "ttft_ms": None}


@pytest.fixture
def metrics() -> Metrics:
    """Metrics of a lab that has run nothing."""
    return Metrics()


def end(metrics: Metrics, model: str = "openai/gpt-4o-mini", **changes) -> None:
    """Let a run end."""
    run = admission(model_id=model)
    metrics.run_ended(RunEnded(run, outcome(run, **changes), 0.003))


def samples(metrics: Metrics, name: str) -> dict[tuple[str, ...], float]:
    """The values of `name` by the values of their labels, in the labels' order."""
    families = text_string_to_metric_families(metrics.exposition().decode())
    found = (sample for family in families for sample in family.samples if sample.name == name)
    return {tuple(value for _, value in sorted(sample.labels.items())): sample.value for sample in found}


def test_runs_are_counted_by_how_they_ended(metrics):
    end(metrics)
    end(metrics)
    end(metrics, "groq/any", error_code=FaultCode.TIMEOUT, **FAILED)
    assert samples(metrics, "lab_runs_total") == {
        ("", "playground", "openai", "completed"): 2,
        ("timeout", "playground", "groq", "error"): 1,
    }


def test_the_kinds_of_tokens_add_up_to_the_whole(metrics):
    usage = Usage(input_tokens=100, cached_tokens=60, cache_write_tokens=10, output_tokens=50, reasoning_tokens=20)
    end(metrics, usage=usage)
    tokens = samples(metrics, "lab_tokens_total")
    assert tokens == {
        ("input", "plain", "openai"): 30,
        ("input", "cached", "openai"): 60,
        ("input", "cache_write", "openai"): 10,
        ("output", "text", "openai"): 30,
        ("output", "reasoning", "openai"): 20,
    }
    assert sum(tokens.values()) == usage.total_tokens


def test_parts_that_exceed_their_whole_are_no_negative_count(metrics):
    end(metrics, usage=Usage(input_tokens=1, cached_tokens=5, output_tokens=1, reasoning_tokens=9))
    assert min(samples(metrics, "lab_tokens_total").values()) == 0


def test_a_cost_that_is_not_known_is_no_cost(metrics):
    end(metrics, cost=Cost(amount=Decimal("0.25"), source=CostSource.PROVIDER))
    end(metrics, cost=Cost(amount=None, source=CostSource.UNKNOWN))
    assert samples(metrics, "lab_cost_usd_total") == {("openai", "provider"): 0.25}


def test_only_faults_of_providers_count_as_theirs(metrics):
    for code in FaultCode:
        end(metrics, error_code=code, **FAILED)
    counted = {code for code, _ in samples(metrics, "lab_provider_errors_total")}
    assert set(FaultCode) - counted == {
        FaultCode.NOT_STARTED,
        FaultCode.ABANDONED,
        FaultCode.KILLED,
        FaultCode.INTERNAL,
    }


def test_times_fall_into_their_buckets(metrics):
    end(metrics, latency_ms=1200, ttft_ms=170)
    end(metrics, **FAILED, latency_ms=90_000)
    buckets = samples(metrics, "lab_run_duration_seconds_bucket")
    assert (buckets["1.0", "openai"], buckets["2.0", "openai"], buckets["120.0", "openai"]) == (0, 1, 2)
    assert samples(metrics, "lab_time_to_first_token_seconds_count") == {("openai",): 1}
    assert samples(metrics, "lab_settlement_seconds_count") == {(): 2}


def test_gauges_are_read_at_each_look(metrics):
    depth = [3.0]
    metrics.gauge("spool_depth", "Waiting.", lambda: depth[0])
    assert samples(metrics, "lab_spool_depth") == {(): 3}
    depth[0] = 0
    assert samples(metrics, "lab_spool_depth") == {(): 0}


def test_models_and_users_make_no_new_series(metrics):
    end(metrics)
    before = metrics.exposition().count(b"\nlab_")
    for number in range(50):
        end(metrics, f"openai/model-{number}")
    assert metrics.exposition().count(b"\nlab_") == before


def test_two_labs_in_one_process_count_apart(metrics):
    end(metrics)
    assert samples(Metrics(), "lab_runs_total") == {}


def test_the_process_is_measured_too(metrics):
    assert samples(metrics, "process_resident_memory_bytes")[()] > 0

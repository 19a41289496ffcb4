"""What the lab could do without, it does without: the embedded model, and a shared cache."""

import os
import socket
import time

import psutil
import pytest

from core.domain.runs import RunStatus
from core.errors import Unavailable
from tests.fixtures.lab import add_user, ended, running_lab, start
from tests.fixtures.servers import eventually

WARM_S = 60
QUICK_S = 10
EMBEDDED = "local/smollm2-135m"


@pytest.fixture
def embedded(database_url, simulator, tmp_path):
    """A lab with the embedded model, warm."""
    with running_lab(database_url, simulator, tmp_path, LOCAL_BASE_URL=None) as lab:
        eventually(lambda: not lab.providers.down(lab.providers.named("local")), WARM_S)
        yield lab


def model_processes():
    return [child for child in psutil.Process(os.getpid()).children() if "local_server" in " ".join(child.cmdline())]


def available(lab, user):
    [choice] = [choice for choice in lab.models.choices(user) if choice.model.id == EMBEDDED]
    return choice.available


@pytest.mark.alone
def test_a_killed_model_is_unavailable_while_all_else_goes_on_and_comes_back(embedded):
    ann = add_user(embedded)
    run = start(embedded, ann, EMBEDDED, max_tokens=2000)
    next(deltas for deltas in run.follow() if deltas)
    [process] = model_processes()
    process.kill()
    eventually(lambda: not available(embedded, ann))
    assert ended(run).status in (RunStatus.ERROR, RunStatus.INCOMPLETE)
    with pytest.raises(Unavailable):
        start(embedded, ann, EMBEDDED)
    assert ended(start(embedded, ann, "openai/sim/words")).status is RunStatus.COMPLETED
    eventually(lambda: available(embedded, ann), WARM_S)
    assert ended(start(embedded, ann, EMBEDDED, max_tokens=4), WARM_S).text


@pytest.fixture(params=["absent", "silent"])
def cache(request):
    """The address of a Redis that refuses, or of one that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        if request.param == "absent":
            server.close()
            yield "redis://127.0.0.1:1/0"
        else:
            yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_without_a_shared_cache_everything_works_as_fast(cache, database_url, simulator, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("REDIS_URL", cache)
    begun = time.monotonic()
    with running_lab(database_url, simulator, tmp_path, REDIS_URL=cache) as lab:
        assert lab.database.ready()
        outcome = ended(start(lab, add_user(lab), "openai/sim/words"))
    assert outcome.status is RunStatus.COMPLETED
    assert time.monotonic() - begun < QUICK_S
    assert "redis" not in caplog.text.casefold()

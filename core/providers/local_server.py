"""The embedded model's own process: llama.cpp's OpenAI-compatible server, until its parent goes.

Run as `python -m core.providers.local_server`. The first line of its input is a `ServerPlan` as JSON, so that the key
is on no command line; the end of its input is the order to end. It writes `READY` once the model answers; whatever
llama.cpp prints goes to standard error.
"""

import ctypes
import os
import signal
import sys
from typing import Any

from pydantic import BaseModel

READY = b"ready\n"
HOST = "127.0.0.1"
MODEL_NAME = "smollm2-135m"
CONTEXT_TOKENS = 8192
CONVERSATIONS = 4

_PR_SET_PDEATHSIG = 1
_WARNINGS = 2


class ServerPlan(BaseModel):
    """What to serve, and where: a GGUF file on a port of 127.0.0.1, to whoever has the key."""

    weights: str
    port: int
    threads: int
    api_key: str


def main() -> None:
    """Serve the model that the first line of the input tells until the input ends."""
    _die_with_parent()
    ready = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    server = _serve(ServerPlan.model_validate_json(sys.stdin.buffer.readline()))
    ready.write(READY)
    sys.stdin.buffer.read()
    os._exit(0 if server else 1)


def _die_with_parent() -> None:
    """Ask Linux for the end when the parent ends: it also reaches a process that is stopped, or busy loading."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _serve(plan: ServerPlan) -> Any:
    """Start the server on threads of its own.

    Every conversation has a whole context; keys and values of eight bits halve its memory at the same speed.
    """
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, params.model_alias = plan.weights, {MODEL_NAME}
    params.hostnames, params.port, params.reuse_port = [HOST], plan.port, True
    params.api_keys, params.ui, params.endpoint_slots = [plan.api_key], False, False
    params.n_parallel, params.n_ctx = CONVERSATIONS, CONVERSATIONS * CONTEXT_TOKENS
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_Q8_0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = plan.threads
    params.cache_ram_mib, params.cache_idle_slots, params.verbosity = 0, False, _WARNINGS
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()

"""A server that is told to end does so: responses that can end do, and one that nobody takes is not waited for."""

import signal
import subprocess
import sys

import httpx
import pytest

from core.settings import ROOT
from tests.browser.product import free_port
from tests.fixtures.servers import eventually

SERVER = """
import asyncio, sys
from contextlib import asynccontextmanager
import uvicorn
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route
from core import ending

ending.LINGER_S = 0.3
over = asyncio.Event()

async def end():
    print("end", flush=True)
    over.set()

async def close():
    print("close", flush=True)

@asynccontextmanager
async def lifespan(app):
    async with ending.heeded(end, close):
        yield

async def words(patient):
    yield b"a word"
    await (asyncio.Event() if patient else over).wait()

async def stream(request):
    return StreamingResponse(words(request.url.path == "/patient"))

app = Starlette(routes=[Route("/{name}", stream)], lifespan=lifespan)
uvicorn.run(app, port=int(sys.argv[1]), log_level="critical")
"""


@pytest.fixture
def server():
    port = free_port()
    command = [sys.executable, "-c", SERVER, str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process, f"http://127.0.0.1:{port}"
        process.kill()


def answers(url):
    try:
        return httpx.get(f"{url}/", trust_env=False).status_code
    except httpx.TransportError:
        return 0


@pytest.mark.parametrize(("path", "said"), [("run", "end\n"), ("patient", "end\nclose\n")])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_with_an_open_response_ends_when_it_is_told_to(server, path, said, number):
    process, url = server
    eventually(lambda: answers(url))
    with httpx.stream("GET", f"{url}/{path}", trust_env=False, timeout=10) as response:
        taken = response.iter_raw()  # as long as it is kept, the client stays
        assert next(taken) == b"a word"
        process.send_signal(number)
        assert process.communicate(timeout=10)[0] == said

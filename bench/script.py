"""Streamlit's own protocol without a browser: asks a server to run a page's script and waits until it has run."""

import asyncio
from time import perf_counter

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect


async def rerun_times_ms(url: str, page: str, cookie: str, rounds: int, *, cold: bool = False) -> list[float]:
    """Open `page` and rerun it `rounds` times; return milliseconds from each request to the end of its script.

    The first visit is not counted. `cold` empties the caches before each rerun. Raises `RuntimeError` if a page fails.
    """
    address = url.replace("http", "ws", 1) + "/_stcore/stream"
    headers = {"Cookie": cookie, "Origin": url}
    async with connect(address, additional_headers=headers, max_size=None, subprotocols=["streamlit"]) as socket:
        await _run(socket, page)
        times = []
        for _ in range(rounds):
            if cold:
                await socket.send(BackMsg(clear_cache=True).SerializeToString())
                await asyncio.sleep(0.05)
            times.append(await _run(socket, page))
        return times


async def _run(socket: ClientConnection, page: str) -> float:
    request = BackMsg()
    request.rerun_script.page_name = page
    start = perf_counter()
    await socket.send(request.SerializeToString())
    async with asyncio.timeout(30):
        while True:
            message = ForwardMsg.FromString(await socket.recv())
            if _shows_failure(message):
                raise RuntimeError(f"the page {page!r} shows a failure: {message}")
            if message.WhichOneof("type") == "script_finished":
                return (perf_counter() - start) * 1000


def _shows_failure(message: ForwardMsg) -> bool:
    kind = message.WhichOneof("type")
    return kind == "page_not_found" or (kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception")

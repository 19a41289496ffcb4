"""The peers of `POST /api/v1/llm/test`, built from plain parts: `uvicorn bench.plain_routes:app`.

`/pipe` passes on the provider's bytes over one shared client: the least that such a route can do. `/obvious` is what
one would write first: a client for each request, lines, JSON in and out, and a row at the end.
"""

import json
import os
from collections.abc import AsyncIterator
from typing import Any

import httpx
from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, create_engine, func, insert
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

PROVIDER_URL = f"{os.environ['OPENAI_BASE_URL']}/chat/completions"
UNLIMITED = httpx.Limits(max_connections=None, max_keepalive_connections=None)

shared = httpx.AsyncClient(limits=UNLIMITED, timeout=None)
database = create_engine(os.environ["DATABASE_URL"])
tables = MetaData()
answers = Table(
    "answers",
    tables,
    Column("id", Integer, primary_key=True),
    Column("model", String),
    Column("text", String),
    Column("tokens", Integer),
    Column("created_at", DateTime(timezone=True), server_default=func.now()),
)
tables.create_all(database)


async def pipe(request: Request) -> Response:
    """Pass on the bytes."""
    content = await request.body()

    async def body() -> AsyncIterator[bytes]:
        async with shared.stream("POST", PROVIDER_URL, content=content) as answer:
            async for data in answer.aiter_raw():
                yield data

    return StreamingResponse(body(), media_type="text/event-stream")


async def obvious(request: Request) -> Response:
    """Read, translate, write, record."""
    asked = await request.json()

    async def body() -> AsyncIterator[str]:
        text, tokens = "", 0
        async with httpx.AsyncClient(timeout=None) as client, client.stream("POST", PROVIDER_URL, json=asked) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: {"):
                    piece = _text(json.loads(line[6:]))
                    text, tokens = text + piece, tokens + 1
                    yield f"data: {json.dumps({'content': piece, 'tokens': tokens})}\n\n"
        await run_in_threadpool(_record, model=asked["model_id"], text=text, tokens=tokens)
        yield f"data: {json.dumps({'done': True, 'output_tokens': tokens})}\n\n"

    return StreamingResponse(body(), media_type="text/event-stream")


async def healthy(request: Request) -> Response:
    """Say that it serves."""
    return PlainTextResponse("ok")


def _text(chunk: dict[str, Any]) -> str:
    return chunk["choices"][0]["delta"].get("content", "") if chunk["choices"] else ""


def _record(**values: Any) -> None:
    with database.begin() as connection:
        connection.execute(insert(answers).values(values))


app = Starlette(
    routes=[
        Route("/pipe", pipe, methods=["POST"]),
        Route("/obvious", obvious, methods=["POST"]),
        Route("/_stcore/health", healthy),
    ]
)

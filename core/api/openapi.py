"""The description of the API, in OpenAPI 3.1, made from its operations and the models of their bodies.

Format: https://spec.openapis.org/oas/v3.1.1. It does not say what the schema of an event stream stands for: here, as in
OpenAPI 3.2 and in schemathesis, for each event.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from core.api.answers import JSON, encoded
from core.api.frames import event
from core.api.operations import Operation, Who
from core.api.problems import PROBLEMS
from core.domain.accounts import Scope
from core.domain.web import SESSION_COOKIE
from core.services.monthly.report import MONTH

Json = dict[str, Any]

INFO = {
    "title": "Testing Lab",
    "version": "1",
    "description": (
        "Run prompts on any model of any provider, and read what they cost. Money is in USD, durations in ms, instants "
        "are ISO 8601 in UTC. Every error is an object with `detail`. Fields may be added to any answer."
    ),
}
SECURITY_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "A personal API token, from your account page."},
    "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE, "description": "A signed-in session."},
}
PATH_PARAMETERS: dict[str, Json] = {
    "id": {"description": "As a list tells it.", "schema": {"type": "string", "format": "uuid"}},
    "month": {"description": "A month of the reporting zone.", "schema": {"type": "string", "pattern": f"^{MONTH}$"}},
}


def described(operations: Sequence[Operation]) -> Json:
    """Return the description of `operations`, as it is served."""
    paths: dict[str, Json] = {}
    for operation in operations:
        paths.setdefault(f"/api{operation.path}", {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in operations)],
        "paths": paths,
        "components": {"schemas": _schemas(operations), "securitySchemes": SECURITY_SCHEMES},
    }


def _operation(operation: Operation) -> Json:
    described: Json = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "security": _security(operation.who),
        "responses": {"200": _answer(operation)},
    }
    for status in operation.statuses:
        described["responses"][str(status)] = _problem(operation, status)
    if parameters := [*_path_parameters(operation), *_query_parameters(operation)]:
        described["parameters"] = parameters
    if operation.bodies:
        described["requestBody"] = {"required": True, "content": {JSON: _content(operation.bodies)}}
    return described


def _security(who: Who | Scope) -> list[Json]:
    if who is Who.ANYBODY:
        return []
    scopes = [who.value] if isinstance(who, Scope) else []
    return [{"token": scopes}, {"session": []}]


def _answer(operation: Operation) -> Json:
    content = {JSON: _content(operation.answers)} if operation.answers else {}
    if operation.events:
        content["text/event-stream"] = _stream(operation.events)
    content |= {media_type: _file(example) for media_type, example in operation.files.items()}
    answer = {"description": operation.summary, "content": content}
    if operation.headers:
        answer["headers"] = {name: _header(text) for name, text in operation.headers.items()}
    return answer


def _problem(operation: Operation, status: int) -> Json:
    when, usual = PROBLEMS[status]
    examples = [example for example in (usual, operation.problems.get(status)) if example]
    problem = {"description": when, "content": {JSON: _content(examples)}}
    if status == 429:
        problem["headers"] = {"Retry-After": _header("Seconds to wait.")}
    if status == 405:
        problem["headers"] = {"Allow": _header("The methods of this path.")}
    return problem


def _header(text: str) -> Json:
    return {"description": text, "schema": {"type": "string"}}


def _content(examples: Sequence[BaseModel]) -> Json:
    numbered = {f"{type(example).__name__} {number}": example for number, example in enumerate(examples, 1)}
    return {"schema": _any_of(examples), "examples": {name: {"value": value} for name, value in numbered.items()}}


def _stream(events: Sequence[BaseModel]) -> Json:
    stream = b"".join(event(encoded(example)) for example in events[:-1])
    data = {"type": "string", "contentMediaType": JSON, "contentSchema": _any_of(events)}
    return {
        "schema": {"type": "object", "required": ["data"], "properties": {"data": data}},
        "examples": {"stream": {"value": stream.decode()}},
    }


def _file(example: str | None) -> Json:
    """Describe a file. Of bytes there is nothing to say: in OpenAPI 3.1 they have no schema."""
    return {} if example is None else {"schema": {"type": "string"}, "examples": {"file": {"value": example}}}


def _any_of(examples: Iterable[BaseModel]) -> Json:
    names = dict.fromkeys(type(example).__name__ for example in examples)
    references = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    return references[0] if len(references) == 1 else {"anyOf": references}


def _path_parameters(operation: Operation) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, **described}
        for name, described in PATH_PARAMETERS.items()
        if f"{{{name}}}" in operation.path
    ]


def _query_parameters(operation: Operation) -> list[Json]:
    properties = operation.query.model_json_schema()["properties"] if operation.query else {}
    return [_query_parameter(name, schema) for name, schema in properties.items()]


def _query_parameter(name: str, schema: Json) -> Json:
    """A parameter that may be left out is never null, whatever its model says of its default."""
    plain = {key: value for key, value in schema.items() if key not in ("anyOf", "title", "description")}
    given = [kind for kind in schema.get("anyOf", []) if kind.get("type") != "null"]
    if given:
        plain = given[0]
    return {"name": name, "in": "query", "description": schema.get("description", ""), "schema": plain}


def _schemas(operations: Iterable[Operation]) -> Json:
    sent = {type(body) for operation in operations for body in operation.bodies}
    told = {type(example) for operation in operations for example in (*operation.answers, *operation.events)}
    told |= {type(example) for operation in operations for example in operation.problems.values()}
    told |= {type(example) for _, example in PROBLEMS.values() if example}
    modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "validation") for model in sent]
    modes += [(model, "serialization") for model in told]
    ordered = sorted(modes, key=lambda mode: mode[0].__name__)
    _, definitions = models_json_schema(ordered, ref_template="#/components/schemas/{model}")
    schemas: Json = definitions["$defs"]
    return schemas

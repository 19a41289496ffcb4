"""The description of the API: whole, valid, and made from what is served."""

from collections.abc import Iterator

import httpx
import pytest
from jsonschema import Draft202012Validator

from core.api.routes import OPERATIONS, api
from core.api.schemas import Problem

DESCRIPTION = "/v1/openapi.json"
NOT_DESCRIBED = {
    "/v1/auth/session",
    "/v1/auth/signed-out",
    "/v1/auth/openid/start",
    "/v1/auth/openid/callback",
    "/v1/audit/file",
    "/v1/people/{id}/data",
    "/v1/metrics",
}
"""Where pages send the browser, the files that only pages lead to, and what is for the operator."""


async def asked(method: str, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(api, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://lab") as client:
        return await client.request(method, path)


@pytest.fixture
async def described() -> dict:
    """The description, as it is served."""
    return (await asked("GET", DESCRIPTION)).json()


def media(described: dict) -> Iterator[dict]:
    """Every JSON body of the description, sent or told."""
    for path in described["paths"].values():
        for operation in path.values():
            bodies = [operation["requestBody"]] if "requestBody" in operation else []
            for body in (*bodies, *operation["responses"].values()):
                if "application/json" in body["content"]:
                    yield body["content"]["application/json"]


async def test_everything_that_is_served_is_described(described: dict):
    served = {route.path for route in api.routes} - NOT_DESCRIBED
    assert {path.removeprefix("/api") for path in described["paths"]} == served
    names = [operation["operationId"] for path in described["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names)) == len(OPERATIONS)


async def test_every_example_is_one_of_its_schema(described: dict):
    contents, components = list(media(described)), described["components"]
    assert len(contents) > 40
    for content in contents:
        validator = Draft202012Validator(content["schema"] | {"components": components})
        assert content["examples"]
        for example in content["examples"].values():
            validator.validate(example["value"])


async def test_files_are_described_by_what_they_are(described: dict):
    page = described["paths"]["/api/v1/reports/{month}.html"]["get"]
    assert list(page["responses"]["200"]["content"]) == ["text/html"]
    assert page["parameters"][0]["schema"] == {"type": "string", "pattern": "^2[0-9]{3}-(0[1-9]|1[0-2])$"}
    printed = described["paths"]["/api/v1/reports/{month}.pdf"]["get"]["responses"]["200"]
    assert printed["content"] == {"application/pdf": {}} and "Content-Disposition" in printed["headers"]


async def test_every_schema_is_valid_and_says_what_it_is(described: dict):
    for schema in described["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
        assert schema["description"]


async def test_every_operation_names_each_status_that_can_happen(described: dict):
    run = described["paths"]["/api/v1/llm/test"]["post"]
    assert set(run["responses"]) == {"200", "400", "401", "403", "405", "408", "413", "415", "422", "429", "503"}
    assert run["security"] == [{"token": ["run"]}, {"session": []}]
    one = described["paths"]["/api/v1/llm/test/history/{id}"]["get"]
    assert {"401", "403", "404", "405", "429", "503"} < set(one["responses"])


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/nowhere", "/v2/models", "/v1/models/", "/v1/llm/test/history/", "/%00"]
)
async def test_an_unknown_path_is_a_json_404(path: str):
    response = await asked("GET", path)
    assert (response.status_code, response.headers["content-type"]) == (404, "application/json")
    Problem.model_validate(response.json())


@pytest.mark.parametrize("path", sorted({operation.path for operation in OPERATIONS}))
async def test_a_wrong_method_is_told_the_right_ones(path: str):
    methods = {operation.method for operation in OPERATIONS if operation.path == path}
    response = await asked("PATCH", path)
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == methods | ({"HEAD"} if "GET" in methods else set())
    Problem.model_validate(response.json())


async def test_head_answers_as_get_without_a_body():
    get, head = await asked("GET", DESCRIPTION), await asked("HEAD", DESCRIPTION)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1/nowhere"])
def test_no_path_of_the_api_leads_to_a_page(client, product, path: str):
    response = client.get(path)
    assert (response.status_code, response.json()) == (404, {"detail": "There is nothing here."})
    assert response.headers["cache-control"] == "no-store"

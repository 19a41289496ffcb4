"""The templates that a prompt can start from: the built-in ones, and the caller's own."""

from starlette.requests import Request
from starlette.responses import Response

from core import lab
from core.api.answers import answered
from core.api.bodies import check_origin, received, validated
from core.api.callers import caller
from core.api.queries import Query, asked
from core.api.schemas import TemplateList, TemplateRequest
from core.domain.accounts import Scope, User
from core.domain.templates import Template


async def templates(request: Request) -> Response:
    """`GET /llm/test/templates`: every template, in the order in which they are offered."""
    user = (await caller(request)).user
    asked(request, Query)
    return await answered(lambda: TemplateList(templates=lab.current().templates.of(user)))


async def save_template(request: Request) -> Response:
    """`POST /llm/test/templates`: keep a template of the caller's own. 409 if its name is taken."""
    body = await received(request)
    user = (await caller(request, Scope.RUN)).user
    return await answered(_saved, user, validated(body, TemplateRequest))


async def remove_template(request: Request) -> Response:
    """`DELETE /llm/test/templates/{id}`: remove one of the caller's own. 404 for another's and for a built-in one."""
    check_origin(request)
    user = (await caller(request, Scope.RUN)).user
    return await answered(lab.current().templates.remove, user, request.path_params["id"])


def _saved(user: User, body: TemplateRequest) -> Template:
    return lab.current().templates.save(
        user, body.name, body.prompt, body.category, body.description, replace=body.replace
    )

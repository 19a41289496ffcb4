"""Every operation that the API offers, but for its own description."""

from core.api import examples, exports
from core.api.auth import login, logout
from core.api.exports import ExportQuery, export
from core.api.health import Alive, Ready, health, ready
from core.api.history import HistoryQuery, history, one_run
from core.api.llm import run
from core.api.models import models
from core.api.operations import Operation, Who
from core.api.queries import Query
from core.api.reports import HTML, HTML_EXAMPLE, NO_MONTH, PDF, monthly_page, monthly_pdf
from core.api.schemas import Problem, SignedOut
from core.api.stats import stats
from core.api.templates import remove_template, save_template, templates
from core.domain.accounts import Scope

RUNS = (
    Operation(
        method="POST",
        path="/v1/llm/test",
        endpoint=run,
        tag="Runs",
        summary="Run a prompt",
        description=(
            "Send the conversation to a model, and read the answer as it comes, or whole with `stream: false`. Once "
            "the request is accepted the status is 200: what the provider answers, its refusals included, comes as the "
            "last event. Who hangs up stops the run. `X-Run-Id` names it."
        ),
        who=Scope.RUN,
        bodies=(examples.STREAMED, examples.WHOLE),
        answers=(examples.RUN, examples.BROKEN_OFF_RUN),
        events=(examples.REASONING, examples.TEXT, examples.DONE, examples.BROKEN_OFF),
        headers={"X-Run-Id": "The id of the run."},
        problems={400: examples.UNKNOWN_PROVIDER, 403: examples.TIER_TOO_LOW, 503: examples.NO_KEY},
    ),
    Operation(
        method="GET",
        path="/v1/llm/test/history",
        endpoint=history,
        tag="Runs",
        summary="List your runs",
        description="Your runs that have ended, newest first. To read all of them, follow `next_cursor` to its end.",
        who=Scope.READ,
        query=HistoryQuery,
        answers=(examples.HISTORY,),
    ),
    Operation(
        method="GET",
        path="/v1/llm/test/history/{id}",
        endpoint=one_run,
        tag="Runs",
        summary="Read one of your runs",
        description="A run that has ended, with its whole conversation as long as that is kept.",
        who=Scope.READ,
        answers=(examples.ONE_RUN,),
    ),
    Operation(
        method="GET",
        path="/v1/llm/test/export",
        endpoint=export,
        tag="Runs",
        summary="Download your runs",
        description=(
            "All of your runs that the filters let through, newest first, those under way included, as one file that "
            "is sent while it is made. What breaks off before its end was not sent whole. Two at once for one user."
        ),
        who=Scope.READ,
        query=ExportQuery,
        answers=(exports.JSON_EXAMPLE,),
        files=exports.FILES,
        headers={
            "Content-Disposition": "The name of the file.",
            "X-Total-Rows": "How many runs it holds, counted before it is sent.",
        },
        problems={429: exports.TOO_MANY},
    ),
    Operation(
        method="GET",
        path="/v1/llm/test/stats",
        endpoint=stats,
        tag="Runs",
        summary="Sum up your runs",
        description="What all of your runs that have ended came to.",
        who=Scope.READ,
        query=Query,
        answers=(examples.STATS,),
    ),
)

REPORTS = (
    Operation(
        method="GET",
        path="/v1/reports/{month}.html",
        endpoint=monthly_page,
        tag="Reports",
        summary="Read the report of a month",
        description=(
            "A month on one page, to read in a browser or to print: everybody's runs for who sees what everybody "
            "spends, one's own for the others. The page asks for nothing else and runs nothing."
        ),
        who=Scope.READ,
        query=Query,
        files={HTML: HTML_EXAMPLE},
        problems={404: NO_MONTH},
    ),
    Operation(
        method="GET",
        path="/v1/reports/{month}.pdf",
        endpoint=monthly_pdf,
        tag="Reports",
        summary="Download the report of a month",
        description="The same page as a PDF of A4, to print or to send.",
        who=Scope.READ,
        query=Query,
        files={PDF: None},
        headers={"Content-Disposition": "The name of the file."},
        problems={404: NO_MONTH},
    ),
)

MODELS = (
    Operation(
        method="GET",
        path="/v1/models",
        endpoint=models,
        tag="Models",
        summary="List the models",
        description="Every model with its prices, those that you can use now first. Others may be run by name as well.",
        who=Who.CALLER,
        query=Query,
        answers=(examples.MODELS,),
    ),
)

TEMPLATES = (
    Operation(
        method="GET",
        path="/v1/llm/test/templates",
        endpoint=templates,
        tag="Templates",
        summary="List the templates",
        description="Prompts to start from: the built-in ones, and then your own by name.",
        who=Who.CALLER,
        query=Query,
        answers=(examples.TEMPLATES,),
    ),
    Operation(
        method="POST",
        path="/v1/llm/test/templates",
        endpoint=save_template,
        tag="Templates",
        summary="Save a template",
        description="Keep a prompt of yours to start from again, under a name that no other template has.",
        who=Scope.RUN,
        bodies=(examples.NEW_TEMPLATE,),
        answers=(examples.OWN_TEMPLATE,),
        problems={409: examples.NAME_TAKEN, 429: examples.MANY_TEMPLATES},
    ),
    Operation(
        method="DELETE",
        path="/v1/llm/test/templates/{id}",
        endpoint=remove_template,
        tag="Templates",
        summary="Remove one of your templates",
        description="It is told once more. A built-in template cannot be removed.",
        who=Scope.RUN,
        answers=(examples.OWN_TEMPLATE,),
    ),
)

SESSIONS = (
    Operation(
        method="POST",
        path="/v1/auth/login",
        endpoint=login,
        tag="Sessions",
        summary="Sign in",
        description="Open a session, whose cookie is `session_token`. Programs had better use a personal API token.",
        who=Who.ANYBODY,
        bodies=(examples.CREDENTIALS,),
        answers=(examples.SIGNED_IN,),
        headers={"Set-Cookie": "The session's cookie."},
        problems={401: examples.WRONG_PASSWORD, 429: examples.LIMIT_REACHED},
    ),
    Operation(
        method="POST",
        path="/v1/auth/logout",
        endpoint=logout,
        tag="Sessions",
        summary="Sign out",
        description=(
            "End the session on the server, and stop its user's runs, but those that a token started. It is no error "
            "if there is none."
        ),
        who=Who.ANYBODY,
        answers=(SignedOut(),),
    ),
)

SERVICE = (
    Operation(
        method="GET",
        path="/v1/health",
        endpoint=health,
        tag="Service",
        summary="Is it alive?",
        description="200 as long as the process answers.",
        who=Who.ANYBODY,
        answers=(Alive(),),
    ),
    Operation(
        method="GET",
        path="/v1/ready",
        endpoint=ready,
        tag="Service",
        summary="Can it serve?",
        description="200 if the database is reachable and migrated.",
        who=Who.ANYBODY,
        answers=(Ready(),),
        problems={503: Problem(detail="The database cannot be reached.")},
    ),
)

CATALOGUE = (*RUNS, *REPORTS, *MODELS, *TEMPLATES, *SESSIONS, *SERVICE)

"""What pages and routes agree on: the names of cookies, the paths of the steps between them, what is a page of ours."""

import re

SESSION_COOKIE = "session_token"
"""The token of a signed-in session. It may outlive its session: the database decides what is alive."""

BROWSER_COOKIE = "lab_browser"
"""Names a browser before anybody is signed in there: a sign-in code works only in the browser that asked for it."""

SESSION_PATH = "/api/v1/auth/session"
SIGNED_OUT_PATH = "/api/v1/auth/signed-out"
REPORTS_PATH = "/api/v1/reports"
AUDIT_PATH = "/api/v1/audit/file"
PEOPLE_PATH = "/api/v1/people"
OPENID_START_PATH = "/api/v1/auth/openid/start"
OPENID_CALLBACK_PATH = "/api/v1/auth/openid/callback"

FLIGHT_COOKIE = "lab_openid"
"""What a browser holds, sealed, while its owner is at the company's provider."""

REFUSAL = "openid"
"""The parameter of a page that names why a sign-in at the company's provider came to nothing."""


_OWN_PAGE = re.compile(r"/[a-z]*(\?[A-Za-z0-9=&%+._~-]*)?")
_REFUSED = re.compile(rf"[?&]{REFUSAL}=[^&]*$")


def own_page(path: str) -> str:
    """Return `path` if it is a page of the lab, with its query, and the first page for anything else."""
    return path if _OWN_PAGE.fullmatch(path) else "/"


def with_refusal(page: str, reason: str) -> str:
    """Return `page`, a page of the lab, with the reason why nobody is signed in there."""
    plain = without_refusal(page)
    return f"{plain}{'&' if '?' in plain else '?'}{REFUSAL}={reason}"


def without_refusal(page: str) -> str:
    """Return `page` as it was before `with_refusal`."""
    return _REFUSED.sub("", page)

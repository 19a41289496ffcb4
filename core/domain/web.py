"""What pages and routes agree on: the names of cookies, the paths of the steps between them, what is a page of ours."""

import re

SESSION_COOKIE = "session_token"
"""The token of a signed-in session. It may outlive its session: the database decides what is alive."""

BROWSER_COOKIE = "lab_browser"
"""Names a browser before anybody is signed in there: a sign-in code works only in the browser that asked for it."""

SESSION_PATH = "/api/v1/auth/session"
SIGNED_OUT_PATH = "/api/v1/auth/signed-out"
REPORTS_PATH = "/api/v1/reports"

_OWN_PAGE = re.compile(r"/[a-z]*(\?[A-Za-z0-9=&%+._~-]*)?")


def own_page(path: str) -> str:
    """Return `path` if it is a page of the lab, with its query, and the first page for anything else."""
    return path if _OWN_PAGE.fullmatch(path) else "/"

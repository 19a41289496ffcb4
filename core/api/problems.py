"""Every status of an error, when it comes, and what it looks like."""

from pydantic import BaseModel

from core.api import examples
from core.api.callers import SIGN_IN
from core.api.errors import PLAIN_WORDS
from core.api.schemas import Problem

PROBLEMS: dict[int, tuple[str, BaseModel | None]] = {
    400: ("What was asked for cannot be had.", None),
    401: ("There is no session and no token, or they have ended.", Problem(detail=SIGN_IN)),
    403: (
        "The token's scope or the tier does not allow it, or another site sent it.",
        Problem(detail="This request came from another site, so nothing was done."),
    ),
    404: ("There is no such thing, or it is somebody else's.", Problem(detail=PLAIN_WORDS[404])),
    405: (
        "The path is not for this method. `Allow` names those that it is for.",
        Problem(detail=PLAIN_WORDS[405]),
    ),
    408: ("The body did not arrive in time.", Problem(detail="The body did not arrive in time.")),
    409: ("The name is taken.", examples.NAME_TAKEN),
    413: ("The body is too large.", Problem(detail="The body is larger than 1,048,576 bytes.")),
    415: ("It was not sent as JSON.", Problem(detail="Send JSON, with the content type application/json.")),
    422: ("What was sent does not validate.", Problem(detail="limit: use 100 or less.")),
    429: ("A limit is reached. `Retry-After` tells the seconds to wait.", examples.LIMIT_REACHED),
    503: (
        "Not now. Nothing was sent to a provider.",
        Problem(detail="The database cannot be reached."),
    ),
}
"""By status: when it comes, and what it always may look like."""

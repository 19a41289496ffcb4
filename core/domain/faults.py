"""How a run can fail, and the plain sentence for each: what happened, what to do, what it cost."""

from enum import StrEnum
from math import ceil


class FaultCode(StrEnum):
    """Stable codes: records, the API and dashboards elsewhere rely on them."""

    NETWORK = "network"
    TRUNCATED = "truncated"
    PROTOCOL = "protocol"
    TOO_LARGE = "too_large"
    PROVIDER = "provider"
    OVERLOADED = "overloaded"
    RATE_LIMITED = "rate_limited"
    INVALID_REQUEST = "invalid_request"
    BAD_KEY = "bad_key"
    NO_CREDIT = "no_credit"
    REFUSED = "refused"
    UNKNOWN_MODEL = "unknown_model"
    TIMEOUT = "timeout"
    STALLED = "stalled"
    REDIRECTED = "redirected"
    NAME_NOT_RESOLVED = "name_not_resolved"
    CONNECTION_REFUSED = "connection_refused"
    TLS = "tls"
    INNER_ADDRESS = "inner_address"
    NOT_STARTED = "not_started"
    ABANDONED = "abandoned"
    KILLED = "killed"
    INTERNAL = "internal"


UNBILLED = frozenset(
    {
        FaultCode.RATE_LIMITED,
        FaultCode.INVALID_REQUEST,
        FaultCode.BAD_KEY,
        FaultCode.NO_CREDIT,
        FaultCode.REFUSED,
        FaultCode.UNKNOWN_MODEL,
        FaultCode.REDIRECTED,
        FaultCode.NAME_NOT_RESOLVED,
        FaultCode.CONNECTION_REFUSED,
        FaultCode.TLS,
        FaultCode.INNER_ADDRESS,
        FaultCode.OVERLOADED,
        FaultCode.PROVIDER,
        FaultCode.NOT_STARTED,
    }
)
"""Faults that cost nothing when they come before the first word: the provider did no work."""

_NAMES = {"tls": "TLS", "provider": "Provider error", "internal": "Internal error", "unknown": "Not known"}

_SENTENCES = {
    FaultCode.NETWORK: "The connection to {provider} broke off. What had arrived is kept; run it again.",
    FaultCode.TRUNCATED: "{provider} ended the stream before the answer was complete. What had arrived is kept.",
    FaultCode.PROTOCOL: "{provider} sent something that is not a valid stream. Run it again, or try another model.",
    FaultCode.TOO_LARGE: "{provider} sent more than the lab accepts, so the run was cut. Ask for a shorter answer.",
    FaultCode.PROVIDER: "{provider} reported an error. Run it again, or try another model.",
    FaultCode.OVERLOADED: "{provider} is overloaded right now. Try again in a minute, or choose another model.",
    FaultCode.RATE_LIMITED: "{provider} asks us to wait {wait} (rate limit).",
    FaultCode.INVALID_REQUEST: "{provider} did not accept the request. Check the parameters and the prompt's length.",
    FaultCode.BAD_KEY: "{provider} did not accept the lab's key. An administrator needs to check it.",
    FaultCode.NO_CREDIT: "The lab's account at {provider} has no credit left. An administrator needs to top it up.",
    FaultCode.REFUSED: "{provider} refused this request. The lab's key may not be allowed to use this model.",
    FaultCode.UNKNOWN_MODEL: "{provider} does not know this model. Choose another one.",
    FaultCode.TIMEOUT: "The run took longer than its time limit and was ended. What had arrived is kept.",
    FaultCode.STALLED: "{provider} went silent in the middle of the answer. What had arrived is kept.",
    FaultCode.REDIRECTED: "{provider} sent us to another address, which the lab does not follow. Check its base URL.",
    FaultCode.NAME_NOT_RESOLVED: "The address of {provider} could not be found. Check its base URL and the network.",
    FaultCode.CONNECTION_REFUSED: "{provider} cannot be reached: nothing answers at its address.",
    FaultCode.TLS: "The secure connection to {provider} could not be trusted, so nothing was sent.",
    FaultCode.INNER_ADDRESS: "The address of {provider} leads into the inner network, so nothing was sent. "
    "An administrator can allow it.",
    FaultCode.NOT_STARTED: "The lab could not start this run, so nothing was sent to {provider}. Run it again.",
    FaultCode.ABANDONED: "Nobody was following the run any more, so it was stopped.",
    FaultCode.KILLED: "The lab was stopped in the middle of this run. Its cost is an estimate.",
    FaultCode.INTERNAL: "Something went wrong inside the lab.",
}

_OF_ONES_OWN = {
    FaultCode.BAD_KEY: "{provider} did not accept your own key. Store another one under Account, or remove it there.",
    FaultCode.NO_CREDIT: "Your own account at {provider} has no credit left. Top it up, or remove your key.",
    FaultCode.REFUSED: "{provider} refused this request. Your own key may not be allowed to use this model.",
}
"""What is said otherwise where the key is the user's own."""


def explain(
    code: FaultCode, provider: str, *, detail: str = "", retry_after_s: float | None = None, own_key: bool = False
) -> str:
    """Return the sentences a user reads for `code`; `provider` is its display name, `detail` its own plain words."""
    wait = f"{ceil(retry_after_s)} seconds" if retry_after_s else "a little"
    sentences = _SENTENCES | _OF_ONES_OWN if own_key else _SENTENCES
    sentence = sentences[code].format(provider=provider, wait=wait)
    return f"{sentence} {provider} says: “{detail}”." if detail else sentence


def fault_name(code: str) -> str:
    """Return a fault's code in words: `rate_limited` reads `Rate limited`."""
    words = code.replace("_", " ")
    return _NAMES.get(code) or words[:1].upper() + words[1:]

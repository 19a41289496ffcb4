"""What the API can be asked, as programs that run as they stand once `LAB_TOKEN` holds a token.

Addresses and names are quoted for the shell and for Python, so that nothing in them is ever more than a text.
"""

from dataclasses import dataclass
from json import dumps
from shlex import quote

SIGN_IN = 'export LAB_TOKEN="lab_…"'
"""The line that puts a token where the examples look for it."""

PROMPT = "Why is the sky blue?"
TAGS = '"tags": {"team": "support"}'
PAGE_SIZE = 20
MARGIN_S = 10

_AUTHORIZED = '  -H "Authorization: Bearer $LAB_TOKEN"'
_JSON = "  -H 'Content-Type: application/json'"


@dataclass(frozen=True, slots=True)
class Example:
    """One thing to ask, in words, for a shell and for Python with httpx."""

    title: str
    told: str
    curl: str
    python: str


def examples(base_url: str, model_id: str, deadline_s: float) -> tuple[Example, ...]:
    """Return the examples for the lab at `base_url`, with `model_id`, whose runs end within `deadline_s`."""
    url = f"{base_url}/api/v1"
    beginning = _beginning(url, round(deadline_s + MARGIN_S))
    return (
        _stream(url, beginning, model_id),
        _whole(url, beginning, model_id),
        _history(url, beginning),
        _models(url, beginning),
    )


def _beginning(url: str, timeout_s: int) -> str:
    return f"""\
import os

import httpx

lab = httpx.Client(
    base_url={_text(url)},
    headers={{"Authorization": f"Bearer {{os.environ['LAB_TOKEN']}}"}},
    timeout={timeout_s},
)
"""


def _stream(url: str, beginning: str, model_id: str) -> Example:
    body = _body(model_id)
    return Example(
        title="Run a prompt and read the answer as it comes",
        told="Each `data:` line is one JSON object. The last one tells what the run used, or what went wrong.",
        curl=f"curl -sSN {quote(f'{url}/llm/test')} \\\n{_AUTHORIZED} \\\n{_JSON} \\\n  -d {quote(body)}",
        python=f"""\
import json
{beginning}
body = {body}
with lab.stream("POST", "/llm/test", json=body) as response:
    if response.is_error:
        raise SystemExit(response.read().decode())
    for line in response.iter_lines():
        if line.startswith("data: "):
            event = json.loads(line.removeprefix("data: "))
            print(event.get("content", ""), end="", flush=True)

print()
print(event.get("error") or f"{{event['output_tokens']}} tokens, {{event['cost']}} USD")""",
    )


def _whole(url: str, beginning: str, model_id: str) -> Example:
    body = _body(model_id, '"stream": false', TAGS)
    return Example(
        title="Run a prompt and wait for the whole answer",
        told="One JSON object, when the run has ended. A run that failed has an `error` beside what had arrived. "
        "`tags` say what its cost is for; leave them out where nobody asks.",
        curl=f"curl -sS {quote(f'{url}/llm/test')} \\\n{_AUTHORIZED} \\\n{_JSON} \\\n  -d {quote(body)}",
        python=f"""\
{beginning}
body = {_body(model_id, '"stream": False', TAGS)}
response = lab.post("/llm/test", json=body)
if response.is_error:
    raise SystemExit(response.text)
answer = response.json()
print(answer["content"])
print(answer.get("error") or f"{{answer['output_tokens']}} tokens, {{answer['cost']}} USD")""",
    )


def _history(url: str, beginning: str) -> Example:
    address = quote(f"{url}/llm/test/history")
    return Example(
        title="Read your history, page by page",
        told="Newest first. Each page tells the `next_cursor` of the one after it, and `null` at the end.",
        curl=f"""\
page=$(curl -sSG {address} -d limit={PAGE_SIZE} \\
{_AUTHORIZED})
printf '%s\\n' "$page"

cursor=$(printf '%s' "$page" | sed -n 's/.*"next_cursor": *"\\([^"]*\\)".*/\\1/p')
if [ -n "$cursor" ]; then
  curl -sSG {address} -d limit={PAGE_SIZE} \\
    -d cursor="$cursor" \\
  {_AUTHORIZED}
fi""",
        python=f"""\
{beginning}
params = {{"limit": {PAGE_SIZE}}}
while True:
    response = lab.get("/llm/test/history", params=params)
    page = response.raise_for_status().json()
    for run in page["tests"]:
        print(run["created_at"], run["model_id"], run["status"], run["cost"])
    if page["next_cursor"] is None:
        break
    params["cursor"] = page["next_cursor"]""",
    )


def _models(url: str, beginning: str) -> Example:
    return Example(
        title="Look up models and prices",
        told="Every model, with whether you can use it now. Prices are in USD per million tokens.",
        curl=f"curl -sS {quote(f'{url}/models')} \\\n{_AUTHORIZED}",
        python=f"""\
{beginning}
response = lab.get("/models")
for model in response.raise_for_status().json()["models"]:
    if model["allowed"] and model["available"]:
        prices = model["cost_per_1m_input_tokens"], model["cost_per_1m_output_tokens"]
        print(model["id"], *prices)""",
    )


def _body(model_id: str, *more: str) -> str:
    """Return the body of a run, which reads the same in JSON and in Python."""
    message = f'{{"role": "user", "content": {_text(PROMPT)}}}'
    lines = (f'"model_id": {_text(model_id)}', f'"messages": [{message}]', *more)
    return "{\n" + ",\n".join(f"    {line}" for line in lines) + "\n}"


def _text(text: str) -> str:
    return dumps(text, ensure_ascii=False)

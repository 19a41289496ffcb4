"""A provider over real HTTP that speaks both dialects and misbehaves on demand.

    with Simulator() as simulator:
        simulator.base_url("openai")       # what OPENAI_BASE_URL would be set to
        simulator.requests[-1].body        # what came in
        simulator.connections[-1].closed_at  # when the client closed, on `time.monotonic`

It runs on a loop in a thread of its own, or as a process: `python -m tests.simulator --port 9999`. What it saw of each
run is at `/runs`, as JSON.
Every provider has its own paths (`/openai/v1/chat/completions`, `/anthropic/v1/messages`, `/openrouter/api/v1/models`,
`/openrouter/api/v1/generation`, …) and its own ways there: OpenRouter tells the cost, Groq tells usage in `x_groq`.
Every error repeats the key that it was sent, with some markup around it.

What it does is chosen by the model's name, `sim/BEHAVIOUR?OPTION=VALUE&…`, or under any other name by a prompt of that
form; else it answers like `words`.

| behaviour | does |
|---|---|
| `words` | `n` words (20), `rate` a second (0: at once), the whole schedule exact on average |
| `echo` | says what the user said, word by word |
| `silent` | sends headers and nothing more, after `after` words (0); `headers=0`: not even headers |
| `comments` | keep-alive comments for ever, one each `every` seconds (0.02), after `after` words |
| `drip` | one byte each `every` seconds (0.02) |
| `reset` | resets the connection after `after` words (5) |
| `half-chunk` | a chunk without its end, and the connection closed, after `after` words |
| `truncated` | the body ends early and cleanly, with half an event, after `after` words |
| `bad-utf8` | bytes in the text that are no UTF-8 |
| `not-json` | an event that is not JSON; `complete=0`: and then the end |
| `big-event` | `pieces` events (1) of `mb` megabytes (8) each |
| `endless` | text without end, as fast as it is read |
| `gzip-bomb` | `mb` megabytes (200) of nothing, compressed |
| `page` | HTTP 200 with a page of HTML |
| `json-error` | HTTP 200 with an error as JSON in place of a stream |
| `error-after-text` | an error object after `after` words |
| `overloaded` | HTTP 200, then an overloaded error after `after` words (0) |
| `error-STATUS` | that status; `retry_after=` and `code=` as given; `times=N`: only the first N requests |
| `refuses` | 400 while the request has the field named by `field`; then `words` |
| `redirect` | 302 to another path of this server |
| `garbage` | bytes that are no HTTP |
| `two-starts` | Messages: a second `message_start` before the text |
| `declines` | text as a refusal; Messages: with the stop reason `refusal` |
| `lingers` | a whole answer, and then the connection stays open |

Options of every answer: `n`, `rate`, `markdown=1` (an article instead of one paragraph, for `words`), `delay` (seconds
before the first byte), `reasoning` (words before the text), `input`, `cached`, `written`, `cost` (figures of the
usage), `bill` (the statuses of the first answers to what a run cost, 404 unless told; then the figures, under the id
`bill_id` where that is another), `usage=0`, `done=0` (no `[DONE]`), `finish=0` (no finish reason), `tier` (service
tier), `timings=1` (as llama.cpp), `null=1` (`choices: null` beside usage), `eol=lf|crlf|cr`, `bom=1`, `noise=1`
(comments), `space=0`, `lines=1` (`data` over several lines), `size=N` (N bytes a write), `held=N` (waits after N words
until `release()`).
"""

from tests.simulator.server import Simulator

__all__ = ["Simulator"]

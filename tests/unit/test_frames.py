"""What a run says becomes events: whole, in order, valid JSON, with the tokens so far."""

import json

from hypothesis import given
from hypothesis import strategies as st

from core.api.frames import event, frames
from core.domain.chat import clean
from core.domain.events import ReasoningDelta, TextDelta
from core.domain.usage import estimate_tokens


class Said:
    """A run that says these batches."""

    def __init__(self, *batches):
        self._batches = batches

    async def stream(self):
        for batch in self._batches:
            yield list(batch)


async def events_of(*batches):
    """The objects that a reader gets."""
    found = []
    async for frame in frames(Said(*batches)):
        assert frame.startswith(b"data: ")
        assert frame.endswith(b"\n\n")
        assert len(frame.decode().splitlines()) == 2
        found.append(json.loads(frame[6:]))
    return found


DELTAS = st.builds(lambda reasoning, text: (ReasoningDelta if reasoning else TextDelta)(text), st.booleans(), st.text())


@given(st.lists(st.lists(DELTAS, min_size=1, max_size=5), max_size=5))
async def test_nothing_is_lost_whatever_arrived_together(batches):
    events = await events_of(*batches)
    deltas = [delta for batch in batches for delta in batch]
    for kind, name in ((TextDelta, "content"), (ReasoningDelta, "reasoning")):
        said = "".join(delta.text for delta in deltas if type(delta) is kind)
        assert "".join(event.get(name, "") for event in events) == said


@given(st.lists(DELTAS, min_size=1, max_size=9))
async def test_the_tokens_so_far_are_those_that_would_be_estimated(deltas):
    events = await events_of(*[[delta] for delta in deltas])
    counted = [event["tokens"] for event in events if "tokens" in event]
    so_far = ["".join(delta.text for delta in deltas[: n + 1]) for n, d in enumerate(deltas) if type(d) is TextDelta]
    assert counted == [estimate_tokens(text) for text in so_far]


async def test_what_arrived_together_shares_an_event():
    events = await events_of([TextDelta("one "), TextDelta("two"), ReasoningDelta("hm"), TextDelta("!")])
    assert events == [{"content": "one two", "tokens": 2}, {"reasoning": "hm"}, {"content": "!", "tokens": 3}]


async def test_half_a_surrogate_pair_is_shown_as_damaged():
    assert await events_of([TextDelta("a\ud83d")]) == [{"content": clean("a\ud83d"), "tokens": 1}]


async def test_line_breaks_of_every_kind_stay_inside_the_event():
    text = "a\r\nb\rc\nd\u2028e\u2029f\u0085g\\\u2028h"
    assert (await events_of([TextDelta(text)]))[0]["content"] == text
    [line, end] = event(json.dumps({"error": text}, ensure_ascii=False).encode()).decode().splitlines()
    assert (json.loads(line.removeprefix("data: ")), end) == ({"error": text}, "")


def test_a_verdict_is_one_event():
    assert event(b'{"done":true}') == b'data: {"done":true}\n\n'

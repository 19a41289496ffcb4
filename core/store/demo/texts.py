"""What people ask in the demonstration, and what models answer: frames for tasks, filled in differently each time."""

from dataclasses import dataclass
from random import Random

from core.domain.chat import Message


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of request. `{it}` in the prompt is one of `subjects`; an answer is an opening and some of its points."""

    prompt: str
    subjects: tuple[str, ...]
    opening: str
    points: tuple[str, ...]
    closing: str = ""


SYSTEM = (
    "You help the operations team of a European parcel carrier. Answer in plain language, in the language of the "
    "question. Lead with the answer, then give the reason. If a figure is missing, say which one, and do not guess. "
    "Never promise a delivery date. Refer to the handbook by section, and flag whatever touches customs, dangerous "
    "goods or personal data so that a colleague can check it."
)

TASKS = (
    Task(
        "Draft a reply to a customer whose parcel to {it} is four days late. Apologise once and say what happens next.",
        ("Lisbon", "Graz", "Malmö", "Brno", "Porto", "Ghent", "Turku"),
        "Subject: Your parcel to {it}\n\nThank you for writing, and I am sorry that your parcel is late.",
        (
            "It was last scanned at the regional hub and has not been loaded since, which points to a missed transfer.",
            "I have opened an inquiry with the hub; they answer within one working day.",
            "If it is not found by then, we start a claim for you, and you do not need to do anything.",
            "Your tracking page shows each step as soon as we know it.",
            "Should you need the contents urgently, reply to this message and we will look at sending a replacement.",
            "I have also noted a contact number on the shipment, so that the driver can reach you.",
        ),
        "Kind regards,\nCustomer operations",
    ),
    Task(
        "Write a Python function that {it}. Type hints, a docstring and two tests, please.",
        (
            "parses ISO 8601 durations into seconds",
            "merges overlapping delivery windows",
            "validates a container number's check digit",
            "groups scan events by parcel and gap",
            "rounds Decimal amounts to a currency's smallest unit",
        ),
        "Here is a version that {it}:\n\n```python\nfrom collections.abc import Iterable\n\n\n"
        'def solve(values: Iterable[str]) -> list[str]:\n    """Return the result, in order."""\n'
        "    return sorted({value.strip() for value in values if value.strip()})\n\n\n"
        'def test_order() -> None:\n    assert solve(["b", "a"]) == ["a", "b"]\n```\n\nNotes:',
        (
            "- It runs in O(n log n), because of the sort.",
            "- Empty input returns an empty list instead of raising.",
            '- Whitespace is stripped before comparing, so `" a"` and `"a"` are the same.',
            "- For very large inputs, replace the set by a generator over sorted chunks.",
            "- The second test should cover duplicates; add it beside the first.",
            "- Invalid values raise `ValueError` with the value in the message.",
        ),
    ),
    Task(
        "Summarise the incident report on {it} in five bullet points for the weekly review.",
        (
            "the sorter stop in hall 3",
            "the duplicate labels of Tuesday night",
            "the cold-chain alarm on route 14",
            "the failed address import",
            "the gate outage at the northern depot",
        ),
        "**Summary: {it}**",
        (
            "- **What happened:** throughput fell by a third for about fifty minutes during the evening peak.",
            "- **Cause:** a configuration change was rolled out without the usual check on one line first.",
            "- **Effect:** 1,840 parcels missed their connection; 212 of them were time-critical.",
            "- **Response:** the change was taken back after 18 minutes, and the backlog was cleared by 23:40.",
            "- **Next step:** the roll-out checklist now requires a trial on one line and a named approver.",
            "- **Open question:** why the alert reached the on-call engineer only after eleven minutes.",
        ),
    ),
    Task(
        "Classify this review as positive, neutral or negative, and quote the words that decide: “{it}”",
        (
            "Arrived a day early, but the box looked as if it had been to war.",
            "Third time in a row the driver rang the wrong bell.",
            "Does what it should. Nothing to add.",
            "The new app finally shows where my parcel really is. Lovely.",
            "Support was kind, the parcel was still lost.",
        ),
        "The review reads as mixed, leaning on its second half.",
        (
            "The first clause sets the tone, and the contrast that follows carries the judgement.",
            "The words that decide are those about what the customer did not expect.",
            "There is no explicit complaint about price or staff.",
            "Confidence: moderate, because irony cannot be ruled out in so short a text.",
            "If only one label is allowed, choose the one of the final clause.",
        ),
    ),
    Task(
        "Check the wording of this push message, and keep placeholders such as {{name}} as they are: “{it}”",
        (
            "Your parcel is on its way and will reach you between {from} and {to}.",
            "We could not deliver today. Choose a new day or a pick-up point.",
            "Please have your identity card ready, {name}.",
            "Your return has arrived, and the refund is on its way.",
        ),
        "“{it}” is clear as it stands. What I would still weigh:",
        (
            "- The placeholders, where there are any, are well placed: nothing after them depends on their length.",
            "- Previews are cut after about forty characters, so the first words should carry the news.",
            "- “Parcel” is understood everywhere; “shipment” would sound like an invoice.",
            "- It stays below 90 characters, so no device cuts it when opened.",
            "- Say where to turn if something is wrong, or leave that to the page behind the message.",
        ),
    ),
    Task(
        "Explain {it} to a new colleague in the depot. Short, with one everyday comparison.",
        (
            "cross-docking",
            "volumetric weight",
            "a bonded warehouse",
            "the difference between DAP and DDP",
            "why we scan twice at the gate",
        ),
        "Think of {it} as changing trains without leaving the station.",
        (
            "Goods come in on one side and go out on the other, with as little waiting between as can be managed.",
            "What matters is that the paperwork moves at least as fast as the parcels do.",
            "The comparison breaks down at the border, where somebody may want to look inside.",
            "You will meet it on your first late shift, around half past eight.",
            "If you remember one thing: whoever touches it last is responsible for the next scan.",
            "Ask at the desk by gate 4 if a shipment looks as though it belongs to neither side.",
        ),
    ),
    Task(
        "Give me eight ideas to reduce {it}, most practical first.",
        (
            "failed first deliveries",
            "no-scans at the gate",
            "empty kilometres",
            "calls about tracking",
            "damage in hall 2",
        ),
        "Ideas to reduce {it}, most practical first:",
        (
            "1. Ask for a neighbour or a safe place at checkout, not after the first attempt.",
            "2. Show drivers yesterday's three most common reasons before they leave.",
            "3. Send one message at the right moment instead of four during the day.",
            "4. Let customers move the day themselves until midnight.",
            "5. Pair new drivers with the route's regular driver for two days.",
            "6. Measure by street and not by district; the causes are that local.",
            "7. Put a camera over the gate for a week, and count before buying anything.",
            "8. Reward the team for the trend, never for a single day.",
        ),
    ),
    Task(
        "A van leaves at {it} and drives 42 km at 56 km/h, then waits 25 minutes. When is it back on the same road?",
        ("07:40", "08:05", "13:20", "16:55"),
        "Going out takes 42 / 56 = 0.75 hours, so 45 minutes.",
        (
            "Adding the wait of 25 minutes gives 70 minutes before it turns around.",
            "The way back takes another 45 minutes at the same speed.",
            "In all it is away for 115 minutes, which is 1 hour and 55 minutes.",
            "This assumes the same speed both ways and no time for unloading.",
            "With a speed of 50 km/h on the way back, add about five and a half minutes.",
        ),
        "Add that to {it} for the time of its return.",
    ),
)

FOLLOW_UPS = ("Shorter, please.", "And in a friendlier tone?", "Which of these would you do first, and why?")


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is asked, and the whole answer."""

    messages: tuple[Message, ...]
    answer: str


def exchange(rng: Random) -> Exchange:
    """Return a question, sometimes with instructions or an earlier turn before it, and its answer."""
    task = rng.choice(TASKS)
    subject = rng.choice(task.subjects)
    messages = [Message(role="user", content=task.prompt.format(it=subject))]
    if rng.random() < 0.25:
        earlier = Message(role="assistant", content=_answer(rng, task, subject))
        messages += [earlier, Message(role="user", content=rng.choice(FOLLOW_UPS))]
    if rng.random() < 0.4:
        messages.insert(0, Message(role="system", content=SYSTEM))
    return Exchange(tuple(messages), _answer(rng, task, subject))


def _answer(rng: Random, task: Task, subject: str) -> str:
    places = sorted(rng.sample(range(len(task.points)), rng.randint(2, len(task.points))))
    chosen = [task.points[place] for place in places]
    parts = [task.opening.replace("{it}", subject), "\n".join(chosen), task.closing.replace("{it}", subject)]
    return "\n\n".join(part for part in parts if part)

"""Pages of the history at either end, under many filters, and searches among the kept prompts."""

from dataclasses import dataclass
from datetime import timedelta

from bench.figures import Figure
from bench.millions import DAYS, END, SOMEBODY, Millions
from bench.timing import median_ms
from core.domain.queries import HistoryFilter, HistoryPage, Position
from core.domain.runs import RunStatus
from core.store.history import HistoryStore

SIZE = 50
MODEL = "groq/model-3"
FILTERS = {
    "one's own": HistoryFilter(user_id=SOMEBODY),
    "everybody's": HistoryFilter(),
    "failed": HistoryFilter(status=RunStatus.ERROR),
    "a person's failed": HistoryFilter(status=RunStatus.ERROR, user_id=SOMEBODY),
    "of a model": HistoryFilter(model_id=MODEL),
    "of a model by a person": HistoryFilter(model_id=MODEL, user_id=SOMEBODY),
    "of a provider": HistoryFilter(provider="groq"),
    "of a tag": HistoryFilter(tag=("team", "team-3")),
    "of two words": HistoryFilter(text="river question"),
}
SEARCHES = {
    "two common words": HistoryFilter(text="river question"),
    "the beginning of a word": HistoryFilter(text="abc"),
    "a rare and a common word, failed": HistoryFilter(text="abc question", status=RunStatus.ERROR),
    "two words, one person's": HistoryFilter(text="lakes 12", user_id=SOMEBODY),
}


@dataclass(frozen=True)
class Ends:
    """Milliseconds of the first page and of the deepest one."""

    first: float
    deepest: float


def figures(made: Millions) -> list[Figure]:
    """Return what each filter and each search takes."""
    history, over = HistoryStore(made.database), f"over {made.rows:,} runs"
    ends = {name: _ends(history, filter) for name, filter in FILTERS.items()}
    pages = [
        Figure(f"deepest page {over}, {name}", found.deepest, "ms", "its first page", found.first, times=2)
        for name, found in ends.items()
    ]
    first = ends["one's own"].first
    searches = {"a rare word": HistoryFilter(text=_rare(history)), **SEARCHES}
    return pages + [
        Figure(f"search {over}, {name}", _page_ms(history, filter), "ms", "a first page", first, under=300)
        for name, filter in searches.items()
    ]


def _ends(history: HistoryStore, filter: HistoryFilter) -> Ends:
    return Ends(_page_ms(history, filter), _page_ms(history, filter, _last_place(history, filter)))


def _page_ms(history: HistoryStore, filter: HistoryFilter, place: Position | None = None) -> float:
    return median_ms(lambda: history.page(filter, size=SIZE, older_than=place))


def _last_place(history: HistoryStore, filter: HistoryFilter) -> Position:
    """Return the place before the oldest page, as whoever comes there page by page has it."""
    oldest = _upwards(history, filter, Position.before(END - timedelta(DAYS + 1)))
    assert oldest.newer is not None
    place = _upwards(history, filter, oldest.newer).older
    assert place is not None
    return place


def _upwards(history: HistoryStore, filter: HistoryFilter, place: Position) -> HistoryPage:
    return history.page(filter, size=SIZE, newer_than=place)


def _rare(history: HistoryStore) -> str:
    """Return a word that is in one prompt."""
    (newest,) = history.page(HistoryFilter(), size=1).rows
    assert newest.prompt
    return newest.prompt.split()[4]

"""The tags of the runs to come, behind one button that shows what is set."""

from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

import streamlit as st

from core import lab
from core.domain.accounts import User
from core.domain.tags import MAX_TAGS, Tags, collected, read, resembling, value_of, written
from core.errors import InvalidRequest
from pages.components.format import first_words, literal

FIELDS = {"team": "Team", "project": "Project"}
KEYS = {name: f"tag_{name}" for name in FIELDS}
OTHERS = [f"tag_{number}" for number in range(MAX_TAGS)]
REMOVED = "tags_removed"
SHOWN, LONGEST_SHOWN = 3, 20
OFFERED = 200


def chosen_tags() -> Tags:
    """Return the tags as they are chosen, drawn or not. Raises `InvalidRequest` where one will not do."""
    fields = [(name, value_of(text)) for name, text in _fields()]
    return collected([*fields, *map(read, _others())])


def choose_tags(tags: Mapping[str, str]) -> None:
    """Choose these. Before they are drawn only."""
    fields = {key: tags.get(name) for name, key in KEYS.items()}
    others = [written(name, value) for name, value in tags.items() if name not in FIELDS]
    st.session_state.update(fields | dict(zip_longest(OTHERS, others[:MAX_TAGS])))


def draw_tags(user: User) -> None:
    """Draw the button and what is behind it."""
    used = _used(user.id, user.role, user)
    with st.popover(_label(), icon=":material/sell:", type="tertiary"):
        right = [_draw_named(KEYS[name], label, used.get(name, [])) for name, label in FIELDS.items()]
        if all([*right, *_draw_others(used)]):
            _draw_problem(chosen_tags)
        st.caption("Recorded with each run, so that its cost can be told by team or project. No model sees them.")
        _draw_way_back()


def tags_line(tags: Mapping[str, str]) -> str:
    """Return the tags of a run in one line, those with a field of their own first."""
    names = [*(name for name in FIELDS if name in tags), *sorted(tags.keys() - FIELDS.keys())]
    return " · ".join(written(name, tags[name]) for name in names)


@st.cache_data(ttl=30, max_entries=200, show_spinner=False)
def _used(user_id: str, role: str, _user: User) -> dict[str, list[str]]:
    return lab.current().tags.of(_user)


def _draw_named(key: str, label: str, used: list[str]) -> bool:
    """Draw the field of a tag that has one of its own, as `_draw_field` does. Enter takes the first letters of a value
    that is offered for a new one: one click makes that good."""
    right, chosen = _draw_field(key, label, used, value_of), st.session_state.get(key)
    if right and chosen and (meant := resembling(chosen, used)):
        st.button(
            f"Did you mean “{literal(meant)}”?",
            key=f"{key}_meant",
            type="tertiary",
            on_click=st.session_state.update,
            args=({key: meant},),
        )
    return right


def _draw_field(key: str, label: str, used: list[str], check: Callable[[str], object], **look: Any) -> bool:
    """Draw a field that offers what was used and takes what is new, and return whether what stands there is right."""
    chosen, offered = st.session_state.get(key), used[:OFFERED]
    st.selectbox(
        label,
        offered if chosen is None or chosen in offered else [chosen, *offered],
        index=None,
        key=key,
        persist_state="session",
        accept_new_options=True,
        **{"placeholder": "Choose one, or write a new one"} | look,
    )
    return chosen is None or _draw_problem(lambda: check(chosen))


def _draw_others(used: dict[str, list[str]]) -> Iterator[bool]:
    """Draw the fields of further tags, those that are taken and one more, and yield whether each is right."""
    known = [written(name, value) for name, values in used.items() if name not in FIELDS for value in values]
    taken = [number for number, key in enumerate(OTHERS) if st.session_state.get(key)]
    for number, key in enumerate(OTHERS[: max(taken, default=-1) + 2]):
        look = {"placeholder": "name: value, for example ticket: 4711"}
        if number:
            look["label_visibility"] = "collapsed"
        yield _draw_field(key, f"Other tag {number + 1}" if number else "Other tags", known, read, **look)


def _draw_problem(check: Callable[[], object]) -> bool:
    """Draw what is wrong, if anything is; return whether nothing was."""
    problem = _problem(check)
    if problem:
        st.error(literal(problem))
    return problem is None


def _draw_way_back() -> None:
    if _fields() or _others():
        st.button("Remove all tags", icon=":material/label_off:", type="tertiary", on_click=_take_away)
    elif removed := st.session_state.get(REMOVED):
        st.button(
            "Bring them back",
            icon=":material/undo:",
            type="tertiary",
            on_click=st.session_state.update,
            args=(removed,),
        )


def _take_away() -> None:
    st.session_state[REMOVED] = {key: st.session_state.get(key) for key in (*KEYS.values(), *OTHERS)}
    choose_tags({})


def _label() -> str:
    if _problem(chosen_tags):
        return "Tags · to be corrected"
    values = list(chosen_tags().values())
    told = [literal(first_words(value, LONGEST_SHOWN)) for value in values[:SHOWN]]
    told += [f"{len(values) - SHOWN} more"] if len(values) > SHOWN else []
    return " · ".join(["Tags", *told])


def _fields() -> list[tuple[str, str]]:
    """What stands in the fields, right or wrong."""
    return [(name, text) for name, key in KEYS.items() if (text := st.session_state.get(key))]


def _others() -> list[str]:
    """What stands in the fields of further tags, right or wrong."""
    return [text for key in OTHERS if (text := st.session_state.get(key))]


def _problem(check: Callable[[], object]) -> str | None:
    try:
        check()
    except InvalidRequest as error:
        return error.message
    return None

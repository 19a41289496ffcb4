"""Copies in memory of what is kept in the database, read anew when it has changed, in whichever process that was."""

from collections.abc import Callable

from core.store.changes import ChangeStore, Topic


class Copies:
    """Who keeps a copy says how it is read, once; `refresh` is called every few seconds, and after a change of one's
    own."""

    def __init__(self, store: ChangeStore) -> None:
        self._store = store
        self._read: dict[str, list[Callable[[], None]]] = {}
        self._known: dict[str, int] = {}

    def keep(self, topic: Topic, read: Callable[[], None]) -> None:
        """Read a copy now with `read`, and anew whenever something of `topic` has changed."""
        read()
        self._read.setdefault(topic, []).append(read)

    def refresh(self) -> None:
        """Read anew what has changed since. Raises `StoreUnavailable`; what was not read yet is read the next time."""
        for name, version in self._store.versions().items():
            if self._known.get(name) != version:
                for read in self._read.get(name, ()):
                    read()
                self._known[name] = version

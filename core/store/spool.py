"""Outcomes that the database could not be told, kept on disk until it can: one file each, whole or not there at all."""

import logging
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from core.domain.runs import Outcome
from core.errors import StoreUnavailable
from core.store.database import StoreRefused

_log = logging.getLogger(__name__)


class Spool:
    """A folder of outcomes. Several processes may share it: settling twice settles once (see `Ledger.settle`)."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder

    @property
    def depth(self) -> int:
        """How many outcomes wait."""
        return len(self._waiting())

    @property
    def torn(self) -> int:
        """How many files could not be read and were set aside; they are for an operator to look at."""
        return len(list(self._folder.glob("*.torn")))

    def keep(self, outcome: Outcome) -> None:
        """Keep `outcome` so that it outlives a crash. Raises `StoreUnavailable` if the disk refuses it."""
        path = self._folder / f"{outcome.run_id}.json"
        try:
            _write(path, outcome.model_dump_json().encode())
            _sync_folder(self._folder)
        except OSError as error:
            _log.critical("The outcome of run %s cannot be kept in %s: %s", outcome.run_id, self._folder, error)
            raise StoreUnavailable("The run's record could be saved neither in the database nor on disk.") from error

    def replay(self, settle: Callable[[Outcome], bool]) -> int:
        """Hand every outcome to `settle`, oldest first, and forget it then. Stops when the database is still away; one
        that it refuses stays, and holds up no other.

        Returns how many were handed over, whether or not they had been settled before.
        """
        done = 0
        for path in self._waiting():
            outcome = self._read(path)
            if outcome is None:
                continue
            try:
                settle(outcome)
            except StoreRefused:
                _log.error("The database refuses the kept outcome %s; it stays, and the others go on", path)
                continue
            except StoreUnavailable:
                break
            path.unlink(missing_ok=True)
            done += 1
        return done

    def older(self, before: datetime) -> int:
        """Return how many files of any kind were written before an instant."""
        return len(self._older(before))

    def clear_texts(self, before: datetime) -> None:
        """Take the texts out of the outcomes that were kept before an instant, and drop what is torn as long."""
        for path in self._older(before):
            outcome = self._read(path) if path.suffix == ".json" else None
            if outcome is not None:
                self.keep(outcome.model_copy(update={"text": "", "reasoning": "", "error_message": None}))
            else:
                path.with_suffix(".torn").unlink(missing_ok=True)
                path.unlink(missing_ok=True)

    def _older(self, before: datetime) -> list[Path]:
        return [path for path in self._folder.iterdir() if 0 < _age(path)[0] < before.timestamp()]

    def _waiting(self) -> list[Path]:
        return sorted(self._folder.glob("*.json"), key=_age)

    def _read(self, path: Path) -> Outcome | None:
        try:
            return Outcome.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError:
            _log.error("The kept outcome %s is torn; it is set aside, and the sweeper settles its run", path)
            path.rename(path.with_suffix(".torn"))
            return None


def _age(path: Path) -> tuple[float, str]:
    try:
        return path.stat().st_mtime, path.name
    except FileNotFoundError:  # another process has just handed it over
        return 0.0, path.name


def _write(path: Path, content: bytes) -> None:
    """Write a file that is seen whole or not at all, on disk before its name is."""
    part = path.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

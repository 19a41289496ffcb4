"""Files that are there whole or not at all, and that show it: the last line holds the SHA-256 of all before it.

PostgreSQL's own reader of backups takes a torn one for a shorter one. It does not mind the line.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO

PIECE = 1 << 20
_MARK = b"\nlab-backup sha256 "
SEAL_BYTES = len(_MARK) + 64 + 1


@contextmanager
def published(file: Path) -> Iterator[IO[bytes]]:
    """Give a file to write that bears its name only once it is whole, sealed and on disk, for its owner alone.

    Raises `OSError`; a file of that name is then as it was.
    """
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w+b") as output:
            yield output
            size = output.seek(0, os.SEEK_END)
            output.write(_seal(output, size))
            output.flush()
            os.fsync(output.fileno())
        part.replace(file)
        _sync_folder(file.parent)
    finally:
        part.unlink(missing_ok=True)


def is_whole(file: Path) -> bool:
    """Return whether `file` is as it was published. Raises `OSError`."""
    with file.open("rb") as content:
        size = content.seek(0, os.SEEK_END) - SEAL_BYTES
        return size >= 0 and _seal(content, size) == content.read()


def _seal(content: IO[bytes], size: int) -> bytes:
    """Return the seal of the first `size` bytes of `content`, which then stands behind them."""
    content.seek(0)
    digest = sha256()
    while size and (piece := content.read(min(size, PIECE))):
        digest.update(piece)
        size -= len(piece)
    return _MARK + digest.hexdigest().encode() + b"\n"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

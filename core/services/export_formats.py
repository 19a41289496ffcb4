"""Exported runs as files: CSV for spreadsheets, one JSON array, Parquet for whoever reckons with them.

What each takes are pieces of lines that the store has written; each gives the file piece by piece as they come.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO, RawIOBase
from typing import Any

import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet as arrow_parquet

from core.store.export_rows import BETWEEN, Lines

File = Generator[bytes, None, None]
"""A file, piece by piece. Whoever does not take it to its end closes it."""

_NUMBER, _TEXT = pa.int64(), pa.string()

COLUMNS: dict[str, pa.DataType] = {
    "created_at": pa.timestamp("us", tz="UTC"),
    "model_id": _TEXT,
    "status": _TEXT,
    "error_code": _TEXT,
    "prompt": _TEXT,
    "input_tokens": _NUMBER,
    "output_tokens": _NUMBER,
    "total_tokens": _NUMBER,
    "cost_usd": _TEXT,
    "cost_source": _TEXT,
    "latency_ms": _NUMBER,
    "ttft_ms": _NUMBER,
    "id": _TEXT,
    "cached_tokens": _NUMBER,
    "tags": _TEXT,
    "paid_by": _TEXT,
    "person": _TEXT,
}
"""What an exported run tells, in this order, and its types in Parquet.

Instants are UTC, and what is unknown is empty. Money is decimal text in every format, also in Parquet: the ledger's
amounts have as many digits on either side of the point as they need, and no decimal of Parquet's 38 digits holds them
all. Tags are a JSON object, or its text where a cell holds no objects.
`paid_by` is `lab`, or `own` where it was a key of the user's own.
"""


class Format(StrEnum):
    """The formats, by the ending of a file's name."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Form:
    """What a format is: its media type, how it wants its lines, and how the file is made of them."""

    media_type: str
    lines: Lines
    file: Callable[[Iterable[bytes], Sequence[str]], File]


def csv_file(pieces: Iterable[bytes], columns: Sequence[str]) -> File:
    """Yield a CSV file with a header (RFC 4180)."""
    end = BETWEEN[Lines.SAFE_CSV].encode()
    yield ",".join(columns).encode() + end
    for piece in pieces:
        yield piece + end


def json_file(pieces: Iterable[bytes], columns: Sequence[str]) -> File:
    """Yield one JSON array, a run a line."""
    before = b"[\n"
    for piece in pieces:
        yield before + piece
        before = BETWEEN[Lines.JSON].encode()
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def parquet_file(pieces: Iterable[bytes], columns: Sequence[str]) -> File:
    """Yield a Parquet file, a row group a piece."""
    schema = pa.schema([(name, COLUMNS[name]) for name in columns])
    sink = _Sink()
    with arrow_parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        for piece in pieces:
            writer.write_table(_table(piece, schema))
            yield sink.taken()
    yield sink.taken()


FORMS = {
    Format.CSV: Form("text/csv; charset=utf-8", Lines.SAFE_CSV, csv_file),
    Format.JSON: Form("application/json", Lines.JSON, json_file),
    Format.PARQUET: Form("application/vnd.apache.parquet", Lines.EXACT_CSV, parquet_file),
}


def _table(piece: bytes, schema: Any) -> Any:
    """Read CSV without a header, in which an empty text is quoted and nothing is not. No row may be beyond a block."""
    return arrow_csv.read_csv(
        BytesIO(piece),
        arrow_csv.ReadOptions(column_names=schema.names, block_size=len(piece), use_threads=False),
        arrow_csv.ParseOptions(newlines_in_values=True),
        arrow_csv.ConvertOptions(
            column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )


class _Sink(RawIOBase):
    """Where a writer of Parquet writes to, emptied as it goes on. It tells how much has gone through."""

    def __init__(self) -> None:
        self._written: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        self._written.append(bytes(part))
        self._position += len(part)
        return len(part)

    def tell(self) -> int:
        return self._position

    def taken(self) -> bytes:
        """Return what was written since this was last asked."""
        taken, self._written = b"".join(self._written), []
        return taken

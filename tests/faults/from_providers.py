"""Faults from the provider, rows 1–14."""

from tests.faults.rows import Defence, Row

ROWS: tuple[Row, ...] = (
    Row(
        6,
        "an event of 8 MB; output without end; a gzip bomb",
        tests=("tests/providers/test_faults.py::test_6_too_much_is_cut_and_the_socket_closed",),
        defences=(
            Defence(
                "the cap on a body",
                "core/providers/client_body.py",
                "            left -= len(data)\n",
                "",
            ),
        ),
    ),
)

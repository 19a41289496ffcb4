"""Runs the benchmarks that are named, or all of them, prints one table and writes it down as JSON."""

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path

from bench.figures import Figure, table

NAMES = (
    "decode",
    "playground",
    "first_token",
    "stop",
    "start",
    "pages",
    "administration",
    "memory",
    "streams",
    "one_stream",
    "settling",
    "exports",
    "keeping",
    "spend",
    "soak",
    "corrections",
    "budgets",
)
RESULTS = Path(__file__).with_name("results.json")


def main() -> int:
    """Return 1 if a bound does not hold."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], metavar="NAME", help=", ".join(NAMES))
    figures: list[Figure] = []
    for name in parser.parse_args().names or NAMES:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        figures += import_module(f"bench.{name}").run()
    RESULTS.write_text(json.dumps([figure.row() for figure in figures], ensure_ascii=False, indent=2) + "\n")
    print(table(figures))
    return int(any(figure.holds is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())

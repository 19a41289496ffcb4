"""What a command is: it takes what was typed and the settings, and prints what it did."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any

from core.settings import Settings

Command = Callable[[Namespace, Settings], None]


def add(commands: Any, name: str, command: Command, help_text: str) -> ArgumentParser:
    """Add a command to argparse's `commands` and return its parser, for its arguments."""
    parser: ArgumentParser = commands.add_parser(name, help=help_text, description=command.__doc__)
    parser.set_defaults(command=command)
    return parser

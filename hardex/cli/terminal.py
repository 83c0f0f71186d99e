"""Text on the terminal: sentences, JSON, and cells with what somebody typed."""

import json

from rich.console import Console
from rich.highlighter import JSONHighlighter
from rich.markup import escape

from hardex.text import plain_json, plain_text

_CELL_LENGTH = 40  # characters of what somebody typed


def unmarked(text: object) -> str:
    """What somebody typed, for the middle of a text with Rich's markup: without markup of its own.

    Example:
        >>> unmarked("[red] \\x1b[31m")
        '\\\\[red] \\\\x1b[31m'
    """
    return escape(plain_text(str(text)))


def cell(text: str) -> str:
    """What somebody typed, for one cell of a table: on one line, short, and without markup."""
    plain = plain_text(text)
    return escape(plain if len(plain) <= _CELL_LENGTH else f"{plain[: _CELL_LENGTH - 1]}…")


def print_text(text: str, *, to_stderr: bool = False) -> None:
    """Print a sentence; what would act on the terminal is escaped."""
    console = Console(stderr=to_stderr)
    console.print(plain_text(text), markup=False, highlight=False, soft_wrap=True)


def print_json(value: object) -> None:
    """Print a value as JSON, coloured on a terminal; what would act on it is escaped."""
    text = plain_json(json.dumps(value, indent=2, ensure_ascii=False))
    Console().print(JSONHighlighter()(text), soft_wrap=True)


def print_more(count: int, what: str) -> None:
    """Print how many rows of a table were left out, if any."""
    if count:
        print_text(f"… and {count:,} more {what}; -v shows all.")

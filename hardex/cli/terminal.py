"""Text on the terminal: sentences, JSON, and cells with what somebody typed."""

import json

from rich.console import Console
from rich.markup import escape

_JOINERS = "\u200c\u200d\xa0"  # within words, emoji and French numbers: harmless
_CELL_LENGTH = 40  # characters of what somebody typed


def plain_text(text: str) -> str:
    """Text in which nothing moves the cursor, changes colours or the direction of reading.

    Example:
        >>> plain_text("two\\nlines, \\x1b[31mred")
        'two\\\\nlines, \\\\x1b[31mred'
    """
    return "".join(
        sign if sign.isprintable() or sign in _JOINERS else sign.encode("unicode_escape").decode()
        for sign in text
    )


def cell(text: str) -> str:
    """What somebody typed, for one cell of a table: on one line, short, and without markup."""
    plain = plain_text(text)
    return escape(plain if len(plain) <= _CELL_LENGTH else f"{plain[: _CELL_LENGTH - 1]}…")


def print_text(text: str, *, to_stderr: bool = False) -> None:
    """Print a sentence; control characters in it are escaped."""
    console = Console(stderr=to_stderr)
    console.print(plain_text(text), markup=False, highlight=False, soft_wrap=True)


def print_json(value: object) -> None:
    """Print a value as JSON, coloured on a terminal."""
    Console().print_json(json.dumps(value))


def print_more(count: int, what: str) -> None:
    """Print how many rows of a table were left out, if any."""
    if count:
        print_text(f"… and {count:,} more {what}; -v shows all.")

"""Text on the terminal: every line that the command line prints goes through here.

Ids, class names, file names and reasons come from data, models and runs of other people. Here
nothing in them is markup, moves the cursor, changes colours or begins another line.
"""

import json
from typing import Any

from rich.console import Console
from rich.text import Text

from hardex.text import plain_json, plain_text

__all__ = ["Terminal", "cell", "plain_text", "print_json", "print_more", "print_text", "styled"]

_CELL_LENGTH = 40  # characters of what somebody typed


class Terminal(Console):
    """A console on which a text is a text: on one line, and without markup, emoji codes, controls.

    What is printed in colours is a `Text`, made by `styled`.
    """

    def __init__(self, *, to_stderr: bool = False) -> None:
        super().__init__(stderr=to_stderr, markup=False, emoji=False, highlight=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """What Rich shows for a text, also in the cells of a table."""
        return super().render_str(plain_text(text), **options)


def styled(*parts: str | tuple[str, str]) -> Text:
    """A line of texts, some of them with a style.

    Example:
        >>> styled(("Error:", "bold red"), " no \\x1b[31mred").plain
        'Error: no \\\\x1b[31mred'
    """
    safe = [
        plain_text(part) if isinstance(part, str) else (plain_text(part[0]), part[1])
        for part in parts
    ]
    return Text.assemble(*safe)


def cell(text: str) -> str:
    """What somebody typed, for one cell of a table: on one line and short."""
    plain = plain_text(text)
    return plain if len(plain) <= _CELL_LENGTH else f"{plain[: _CELL_LENGTH - 1]}…"


def print_text(text: str | Text, *, to_stderr: bool = False) -> None:
    """Print a sentence; control characters in it are escaped."""
    Terminal(to_stderr=to_stderr).print(text, soft_wrap=True)


def print_json(value: object) -> None:
    """Print a value as JSON, coloured on a terminal; unless it is long, which would take minutes.

    Other programs read the same values: what cannot be shown is escaped as JSON does.
    """
    text = plain_json(json.dumps(value, indent=2, ensure_ascii=False))
    console = Terminal()
    if console.is_terminal and len(text) <= _COLOURED_MOST:
        console.print(_coloured(text), soft_wrap=True)
    else:
        console.file.write(f"{text}\n")


def print_more(count: int, what: str) -> None:
    """Print how many rows of a table were left out, if any."""
    if count:
        print_text(f"… and {count:,} more {what}; -v shows all.")


def _coloured(text: str) -> Text:
    from rich.highlighter import JSONHighlighter

    found = Text(text)
    JSONHighlighter().highlight(found)
    return found


_COLOURED_MOST = 200_000  # characters

"""Text on the terminal: plain sentences, and what somebody typed."""

from rich.console import Console
from rich.markup import escape

_JOINERS = "\u200c\u200d\xa0"  # within words, emoji and French numbers: harmless
_TEXT_MOST = 40  # characters of what somebody typed, in a table


def plain_text(text: str) -> str:
    """Text in which nothing moves the cursor, changes colours or turns the direction of reading.

    Example:
        >>> plain_text("two\\nlines, \\x1b[31mred")
        'two\\\\nlines, \\\\x1b[31mred'
    """
    return "".join(
        sign if sign.isprintable() or sign in _JOINERS else sign.encode("unicode_escape").decode()
        for sign in text
    )


def typed(text: str) -> str:
    """What somebody typed, for one cell of a table: on one line, short, and without markup."""
    plain = plain_text(text)
    return escape(plain if len(plain) <= _TEXT_MOST else f"{plain[: _TEXT_MOST - 1]}…")


def say(text: str) -> None:
    """Print a sentence, whatever is in it."""
    Console().print(plain_text(text), markup=False, highlight=False, soft_wrap=True)


def say_more(count: int, what: str) -> None:
    """Print how many rows of a table were left out, if any."""
    if count:
        say(f"… and {count:,} more {what}; -v shows all.")

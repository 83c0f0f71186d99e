"""Parts of sentences that several modules use."""

_JOINERS = "\u200c\u200d\xa0"  # within words, emoji and French numbers: harmless


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


def counted(count: int, noun: str) -> str:
    """A number of things, with the noun in the singular for one.

    Args:
        count: how many.
        noun: in the singular; its plural ends in s.

    Example:
        >>> counted(1, "vote"), counted(2000, "vote"), counted(0, "vote")
        ('1 vote', '2,000 votes', '0 votes')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"

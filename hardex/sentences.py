"""Parts of sentences that several modules use."""


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


def agreeing(count: int, noun: str, verb: str) -> str:
    """A number of things and what they do, both in the singular for one.

    Args:
        count: how many.
        noun: in the singular; its plural ends in s.
        verb: in the plural, and regular.

    Example:
        >>> agreeing(1, "image", "look"), agreeing(2, "image", "look")
        ('1 image looks', '2 images look')
    """
    return f"{counted(count, noun)} {verb if count != 1 else f'{verb}s'}"


def p_words(p: float) -> str:
    """A p-value.

    Example:
        >>> p_words(0.0312), p_words(1e-9)
        ('p = 0.031', 'p < 0.0001')
    """
    return "p < 0.0001" if p < 1e-4 else f"p = {p:.2g}"

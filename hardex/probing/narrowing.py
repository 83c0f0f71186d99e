"""Places between two others, so that a border is found in few steps."""


def evenly(first: int, last: int, count: int) -> list[int]:
    """At most `count` places strictly between two, spread evenly, ascending.

    Example:
        >>> evenly(0, 45, 4), evenly(10, 6, 4), evenly(3, 4, 4)
        ([9, 18, 27, 36], [7, 8, 9], [])
    """
    low, high = sorted((first, last))
    inner = high - low - 1
    if inner <= count:
        return list(range(low + 1, high))
    return [low + (high - low) * number // (count + 1) for number in range(1, count + 1)]


def middle(first: int, last: int) -> int:
    """The place in the middle of two."""
    return (first + last) // 2

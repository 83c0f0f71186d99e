"""Which of the examples that an annotator judges are gold: one in each block of ten.

The place within a block looks random, differs between annotators, and is the same after a restart.
"""

from hardex.annotate.plan import draw

GOLD_EVERY = 10  # one example in ten is gold, while there is any


def is_gold_place(seed: int, annotator: str, place: int) -> bool:
    """Whether an annotator's example number `place`, counted from 0, is to be gold."""
    block, within = divmod(place, GOLD_EVERY)
    return within == _gold_place(seed, annotator, block)


def gold_places(seed: int, annotator: str, done: int, left: int) -> int:
    """How many gold examples an annotator judges before the last of `left` other examples.

    Args:
        seed: of the places.
        annotator: whose places.
        done: how many examples they have judged.
        left: how many other examples they have left, 1 or more.

    Example:
        >>> sum(is_gold_place(0, "ann", place) for place in range(100))
        10
        >>> gold_places(0, "ann", 0, 90)
        10
    """
    block, within = divmod(done, GOLD_EVERY)
    place = _gold_place(seed, annotator, block)
    in_block = GOLD_EVERY - within - (place >= within)  # other examples that fit in this block
    if left <= in_block:
        return int(place >= within and left > place - within)
    blocks, rest = divmod(left - in_block - 1, GOLD_EVERY - 1)
    last = rest + 1 > _gold_place(seed, annotator, block + 1 + blocks)
    return int(place >= within) + blocks + int(last)


def _gold_place(seed: int, annotator: str, block: int) -> int:
    return draw(seed, annotator, str(block)) % GOLD_EVERY

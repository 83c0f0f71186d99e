"""Which hard examples a report shows, and their pictures as thumbnails of bounded length."""

from collections.abc import Sequence
from dataclasses import dataclass

from hardex.arrays import Image
from hardex.diagnosis.causes import TRANSFORMS
from hardex.diagnosis.undone import undone
from hardex.errors import HardexError, RunError
from hardex.images import Transform, data_url, read_image, resize, thumbnail
from hardex.reporting.contents import Picture
from hardex.runs.findings import Finding
from hardex.runs.run import Run
from hardex.sentences import counted

SIDE = 160  # pixels of the longer side
_DOTS = 64  # up to so many pixels, each of them is shown as a square


@dataclass
class Room:
    """How many bytes of thumbnails a report may still hold, and how many pictures it has.

    Attributes:
        most: bytes of thumbnails.
        pictures: whether the report has any.
        used: bytes so far.
        cards: how many cards of hard examples have been made.
    """

    most: int
    pictures: bool = True
    used: int = 0
    cards: int = 0

    def take(self, size: int) -> None:
        """Count some bytes.

        Raises:
            RunError: they do not fit; it says how many hard examples would.
        """
        self.used += size
        if self.used > self.most:
            raise too_large(self.most, max(0, self.cards - 1))


def too_large(most: int, fitting: int) -> RunError:
    """The error of a report that would be too large to send."""
    return RunError(
        f"a report must not exceed {(most / 1e6):,.0f} MB, so that it can be opened anywhere; "
        f"{counted(fitting, 'hard example')} would fit; pass --thumbnails {fitting} or fewer."
    )


def picture_of(run: Run, id: str, room: Room) -> Picture | None:
    """The thumbnail of an example; None where the run holds no picture that can be read."""
    image = _kept(run, id) if room.pictures else None
    return None if image is None else _picture(image, room)


def undone_of(run: Run, finding: Finding, room: Room) -> Picture | None:
    """What the model sees of an example once the found transform is undone, or None.

    It is made of the picture that the run holds, so that neither the data nor TensorFlow is needed.
    """
    image = _kept(run, finding.id) if room.pictures else None
    if image is None or finding.cause not in TRANSFORMS:
        return None
    try:
        if finding.cause == "blur" and finding.amount is not None:
            Transform(blur=finding.amount)  # a damaged table may name any amount
        seen = resize(image, run.manifest.image_shape or image.shape)
        before = undone(seen, finding.cause, finding.amount, finding.amount_y)
    except (HardexError, ArithmeticError):
        return None
    return _picture(before, room)


def _kept(run: Run, id: str) -> Image | None:
    path = run.pictures.get(id)
    try:
        return None if path is None else read_image(path)
    except HardexError:
        return None


def _picture(image: Image, room: Room) -> Picture:
    url = data_url(thumbnail(image, SIDE))
    room.take(len(url))
    return Picture(url, max(image.shape[:2]) <= _DOTS)


def shares(totals: Sequence[int], count: int) -> list[int]:
    """How many of each list are shown if all together may show `count`: in turn, by rank.

    Args:
        totals: the length of each list.
        count: how many in all.

    Example:
        >>> shares([3, 1, 5], 6), shares([3, 1], 9)
        ([3, 1, 2], [3, 1])
    """
    if count >= sum(totals):
        return list(totals)
    # The largest number of whole turns that fits, and one more of the first lists.
    low, high = 0, max(totals, default=0)
    while low < high:
        middle = (low + high + 1) // 2
        if sum(min(total, middle) for total in totals) <= count:
            low = middle
        else:
            high = middle - 1
    shown = [min(total, low) for total in totals]
    left = count - sum(shown)
    for place, total in enumerate(totals):
        if left and total > low:
            shown[place] += 1
            left -= 1
    return shown

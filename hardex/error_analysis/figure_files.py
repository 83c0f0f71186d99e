"""Top errors, confusion matrix and waterfall -> PNG files. The one file that knows matplotlib.

Drawn with figures of their own and not with pyplot, so nothing global is changed, and two threads
can draw at once. Text is never read as mathematics: class names may contain a dollar sign.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Image
from hardex.error_analysis.decomposition import Decomposition
from hardex.error_analysis.top import TopError
from hardex.error_analysis.waterfall import COLOURS, Bar, bars
from hardex.errors import HardexError, RunError
from hardex.images import resize
from hardex.new_files import whole_file
from hardex.overview.confusion import confusion_figures
from hardex.sentences import counted
from hardex.text import plain_text

MOST = 1_000  # pictures of a figure; more would take minutes, and nobody could find one

_FONT = "DejaVu Sans"  # comes with matplotlib
_INK, _QUIET, _WRONG = "#1a1a1a", "#555555", "#b3261e"
_CELL = (1.7, 2.15)  # inches of a picture with its text
_DPI = 150
_PIXELS_MOST = 40_000_000  # of a figure; a larger one is drawn with fewer dots per inch
_NAME = 16  # characters of a class name below a picture
_TICK = 22  # and beside the matrix
_SIDE_MOST = 320  # pixels of a picture along its longer side
_SMOOTH = 64  # pixels; larger pictures are smoothed when they are scaled
_FONTS_MOST = 400  # that are looked through for a sign
_BOX = "\N{WHITE SQUARE}"

Picture = Callable[[TopError], Image]


@dataclass(frozen=True)
class Lettering:
    """The fonts for some texts, and the signs that none of them has.

    Attributes:
        families: names of fonts; a sign is drawn in the first that has it.
        missing: the signs that no font here has.
    """

    families: tuple[str, ...]
    missing: frozenset[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Lettering":
        """The fewest further fonts that hold the signs of these texts, in order of name."""
        from matplotlib.font_manager import fontManager

        missing = set("".join(map(plain_text, texts))) - _signs_of(_font_file())
        families = [_FONT]
        known = sorted(fontManager.ttflist, key=lambda one: (one.name, one.fname))
        for font in known[:_FONTS_MOST] if missing else ():
            if "Last Resort" in font.name:  # has a box for every sign
                continue
            held = missing & _signs_of(font.fname)
            if held and font.name not in families:
                families.append(font.name)
                missing -= held
        return cls(tuple(families), frozenset(missing))

    def shown(self, name: str, number: int, most: int) -> str:
        """A class name as it can be drawn: signs that no font has are boxes, then its number helps.

        Args:
            name: of the class.
            number: of the class, from 0.
            most: characters that fit; a longer name loses its middle.
        """
        plain = plain_text(name)
        drawn = "".join(_BOX if sign in self.missing else sign for sign in plain)
        end = f" (#{number})" if drawn != plain else ""
        room = most - len(end)
        if len(drawn) > room:
            tail = room // 2 - 1
            drawn = f"{drawn[: room - tail - 1]}…{drawn[len(drawn) - tail :]}"
        return drawn + end

    def note(self) -> str:
        """What could not be drawn, a sentence; else ""."""
        if not self.missing:
            return ""
        return (
            f"No font here has {len(self.missing):,} of the signs in class names: they are drawn "
            "as boxes, with the number of the class; install a font with them, such as Noto."
        )


def write_top_errors(
    errors: Sequence[TopError], picture: Picture, names: Sequence[str], path: Path
) -> tuple[str, ...]:
    """Draw the top errors with true and predicted class and probability, as one PNG.

    Args:
        errors: to draw, in order.
        picture: gives the pixels of one, or raises a `HardexError`.
        names: k names of the classes.
        path: of the file.

    Returns:
        Sentences on what is not as it was asked for.

    Raises:
        RunError: there is no error, none of the pictures can be read, or it cannot be written.
    """
    if not errors:
        raise RunError("a figure of top errors needs one; there is none; leave --figure out.")
    notes = []
    shown = errors[:MOST]
    if len(errors) > len(shown):
        notes.append(f"The figure holds the first {MOST:,} of {len(errors):,} errors.")
    pictures = [_picture_of(one, picture) for one in shown]
    unread = sum(one is None for one in pictures)
    if unread == len(pictures):
        raise RunError(
            "a figure of top errors needs the pictures; none of them can be read; pass their path "
            "with --data."
        )
    if unread:
        verb = "is" if unread == 1 else "are"
        notes.append(f"{counted(unread, 'picture')} could not be read and {verb} left empty.")
    used = [name for one in shown for name in (one.given, one.predicted)]
    lettering = Lettering.of(used)
    figure = _grid(shown, pictures, names, lettering)
    _save(figure, path, "a figure of top errors")
    return (*notes, *filter(None, [lettering.note()]))


def write_matrix(counts: NDArray[np.int64], names: Sequence[str], path: Path) -> tuple[str, ...]:
    """Draw the confusion matrix as a PNG: counts, and the share of the given class as colour.

    Of many classes those with the most errors are drawn, as many as can be read.

    Args:
        counts: (k, k), given class by predicted class.
        names: k names.
        path: of the file.

    Returns:
        Sentences on what is not as it was asked for.

    Raises:
        RunError: it cannot be written.
    """
    shown = np.array(confusion_figures(counts)["confusion"]["classes"], np.int64)
    notes = []
    if len(shown) < len(names):
        notes.append(
            f"The matrix shows the {len(shown)} of {len(names):,} classes with the most errors; "
            "confusion.csv in the run has all."
        )
    lettering = Lettering.of(names[row] for row in shown)
    labels = [lettering.shown(names[row], int(row), _TICK) for row in shown]
    part = counts[np.ix_(shown, shown)]
    shares = part / np.maximum(1, counts[shown].sum(axis=1))[:, None]
    figure = _matrix(part, shares, labels, lettering, notes)
    _save(figure, path, "a confusion matrix")
    return (*notes, *filter(None, [lettering.note()]))


def write_waterfall(found: Decomposition, path: Path) -> None:
    """Draw the parts of the error as a PNG.

    Raises:
        RunError: it cannot be written.
    """
    _save(_waterfall(bars(found)), path, "a waterfall")


def _picture_of(one: TopError, picture: Picture) -> Image | None:
    """The picture, at most as large as it can be seen: a thousand photographs fill the memory."""
    try:
        image = picture(one)
    except HardexError:
        return None
    height, width, channels = image.shape
    scale = _SIDE_MOST / max(height, width)
    if scale >= 1:
        return image
    return resize(image, (max(1, round(height * scale)), max(1, round(width * scale)), channels))


def _grid(
    errors: Sequence[TopError],
    pictures: Sequence[Image | None],
    names: Sequence[str],
    lettering: Lettering,
) -> Any:
    """The pictures in rows of a wide figure, each with two lines below."""
    from matplotlib.image import AxesImage

    width, height = _CELL
    columns = max(1, min(len(errors), ceil(sqrt(len(errors) * 16 / 9 * height / width))))
    rows = ceil(len(errors) / columns)
    figure, axes = _canvas(columns * width, rows * height)
    axes.set_xlim(0, columns * width)
    axes.set_ylim(rows * height, 0)
    numbers = {name: number for number, name in enumerate(names)}
    side = width - 0.2
    for place, (one, image) in enumerate(zip(errors, pictures, strict=True)):
        left, top = (place % columns) * width + 0.1, (place // columns) * height + 0.1
        if image is None:
            _text(axes, left + side / 2, top + side / 2, "no picture", 9, lettering, color=_QUIET)
        else:
            h, w = image.shape[:2]
            scale = side / max(h, w)
            x, y = left + (side - w * scale) / 2, top + (side - h * scale) / 2
            smooth = "nearest" if max(h, w) <= _SMOOTH else "antialiased"
            drawn = AxesImage(
                axes, extent=(x, x + w * scale, y + h * scale, y), interpolation=smooth,
                origin="upper",
            )  # fmt: skip
            drawn.set_data(np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image)
            axes.add_image(drawn)
        given, predicted = (
            lettering.shown(name, numbers[name], _NAME) for name in (one.given, one.predicted)
        )
        middle = left + side / 2
        _text(axes, middle, top + side + 0.12, f"true: {given}", 8.5, lettering)
        _text(axes, middle, top + side + 0.28, f"predicted: {predicted}", 8.5, lettering,
              color=_WRONG, weight="bold")  # fmt: skip
        _text(axes, middle, top + side + 0.43, f"with p = {one.confidence:.3f}", 8, lettering,
              color=_QUIET)  # fmt: skip
    return figure


def _matrix(
    counts: NDArray[np.int64],
    shares: NDArray[np.float64],
    labels: Sequence[str],
    lettering: Lettering,
    notes: Sequence[str],
) -> Any:
    """The cells, with the names of the classes to the left and above."""
    k = len(labels)
    many, longest = k > 12, max(map(len, labels))
    cell, size = (0.42, 7.0) if many else (0.6, 9.0)
    turned = longest > 3
    left = (0.5 + 0.01 * size * longest) / cell  # in cells
    above = left if turned else 0.75 / cell
    width, height = max(left + k + 0.5, 4.0 / cell), above + k + (1.0 if notes else 0.3)
    figure, axes = _canvas(width * cell, height * cell)
    axes.imshow(_colours(shares), extent=(0, k, k, 0), interpolation="nearest", aspect="auto")
    axes.set_xlim(-left, width - left)
    axes.set_ylim(height - above, -above)
    for row, column in zip(*np.nonzero(counts), strict=True):
        light = row == column and shares[row, column] > 0.5
        _text(axes, column + 0.5, row + 0.5, _count(int(counts[row, column])), size, lettering,
              color="white" if light else _INK)  # fmt: skip
    for place, label in enumerate(labels):
        _text(axes, -0.2, place + 0.5, label, size, lettering, ha="right")
        _text(axes, place + 0.5, -0.2, label, size, lettering, va="bottom",
              rotation=90 if turned else 0)  # fmt: skip
    _text(axes, 0.1 / cell - left, k / 2, "true class", size + 1, lettering, rotation=90,
          ha="left", weight="bold")  # fmt: skip
    _text(axes, k / 2, 0.1 / cell - above, "predicted class", size + 1, lettering, va="top",
          weight="bold")  # fmt: skip
    for note in notes:
        _text(axes, 0, k + 0.5, f"{note.split(';')[0]}.", size, lettering, ha="left",
              color=_QUIET)  # fmt: skip
    return figure


def _colours(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """(k, k, 4) blue for right answers by their share; orange for errors, the worst cell darkest.

    Errors have a scale of their own: in a good model they would all be white on that of the others.
    """
    from matplotlib import colormaps

    is_right = np.eye(len(shares), dtype=bool)
    worst = max(float(shares[~is_right].max(initial=0.0)), 1e-12)
    errors = 0.65 * np.sqrt(np.where(is_right, 0.0, shares) / worst)  # the root shows rare ones
    blue, orange = colormaps["Blues"](0.9 * shares), colormaps["Oranges"](errors)
    found: NDArray[np.float64] = np.where(is_right[:, :, None], blue, orange)
    found[shares == 0] = 1.0
    return found


def _waterfall(made: Sequence[Bar]) -> Any:
    lettering = Lettering((_FONT,), frozenset())
    figure, axes = _canvas(11.0, 0.9 + 0.5 * len(made))
    ends = [place for one in made for place in (one.start, one.end, one.low, one.high)]
    left, right = min(0.0, *ends), max(ends) or 1.0
    span = right - left
    axes.set_xlim(left - 0.9 * span, right + 0.45 * span)
    axes.set_ylim(len(made) - 0.4, -1.4)
    _text(axes, right + 0.03 * span, -0.9, "points [95 % interval]", 9, lettering, ha="left",
          color=_QUIET)  # fmt: skip
    axes.axvline(0.0, color=_QUIET, linewidth=0.8)
    for row, one in enumerate(made):
        axes.barh(row, one.end - one.start, left=one.start, height=0.55, color=COLOURS[one.kind])
        axes.plot([one.low, one.high], [row, row], color=_INK, linewidth=1.6)
        _text(axes, left - 0.03 * span, row, one.label, 11, lettering, ha="right")
        _text(axes, right + 0.03 * span, row, one.text, 11, lettering, ha="left")
    return figure


def _canvas(width: float, height: float) -> tuple[Any, Any]:
    """A white figure of this size in inches, and axes that fill it and show nothing."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    return figure, axes


def _text(
    axes: Any,
    x: float,
    y: float,
    text: str,
    size: float,
    lettering: Lettering,
    *,
    ha: str = "center",
    va: str = "center",
    color: str = _INK,
    **options: Any,
) -> None:
    axes.text(
        x, y, text, fontsize=size, family=list(lettering.families), ha=ha, va=va, color=color,
        parse_math=False, usetex=False, **options,
    )  # fmt: skip


def _save(figure: Any, path: Path, what: str) -> None:
    width, height = figure.get_size_inches()
    dpi = min(float(_DPI), sqrt(_PIXELS_MOST / (width * height)))
    with whole_file(path, what) as partial:
        figure.savefig(partial, format="png", dpi=dpi)


def _count(count: int) -> str:
    """A count that fits into a cell.

    Example:
        >>> _count(980), _count(12_345)
        ('980', '12k')
    """
    return str(count) if count < 10_000 else f"{count / 1000:.0f}k"


def _font_file() -> str:
    from matplotlib.font_manager import FontProperties, findfont

    return str(findfont(FontProperties(family=_FONT)))


def _signs_of(file: str) -> set[str]:
    """The signs that a font file has."""
    from matplotlib.font_manager import get_font

    try:
        return set(map(chr, get_font(file).get_charmap()))
    except (OSError, RuntimeError):  # removed since the fonts were listed, or damaged
        return set()

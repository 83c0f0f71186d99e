"""A confusion matrix -> where each cell of its drawing is, and how strong its colour."""

from dataclasses import dataclass
from math import sqrt

from hardex.reporting.contents import Matrix
from hardex.reporting.wording import shortened

_HEIGHT = 24  # of a row, in units of the drawing
_DIGIT = 6.5  # width of one
_LETTER = 6.6  # of a class name
_LABEL_MOST = 23  # characters of a class name beside the matrix


@dataclass(frozen=True)
class Cell:
    """One cell: its upper left corner, its number, and its colour.

    Attributes:
        x, y: of the corner.
        text: the count; "" of a cell without errors.
        strength: of the colour, 0..1.
        is_right: whether the prediction is right.
        depth: of the colour: `faint`, `middle` or `deep`.
        title: the same in words.
    """

    x: float
    y: float
    text: str
    strength: float
    is_right: bool
    depth: str
    title: str


@dataclass(frozen=True)
class Drawing:
    """The cells and labels of a matrix, and its size in units of the drawing.

    The labels of columns stand upright where they are narrow enough.
    """

    width: float
    height: float
    cell_width: float
    cell_height: float
    left: float
    top: float
    labels: tuple[str, ...]
    is_upright: bool
    cells: tuple[Cell, ...]


def drawing_of(matrix: Matrix) -> Drawing:
    """Where everything of a matrix goes.

    The colour of a right answer is the share of its row. That of an error grows with the square
    root of its count, because a few errors would not be seen beside many.

    Example:
        >>> drawing = drawing_of(Matrix(("a", "b"), ((8, 2), (0, 5)), 2))
        >>> [(cell.text, cell.is_right, round(cell.strength, 2)) for cell in drawing.cells]
        [('8', True, 0.8), ('2', False, 1.0), ('', False, 0.0), ('5', True, 1.0)]
    """
    labels = tuple(map(_label, matrix.classes))
    k = len(labels)
    largest = max((count for row in matrix.counts for count in row), default=0)
    most = max((matrix.counts[i][j] for i in range(k) for j in range(k) if i != j), default=0)
    width = max(_HEIGHT, _DIGIT * len(f"{largest:,}") + 8)
    left = _LETTER * max(map(len, labels), default=0) + 10
    is_upright = left - 10 < width
    top = 18.0 if is_upright else left
    cells = tuple(
        _cell(matrix, most, i, j, left + j * width, top + i * _HEIGHT)
        for i in range(k)
        for j in range(k)
    )
    return Drawing(
        left + k * width, top + k * _HEIGHT, width, _HEIGHT, left, top, labels, is_upright, cells
    )


def _label(name: str) -> str:
    """A class name with its end, because names often differ only there.

    Example:
        >>> _label("golden retriever, number 20")
        'golden retr…, number 20'
    """
    return name if len(name) <= _LABEL_MOST else f"{name[:11]}…{name[-11:]}"


def _cell(matrix: Matrix, most: int, i: int, j: int, x: float, y: float) -> Cell:
    count = matrix.counts[i][j]
    if i == j:
        strength = count / max(1, sum(matrix.counts[i]))
    else:
        strength = sqrt(count / most) if most else 0.0
    given, predicted = shortened(matrix.classes[i]), shortened(matrix.classes[j])
    return Cell(
        x,
        y,
        f"{count:,}" if count or i == j else "",
        strength,
        i == j,
        _depth(strength),
        f"given {given}, predicted {predicted}: {count:,}",
    )


def _depth(strength: float) -> str:
    """How deep a colour is: its number is black or white, whichever has more contrast.

    Black and white are equally legible at a strength of 0.8 on a light page and of 0.63 on a dark
    one (where the relative luminance is 0.18), so the page decides about what is in between.
    """
    return "faint" if strength < 0.63 else "middle" if strength < 0.8 else "deep"

"""A CSV file with one column per pixel, as Kaggle's digits -> a data set in memory."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from math import isqrt
from pathlib import Path

import numpy as np

from hardex.bounded import lines_of
from hardex.data.dataset import ArrayDataset
from hardex.data.manifests import LABEL_COLUMNS
from hardex.data.names import as_class_names, labels_by_name, number_names
from hardex.errors import DatasetError

_PIXEL = re.compile(r"(pixel|px|p)?[_ ]?\d+|\d+x\d+")
_NO_LABEL = re.compile(
    r"|index|unnamed: \d+|row|split|usage|file|image|path"
    r"|((image|img|file|sample|example|row|picture)[_ -]?)?(ids?|names?|path)"
)
_TOGETHER = "pixels"
_FEWEST = 16  # pixels of an image; a table of files has no such columns


def open_pixel_table(
    path: Path, *, label_column: str, class_names: Sequence[str] | None, resize: bool
) -> ArrayDataset | None:
    """The images in a table of pixels; None if the table has none.

    Its columns are `label` and one per pixel, row by row, such as `pixel0` or `1x1`; or one column
    `pixels` holds them all, with spaces between them; or it has no header, and the label is first.
    Images are square, grey or (three numbers per pixel) RGB. Other columns are left out.

    Args:
        path: a `.csv` file.
        label_column: by default one with a usual name, or the only column that is no pixel and
            does not name or number the rows.
        class_names: the classes in the order of the probability columns.
        resize: whether the images may be resized to the classifier's input.

    Raises:
        DatasetError: it has no labels, or a pixel is no whole number from 0 to 255.
    """
    try:
        rows: Iterator[list[str]] = iter(csv.reader(lines_of(path), strict=True))
        header = next(rows, [])
    except (OSError, ValueError, csv.Error):
        return None  # the reader of tables says it
    places = [i for i, name in enumerate(header) if _PIXEL.fullmatch(name.strip().lower())]
    others = [i for i in range(len(header)) if i not in set(places)]
    if len(places) == len(header) and all(name.strip().isdigit() for name in header):
        rows, places, others = chain([header], rows), places[1:], [0]
        if _side(len(places)) is None and _side(len(header)) is not None:
            places, others = [0, *places], []
    together = [i for i, name in enumerate(header) if name.strip().lower() == _TOGETHER]
    if not places and len(together) == 1:  # all pixels in one cell, with spaces between them
        width = len(header)
        first = next(rows, [])
        count = len(first[together[0]].split()) if len(first) == width else 0
        rows = (_spread(row, together[0], width) for row in chain([first], rows))
        header = [name for i, name in enumerate(header) if i != together[0]] + [""] * count
        others = list(range(width - 1))
        places = list(range(width - 1, width - 1 + count))
    side = _side(len(places))
    if side is None or len(others) > len(places):
        return None
    label = _label_place(header, others, label_column)
    if label is None:
        beside = ", ".join(header[i] or "one without a name" for i in others[:10])
        raise DatasetError(
            f"{path} must have one label beside its {len(places)} pixels; it has "
            f"{beside or 'no other column'}; add a column label, or name it with --label-column."
        )
    pixels, labels = _read(path, rows, places, label, len(header))
    images = np.frombuffer(pixels, np.uint8).reshape(len(labels), *side)
    try:
        numbers = np.array(labels).astype(np.int64)
        names = number_names(numbers) if class_names is None else as_class_names(class_names)
    except ValueError:
        numbers, names = labels_by_name(labels, class_names, source=str(path))
    return ArrayDataset.of(images, numbers, class_names=names, source=str(path), resize=resize)


def _names_rows(column: str) -> bool:
    """Whether a column is called like an index, an id or a split: no label is guessed from it."""
    return _NO_LABEL.fullmatch(column.strip().lower()) is not None


def _label_place(header: Sequence[str], others: Sequence[int], chosen: str) -> int | None:
    """The column of the labels: the named one, one with a usual name, or the only one left."""
    if chosen:
        return next((i for i in others if header[i] == chosen), None)
    places = {header[i].strip().lower(): i for i in reversed(others)}
    usual = [places[name] for name in LABEL_COLUMNS if name in places]
    left = usual[:1] or [i for i in others if not _names_rows(header[i])]
    return left[0] if len(left) == 1 else None


def _spread(row: list[str], place: int, width: int) -> list[str]:
    """A row in which a cell holds all pixels, with the pixels behind the other cells."""
    if len(row) != width:
        return row
    return [*row[:place], *row[place + 1 :], *row[place].split()]


def _side(pixels: int) -> tuple[int, int, int] | None:
    """(h, w, c) of a square image with so many numbers, or None."""
    for channels in (1, 3):
        side = isqrt(pixels // channels)
        if pixels >= _FEWEST and side * side * channels == pixels:
            return side, side, channels
    return None


def _read(
    path: Path, rows: Iterable[list[str]], places: Sequence[int], label: int, width: int
) -> tuple[bytes, list[str]]:
    pixels, labels = bytearray(), []
    first, together = places[0], list(places) == list(range(places[0], places[-1] + 1))
    try:
        for row in filter(None, rows):
            if len(row) != width:
                raise ValueError(f"it has {len(row)} cells and the header {width}")
            cells = row[first : places[-1] + 1] if together else [row[i] for i in places]
            pixels += _as_bytes(cells)
            labels.append(row[label].strip())
    except (ValueError, csv.Error) as error:
        raise DatasetError(
            f"{path} must have a whole number from 0 to 255 for every pixel; row {len(labels) + 1} "
            f"cannot be read ({str(error)[:100]}); save it again."
        ) from error
    if not labels:
        raise DatasetError(
            f"{path} must hold one row per image; it holds none; check that it is the right file."
        )
    return bytes(pixels), labels


def _as_bytes(cells: Sequence[str]) -> bytes:
    try:
        return bytes(map(int, cells))
    except ValueError:  # some write 255.0
        numbers = [float(cell) for cell in cells]
        if all(0 <= number <= 255 and number.is_integer() for number in numbers):
            return bytes(map(int, numbers))
        if all(0 <= number <= 1 for number in numbers):
            raise ValueError("its pixels go from 0 to 1: multiply them by 255") from None
        raise

"""A table of files and labels -> a data set: CSV, JSON lines, Parquet, Hugging Face imagefolder."""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from hardex.bounded import Unreadable, json_of, lines_of
from hardex.data.files import FileDataset
from hardex.data.names import counts_up, labels_by_name, shortened
from hardex.data.parquet_files import open_table
from hardex.data.paths import leaves, local_names
from hardex.errors import DatasetError

Columns = dict[str, list[str]]  # column name -> one text per row; "" if empty

TABLES = (".csv", ".jsonl", ".parquet")
METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")  # of a Hugging Face imagefolder
FROM_FOLDER = "@folder"  # in place of a label column: the folder of each file is its label
_COLUMNS_MOST = 10_000
_CELLS_MOST = 200_000_000  # ten million rows of twenty columns
_ZERO_OR_ONE = {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0, "False": 0.0, "True": 1.0}
# Tried in this order, ignoring case, if the user names no column.
FILE_COLUMNS = ("file_name", "filename", "file", "file_path", "filepath", "path", "image", "img")
LABEL_COLUMNS = ("label", "given_label", "class", "class_name", "category", "target", "y")


@dataclass(frozen=True)
class Reading:
    """How to read a data set, if its files leave that open.

    Attributes:
        split: which part of an `.npz` file, a folder of splits or `keras:NAME`.
        file_column, label_column: the columns of a manifest; found by their names if empty.
        trust_paths: whether a manifest may name files outside its own folder.
        pixels: as which program pictures are read for a classifier; see `hardex.images.readings`.
    """

    split: str = ""
    file_column: str = ""
    label_column: str = ""
    trust_paths: bool = False
    pixels: str = "auto"


AS_FOUND = Reading()


def open_manifest(
    path: Path,
    reading: Reading,
    *,
    class_names: Sequence[str] | None = None,
    source: str = "",
) -> FileDataset:
    """A data set from a table with one row per image; files are named from the table's folder.

    The id is the column `id`, else the file column. Without a label column, the columns with a
    single 1 in each row and 0 elsewhere are the classes, in their order. Every column that is
    neither of these nor the label is kept as `meta`. Files in `CLASS/…` are labelled by their
    folders if the label column is `@folder`. No image is read yet.

    Args:
        path: a `.csv`, `.jsonl` or `.parquet` file.
        reading: which columns to take, and whether paths may leave the folder.
        class_names: the classes in the order of the probability columns; by default the labels
            found, in natural order.
        source: what opens it again, when it is not the path.

    Raises:
        DatasetError: the table cannot be read, a column is not there, a row names no file or no
            label, two rows have one id, or a file lies elsewhere and may not.
    """
    if path.suffix.lower() == ".parquet" and (found := _pictures_in(path, reading, class_names)):
        return found
    columns = read_columns(path)
    file_column = _column(columns, reading.file_column, FILE_COLUMNS, path, "file")
    written = [name.strip() for name in columns[file_column]]
    _check_rows([not name for name in written], path, "name a file", "names none", "fill it in")
    files = local_names(written, path.parent, path)
    if not reading.trust_paths:
        _check_paths(files, path)
    one_hot = [] if reading.label_column else _one_hot_columns(columns, file_column)
    if one_hot:
        given = [one_hot[row.index(1.0)] for row in _rows_of(columns, one_hot)]
        taken = {file_column, "id", *one_hot}
    else:
        label_column = _label_column(columns, reading.label_column, files, path)
        given = columns[label_column] if label_column else [_parent(file) for file in files]
        taken = {file_column, "id", label_column}
    labels, names = labels_by_name(
        [label.strip() for label in given], class_names or one_hot or None, source=str(path)
    )
    ids = columns.get("id", written)
    _check_ids(ids, path)
    return FileDataset(
        path.parent,
        tuple(files),
        tuple(ids),
        labels,
        names,
        source or str(path),
        {name: np.array(values, object) for name, values in columns.items() if name not in taken},
        found_classes=class_names is None and not one_hot and not counts_up(names),
        notes=_said_of(one_hot, path),
    )


def _said_of(one_hot: Sequence[str], path: Path) -> tuple[str, ...]:
    classes = f"{path} has one column for each class ({shortened(one_hot)})"
    return (f"{classes}: the one that holds 1 is the label.",) if one_hot else ()


def _one_hot_columns(columns: Columns, file_column: str) -> list[str]:
    """The columns of the classes, of which each row has 1 in one and 0 in the others; else []."""
    if _first_of(columns, LABEL_COLUMNS):
        return []
    rest = [name for name in columns if name not in (file_column, "id")]
    found = [name for name in rest if set(columns[name]) <= _ZERO_OR_ONE.keys()]
    single = all(sum(row) == 1 for row in _rows_of(columns, found))
    return found if len(found) > 1 and single else []


def _rows_of(columns: Columns, names: Sequence[str]) -> Iterator[tuple[float, ...]]:
    return zip(*([_ZERO_OR_ONE[cell] for cell in columns[name]] for name in names), strict=True)


def _pictures_in(
    path: Path, reading: Reading, class_names: Sequence[str] | None
) -> FileDataset | None:
    """The data set of a Parquet file that holds the pictures themselves, as of Hugging Face."""
    from hardex.data.hugging_face import open_picture_table, unreadable_table

    try:
        return open_picture_table(path, label_column=reading.label_column, class_names=class_names)
    except DatasetError:
        raise
    except (OSError, ValueError) as error:
        raise unreadable_table(path, error) from error


def read_columns(path: Path) -> Columns:
    """All columns of a table as text, in their order.

    Columns without a name are skipped: they are row numbers that some tools write.

    Raises:
        DatasetError: it is not such a table, or has no rows.
    """
    try:
        columns = _READERS[path.suffix.lower()](path)
    except (OSError, ValueError, csv.Error) as error:
        raise DatasetError(
            f"{path} must be a table in {path.suffix.lower().removeprefix('.')} format, in UTF-8; "
            f"reading it failed ({_first_line(error)}); save it again."
        ) from error
    if not any(columns.values()):
        raise DatasetError(
            f"{path} must hold one row per image; it holds none; check that it is the right file."
        )
    return {name: values for name, values in columns.items() if name}


def _read_csv(path: Path) -> Columns:
    rows = csv.reader(lines_of(path), strict=True)
    header = next(rows, [])
    _check_cells(0, len(header))
    twice = [name for name, count in Counter(header).items() if name and count > 1]
    if twice:
        raise ValueError(f"two columns are called {min(twice)[:80]!r}")
    values: list[list[str]] = [[] for _ in header]
    for count, row in enumerate(rows, start=1):
        if len(row) not in (0, len(header)):
            raise ValueError(
                f"line {rows.line_num} has {len(row)} cells and the header {len(header)}"
            )
        _check_cells(count, len(header))
        for column, cell in zip(values, row, strict=False):
            column.append(cell)
    return dict(zip(header, values, strict=True))


def _read_jsonl(path: Path) -> Columns:
    rows: list[dict[str, Any]] = []
    names: dict[str, None] = {}
    for number, line in enumerate(lines_of(path), start=1):
        if line.strip():
            try:
                row = json_of(line, endless=True)
            except Unreadable as error:
                raise ValueError(f"line {number}: {error}") from error
            if not isinstance(row, dict):
                raise ValueError(f"line {number} is not an object")
            rows.append(row)
            names |= dict.fromkeys(row)
            _check_cells(len(rows), len(names))
    return {name: [_text(row.get(name)) for row in rows] for name in names}


def _read_parquet(path: Path) -> Columns:
    with open_table(path) as table:
        _check_cells(len(table), len(table.names))
        columns: Columns = {name: [] for name in table.names}
        for batch in table.batches():
            for name, column in zip(table.names, batch.columns, strict=True):
                columns[name] += map(_text, column.to_pylist())
    return columns


def _check_cells(rows: int, columns: int) -> None:
    if columns > _COLUMNS_MOST:
        raise Unreadable(f"it has {columns:,} columns, and {_COLUMNS_MOST:,} is the most")
    if rows * columns > _CELLS_MOST:
        raise Unreadable(f"it has more than {_CELLS_MOST:,} cells")


_READERS = {".csv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}


def _text(value: Any) -> str:
    """A cell as text; whole numbers stay whole even if an empty cell made the column fractions."""
    if value is None or value != value:  # pandas writes an empty cell as NaN
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _column(
    columns: Mapping[str, object], chosen: str, usual: Sequence[str], path: Path, kind: str
) -> str:
    name = chosen if chosen in columns else "" if chosen else _first_of(columns, usual)
    if not name:
        raise DatasetError(
            f"{path} must have a column {chosen!r}; it has {shortened(list(columns))}; name one of "
            "them."
            if chosen
            else f"{path} must have a {kind} column such as {usual[0]}; it has "
            f"{shortened(list(columns))}; name it with --{kind}-column."
        )
    return name


def _first_of(columns: Mapping[str, object], usual: Sequence[str]) -> str:
    """The first usual name among the columns; without case, `_`, `-` and spaces."""
    found = {_plain(name): name for name in reversed(list(columns))}
    return next((found[_plain(name)] for name in usual if _plain(name) in found), "")


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


def _label_column(
    columns: Mapping[str, object], chosen: str, files: Sequence[str], path: Path
) -> str:
    """The label column; "" if the folders of the files are the labels."""
    in_folders = all(map(_parent, files))
    if chosen == FROM_FOLDER and chosen not in columns:
        if not in_folders:
            raise DatasetError(
                f"with --label-column {FROM_FOLDER} every file in {path} must be in a folder; "
                f"{next(file for file in files if not _parent(file))} is in none; name a column."
            )
        return ""
    usual = tuple(name for name in LABEL_COLUMNS if name != "y" or not _first_of(columns, ("x",)))
    if not chosen and not _first_of(columns, usual):
        folder = f"; or pass --label-column {FROM_FOLDER} if the folder of each file is its class"
        raise DatasetError(
            f"{path} must have a label column such as {LABEL_COLUMNS[0]}; it has "
            f"{shortened(list(columns))}; name it with --label-column{folder * in_folders}."
        )
    return _column(columns, chosen, usual, path, "label")


def _parent(file: str) -> str:
    """The folder of a relative POSIX path, or ""."""
    folder = PurePosixPath(file).parent
    return "" if folder.is_absolute() or str(folder) == "." else str(folder)


def _check_paths(files: Sequence[str], path: Path) -> None:
    _check_rows(
        [leaves(name) for name in files],
        path,
        "name a file in its own folder",
        "names {!r}",
        "pass --trust-paths if you trust this table, or move the files",
        files,
    )


def _check_ids(ids: Sequence[str], path: Path) -> None:
    seen: set[str] = set()
    again = [id in seen or bool(seen.add(id)) for id in ids]  # type: ignore[func-returns-value]
    _check_rows(
        again,
        path,
        "have an id of its own (the column id, else the file)",
        "has {!r} again",
        "take one of them out, or add a column id",
        ids,
    )
    _check_rows([not id for id in ids], path, "have an id", "has none", "fill it in")


def _check_rows(
    bad: Sequence[bool],
    path: Path,
    expected: str,
    received: str,
    advice: str,
    values: Sequence[str] = (),
) -> None:
    if any(bad):
        first = bad.index(True)
        what = received.format(values[first]) if values else received
        raise DatasetError(
            f"every row of {path} must {expected}; row {first + 1} {what}, and so do {sum(bad)} of "
            f"{len(bad)}; {advice}."
        )


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__

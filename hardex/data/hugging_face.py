"""Data of the Hugging Face library `datasets` -> a data set. It is read without importing it.

Its Parquet files and its `Dataset` objects hold the pictures themselves, as encoded bytes, and name
the classes beside their numbers.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hardex.bounded import Unreadable, json_of, read_bytes
from hardex.data.files import FileDataset
from hardex.data.names import labels_by_name, number_names, shortened
from hardex.data.packed import Packed, pack
from hardex.data.parquet_files import open_table
from hardex.errors import DatasetError

LABELS = ("label", "labels", "fine_label", "class", "target", "y")
_ROWS = 64  # pictures in memory at a time
_TIMES = 100  # how often larger the pictures may be than their file


def open_picture_table(
    path: Path, *, label_column: str = "", class_names: Sequence[str] | None = None
) -> FileDataset | None:
    """The pictures in a Parquet file as Hugging Face writes them; None if it holds none.

    Args:
        path: a `.parquet` file with a column of pictures, a struct of `bytes` and `path`, or
            only bytes.
        label_column: by default one with a usual name.
        class_names: the classes in the order of the probability columns; by default those in the
            file, in their order.

    Raises:
        OSError, ValueError: it cannot be read.
        DatasetError: it has no labels, or a label is no class.
    """
    with open_table(path) as table:
        column = table.pictures()
        if not column:
            return None
        rest: dict[str, list[Any]] = {name: [] for name in table.plain_columns()}
        label = _label_column(rest, label_column, path)
        paths: list[str] = []

        def pictures() -> Iterator[bytes]:
            for batch in table.batches([column, *rest], rows=_ROWS):
                for name in rest:
                    rest[name] += batch.column(name).to_pylist()
                for cell in batch.column(column).to_pylist():
                    held = {"bytes": cell} if isinstance(cell, bytes) else cell or {}
                    paths.append(str(held.get("path") or ""))
                    yield held.get("bytes") or b""

        packed = pack(pictures(), most=max(2**28, _TIMES * table.size))
        names = _names_in(table.note("huggingface"), label)
    return _dataset(packed, paths, rest, label, names, class_names, str(path))


def is_dataset(source: object) -> bool:
    """Whether this is a `datasets.Dataset`, or anything with the same shape."""
    return all(hasattr(source, name) for name in ("features", "column_names", "num_rows"))


def splits_of(source: object) -> list[str]:
    """The splits of a `datasets.DatasetDict`; [] if it is none."""
    if not isinstance(source, Mapping) or not source:
        return []
    return [str(name) for name in source] if all(map(is_dataset, source.values())) else []


def open_hugging_face(
    source: Any,
    *,
    split: str = "",
    image_column: str = "",
    label_column: str = "",
    class_names: Sequence[str] | None = None,
) -> FileDataset:
    """A `datasets.Dataset` or one split of a `datasets.DatasetDict`; it is read once.

    Args:
        source: the object.
        split: of a `DatasetDict`; needed if it has several.
        image_column: by default the one that holds pictures.
        label_column: by default one with a usual name.
        class_names: the classes in the order of the probability columns; by default those of the
            label column, in their order.

    Raises:
        DatasetError: no such split or column, or a label is no class.
    """
    splits = splits_of(source)
    if splits:
        chosen = split or (splits[0] if len(splits) == 1 else "")
        if chosen not in splits:
            raise DatasetError(
                f"a DatasetDict has the splits {shortened(splits)}; received {split or 'none'}; "
                "name one of them with split, or pass it alone."
            )
        source = source[chosen]
    what = "the datasets.Dataset"
    features = dict(source.features or {})
    column = _picture_column(features, image_column, what)
    rest: dict[str, list[Any]] = {name: [] for name in source.column_names if name != column}
    label = _label_column(rest, label_column, what)
    paths: list[str] = []

    def pictures() -> Iterator[bytes]:
        undecoded = _undecoded(source, column, features[column])
        for place in range(int(source.num_rows)):
            row = undecoded[place]
            for name in rest:
                rest[name].append(row[name])
            path, content = _encoded(row[column])
            paths.append(path)
            yield content

    packed = pack(pictures())
    names = getattr(features[label], "names", None)
    return _dataset(packed, paths, rest, label, names, class_names, "a datasets.Dataset")


def _undecoded(source: Any, column: str, feature: Any) -> Any:
    """The same with pictures as they were encoded, so that a reading can decode them."""
    try:
        return source.cast_column(column, type(feature)(decode=False))
    except Exception:  # of another version, or a look-alike: its pictures are decoded
        return source


def _encoded(cell: Any) -> tuple[str, bytes]:
    """A name and the bytes of a picture: encoded, in a file, decoded, or as an array."""
    if isinstance(cell, Mapping):
        path, content = str(cell.get("path") or ""), cell.get("bytes")
        if content is None and path:
            try:
                return Path(path).name, read_bytes(path, 2**30)
            except (OSError, ValueError):
                return Path(path).name, b""
        return path, bytes(content or b"")
    from hardex.images.files import as_png, picture_pixels

    return "", b"" if cell is None else as_png(picture_pixels(cell), quickly=True)


def _picture_column(features: Mapping[str, Any], chosen: str, what: str) -> str:
    found = [name for name, one in features.items() if type(one).__name__ == "Image"]
    found = [chosen] if chosen in features else [] if chosen else found
    if not found:
        raise DatasetError(
            f"{what} must have a column {chosen or 'of pictures'!r}; it has "
            f"{shortened(list(features))}; name it with file_column."
        )
    return found[0]


def _label_column(columns: Mapping[str, object], chosen: str, what: object) -> str:
    found = [name for name in ([chosen] if chosen else LABELS) if name in columns]
    if not found:
        raise DatasetError(
            f"{what} must have a column {chosen or 'label'!r}; beside the pictures it has "
            f"{shortened(list(columns)) or 'nothing'}; name the labels with --label-column."
        )
    return found[0]


def _names_in(note: str, label: str) -> list[str] | None:
    """The class names that Hugging Face writes into a file; None if there are none."""
    try:
        names = json_of(note)["info"]["features"][label]["names"]
    except (ValueError, KeyError, TypeError):
        return None
    return [str(name) for name in names] if isinstance(names, list) else None


def _dataset(
    packed: Packed,
    paths: Sequence[str],
    rest: Mapping[str, Sequence[Any]],
    label: str,
    names: Sequence[str] | None,
    class_names: Sequence[str] | None,
    source: str,
) -> FileDataset:
    given = _as_texts(rest[label], names, source)
    if names is None and class_names is None and all(text.isdigit() for text in given):
        names = number_names(np.array([int(text) for text in given], np.int64))
    labels, found = labels_by_name(
        given, names if class_names is None else class_names, source=source
    )
    own = [str(id) for id in rest.get("id", ())] or paths
    ids = own if all(own) and len(set(own)) == len(own) else [str(i) for i in range(len(paths))]
    meta = {
        name: np.array(["" if value is None else str(value) for value in values], object)
        for name, values in rest.items()
        if name not in (label, "id") and not any(isinstance(v, list | dict) for v in values[:1])
    }
    return FileDataset(Path(), tuple(ids), tuple(ids), labels, found, source, meta, packed=packed)


def _as_texts(labels: Iterable[Any], names: Sequence[str] | None, source: str) -> list[str]:
    texts = []
    for place, label in enumerate(labels):
        if isinstance(label, str):
            texts.append(label.strip())
            continue
        number = -1 if label is None else int(label)
        if number < 0 or (names is not None and number >= len(names)):
            raise DatasetError(
                f"every row of {source} must have a label; row {place + 1} has {label!r}; use a "
                "split with labels."
            )
        texts.append(str(number) if names is None else names[number])
    return texts


def unreadable_table(path: Path, error: Exception) -> DatasetError:
    """The error of a Parquet file that cannot be read."""
    reason = str(error).partition("\n")[0].rstrip(".") if isinstance(error, Unreadable) else error
    return DatasetError(
        f"{path} must be a table in parquet format; reading it failed ({reason}); save it again."
    )

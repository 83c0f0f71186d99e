"""The DATA argument -> a data set."""

import os
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.bounded import Unreadable
from hardex.data.dataset import ArrayDataset, Dataset
from hardex.data.hugging_face import is_dataset, open_hugging_face, splits_of
from hardex.data.manifests import AS_FOUND, METADATA, TABLES, Reading, open_manifest
from hardex.data.names import MOST_CLASSES, shortened
from hardex.data.npy_files import Npz, open_npz
from hardex.data.pixel_tables import open_pixel_table
from hardex.data.pixels import checked_name, with_pixels
from hardex.errors import DatasetError

Arrays = NDArray[Any]
Data = str | Path | Dataset | Any  # Any: a tf.data.Dataset, or a pair (images, labels)

ACCEPTED = (
    "a folder of class folders, an .npz file, an IDX images file, a .csv, .jsonl or .parquet table "
    "of files and labels, keras:NAME, mnist:test or mnist:train"
)
_PAIRS = (("images", "labels"), ("x", "y"))


def open_dataset(
    source: Data,
    *,
    class_names: Sequence[str] | None = None,
    resize: bool = False,
    reading: Reading = AS_FOUND,
) -> Dataset:
    """Open labelled images by the name used on the command line, or take them from Python.

    Args:
        source: `mnist:test`, `mnist:train`, `keras:NAME`; a folder of class folders, or one with
            a Hugging Face `metadata.csv`; a `.csv`, `.jsonl` or `.parquet` table of files and
            labels; an `.npz` file with `images` and `labels` (or `x` and `y`, or
            `SPLIT_images` …); an IDX file `…-images-idx3-ubyte[.gz]` with its labels file beside
            beside it; a `.csv` table of pixels, a `.parquet` file of pictures; from Python also a
            pair (images, labels), a `tf.data.Dataset`, a `datasets.Dataset` or a `Dataset`.
        class_names: the classes in the order of the probability columns; found if not given.
        resize: whether images of one fixed size may be resized to what a classifier asks for;
            images in files always may.
        reading: which split and columns to take, and as which program pictures are read.

    Raises:
        DatasetError: nothing there, nothing in it, or nothing hardex can read.

    Example:
        >>> len(open_dataset("mnist:test"))
        10000
    """
    dataset = _opened(source, class_names, resize, reading)
    return with_pixels(dataset, checked_name(reading.pixels))


def _opened(
    source: Data, class_names: Sequence[str] | None, resize: bool, reading: Reading
) -> Dataset:
    if not isinstance(source, str | Path):
        return _from_python(source, class_names, resize, reading)
    text = str(source)
    _check_asked(text, reading)
    if text.startswith("mnist:"):
        return _open_mnist(text, class_names, resize)
    if text.startswith("keras:"):
        return _open_keras(text, class_names, resize, reading.split or "test")
    path = Path(os.path.expanduser(source))
    if not os.path.exists(path):  # unlike Path.exists, also for invalid names
        raise DatasetError(f"data must be {ACCEPTED}; there is nothing at {path}; check the path.")
    if path.is_dir():
        return _open_folder(path, class_names, reading)
    if path.suffix.lower() == ".csv" and not reading.file_column:
        pixels = open_pixel_table(
            path, label_column=reading.label_column, class_names=class_names, resize=resize
        )
        if pixels is not None:
            return pixels
    if path.suffix.lower() in TABLES:
        return open_manifest(path, reading, class_names=class_names)
    if path.suffix == ".npz":
        images, labels, names = _read_npz(path, reading.split)
        class_names = names if class_names is None else class_names
    elif "idx3-ubyte" in path.name:
        images, labels = _read_idx_pair(path)
    else:
        raise DatasetError(f"data must be {ACCEPTED}; {path} is none of them; convert it to one.")
    return ArrayDataset.of(images, labels, class_names=class_names, source=text, resize=resize)


def _check_asked(text: str, reading: Reading) -> None:
    """Refuse an option that this kind of data would silently ignore."""
    suffix = Path(text).suffix.lower()
    a_path = not text.startswith(("mnist:", "keras:"))
    a_folder = a_path and os.path.isdir(os.path.expanduser(text))
    if reading.split and not (a_folder or suffix == ".npz" or text.startswith("keras:")):
        raise DatasetError(
            "--split belongs to an .npz file, a folder of splits or keras:NAME; received "
            f"{reading.split!r} for {text}; leave it out."
        )
    if (reading.file_column or reading.label_column) and not (a_folder or suffix in TABLES):
        raise DatasetError(
            "--file-column and --label-column belong to a table of files and labels; received "
            f"them for {text}; leave them out."
        )


def _from_python(
    source: Any, class_names: Sequence[str] | None, resize: bool, reading: Reading
) -> Dataset:
    if is_dataset(source) or splits_of(source):
        return open_hugging_face(
            source,
            split=reading.split,
            image_column=reading.file_column,
            label_column=reading.label_column,
            class_names=class_names,
        )
    if hasattr(source, "as_numpy_iterator"):
        from hardex.data.tensors import open_tensors

        return open_tensors(source, class_names=class_names, resize=resize)
    if isinstance(source, tuple) and len(source) == 2:
        return ArrayDataset.of(*source, class_names=class_names, resize=resize)
    if not hasattr(source, "batches"):
        raise DatasetError(
            f"data must be {ACCEPTED}, or a Dataset, a pair (images, labels), a tf.data.Dataset or "
            f"a datasets.Dataset; received {type(source).__name__}; pass one of these."
        )
    dataset: Dataset = source
    return dataset


def _open_mnist(text: str, class_names: Sequence[str] | None, resize: bool) -> Dataset:
    from hardex.data.mnist import load_mnist

    images, labels = load_mnist(text.removeprefix("mnist:"))
    names = class_names or [str(digit) for digit in range(10)]
    return ArrayDataset.of(images, labels, class_names=names, source=text, resize=resize)


def _open_keras(text: str, class_names: Sequence[str] | None, resize: bool, split: str) -> Dataset:
    from hardex.data.keras_datasets import KERAS_CLASSES, load_keras

    name = text.removeprefix("keras:")
    images, labels = load_keras(name, split)
    names = class_names or KERAS_CLASSES[name]
    return ArrayDataset.of(images, labels, class_names=names, source=text, resize=resize)


def _open_folder(path: Path, class_names: Sequence[str] | None, reading: Reading) -> Dataset:
    from hardex.data.folders import files_beside, open_folders

    root = path / reading.split
    if not root.is_dir():
        raise DatasetError(
            f"--split must name a folder in {path}; there is none called {reading.split!r}; "
            "name one of its folders."
        )
    tables = [root / name for name in METADATA if (root / name).is_file()]
    if tables:
        dataset = open_manifest(tables[0], reading, class_names=class_names, source=str(path))
        if dataset.packed:
            return dataset
        return replace(dataset, left_out=files_beside(root, dataset.files, tables[0].name))
    return open_folders(root, class_names=class_names, source=str(path))


def _read_npz(path: Path, split: str) -> tuple[Arrays, Arrays, list[str] | None]:
    """Images, labels, and class names if the file has them."""
    try:
        with open_npz(path) as arrays:
            held = arrays.names
            pair = _npz_pair(held, split)
            if pair is not None:
                names = _class_names(arrays) if "class_names" in held else None
                return arrays[pair[0]], arrays[pair[1]], names
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise DatasetError(
            f"{path} must be an .npz file of plain arrays; reading it failed ({_reason(error)}); "
            "save it again with numpy.savez and without objects."
        ) from error
    splits = _npz_splits(held)
    if splits:
        raise DatasetError(
            f"{path} holds the splits {', '.join(splits)}; received "
            f"{f'--split {split}' if split else 'none of them'}; name one with --split."
        )
    wanted = f"{split}_images and {split}_labels" if split else "images and labels, or x and y"
    raise DatasetError(
        f"{path} must hold the arrays {wanted}; it holds {shortened(held) or 'nothing'}; "
        "save it again under these names."
    )


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__


def _npz_pair(held: Sequence[str], split: str) -> tuple[str, str] | None:
    """The names of images and labels: plain, or `SPLIT_images`, `images_SPLIT` and the like."""
    forms = (f"{split}_{{}}", f"{{}}_{split}") if split else ("{}",)
    pairs = [(form.format(x), form.format(y)) for form in forms for x, y in _PAIRS]
    by_case = {name.lower(): name for name in reversed(held)}  # X and y are usual, too
    found = [(x, y) for x, y in pairs if x.lower() in by_case and y.lower() in by_case]
    return next(((by_case[x.lower()], by_case[y.lower()]) for x, y in found), None)


def _npz_splits(held: Sequence[str]) -> list[str]:
    images = [x for pair in _PAIRS for x in (pair[0], pair[0].upper())]
    parts = (name.removeprefix(f"{x}_").removesuffix(f"_{x}") for name in held for x in images)
    return list(dict.fromkeys(part for part in parts if part and _npz_pair(held, part)))


def _class_names(arrays: Npz) -> list[str]:
    names = arrays["class_names"]
    if names.ndim != 1 or len(names) > MOST_CLASSES:
        raise Unreadable(f"class_names has the shape {names.shape}, and not one name per class")
    return list(map(str, names.tolist()))


def _read_idx_pair(path: Path) -> tuple[Arrays, Arrays]:
    from hardex.data.idx import read_idx

    labels = path.with_name(path.name.replace("images-idx3", "labels-idx1"))
    if not labels.exists():
        raise DatasetError(
            f"the labels of {path.name} must lie beside it as {labels.name}; there is no such "
            "file; put it there."
        )
    return read_idx(path), read_idx(labels).astype(np.int64)

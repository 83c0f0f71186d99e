"""What a person types for DATA -> a data set."""

import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from hardex.data.dataset import ArrayDataset, Dataset
from hardex.errors import DatasetError

Arrays = NDArray[Any]
ACCEPTED = "a folder of class folders, an .npz file, an IDX images file, mnist:test or mnist:train"


def open_dataset(
    source: str | Path, *, class_names: Sequence[str] | None = None, resize: bool = False
) -> Dataset:
    """Open labelled images by the name used on the command line.

    Args:
        source: `mnist:test`, `mnist:train`, a folder of class folders, an `.npz` file with
            `images` and `labels` (or `x` and `y`), or an IDX file `…-images-idx3-ubyte[.gz]`
            with its labels file beside it.
        class_names: the classes in the order of the probability columns; found if not given.
        resize: whether images of one fixed size may be resized to what a classifier asks for;
            images from folders always may.

    Raises:
        DatasetError: nothing there, nothing in it, or nothing hardex can read.

    Example:
        >>> len(open_dataset("mnist:test"))
        10000
    """
    text = str(source)
    if text.startswith("mnist:"):
        return _open_mnist(text, class_names, resize)
    path = Path(source).expanduser()
    if not os.path.exists(path):  # unlike Path.exists, also for names that no disk takes
        raise DatasetError(f"data must be {ACCEPTED}; there is nothing at {path}; check the path.")
    if path.is_dir():
        from hardex.data.folders import FolderDataset

        return FolderDataset.open(path, class_names=class_names)
    if path.suffix == ".npz":
        images, labels = _read_npz(path)
    elif "idx3-ubyte" in path.name:
        images, labels = _read_idx_pair(path)
    else:
        raise DatasetError(f"data must be {ACCEPTED}; {path} is none of them; convert it to one.")
    return ArrayDataset.of(images, labels, class_names=class_names, source=str(path), resize=resize)


def _open_mnist(text: str, class_names: Sequence[str] | None, resize: bool) -> Dataset:
    from hardex.data.mnist import load_mnist

    images, labels = load_mnist(text.removeprefix("mnist:"))
    names = class_names or [str(digit) for digit in range(10)]
    return ArrayDataset.of(images, labels, class_names=names, source=text, resize=resize)


def _read_npz(path: Path) -> tuple[Arrays, Arrays]:
    try:
        with path.open("rb") as file, _named_arrays(file) as arrays:
            for images, labels in (("images", "labels"), ("x", "y")):
                if images in arrays and labels in arrays:
                    return arrays[images], arrays[labels]
            found = ", ".join(arrays.files) or "nothing"
    except (ValueError, OSError, EOFError, BadZipFile, zlib.error) as error:
        raise DatasetError(
            f"{path} must be an .npz file of plain arrays; reading it failed ({error}); "
            "save it again with numpy.savez and without objects."
        ) from error
    raise DatasetError(
        f"{path} must hold the arrays images and labels, or x and y; it holds {found}; "
        "save it again under these names."
    )


def _named_arrays(file: BinaryIO) -> Any:
    arrays = np.load(file, allow_pickle=False)
    if isinstance(arrays, np.ndarray):
        raise ValueError("it holds one array without a name")
    return arrays


def _read_idx_pair(path: Path) -> tuple[Arrays, Arrays]:
    from hardex.data.idx import read_idx

    labels = path.with_name(path.name.replace("images-idx3", "labels-idx1"))
    if not labels.exists():
        raise DatasetError(
            f"the labels of {path.name} must lie beside it as {labels.name}; there is no such "
            "file; put it there."
        )
    return read_idx(path), read_idx(labels).astype(np.int64)

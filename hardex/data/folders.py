"""A folder of class folders -> a data set, one file in memory at a time."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np

from hardex.arrays import Image
from hardex.data.dataset import Batch, Shape, Skipped, as_class_names
from hardex.errors import DatasetError

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"})
_NOT_TEXT = "its name is not UTF-8, so no table can hold it; rename the file."


@dataclass(frozen=True, eq=False)
class FolderDataset:
    """Images in `root/CLASS/…/file`; the id is the POSIX path relative to `root`.

    Attributes:
        root: the folder of class folders.
        files: paths relative to root, class by class in natural order.
        labels: (n,) class of each file.
        class_names: k folder names in natural order (`2` before `10`), unless fixed by hand.
    """

    root: Path
    files: tuple[str, ...]
    labels: np.ndarray[tuple[int], np.dtype[np.int64]]
    class_names: tuple[str, ...]
    unreadable: dict[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, root: Path, *, class_names: Sequence[str] | None = None) -> "FolderDataset":
        """List the folder; no image is read yet.

        Raises:
            DatasetError: no class folders, no images, or classes that are not the ones named.
        """
        found = sorted((d.name for d in root.iterdir() if _is_class(d)), key=natural_order)
        names = as_class_names(found if class_names is None else class_names)
        _check_class_folders(root, found, names)
        files: list[str] = []
        labels: list[int] = []
        unreadable: dict[str, str] = {}
        for label, name in enumerate(names):
            paths = [p for p in (root / name).rglob("*") if p.suffix.lower() in SUFFIXES]
            every = sorted((p.relative_to(root).as_posix() for p in paths), key=natural_order)
            members = [file for file in every if _is_text(file)]
            unreadable |= {_escaped(file): _NOT_TEXT for file in every if not _is_text(file)}
            files += members
            labels += [label] * len(members)
        if not files:
            raise DatasetError(
                f"{root} must hold images ({', '.join(sorted(SUFFIXES))}) in its class folders; "
                f"none was found in {len(names)} folders; check the path."
            )
        return cls(root, tuple(files), np.array(labels, dtype=np.int64), names, unreadable)

    @property
    def source(self) -> str:
        return str(self.root)

    @property
    def image_shape(self) -> None:
        return None

    @property
    def fits(self) -> bool:
        return True

    def __len__(self) -> int:
        return len(self.files)

    def batches(self, size: int, shape: Shape | None) -> Iterator[Batch]:
        """Decoded files in order; one that cannot be read leaves a gap and is listed as skipped."""
        from hardex.images import resize

        images: list[Image] = []
        positions: list[int] = []
        target = shape  # where none is asked for, the first image's, however the batches are cut
        for position in range(len(self)):
            try:
                image = self.image(position)
            except DatasetError as error:
                self.unreadable[self.files[position]] = str(error)
                continue
            target = target or (image.shape[0], image.shape[1], image.shape[2])
            images.append(resize(image, target))
            positions.append(position)
            if len(images) == size:
                yield self._batch(images, positions)
                images, positions = [], []
        if images:
            yield self._batch(images, positions)

    def _batch(self, images: list[Image], positions: list[int]) -> Batch:
        where = np.array(positions, dtype=np.int64)
        ids = tuple(self.files[position] for position in positions)
        return Batch(where, ids, np.stack(images), self.labels[where])

    def image(self, position: int) -> Image:
        """The decoded file in its native size.

        Raises:
            DatasetError: the file cannot be read.
        """
        from hardex.images import read_image

        return read_image(self.root / self.files[position])

    def id(self, position: int) -> str:
        """The path relative to the root."""
        return self.files[position]

    def skipped(self) -> tuple[Skipped, ...]:
        """The files that could not be read so far, in order of name."""
        return tuple(Skipped(id, why) for id, why in sorted(self.unreadable.items()))

    def fingerprint(self) -> str:
        """SHA-256 over every file's path and size, and the class names."""
        digest = sha256(repr(self.class_names).encode())
        for name in self.files:
            digest.update(f"{name}\0{(self.root / name).stat().st_size}\0".encode())
        return digest.hexdigest()


def natural_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key that puts `2` before `10` and otherwise goes by the letters.

    Example:
        >>> sorted(["10", "2", "b10", "b9"], key=natural_order)
        ['2', '10', 'b9', 'b10']
    """
    parts = re.findall(r"([0-9]+)|([^0-9]+)", name)
    return tuple((0, int(digits), digits) if digits else (1, 0, text) for digits, text in parts)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _escaped(name: str) -> str:
    return name.encode(errors="backslashreplace").decode()


def _is_class(folder: Path) -> bool:
    return folder.is_dir() and not folder.name.startswith((".", "__"))


def _check_class_folders(root: Path, found: Sequence[str], names: Sequence[str]) -> None:
    if not found:
        raise DatasetError(
            f"{root} must hold one folder of images per class; it holds no folders; "
            "sort the images into folders named after their classes."
        )
    strange = [_escaped(name) for name in found if not _is_text(name)]
    if strange:
        raise DatasetError(
            f"the class folders in {root} must have names in UTF-8; {strange[0]} has none; "
            "rename the folder."
        )
    missing = [name for name in names if name not in found]
    if missing or len(found) > len(names):
        raise DatasetError(
            f"the class folders in {root} must be the named classes {', '.join(names)}; found "
            f"{', '.join(found)}; name every folder once."
        )

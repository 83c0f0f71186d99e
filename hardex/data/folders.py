"""A folder of class folders -> a data set, one file in memory at a time."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from hardex.data.files import SUFFIXES, FileDataset, escaped, is_text
from hardex.data.names import as_class_names, natural_order, shortened
from hardex.errors import DatasetError

_NOT_TEXT = "its name is not UTF-8, so no table can hold it; rename the file."
_HIDDEN = (".", "__")  # .git, .ipynb_checkpoints, __MACOSX, …
_SYSTEM = frozenset({"@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found"})


def open_folders(
    root: Path, *, class_names: Sequence[str] | None = None, source: str = ""
) -> FileDataset:
    """Images in `root/CLASS/…/file`; the id is the POSIX path relative to `root`.

    A folder with images is a class, including its subfolders. A folder without images is a
    group, and the classes in it are called `GROUP/CLASS`. Hidden and system folders are skipped.
    No image is read yet.

    Args:
        root: the folder of class folders.
        class_names: the class folders in the order of the probability columns; by default those
            found, in natural order (`2` before `10`).
        source: what opens it again, when it is not the root.

    Raises:
        DatasetError: no class folders, an empty one, two that differ only by case, or classes
            that are not the ones named.
    """
    found = list(_classes(root)) if class_names is None else _named(root, class_names)
    names = as_class_names(found if class_names is None else class_names)
    _check_class_folders(root, names)
    files: list[str] = []
    labels: list[int] = []
    unreadable: dict[str, str] = {}
    empty: list[str] = []
    for label, name in enumerate(names):
        every = sorted(_images_below(root, name), key=natural_order)
        members = [file for file in every if is_text(file)]
        unreadable |= {escaped(file): _NOT_TEXT for file in every if not is_text(file)}
        empty += [] if every else [name]
        files += members
        labels += [label] * len(members)
    _check_members(root, files, empty, names)
    return FileDataset(
        root,
        tuple(files),
        tuple(files),
        np.array(labels, dtype=np.int64),
        names,
        source or str(root),
        unreadable=unreadable,
        found_files=True,
        found_classes=class_names is None,
    )


def _classes(root: Path, group: str = "") -> Iterator[str]:
    """The class folders in natural order, as POSIX paths relative to root."""
    for name in sorted(_folders(root / group), key=natural_order):
        path = f"{group}{name}"
        if _images(root / path) or not any(_folders(root / path)):
            yield path
        else:
            yield from _classes(root, f"{path}/")


def _named(root: Path, class_names: Sequence[str]) -> list[str]:
    """The classes named by the user, if exactly these hold images."""
    names = [name.strip("/") for name in as_class_names(class_names)]
    missing = [name for name in names if not name or not (root / name).is_dir()]
    others = [
        found
        for found in _classes(root)
        if not any(found == name or found.startswith(f"{name}/") for name in names)
        and any(_images_below(root, found))
    ]
    inside = [name for name in names for other in names if name.startswith(f"{other}/")]
    if missing or others or inside:
        raise DatasetError(
            f"the class folders in {root} must be the named classes {shortened(names)}; found "
            f"{shortened([escaped(name) for name in _classes(root)]) or 'none'}; name every "
            "folder once."
        )
    return names


def _images_below(root: Path, name: str) -> Iterator[str]:
    """All images of a class, as POSIX paths relative to root."""
    for file in _images(root / name):
        yield f"{name}/{file}"
    for folder in _folders(root / name):
        yield from _images_below(root, f"{name}/{folder}")


def _images(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [
            entry.name
            for entry in entries
            if os.path.splitext(entry.name)[1].lower() in SUFFIXES
            and not entry.name.startswith(".")  # ._1.png is not an image but metadata of macOS
        ]


def _folders(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [
            entry.name
            for entry in entries
            if not entry.name.startswith(_HIDDEN)
            and entry.name not in _SYSTEM
            and os.path.splitext(entry.name)[1].lower() not in SUFFIXES
            and entry.is_dir()
            and not (entry.is_symlink() and _leads_back(entry))
        ]


def _leads_back(link: "os.DirEntry[str]") -> bool:
    """Whether a link points to a folder that contains it: following it would never end."""
    return Path(link.path).parent.resolve().is_relative_to(Path(link.path).resolve())


def _check_class_folders(root: Path, names: Sequence[str]) -> None:
    if not names:
        raise DatasetError(
            f"{root} must hold one folder of images per class; it holds no folders; "
            "sort the images into folders named after their classes."
        )
    strange = [escaped(name) for name in names if not is_text(name)]
    if strange:
        raise DatasetError(
            f"the class folders in {root} must have names in UTF-8; {strange[0]} has none; "
            "rename the folder."
        )
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise DatasetError(
                f"every class folder in {root} must have a name of its own on every disk; {other} "
                f"and {name} differ only by case; rename one or put their images together."
            )


def _check_members(root: Path, files: list[str], empty: list[str], names: Sequence[str]) -> None:
    if not files:
        raise DatasetError(
            f"{root} must hold images ({', '.join(sorted(SUFFIXES))}) in its class folders; "
            f"none was found in {len(names)} folders; check the path."
        )
    if empty:
        raise DatasetError(
            f"every class folder in {root} must hold images; {empty[0]} holds none, and "
            f"{len(empty)} of {len(names)} are empty; remove it or put its images there."
        )

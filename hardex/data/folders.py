"""A folder of class folders -> a data set, one file in memory at a time.

Every file in the folder becomes an example or is listed with the reason why not. Silent are only
files that programs and people put beside pictures:

* `._1.png` and the like, other hidden files that are not called like pictures (`.DS_Store`), hidden
  folders (`.git`), and the folders of systems: `__MACOSX`, `__pycache__`, `@eaDir`, `$RECYCLE.BIN`,
  `System Volume Information`, `lost+found`;
* `Thumbs.db`, `ehthumbs.db`, `desktop.ini`, `Icon`, and texts called README, LICENSE, LICENCE,
  COPYING, NOTICE or the like (`README-de.md`), unless they are pictures.
"""

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hardex.bounded import open_plain
from hardex.data.dataset import Skipped
from hardex.data.files import FileDataset, escaped, is_text
from hardex.data.manifests import METADATA
from hardex.data.names import as_class_names, natural_order, shortened
from hardex.data.paths import SUFFIXES
from hardex.errors import DatasetError

_NOT_TEXT = "its name is not UTF-8, so no table can hold it; rename the file."
_NO_CLASS = "it is beside the class folders, so it has no class; move it into one of them."
_IS_HIDDEN = "its name begins with a dot, so it is hidden; rename it."
_SYSTEM = frozenset(
    {
        *("__MACOSX", "__pycache__", "@eaDir", "$RECYCLE.BIN"),
        *("System Volume Information", "lost+found"),
    }
)
_BY_PROGRAMS = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "icon"})
_BY_PEOPLE = re.compile(
    r"(readme|licen[cs]e|copying|notice)([._-].*)?(|\.txt|\.md|\.rst|\.html|\.pdf)", re.IGNORECASE
)


def open_folders(
    root: Path, *, class_names: Sequence[str] | None = None, source: str = ""
) -> FileDataset:
    """Images in `root/CLASS/…/file`; the id is the POSIX path relative to `root`.

    A folder with images is a class, including its subfolders. A folder without images is a
    group, and the classes in it are called `GROUP/CLASS`. Hidden and system folders are skipped.
    A file is an image by its suffix, or else by its first bytes. No image is read yet.

    Args:
        root: the folder of class folders.
        class_names: the classes in the order of the probability columns; some may have no folder
            or no images. By default the folders found, in natural order (`2` before `10`).
        source: what opens it again, when it is not the root.

    Raises:
        DatasetError: no class folders, an empty one without `class_names`, two that differ only by
            case, or one that is none of the named classes.
    """
    tree = _Tree(root)
    found = list(_classes(tree)) if class_names is None else _named(tree, class_names)
    names = as_class_names(found)
    _check_class_folders(root, names)
    files: list[str] = []
    labels: list[int] = []
    empty: list[str] = []
    for label, name in enumerate(names):
        every = sorted(_images_below(tree, name), key=natural_order)
        members = [file for file in every if is_text(file)]
        empty += [] if every else [name]
        files += members
        labels += [label] * len(members)
    _check_members(root, files, empty if class_names is None else [], names)
    return FileDataset(
        root,
        tuple(files),
        tuple(files),
        np.array(labels, dtype=np.int64),
        names,
        source or str(root),
        found_files=True,
        found_classes=class_names is None,
        left_out=tuple(_left_out(tree, "", frozenset(files), _NO_CLASS)),
    )


def open_unlabelled(root: Path, class_names: Sequence[str]) -> FileDataset:
    """Every picture in a folder and below it, without a class: all labels are 0 and mean nothing.

    Args:
        root: the folder.
        class_names: that the data set is said to have.

    Raises:
        DatasetError: there is no picture.
    """
    tree = _Tree(root)
    inside = tree.at("")
    below = (path for folder in inside.folders for path in _images_below(tree, folder))
    files = sorted(filter(is_text, (*inside.images, *below)), key=natural_order)
    if not files:
        raise DatasetError(
            f"a folder of images must hold some ({', '.join(sorted(SUFFIXES))}); {root} holds "
            "none; check the path."
        )
    labels = np.zeros(len(files), np.int64)
    names = tuple(class_names)
    return FileDataset(root, tuple(files), tuple(files), labels, names, str(root))


def files_beside(root: Path, files: Iterable[str], table: str) -> tuple[Skipped, ...]:
    """Every file in a folder that its table does not name, with the reason; but for tables.

    Args:
        root: the folder.
        files: that are named, relative to the folder.
        table: the name of the table.
    """
    named = frozenset(posixpath.normpath(file) for file in files)
    found = _left_out(_Tree(root), "", named, f"no row of {table} names it.")
    return tuple(one for one in found if one.id not in METADATA)


@dataclass(frozen=True)
class _Contents:
    """What is in one folder.

    Attributes:
        images: names of files that are or seem to be pictures.
        others: names of the other files, and why they are none.
        folders: names of folders.
    """

    images: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...] = ()
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Tree:
    """The folders below a root, each of which is looked at once."""

    root: Path
    known: dict[str, _Contents] = field(default_factory=dict)

    def at(self, path: str) -> _Contents:
        """What is in the folder of this POSIX path; nothing if it is not there."""
        if path not in self.known:
            self.known[path] = _contents(self.root / path)
        return self.known[path]


def _contents(folder: Path) -> _Contents:
    images: list[str] = []
    others: list[tuple[str, str]] = []
    folders: list[str] = []
    if not folder.is_dir():
        return _Contents()
    with os.scandir(folder) as entries:
        for entry in entries:
            called_so = os.path.splitext(entry.name)[1].lower() in SUFFIXES
            if _is_folder(entry):
                if _is_walked(entry):
                    folders.append(entry.name)
            elif entry.name.startswith("."):
                if called_so and not entry.name.startswith("._"):
                    others.append((entry.name, _IS_HIDDEN))
            elif called_so or not (reason := _why_no_image(entry.path)):
                images.append(entry.name)
            elif not _is_silent(entry.name):
                others.append((entry.name, reason))
    return _Contents(tuple(images), tuple(others), tuple(folders))


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_walked(folder: "os.DirEntry[str]") -> bool:
    hidden = folder.name.startswith(".") or folder.name in _SYSTEM
    return not hidden and not (folder.is_symlink() and _leads_back(folder))


def _is_silent(name: str) -> bool:
    return name.lower() in _BY_PROGRAMS or _BY_PEOPLE.fullmatch(name) is not None


def _why_no_image(path: str) -> str:
    """By its first bytes, why a file is no picture that can be read; "" if it seems to be one."""
    from hardex.images.kinds import HEAD, kind_of, why_unknown  # Pillow is loaded only if needed

    try:
        with open_plain(path) as file:
            head = file.read(HEAD)
    except OSError as error:
        return f"it cannot be opened ({error.strerror or type(error).__name__})."
    return "" if kind_of(head) else f"{why_unknown(head)}."


def _classes(tree: _Tree, group: str = "") -> Iterator[str]:
    """The class folders in natural order, as POSIX paths relative to root."""
    for name in sorted(tree.at(group).folders, key=natural_order):
        path = f"{group}{name}"
        inside = tree.at(path)
        if inside.images or not inside.folders:
            yield path
        else:
            yield from _classes(tree, f"{path}/")


def _named(tree: _Tree, class_names: Sequence[str]) -> list[str]:
    """The classes named by the user, if no other folder holds images."""
    names = [name.strip("/") for name in as_class_names(class_names)]
    unnamed = [
        found
        for found in _classes(tree)
        if not any(found == name or found.startswith(f"{name}/") for name in names)
        and any(_images_below(tree, found))
    ]
    inside = [name for name in names for other in names if name.startswith(f"{other}/")]
    if unnamed or inside:
        first = escaped((unnamed or inside)[0])
        why = "is none of them" if unnamed else "is inside another one"
        raise DatasetError(
            f"every folder of images in {tree.root} must be one of the named classes "
            f"{shortened(names)}; {first} {why}; name every class of the model once with "
            "--classes, in the order of its outputs (a class may have no folder)."
        )
    return names


def _images_below(tree: _Tree, name: str) -> Iterator[str]:
    """All images of a class, as POSIX paths relative to root."""
    inside = tree.at(name)
    yield from (f"{name}/{file}" for file in inside.images)
    for folder in inside.folders:
        yield from _images_below(tree, f"{name}/{folder}")


def _left_out(tree: _Tree, folder: str, members: frozenset[str], why: str) -> Iterator[Skipped]:
    """Every file that is no example, with the reason; `why` of a picture."""
    inside = tree.at(folder)
    start = f"{folder}/" if folder else ""
    for name, reason in inside.others:
        yield Skipped(escaped(start + name), reason)
    for name in inside.images:
        if start + name not in members:
            reason = why if is_text(start + name) else _NOT_TEXT
            yield Skipped(escaped(start + name), reason)
    for name in inside.folders:
        yield from _left_out(tree, start + name, members, why)


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
            f"every class folder in {root} must hold images unless all classes are named; "
            f"{empty[0]} holds none, and {len(empty)} of {len(names)} are empty; pass --classes "
            "with every class in the order of the model's outputs, or remove the folder."
        )
